"""Every analysis of a pooling study: sums of each cohort, from its rows or its bundle, and what they give."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mmstats.bundle import Bundle, together
from mmstats.cohort import Cohort, Step
from mmstats.errors import BundleError, MmstatsError
from mmstats.harmonise.columns import columns_of
from mmstats.harmonise.declared import Declared
from mmstats.harmonise.each import pooled_by_method
from mmstats.harmonise.gathering import Gathered
from mmstats.harmonise.plan import PooledAnalysis
from mmstats.harmonise.rows import COHORT, Together, results_of
from mmstats.harmonise.sharing import Bundles, dictionary_digest, lacking
from mmstats.harmonise.table import harmonised
from mmstats.kind import Kind
from mmstats.meta.sufficient import statistics
from mmstats.missing_counts import Missing, missing_counts
from mmstats.plan import Plan
from mmstats.provenance import provenance
from mmstats.results import Result, Results
from mmstats.schema import Variable

BUNDLE = "bundle"  # what provenance has in place of the name of a dictionary


@dataclass(frozen=True)
class Sums:
    """What is known of each cohort in one analysis.

    Parameters
    ----------
    bundles : tuple of Bundle
        One for each cohort that is in it; of rows that are here, the bundle that they would be.
    left_out : dict of str to str
        Cohorts that are not, and why.
    excluded : dict of str to int
        Participants left out, by reason, where rows are here.
    """

    bundles: tuple[Bundle, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, int] = field(default_factory=dict)


def sums_of(analysis: PooledAnalysis, known: Declared, gathered: Gathered, bundles: Bundles) -> Sums:
    """Return the sums of each cohort for an analysis with a formula; a bundle stands in place of rows."""
    model, digest = known.models[analysis.id], dictionary_digest(known.shared, known.plan)
    found: list[Bundle] = []
    left_out: dict[str, str] = {}
    excluded: dict[str, int] = {}
    for cohort in known.plan.cohorts:
        shared = bundles.get((analysis.id, cohort.name))
        if shared is not None:
            found.append(shared[1])
        elif absent := lacking(analysis, cohort):
            left_out[cohort.name] = f"{absent}."
        elif cohort.name not in gathered.mapped:
            left_out[cohort.name] = "there is no bundle of it for this model."
        else:
            try:
                own = columns_of(analysis, model, gathered.mapped[cohort.name].frame, known.variables)
                part = statistics(own.rows, model.names)
            except MmstatsError as failed:
                left_out[cohort.name] = " ".join(str(failed).split())
                continue
            found.append(Bundle(cohort.name, digest, analysis.model, 1, part))  # stays here
            for why, n in own.excluded.items():
                excluded[why] = excluded.get(why, 0) + n
    return Sums(tuple(found), left_out, excluded)


def sum_problems(known: Declared, gathered: Gathered, bundles: Bundles) -> Iterator[str]:
    """Yield, of each analysis, why its cohorts cannot be pooled.

    Two may be of the same rows; and a bundle in place of rows may be of other participants than these.
    """
    for analysis in known.plan.analyses:
        if not analysis.formula:
            continue
        sums = sums_of(analysis, known, gathered, bundles)
        try:
            together(sums.bundles)
        except BundleError as failed:
            yield from (f"In analysis {analysis.id!r}: {text}" for text in failed.problems)
        by_rows = {
            bundle.cohort: bundle.statistics for bundle in sums_of(analysis, known, gathered, {}).bundles
        }
        for bundle in sums.bundles:
            here = by_rows.get(bundle.cohort)
            if here is not None and here.count != bundle.statistics.count:
                yield (
                    f"In analysis {analysis.id!r}: the bundle of {bundle.cohort!r} is of "
                    f"{bundle.statistics.count} participants, its rows here of {here.count}. Take the same "
                    "ones (whom [[duplicates]] drops, its site excludes), or leave one of the two out."
                )


def pooled(
    known: Declared, gathered: Gathered, bundles: Bundles, progress: Callable[[str], None] | None = None
) -> Results:
    """Carry out every analysis of a study in which nothing is wrong."""
    plan, items = known.plan, list[Result]()
    for analysis in plan.analyses:
        items += _analysed(analysis, known, gathered, bundles)
        if progress:
            progress(analysis.id)
    labels = {cohort.name: cohort.label for cohort in plan.cohorts}
    named = Variable(name=COHORT, kind=Kind.NOMINAL, label="Cohort", levels=labels)
    return Results(
        title=plan.title,
        items=tuple(items),
        variables={COHORT: named, **known.variables},
        flow=tuple(_flow(known, gathered, bundles)),
        missing=tuple(_missing(gathered)),
        provenance=_record(known, gathered, bundles),
        group=COHORT,
        note=plan.note,
        harmonisation=tuple(harmonised(plan, known.shared, known.own, gathered.mapped)),
        lookalikes=gathered.searches,
    )


def _analysed(
    analysis: PooledAnalysis, known: Declared, gathered: Gathered, bundles: Bundles
) -> tuple[Result, ...]:
    labels = {cohort.name: cohort.label for cohort in known.plan.cohorts}
    if analysis.each is None:
        sums = sums_of(analysis, known, gathered, bundles)
        parts = together(sums.bundles) if sums.bundles else {}
        return results_of(
            analysis, known.models[analysis.id], Together(parts, sums.left_out, sums.excluded, labels)
        )
    silent = [cohort.name for cohort in known.plan.cohorts if cohort.name not in gathered.mapped]
    left_out = dict.fromkeys(silent, "it shares sums, and this method needs rows.")
    frames = {name: Cohort(one.frame, one.reasons, known.variables) for name, one in gathered.mapped.items()}
    return (pooled_by_method(analysis, frames, left_out, labels, known.plan.seed),)


def _flow(known: Declared, gathered: Gathered, bundles: Bundles) -> list[Step]:
    """Return who is there in all cohorts, and who left each; of bundles, what their largest model has."""
    sizes: dict[str, int] = {}
    for (_, name), (_, bundle) in bundles.items():
        sizes[name] = max(sizes.get(name, 0), bundle.statistics.count)
    counts = {
        cohort.name: gathered.steps[cohort.name][0].kept
        if cohort.name in gathered.steps
        else sizes.get(cohort.name, 0)
        for cohort in known.plan.cohorts
    }
    steps = [Step("In the tables and bundles of the cohorts", sum(counts.values()), 0, dict(counts))]
    for cohort in known.plan.cohorts:
        for step in gathered.steps.get(cohort.name, ())[1:]:
            counts[cohort.name] -= step.removed
            reason = f"Excluded: {cohort.label}, {step.reason.removeprefix('Excluded: ')}"
            steps.append(Step(reason, sum(counts.values()), step.removed, dict(counts)))
    return steps


def _missing(gathered: Gathered) -> Iterator[Missing]:
    for name, mapped in gathered.mapped.items():
        columns = [str(column) for column in mapped.frame.columns]
        for one in missing_counts(mapped.frame, mapped.reasons, columns, group=""):
            yield replace(one, group=name)


def _record(known: Declared, gathered: Gathered, bundles: Bundles) -> dict[str, Any]:
    """Return where results come from: digests of plan, tables, bundles and dictionaries, and versions."""
    record = provenance(Plan(title=known.plan.title, seed=known.plan.seed), gathered.intake)
    record["plan"]["digest"] = known.plan.digest
    shared = [_bundle_record(place, *found) for place, found in sorted(bundles.items())]
    return {
        **record,
        "shared": {"schema": known.plan.schema, "digest": known.shared.digest},
        "tables": [*record["tables"], *shared],
    }


def named(place: tuple[str, str]) -> str:
    """Return what provenance calls the bundle of an analysis and a cohort.

    Examples
    --------
    >>> named(("fatigue-mm", "porto"))
    'porto, fatigue-mm'
    """
    analysis, cohort = place
    return f"{cohort}, {analysis}"


def _bundle_record(place: tuple[str, str], path: Path, bundle: Bundle) -> dict[str, Any]:
    return {
        "name": named(place),
        "source": path.name,
        "digest": bundle.digest,
        "rows": bundle.statistics.count,
        "columns": len(bundle.statistics.names),
        "schema": BUNDLE,
        "schema_digest": bundle.dictionary,
        "details": {
            "sums of": bundle.formula,
            "least participants": str(bundle.threshold),
            "signature": "checked" if bundle.signed else "not checked",
        },
    }
