"""What a pooling study says before data are read: plan, dictionaries, models, and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmstats.arguments import check_analyses
from mmstats.cohort import declared_variables
from mmstats.errors import PlanError
from mmstats.harmonise.checking import mapping_problems, scale_problems
from mmstats.harmonise.columns import Model, model_of
from mmstats.harmonise.plan import CohortSource, PoolingPlan
from mmstats.harmonise.plan_file import as_cohort, parse_pooling
from mmstats.harmonise.rows import COHORT
from mmstats.intake import read_schemas
from mmstats.plan import Plan, TablePlan
from mmstats.schema import Schema, Variable


@dataclass(frozen=True)
class Declared:
    """A pooling study before data are read.

    Parameters
    ----------
    plan : PoolingPlan
    dictionary : Schema or None
        That all cohorts come to, if it can be read.
    schemas : dict of str to dict of str to Schema
        The dictionaries of each cohort's own tables.
    own : dict of str to dict of str to Variable
        The variables that each cohort's own tables give.
    models : dict of str to Model
        Of each analysis with a formula.
    problems : tuple of str
    """

    plan: PoolingPlan
    dictionary: Schema | None
    schemas: dict[str, dict[str, Schema]]
    own: dict[str, dict[str, Variable]]
    models: dict[str, Model]
    problems: tuple[str, ...]

    @property
    def shared(self) -> Schema:
        """The dictionary that all cohorts come to.

        Raises
        ------
        PlanError
            With every problem, if it cannot be read.
        """
        if self.dictionary is None:
            raise PlanError("There is no shared dictionary:", self.problems)
        return self.dictionary

    @property
    def variables(self) -> dict[str, Variable]:
        """The shared variables, without the participants' identifier."""
        return {name: v for name, v in self.shared.variables.items() if name != self.plan.unit}

    def refuse(self) -> None:
        """Raise every problem.

        Raises
        ------
        PlanError
        """
        if self.problems:
            count = len(self.problems)
            raise PlanError(f"plan.toml has {count} problem{'s' * (count > 1)}:", self.problems)


def declare(raw: Mapping[str, Any], folder: Path, *, data_elsewhere: bool = False) -> Declared:
    """Read dictionaries and check all that can be checked without data.

    Parameters
    ----------
    raw : mapping
        The plan's TOML.
    folder : Path
        Of the study.
    data_elsewhere : bool
        Whether data are in a folder of their own, in which sources lose a leading ``data/``.
    """
    plan, problems = parse_pooling(raw)
    if data_elsewhere:
        plan = replace(plan, cohorts=tuple(map(_without_data, plan.cohorts)))
    shared, broken = _shared(plan, folder)
    problems += broken
    schemas: dict[str, dict[str, Schema]] = {}
    own: dict[str, dict[str, Variable]] = {}
    for cohort in plan.cohorts:
        if cohort.own is None:
            continue
        schemas[cohort.name], wrong = read_schemas(cohort.own, folder)
        own[cohort.name] = declared_variables(cohort.own, schemas[cohort.name], wrong)
        problems += [as_cohort(text, cohort.name) for text in wrong]
        if shared and len(schemas[cohort.name]) == len(cohort.own.tables) and cohort.own.tables[0].schema:
            problems += mapping_problems(cohort, own[cohort.name], shared, plan)
    models: dict[str, Model] = {}
    if shared:
        problems += scale_problems(plan, shared)
        variables = {name: v for name, v in shared.variables.items() if name != plan.unit}
        for analysis in plan.analyses:
            if analysis.formula:
                model, wrong = model_of(analysis, variables)
                problems += [f"In analysis {analysis.id!r}: {text}" for text in wrong]
                models |= {analysis.id: model} if model else {}
        each = tuple(analysis.each for analysis in plan.analyses if analysis.each)
        problems += check_analyses(Plan(title="", analyses=each), variables)
    return Declared(plan, shared, schemas, own, models, tuple(dict.fromkeys(problems)))


def _shared(plan: PoolingPlan, folder: Path) -> tuple[Schema | None, list[str]]:
    table = TablePlan(name="shared", source="-", schema=plan.schema)
    schemas, problems = read_schemas(Plan(title="", tables=(table,)), folder)
    found = schemas.get("shared")
    problems = [text.replace("In [tables.shared]", "In the plan, schema") for text in problems]
    if found and found.key != (plan.unit,):
        problems.append(
            f"The shared dictionary {plan.schema!r} must have the key {plan.unit!r} alone; it has "
            f"{', '.join(found.key)}."
        )
    if found and COHORT in found.variables:
        problems.append(
            f"The shared dictionary {plan.schema!r} has a variable {COHORT!r}: call it otherwise."
        )
    return found, problems


def _without_data(cohort: CohortSource) -> CohortSource:
    """Return a cohort whose files lie in the folder of data itself."""
    own = cohort.own
    if own is not None:
        tables = tuple(replace(table, source=table.source.removeprefix("data/")) for table in own.tables)
        own = replace(own, tables=tables)
    return replace(cohort, own=own, bundles=cohort.bundles.removeprefix("data/"))
