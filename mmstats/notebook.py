"""One analysis of a table in memory, as in a notebook: an answer that can be printed, tabulated and drawn."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mmstats import expression
from mmstats import format as fmt
from mmstats.arguments import check_analyses, variables_of
from mmstats.cohort import Cohort
from mmstats.coverage.evidence import by_name
from mmstats.errors import PlanError
from mmstats.estimate import Estimate
from mmstats.kind import Kind
from mmstats.plan import Analysis, Plan
from mmstats.results import Result, Results
from mmstats.run import run
from mmstats.schema import Schema, Variable

if TYPE_CHECKING:
    from mmstats.figures.figure import Figure
    from mmstats.tables.table import Table

NAMES = Kind.ID | Kind.DATE  # what results do not keep


@dataclass(frozen=True)
class Answer:
    """What one analysis found.

    Parameters
    ----------
    results : Results
        Of a plan with this analysis alone, as every table and figure takes them.
    notes : tuple of str
        How the columns were understood, and what was warned about.
    """

    results: Results
    notes: tuple[str, ...] = ()

    @property
    def result(self) -> Result:
        """The analysis carried out."""
        return self.results.items[0]

    def estimate(self, quantity: str = "", term: str = "") -> Estimate:
        """Return one estimate; without a quantity, the one whose p value counts, else the first."""
        return self.result.estimate(quantity, term)

    def tidy(self) -> pd.DataFrame:
        """Return one row per estimate; always the same columns."""
        return self.results.tidy()

    def text(self) -> str:
        """Return the estimates in words, a line each, with the notes below."""
        result = self.result
        lines = [f"{result.title}, n = {result.n}"]
        lines += [
            f"  {e.quantity.label}{f' ({e.term})' if e.term else ''}: {fmt.sentence(e)}"
            for e in result.estimates
        ]
        lines += [f"  {result.status}: {result.reason}"] if result.status != "ok" else []
        return "\n".join([*lines, *(f"  Note: {note}" for note in self.notes)])

    def table(self) -> "Table":
        """Return the estimates as a table: of a model, by its parts; of repeated measures, tests of terms."""
        from mmstats.tables.anova import anova_table, has_tests
        from mmstats.tables.estimates import estimates_table
        from mmstats.tables.model import has_checks, model_table, random_part

        if random_part(self.result) and not has_checks(self.result):
            return model_table(self.results)
        if "within" in self.result.roles and has_tests(self.result):
            return anova_table(self.results)
        return estimates_table(self.results)

    def plot(self) -> "Figure":
        """Return what suits the analysis.

        Values by group, points, a ROC curve, differences, marginal means, checks of a model, pooled
        studies, or intervals.
        """
        from mmstats.figures.bland_altman import bland_altman_figure, has_limits
        from mmstats.figures.diagnostics import diagnostics_figure
        from mmstats.figures.marginal_means import marginal_means_figure
        from mmstats.figures.means import has_means
        from mmstats.figures.meta_analysis import meta_figure
        from mmstats.figures.spaghetti import spaghetti_figure
        from mmstats.tables.model import has_checks

        if has_limits(self.result):
            return bland_altman_figure(self.results, self.result.analysis.id)
        if has_checks(self.result):
            return diagnostics_figure(self.results, self.result.analysis.id)
        if has_means(self.result):
            return marginal_means_figure(self.results, self.result.analysis.id)
        if (studies := meta_figure(self.results, self.result.analysis.id)) is not None:
            return studies
        roles = set(self.result.roles)
        if "within" in roles:
            return spaghetti_figure(self.results, self.result.analysis.id)
        if {"outcome", "group"} <= roles and self.results.variables[self.result.outcome].kind in Kind.ORDERED:
            from mmstats.figures.comparison import comparison_figure

            return comparison_figure(self.results, self.result.analysis.id)
        if {"x", "y"} <= roles:
            from mmstats.figures.scatter import scatter_figure

            return scatter_figure(self.results, self.result.analysis.id)
        if {"score", "group"} <= roles:
            from mmstats.figures.roc import roc_figure

            return roc_figure(self.results, self.result.analysis.id)
        from mmstats.figures.forest import forest_figure

        return forest_figure(self.results)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.table().to_html()


def analyze(
    frame: pd.DataFrame,
    method: str,
    *,
    where: str = "",
    seed: int = 0,
    schema: Schema | None = None,
    **arguments: Any,
) -> Answer:
    """Carry out one analysis of a table in memory.

    Parameters
    ----------
    frame : DataFrame
        One row per participant, or several where the method is told whose they are.
    method : str
        The method's name, as ``mmstats methods`` lists it.
    where : str
        A condition in the expression language; only rows for which it holds are used.
    seed : int
        The seed of anything random.
    schema : Schema, optional
        What the columns mean; without it their kinds are inferred, and the answer's notes say how.
    **arguments
        The column of each role, and any options.

    Returns
    -------
    Answer

    Raises
    ------
    PlanError
        If the method, a role, an option or a column does not exist or does not fit, or a column holds
        what the schema does not allow.

    Examples
    --------
    >>> frame = pd.DataFrame({"score": [1.0, 2, 4, 3, 5, 6], "arm": list("aaabbb")})
    >>> print(analyze(frame, "welch", outcome="score", group="arm"))
    Welch's t test, n = 6
      Mean difference: 2.33 (95% CI −1.13 to 5.80; p = .135)
      Hedges' g: 1.22 (95% CI −0.35 to 2.68)
      Note: score is taken as continuous.
      Note: arm is taken as binary, a is the reference.
    """
    analysis = Analysis(id="analysis", method=method, arguments=arguments, where=where)
    plan = Plan(title=method, seed=seed, analyses=(analysis,))
    kinds = {} if check_analyses(plan, None) else variables_of(analysis)
    used = _columns(frame, kinds)
    if schema is None:
        compared = expression.parse(where).names if where and kinds else ()
        variables = _inferred(used, kinds, compared)
    else:
        variables = _declared(frame, schema)
    problems = check_analyses(plan, variables)
    if problems:
        raise PlanError("This analysis cannot be done:", problems)
    variables = {name: variable for name, variable in variables.items() if name in used}
    typed = pd.DataFrame(
        {name: _typed(used[name], variable) for name, variable in variables.items()}, frame.index
    )
    reasons = pd.DataFrame(np.where(typed.isna(), "empty", ""), typed.index, typed.columns, dtype=object)
    results = run(plan, Cohort(typed, reasons, variables))
    said = [] if schema else [_said(v) for v in variables.values() if v.name in results.points]
    said += (
        [] if schema else [f"{v.name} names groups of rows." for v in variables.values() if v.kind in NAMES]
    )
    said += _coverage(results.items[0])
    return Answer(replace(results, flow=()), (*said, *results.items[0].warnings))


def _columns(frame: pd.DataFrame, names: Collection[str]) -> dict[str, pd.Series]:
    """Return the columns of these names; all of them if some are not there, so that an error lists them."""
    known = names and all(name in frame for name in names)
    return {str(name): frame[name] for name in frame if not known or name in names}


def _inferred(
    columns: Mapping[str, pd.Series], kinds: Mapping[str, Kind], compared: Collection[str]
) -> dict[str, Variable]:
    """Return what columns seem to be: names of groups, numbers, two levels, or several.

    A column that only tells groups apart holds names, which results do not keep; but where a condition
    compares numbers, they are numbers.
    """
    variables = {}
    for name, values in columns.items():
        numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        names = Kind.ID in kinds.get(name, Kind.ANY) and not (numeric and name in compared)
        levels = [] if numeric or names else [str(level) for level in pd.Categorical(values).categories]
        kind = Kind.BINARY if len(levels) == 2 else Kind.NOMINAL
        kind = Kind.ID if names else Kind.CONTINUOUS if numeric else kind
        variables[name] = Variable(
            name=name, kind=kind, label=name, levels={level: level for level in levels}
        )
    return variables


def _declared(frame: pd.DataFrame, schema: Schema) -> dict[str, Variable]:
    """Return what a schema says of the columns there are, if they hold what it allows."""
    known = {name: variable for name, variable in schema.variables.items() if name in frame}
    problems = []
    for name, variable in known.items():
        given = frame[name].dropna()
        if variable.kind in NAMES:
            continue
        if variable.levels:
            other = sorted({str(value) for value in given} - set(variable.levels))
            allowed = ", ".join(variable.levels)
        else:
            low, high = variable.range
            fits = given.astype(float).between(low, high) & (
                given.isin(variable.allowed) | (not variable.allowed)
            )
            other = [f"{value:g}" for value in given[~fits]]
            allowed = ", ".join(f"{step:g}" for step in variable.allowed) or f"{low:g} to {high:g}"
        if other:
            problems.append(f"Column {name!r} holds {', '.join(other[:5])}; allowed: {allowed}.")
    if problems:
        raise PlanError(f"The table does not fit the dictionary {schema.table!r}:", problems)
    return known


def _typed(values: pd.Series, variable: Variable) -> pd.Series:
    if variable.levels:
        given = pd.Categorical(values)
        place = {level: code for code, level in enumerate(variable.levels)}
        codes = np.array([*(place.get(str(level), -1) for level in given.categories), -1], dtype=np.intp)
        typed = pd.Categorical.from_codes(
            codes[given.codes], pd.Index(list(variable.levels)), ordered=variable.kind is Kind.ORDINAL
        )
        return pd.Series(typed, index=values.index)
    return values if variable.kind in NAMES else values.astype(float)


def _coverage(result: Result) -> list[str]:
    """Return what simulation says of each interval, in words; once of those of which it says the same."""
    told = by_name(result.estimates, result.evidence)
    return [f"{name}: {one}." for name, one in told if not one.warning]


def _said(variable: Variable) -> str:
    reference = f", {next(iter(variable.levels))} is the reference" if variable.levels else ""
    return f"{variable.name} is taken as {variable.kind}{reference}."
