"""The values an analysis used, as far as figures may show them."""

from collections.abc import Sequence

import pandas as pd

from mmstats import expression
from mmstats.errors import ReportError
from mmstats.results import Result, Results


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
    needed = dict.fromkeys([*names, *(condition.names if condition else ())])
    frame = results.points_of(result)
    absent = [f"The saved points have no {name!r}." for name in needed if name not in frame]
    if absent:
        raise ReportError(f"The points of analysis {result.analysis.id!r} cannot be drawn.", absent)
    if condition is not None:
        frame = frame[condition.evaluate(frame).fillna(False).astype(bool)]
    return frame[list(names)].dropna()
