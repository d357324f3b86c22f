"""Limits of agreement from several pairs of each participant, with intervals made of their variances."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.limits_of_agreement import HELD

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ROUNDING = 10 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class Spread:
    """The variance of the difference of two single measurements, in the parts it is estimated from.

    Parameters
    ----------
    bias : float
        The mean of the participants' mean differences.
    participants : int
    between : float
        The variance of the participants' mean differences.
    within : tuple of float
        What is added for each measurement that varies within participants.
    df : int
        Degrees of freedom of each of those: pairs minus participants.
    """

    bias: float
    participants: int
    between: float
    within: tuple[float, ...]
    df: int

    @property
    def total(self) -> float:
        """The variance of one difference."""
        return self.between + sum(self.within)


def spread(x: FloatArray, y: FloatArray, participant: IntArray, *, constant: bool) -> Spread:
    """Return the bias and the parts of the variance.

    Parameters
    ----------
    x, y : float array, shape (n,)
    participant : int array, shape (n,)
        From 0 without gaps; at least two, at least one of them with two pairs.
    constant : bool
        Whether what is measured stays the same within a participant, so that x and y vary independently
        there; otherwise the differences of the pairs do.

    References: bland2007, zou2013.

    Examples
    --------
    >>> x, y = np.array([1.0, 2, 4, 6, 5, 7]), np.array([2.0, 2, 3, 5, 6, 6])
    >>> found = spread(x, y, np.array([0, 0, 1, 1, 2, 2]), constant=False)
    >>> round(found.bias, 4), round(found.total, 4)
    (0.1667, 1.0)
    """
    counts = np.bincount(participant)
    least = (ROUNDING * float(np.abs([x, y]).max())) ** 2

    def means(values: FloatArray) -> FloatArray:
        first = values[np.searchsorted(participant, np.arange(len(counts)))]  # exact where all are equal
        return first + np.bincount(participant, values - first[participant]) / counts

    def within(values: FloatArray) -> float:
        variance = float(((values - means(values)[participant]) ** 2).sum()) / (len(x) - len(counts))
        return float(1 - np.mean(1 / counts)) * variance if variance > least else 0.0

    differences = means(x - y)
    between = float(np.var(differences - differences[0], ddof=1))
    return Spread(
        bias=float(differences[0] + (differences - differences[0]).mean()),
        participants=len(counts),
        between=between if between > least else 0.0,
        within=(within(x), within(y)) if constant else (within(x - y),),
        df=len(x) - len(counts),
    )


def interval(found: Spread, *, level: float) -> tuple[float, float]:
    """Return how far from the bias the inner and the outer end of a limit's interval are (MOVER).

    References: zou2013.
    """
    half = (1 - level) / 2
    parts = [(found.between, found.participants - 1), *((part, found.df) for part in found.within)]

    def reach(tail: float) -> float:
        return sqrt(sum((part * (df / float(stats.chi2.isf(tail, df)) - 1)) ** 2 for part, df in parts))

    root, total = sqrt(found.total), found.total
    low, high = sqrt(max(total - reach(half), 0.0)), sqrt(total + reach(1 - half))
    shift = float(stats.norm.isf(half)) ** 2 * found.between / found.participants
    inner = HELD * root - sqrt(shift + (HELD * (root - low)) ** 2)
    outer = HELD * root + sqrt(shift + (HELD * (high - root)) ** 2)
    return inner, outer
