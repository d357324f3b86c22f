"""The tetrachoric correlation: of two normal variables that were both cut into yes and no."""

import numpy as np
from scipy import special
from scipy.optimize import brentq

from mmstats.meta.measures.material import TwoProportions
from mmstats.meta.measures.measure import Effects, effects_of, noted
from mmstats.meta.weighted import FloatArray

EMPTY_MARGIN = "Nobody, or everybody, has events: the point where the variable was cut is not determined."
AT_ITS_BOUND = "A cell is 0: the correlation is at its bound, and has no standard error."

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)


def tetrachoric_correlation(arms: TwoProportions) -> Effects:
    """Return the correlation that makes the four cells as frequent as they are.

    Both cuts and the correlation are three parameters for three free frequencies: the solution reproduces the
    table, and its variance follows from the frequencies by the delta method. With a 0 in one diagonal the
    correlation is -1 or 1, without a variance. Exact to rounding for tables of up to some thousands.

    References: pearson1900.

    Examples
    --------
    >>> found = tetrachoric_correlation(TwoProportions(*map(np.array, ([20.0], [30.0], [10.0], [30.0]))))
    >>> found.effects.round(6), found.variances.round(4)
    (array([0.5]), array([0.0274]))
    """
    a, c = arms.comparison_events, arms.reference_events
    cells = np.column_stack([a, arms.comparison_n - a, c, arms.reference_n - c])
    solved = np.array([_solved(row) for row in cells]).reshape(-1, 2)
    found = effects_of(
        solved[:, 0], solved[:, 1], ((cells[:, 0] + cells[:, 2]) == 0, EMPTY_MARGIN),
        ((cells[:, 1] + cells[:, 3]) == 0, EMPTY_MARGIN),
    )  # fmt: skip
    return noted(found, (np.abs(found.effects) == 1, AT_ITS_BOUND))


def _solved(cells: FloatArray) -> tuple[float, float]:
    """Return the correlation and its variance; NaN without an event, or without a participant free of it."""
    a, b, c, d = cells
    total = cells.sum()
    if np.isnan(total) or a + c == 0 or b + d == 0:
        return np.nan, np.nan
    if a * b * c * d == 0:
        return (-1.0 if a * d == 0 else 1.0), np.nan
    frequencies = cells / total
    row, column = (
        special.ndtri(frequencies[0] + frequencies[1]),
        special.ndtri(frequencies[0] + frequencies[2]),
    )
    angle = brentq(
        lambda at: quadrant(row, column, at) - frequencies[0], -np.pi / 2, np.pi / 2, xtol=1e-15, rtol=1e-15
    )
    r, s = np.sin(angle), np.cos(angle)
    density = np.exp(-(row**2 - 2 * r * row * column + column**2) / (2 * s**2)) / (2 * np.pi * s)
    by_row, by_column = special.ndtr((column - r * row) / s), special.ndtr((row - r * column) / s)
    slopes = np.array([1 - by_row - by_column, -by_row, -by_column, 0.0]) / density
    mean = slopes @ frequencies
    return float(r), float(((slopes - mean) ** 2 @ frequencies) / total)


def quadrant(row: float, column: float, angle: float) -> float:
    """Return the probability that two standard normal variables are below `row` and `column`.

    Parameters
    ----------
    row, column : float
    angle : float
        The arcsine of their correlation.

    Examples
    --------
    >>> round(quadrant(0.0, 0.0, np.pi / 6), 12)
    0.333333333333
    """
    at = angle * (_NODES + 1) / 2
    cosine = np.maximum(np.cos(at), 1e-300)
    height = np.exp(-(row**2 - 2 * np.sin(at) * row * column + column**2) / (2 * cosine**2))
    return float(special.ndtr(row) * special.ndtr(column) + angle / 2 * (_WEIGHTS @ height) / (2 * np.pi))
