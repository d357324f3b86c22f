"""One analysis of a table in memory, as in a notebook."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from mmstats.arguments import check_analyses
from mmstats.cohort import Cohort
from mmstats.errors import PlanError
from mmstats.kind import Kind
from mmstats.plan import Analysis, Plan
from mmstats.results import Result
from mmstats.run import compute
from mmstats.schema import Variable


def analyze(
    frame: pd.DataFrame,
    method: str,
    *,
    where: str = "",
    seed: int = 0,
    variables: Mapping[str, Variable] | None = None,
    **arguments: Any,
) -> Result:
    """Carry out one analysis of a table in memory.

    Parameters
    ----------
    frame : DataFrame
        One row per participant.
    method : str
        The method's name, as ``mmstats methods`` lists it.
    where : str
        A condition in the expression language; only rows for which it holds are used.
    seed : int
        The seed of anything random.
    variables : mapping of str to Variable, optional
        What the columns mean; without it their kinds are inferred, and the result's warnings say how.
    **arguments
        The column of each role, and any options.

    Returns
    -------
    Result

    Raises
    ------
    PlanError
        If the method, a role, an option or a column does not exist or does not fit.

    Examples
    --------
    >>> frame = pd.DataFrame({"score": [1.0, 2, 4, 3, 5, 6], "arm": list("aaabbb")})
    >>> result = analyze(frame, "welch", outcome="score", group="arm")
    >>> round(result.estimate("mean_difference").estimate, 4)
    2.3333
    """
    analysis = Analysis(id="analysis", method=method, arguments=arguments, where=where)
    known, shown = (variables, ()) if variables is not None else _inferred(frame)
    typed = frame.assign(**{n: _typed(frame[n], v) for n, v in known.items()}) if variables is None else frame
    plan = Plan(title=method, seed=seed, analyses=(analysis,))
    problems = check_analyses(plan, known)
    if problems:
        raise PlanError(
            problems[0] if len(problems) == 1 else "This analysis cannot be done:", problems[1:] and problems
        )
    cohort = Cohort(typed, typed.isna().map(lambda missing: "empty" if missing else ""), known)
    result = compute(analysis, cohort=cohort, seed=seed)
    return replace(result, warnings=(*shown, *result.warnings))


def _inferred(frame: pd.DataFrame) -> tuple[dict[str, Variable], tuple[str, ...]]:
    """Return what the columns of a frame seem to be, and the sentences that say so."""
    variables, shown = {}, []
    for name, values in frame.items():
        numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        levels = [] if numeric else [str(level) for level in pd.Categorical(values).categories]
        kind = Kind.CONTINUOUS if numeric else Kind.BINARY if len(levels) == 2 else Kind.NOMINAL
        variables[str(name)] = Variable(
            name=str(name), kind=kind, label=str(name), levels={level: level for level in levels}
        )
        said = f", {levels[0]} is the reference" if levels else ""
        shown.append(f"{name} is taken as {kind}{said}.")
    return variables, tuple(shown)


def _typed(values: pd.Series, variable: Variable) -> pd.Series:
    if variable.levels:
        text = values.map(str, na_action="ignore").astype(object)
        return pd.Series(pd.Categorical(text, categories=list(variable.levels)), index=values.index)
    return values.astype(float)
