"""The record of how each shared variable came about in each cohort."""

from collections.abc import Iterator, Mapping

from mmstats.harmonise.mapping import MappedCohort, in_words
from mmstats.harmonise.plan import CohortSource, PoolingPlan
from mmstats.harmonised import Harmonised
from mmstats.schema import Schema, Variable

WAYS = {"standardise": "standardised", "convert": "converted"}


def harmonised(
    plan: PoolingPlan,
    shared: Schema,
    local: Mapping[str, Mapping[str, Variable]],
    mapped: Mapping[str, MappedCohort],
) -> Iterator[Harmonised]:
    """Yield a row for each shared variable and cohort.

    Parameters
    ----------
    plan : PoolingPlan
    shared : Schema
    local : mapping of str to mapping of str to Variable
        Each cohort's own variables, as far as its dictionary is here.
    mapped : mapping of str to MappedCohort
        Of cohorts whose rows are here.
    """
    for name in shared.variables:
        if name != plan.unit:
            for cohort in plan.cohorts:
                yield _one(name, cohort, local.get(cohort.name, {}), mapped.get(cohort.name), plan)


def _one(
    name: str,
    cohort: CohortSource,
    local: Mapping[str, Variable],
    mapped: MappedCohort | None,
    plan: PoolingPlan,
) -> Harmonised:
    one = cohort.of.get(name)
    if one is None:
        return Harmonised(variable=name, cohort=cohort.name, conversion="mapped where its rows are")
    if one.absent:
        return Harmonised(variable=name, cohort=cohort.name, absent=one.absent)
    own = local.get(one.source)
    if mapped is None:
        scale = next((scale for scale in plan.scales if scale.variable == name), None)
        there = f"{WAYS[scale.way]} where its rows are" if scale else ""
        words = "; ".join(filter(None, (in_words(one), there)))
        n, missing = -1, -1
    else:
        words = mapped.words.get(name, "")
        n, missing = int(mapped.frame[name].notna().sum()), int(mapped.frame[name].isna().sum())
    return Harmonised(
        variable=name,
        cohort=cohort.name,
        source=_made(cohort, one.source, (own.heading or one.source) if own else one.source),
        conversion=words,
        instrument=one.instrument,
        unit=own.unit if own else "",
        n=n,
        missing=missing,
    )


def _made(cohort: CohortSource, name: str, words: str) -> str:
    """Return a variable's heading or name; of one that is made of others, also what of."""
    if cohort.own is None:
        return words
    made = {
        each.name: f"{each.by} of {each.value}" for table in cohort.own.tables for each in table.summarise
    }
    made |= {each.name: each.value for each in cohort.own.cohort.derive}
    return f"{words} = {made[name]}" if name in made else words
