"""Reading cohorts that share rows, bringing them to the shared dictionary, and looking for people twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from mmstats.cohort import Step, assemble
from mmstats.errors import MmstatsError
from mmstats.harmonise.duplicates import Pair, lookalikes
from mmstats.harmonise.mapping import MappedCohort, map_cohort, shared_violations
from mmstats.harmonise.plan import CohortSource, PoolingPlan
from mmstats.harmonised import Lookalikes
from mmstats.intake import Finding, Intake, take_in
from mmstats.schema import Schema

LISTED = 5  # pairs of rows that a problem names


@dataclass(frozen=True)
class Gathered:
    """The cohorts whose rows are here, as far as they could be read and mapped.

    Parameters
    ----------
    intakes : dict of str to Intake
        The tables of each, in its own words.
    mapped : dict of str to MappedCohort
        In the shared variables, without whom the plan drops.
    steps : dict of str to tuple of Step
        Who left each, by its own exclusions and as somebody's double.
    searches : tuple of Lookalikes
    problems : tuple of str
        What stops a run besides the findings of intakes.
    findings : tuple of Finding
        What the shared dictionary does not allow, and what it warns of.
    """

    intakes: dict[str, Intake] = field(default_factory=dict)
    mapped: dict[str, MappedCohort] = field(default_factory=dict)
    steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    searches: tuple[Lookalikes, ...] = ()
    problems: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def intake(self) -> Intake:
        """All tables, findings and problems together."""
        every = list(self.intakes.values())
        return Intake(
            tuple(table for one in every for table in one.tables),
            (*(finding for one in every for finding in one.findings), *self.findings),
            (*(problem for one in every for problem in one.problems), *self.problems),
        )


def gather(
    plan: PoolingPlan,
    sources: Sequence[CohortSource],
    schemas: Mapping[str, Mapping[str, Schema]],
    shared: Schema,
    data: Path,
) -> Gathered:
    """Read, map and check cohorts whose mappings have no problems.

    Parameters
    ----------
    plan : PoolingPlan
    sources : sequence of CohortSource
        Those whose rows are here.
    schemas : mapping of str to mapping of str to Schema
        The dictionary of each table of each cohort.
    shared : Schema
    data : Path
    """
    intakes, mapped, steps = {}, {}, {}
    problems: list[str] = []
    findings: list[Finding] = []
    for source in sources:
        assert source.own is not None
        intake = intakes[source.name] = take_in(source.own, dict(schemas[source.name]), data)
        if intake.problems or intake.open:
            continue
        try:
            cohort = assemble(source.own, intake.tables)
            rows: dict[str, int] = {}
            checked = intake.tables[0][1]
            for row, who in checked.frame[source.own.cohort.unit].items():
                rows.setdefault(str(who), int(str(row)))
            own = map_cohort(source, cohort, rows, shared, plan)
        except MmstatsError as failed:
            problems.append(f"{source.name}: {failed}")
            continue
        mapped[source.name], steps[source.name] = own, cohort.flow
        for violation in shared_violations(own, source, shared, plan.unit):
            about = replace(violation, acceptable=False, row=violation.row)
            findings.append(Finding(about))
    problems += _same_files(intakes)
    searches, wrong, dropped = _search(plan, mapped, shared)
    for name, (drop, reason) in dropped.items():
        mapped[name] = mapped[name].without(drop)
        step = Step(f"Excluded: {reason}", len(mapped[name].frame), int(drop.sum()))
        steps[name] = (*steps[name], step)
    return Gathered(intakes, mapped, steps, tuple(searches), (*problems, *wrong), tuple(findings))


def _same_files(intakes: Mapping[str, Intake]) -> Iterator[str]:
    first: dict[str, str] = {}
    for name, intake in intakes.items():
        for table, checked in intake.tables:
            other = first.setdefault(checked.digest, name)
            if other != name:
                yield (
                    f"{name} and {other} have the same file ({table.source}): every participant would count "
                    "twice."
                )


def _search(
    plan: PoolingPlan, mapped: Mapping[str, MappedCohort], shared: Schema
) -> tuple[list[Lookalikes], list[str], dict[str, tuple[pd.Series, str]]]:
    """Look for people in each two cohorts; return what was found, what is undecided, and who is dropped."""
    searches, problems = [], []
    dropped: dict[str, tuple[pd.Series, str]] = {}
    decisions = {frozenset(decision.cohorts): decision for decision in plan.duplicates}
    variables = {name: v for name, v in shared.variables.items() if name != plan.unit}
    for one, other in combinations([cohort.name for cohort in plan.cohorts], 2):
        decision = decisions.pop(frozenset((one, other)), None)
        silent = [name for name in (one, other) if name not in mapped]
        if silent:
            told = " and ".join(plan.cohort(name).label for name in silent)
            why = f"{told} {'shares' if len(silent) == 1 else 'share'} no rows"
            searches.append(Lookalikes(first=one, second=other, reason=why))
            continue
        compared, pairs = lookalikes(mapped[one], mapped[other], variables, _differing(plan, one, other))
        found = Lookalikes(first=one, second=other, compared=compared, found=len(pairs))
        if not compared:
            found = replace(found, reason="they have not two dates or measurements in common")
        elif not pairs:
            if decision:
                problems.append(
                    f"[[duplicates]] decides about {one} and {other}, but they seem to share nobody: take it "
                    "out."
                )
        elif decision is None:
            problems.append(_undecided(mapped[one], mapped[other], pairs))
        else:
            found = replace(found, reason=decision.reason)
            if decision.drop:
                at = sorted({pair.first if decision.drop == one else pair.second for pair in pairs})
                here = np.zeros(len(mapped[decision.drop].frame), dtype=bool)
                here[at] = True
                drop = pd.Series(here, mapped[decision.drop].frame.index)
                if decision.drop in dropped:
                    earlier, reason = dropped[decision.drop]
                    dropped[decision.drop] = (earlier | drop, f"{reason}; {decision.reason}")
                else:
                    dropped[decision.drop] = (drop, decision.reason)
                found = replace(found, dropped=len(at))
        searches.append(found)
    return searches, problems, dropped


def _differing(plan: PoolingPlan, one: str, other: str) -> list[str]:
    """Return the variables that two cohorts have by different instruments."""
    first, second = plan.cohort(one).of, plan.cohort(other).of
    return [n for n in first if n in second and first[n].instrument != second[n].instrument]


def _undecided(one: MappedCohort, other: MappedCohort, pairs: Sequence[Pair]) -> str:
    some = "; ".join(
        f"row {one.rows[pair.first]} of {one.name} and row {other.rows[pair.second]} of {other.name} "
        f"({', '.join(pair.agree)})"
        for pair in pairs[:LISTED]
    )
    more = f"; and {len(pairs) - LISTED} more" if len(pairs) > LISTED else ""
    return (
        f"{one.name} and {other.name} seem to share {len(pairs)} participant{'s' * (len(pairs) > 1)}, who "
        f"agree in more than chance gives: {some}{more}. Ask both sites. Then write [[duplicates]] with "
        f'cohorts = ["{one.name}", "{other.name}"] and accept = "why they are different people", or '
        f'drop = "{other.name}" with a reason.'
    )
