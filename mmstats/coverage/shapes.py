"""Distributions that small clinical studies meet, each with effects of four sizes.

A distribution is its quantile function, so that the truth can be computed to many digits and pairs of
any correlation can be drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import expit, logit, ndtri

FloatArray = npt.NDArray[np.float64]
Quantile = Callable[[FloatArray], FloatArray]

EFFECTS = ("none", "medium", "large", "unequal spread")


@dataclass(frozen=True)
class Shape:
    """A kind of data.

    Parameters
    ----------
    label : str
        The words printed for it.
    reference : callable
        The quantile function of the reference group.
    comparison : mapping of str to callable
        That of the comparison group, by effect.
    scores : bool
        Whether values are a few whole numbers.
    """

    label: str
    reference: Quantile
    comparison: Mapping[str, Quantile]
    scores: bool = False


def _scores(label: str, probabilities: list[float]) -> Shape:
    """Return scores from 0 whose odds of being higher are multiplied by 1, e and e squared."""
    lower = np.cumsum(probabilities)[:-1]

    def at(log_odds: float, spread: float = 1.0) -> Quantile:
        cuts = expit(logit(lower) * spread - log_odds)
        return lambda u: np.searchsorted(cuts, u, side="right").astype(np.float64)

    return Shape(
        label,
        at(0.0),
        {"none": at(0.0), "medium": at(1.0), "large": at(2.0), "unequal spread": at(0.0, 0.6)},
        scores=True,
    )


def _shifted(label: str, base: Quantile, std_dev: float) -> Shape:
    """Return a distribution moved by none, a half and one standard deviation, and one of twice the spread."""

    def at(shift: float, spread: float = 1.0) -> Quantile:
        return lambda u: spread * base(u) + shift * std_dev

    return Shape(
        label,
        base,
        {"none": at(0.0), "medium": at(0.5), "large": at(1.0), "unequal spread": at(0.0, 2.0)},
    )


def _zero_inflated(zeros: float, log_mean: float, log_sd: float = 0.7) -> Quantile:
    def quantile(u: FloatArray) -> FloatArray:
        above = np.clip((u - zeros) / (1 - zeros), 1e-12, 1 - 1e-12)
        return np.where(u <= zeros, 0.0, np.exp(log_mean + log_sd * ndtri(above)))

    return quantile


def _lognormal(u: FloatArray) -> FloatArray:
    return np.asarray(np.exp(0.8 * ndtri(u)))


def _heavy(u: FloatArray) -> FloatArray:
    return np.asarray(stats.t.ppf(u, 3))


# The probabilities of scores.
SCORES = {"floor": [0.55, 0.2, 0.13, 0.08, 0.04], "likert": [0.1, 0.2, 0.4, 0.2, 0.1]}

SHAPES: dict[str, Shape] = {
    "normal": _shifted("normal", lambda u: np.asarray(ndtri(u)), 1.0),
    "skewed": _shifted("skewed", _lognormal, float(stats.lognorm.std(0.8))),
    "heavy-tailed": _shifted("heavy-tailed", _heavy, float(np.sqrt(3))),
    "floor": _scores("scores of 0 to 4 with a floor", SCORES["floor"]),
    "likert": _scores("scores of 1 to 5", SCORES["likert"]),
    "zero-inflated": Shape(
        "half zeros, the rest skewed",
        _zero_inflated(0.5, 0.0),
        {
            "none": _zero_inflated(0.5, 0.0),
            "medium": _zero_inflated(0.4, 0.4),
            "large": _zero_inflated(0.25, 0.8),
            "unequal spread": _zero_inflated(0.6, 0.6),
        },
    ),
}

# What each kind of data is called: numbers, and the events and counts of generalised models.
LABELS = {name: shape.label for name, shape in SHAPES.items()} | {
    "binary": "binary, an event in 40 % of rows",
    "rare events": "binary, an event in 15 % of rows",
    "counts": "counts",
}
