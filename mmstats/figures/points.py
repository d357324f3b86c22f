"""The values an analysis used, as far as figures may show them."""

from collections.abc import Sequence

import pandas as pd

from mmstats import expression
from mmstats.errors import ReportError
from mmstats.results import Result, Results


def has_points(results: Results, result: Result, names: Sequence[str]) -> bool:
    """Return whether what is needed to draw some variables of an analysis is saved; identifiers are not."""
    return not _absent(results, result, names)


def points_of(results: Results, result: Result, names: Sequence[str]) -> pd.DataFrame:
    """Return the saved points of the rows for which the analysis's condition holds, without missing values.

    Parameters
    ----------
    results : Results
    result : Result
    names : sequence of str
        The variables to return; a row lacking one of them is left out.

    Raises
    ------
    ReportError
        If the points do not have a variable that is named, or that the condition needs.
    """
    condition = expression.parse(result.analysis.where) if result.analysis.where else None
    frame = results.points_of(result)
    absent = [f"The saved points have no {name!r}." for name in _absent(results, result, names)]
    if absent:
        raise ReportError(f"The points of analysis {result.analysis.id!r} cannot be drawn.", absent)
    if condition is not None:
        frame = frame[condition.evaluate(frame).fillna(False).astype(bool)]
    return frame[list(names)].dropna()


def _absent(results: Results, result: Result, names: Sequence[str]) -> list[str]:
    where = expression.parse(result.analysis.where).names if result.analysis.where else ()
    saved = results.points_of(result)
    return [name for name in dict.fromkeys([*names, *where]) if name not in saved]
