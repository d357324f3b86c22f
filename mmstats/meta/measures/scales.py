"""Scales on which effects are pooled, and the way back from each."""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt
from scipy import special

from mmstats.errors import MmstatsError
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class Scale:
    """A transformation of effects.

    Parameters
    ----------
    name : str
    forward : callable
        From the natural scale, (values, size) -> values.
    inverse : callable
        Back to it, (values, size) -> values.
    size : str
        What both also depend on (a number of participants, of ratings, a time), or empty.
    """

    name: str
    forward: Callable[[FloatArray, float], FloatArray]
    inverse: Callable[[FloatArray, float], FloatArray]
    size: str = ""

    def back(self, values: npt.ArrayLike, size: float = nan) -> FloatArray:
        """Return values on the natural scale.

        Parameters
        ----------
        values : float array
            An average effect, a limit, or any number of them.
        size : float
            If the way back depends on one: for Freeman and Tukey's scales the harmonic mean over studies is
            usual (`harmonic_mean`), and the value chosen is part of the result.

        Raises
        ------
        MmstatsError
            If a size is needed and not given, or given and not needed.
        """
        if self.size and not size > 0:
            raise MmstatsError(
                f"The way back from the scale '{self.name}' depends on the {self.size}: give it as size, a "
                f"positive number."
            )
        if not self.size and not np.isnan(size):
            raise MmstatsError(
                f"The way back from the scale '{self.name}' has no size, but {size:g} was given."
            )
        return self.inverse(np.asarray(values, dtype=np.float64), size)

    def null(self, natural: float) -> float:
        """Return the value of no effect on this scale."""
        if np.isnan(natural):
            return nan
        return float(self.forward(np.array([natural]), nan)[0])


@dataclass(frozen=True)
class Back:
    """Values that went back to the natural scale with a size, and the sentence that has to stand with them.

    Parameters
    ----------
    values : float array
    size : float
    note : str
    """

    values: FloatArray
    size: float
    note: str


def harmonic_mean(sizes: npt.ArrayLike) -> float:
    """Return the harmonic mean of positive sizes.

    Examples
    --------
    >>> round(harmonic_mean([10, 20, 40]), 6)
    17.142857
    """
    numbers = np.asarray(sizes, dtype=np.float64)
    if not numbers.size or not (numbers > 0).all():
        raise MmstatsError("A harmonic mean needs one or more sizes, all of them positive.")
    return float(len(numbers) / (1 / numbers).sum())


def back_by_harmonic_mean(scale: Scale, values: npt.ArrayLike, sizes: npt.ArrayLike) -> Back:
    """Return values brought back with the harmonic mean of the studies' sizes, which the note states.

    The answer depends on that choice: with other sizes the same average is another proportion.

    References: miller1978, schwarzer2019.

    Examples
    --------
    >>> found = back_by_harmonic_mean(DOUBLE_ARCSINE, [0.9], [10, 20, 40])
    >>> found.values.round(4)
    array([0.62])
    >>> found.note
    'Brought back with 17.14 (harmonic mean, number of participants, 3 studies); another size, another value.'
    """
    size = harmonic_mean(sizes)
    count = np.size(np.asarray(sizes))
    note = (
        f"Brought back with {size:.4g} (harmonic mean, {scale.size}, {count} studies); "
        "another size, another value."
    )
    return Back(scale.back(values, size), size, note)


def double_arcsine(events: FloatArray, n: FloatArray | float) -> FloatArray:
    """Return the mean of the two arcsines of Freeman and Tukey.

    References: freeman1950.
    """
    return (np.arcsin(np.sqrt(events / (n + 1))) + np.arcsin(np.sqrt((events + 1) / (n + 1)))) / 2


def double_root(events: FloatArray, time: FloatArray | float) -> FloatArray:
    """Return the mean of the two roots of Freeman and Tukey.

    References: freeman1950.
    """
    return (np.sqrt(events / time) + np.sqrt((events + 1) / time)) / 2


def _from_double_arcsine(values: FloatArray, n: float) -> FloatArray:
    """Miller's inverse; below and above what 0 and n events have, 0 and 1.

    References: miller1978.
    """
    low, high = (double_arcsine(np.array([events]), n)[0] for events in (0.0, n))
    inside = np.clip(values, low, high)
    sine = np.sin(2 * inside)
    root = np.sqrt(np.maximum(0.0, 1 - (sine + (sine - 1 / sine) / n) ** 2))
    found = (1 - np.sign(np.cos(2 * inside)) * root) / 2
    return np.asarray(np.where(values <= low, 0.0, np.where(values >= high, 1.0, found)))


def _from_double_root(values: FloatArray, time: float) -> FloatArray:
    doubled = 2 * np.maximum(values, 1 / (2 * np.sqrt(time))) * np.sqrt(time)
    return np.asarray(((doubled - 1 / doubled) / 2) ** 2 / time)


def _to_icc(values: FloatArray, ratings: float) -> FloatArray:
    grown = np.exp(2 * values)
    return np.asarray(np.where(np.isinf(grown), 1.0, (grown - 1) / (grown + ratings - 1)))


def _unsized(function: Callable[[FloatArray], FloatArray]) -> Callable[[FloatArray, float], FloatArray]:
    return lambda values, size: np.asarray(function(values))


IDENTITY = Scale("identity", _unsized(np.asarray), _unsized(np.asarray))
LOG = Scale("log", _unsized(np.log), _unsized(np.exp))
LOGIT = Scale("logit", _unsized(special.logit), _unsized(special.expit))
PROBIT = Scale("probit", _unsized(special.ndtri), _unsized(special.ndtr))
FISHER_Z = Scale("fisher_z", _unsized(np.arctanh), _unsized(np.tanh))
ARCSINE_ROOT = Scale(
    "arcsine_root",
    _unsized(lambda p: np.arcsin(np.sqrt(p))),
    _unsized(lambda y: np.sin(np.clip(y, 0, np.pi / 2)) ** 2),
)
ROOT = Scale("root", _unsized(np.sqrt), _unsized(lambda y: np.maximum(y, 0) ** 2))
DOUBLE_ARCSINE = Scale(
    "double_arcsine", lambda p, n: double_arcsine(n * p, n), _from_double_arcsine, "number of participants"
)
DOUBLE_ROOT = Scale(
    "double_root", lambda rate, t: double_root(t * rate, t), _from_double_root, "time at risk"
)
CUBE_ROOT_OF_COMPLEMENT = Scale(
    "cube_root_of_complement",
    _unsized(lambda a: 1 - np.cbrt(1 - a)),
    _unsized(lambda y: 1 - np.maximum(1 - y, 0) ** 3),
)
LOG_OF_COMPLEMENT = Scale(
    "log_of_complement", _unsized(lambda a: -np.log1p(-a)), _unsized(lambda y: -np.expm1(-y))
)
FISHER_Z_OF_ICC = Scale(
    "fisher_z_of_icc",
    lambda icc, ratings: np.log((1 + (ratings - 1) * icc) / (1 - icc)) / 2,
    _to_icc,
    "number of ratings",
)
