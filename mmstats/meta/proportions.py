"""From pooled transformed proportions back to proportions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import asin, cos, exp, pi, sin, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import Pooled, Predicted
from mmstats.meta.rare.one_group import pool_proportions
from mmstats.meta.rare.tables import shares
from mmstats.meta.weighted import FloatArray

Scale = Literal["raw", "log", "logit", "arcsine", "double-arcsine"]


@dataclass(frozen=True)
class Proportion:
    """A pooled proportion with its confidence interval and the prediction interval of a new study's.

    Parameters
    ----------
    estimate, conf_low, conf_high, prediction_low, prediction_high : float
        Limits of raw and log proportions can be outside 0 and 1: the scale does not know of these ends.
    warning : str
        What a reader must know; empty if nothing.
    """

    estimate: float
    conf_low: float
    conf_high: float
    prediction_low: float
    prediction_high: float
    warning: str = ""


def proportion(
    pooled: Pooled,
    scale: Scale,
    *,
    events: ArrayLike | None = None,
    people: ArrayLike | None = None,
    level: float = 0.95,
) -> Proportion:
    """Return the proportion that a pooled effect on a transformed scale stands for.

    The double arcsine (Freeman and Tukey) needs a number of people to go back; the harmonic mean of the
    studies' is taken, which is a choice that the answer depends on. Its warning says how much, beside the
    logit GLMM.

    Parameters
    ----------
    pooled : Pooled
        Of effects on that scale, without features of studies.
    scale : {"raw", "log", "logit", "arcsine", "double-arcsine"}
    events, people : array-like, shape (k,)
        For the double arcsine.
    level : float

    Raises
    ------
    NotEstimableError
        If effects are regressed on features, or a double arcsine comes without its counts.

    References: freeman1950, miller1978, schwarzer2019.

    Examples
    --------
    >>> from mmstats.meta.pooling import pool
    >>> pooled = pool(np.array([0.6, 1.1, 0.9]), np.array([0.05, 0.04, 0.08]), test="z")
    >>> found = proportion(pooled, "logit")
    >>> round(found.estimate, 3), round(found.conf_low, 3), round(found.conf_high, 3)
    (0.706, 0.636, 0.768)
    """
    if len(pooled.names) > 1:
        raise NotEstimableError(
            "A pooled proportion has no features of studies in it: pool the studies without any."
        )
    found = pooled.predict(np.ones(1), level=level)
    if scale != "double-arcsine":
        return _back(found, BACK[scale], "")
    if events is None or people is None:
        raise NotEstimableError(
            "To go back from double arcsines takes the studies' events and people: give both."
        )
    x, n = shares(events, people)
    mean = harmonic_mean(n)
    return _back(found, lambda value: double_arcsine_back(value, mean), _warning(found.estimate, x, n, level))


def _back(found: Predicted, back: Callable[[float], float], warning: str) -> Proportion:
    return Proportion(
        back(found.estimate),
        back(found.conf_low),
        back(found.conf_high),
        back(found.prediction_low),
        back(found.prediction_high),
        warning,
    )


def harmonic_mean(people: FloatArray) -> float:
    """Return the harmonic mean of the studies' sizes."""
    return float(len(people) / (1 / people).sum())


def double_arcsine_back(value: float, people: float) -> float:
    """Return the proportion among `people` whose double arcsine is a value; 0 or 1 beyond what one can be.

    The double arcsine is half the sum of asin(sqrt(x / (n + 1))) and asin(sqrt((x + 1) / (n + 1))).

    References: miller1978.

    Examples
    --------
    >>> round(double_arcsine_back((asin(sqrt(4 / 11)) + asin(sqrt(5 / 11))) / 2, 10), 12)
    0.4
    """
    lowest = asin(sqrt(1 / (people + 1))) / 2
    if value <= lowest:
        return 0.0
    if value >= pi / 2 - lowest:
        return 1.0
    size = sin(2 * value)
    inside = size + (size - 1 / size) / people
    return 0.5 * (1 - (1.0 if cos(2 * value) >= 0 else -1.0) * sqrt(max(0.0, 1 - inside**2)))


def _arcsine_back(value: float) -> float:
    return sin(min(max(value, 0.0), pi / 2)) ** 2


BACK: Mapping[str, Callable[[float], float]] = {
    "raw": float,
    "log": exp,
    "logit": lambda value: float(expit(value)),
    "arcsine": _arcsine_back,
}


def _warning(value: float, events: FloatArray, people: FloatArray, level: float) -> str:
    least, most, mean = float(people.min()), float(people.max()), harmonic_mean(people)
    shown = ", ".join(
        f"{double_arcsine_back(value, n):.3f} with {word} ({n:.4g})"
        for n, word in ((least, "the smallest"), (mean, "the harmonic mean"), (most, "the largest"))
    )
    return (
        "A pooled double arcsine stands for no one proportion: it depends on the number of people put in to "
        f"go back: {shown}. {_other(events, people, level)}"
    )


def _other(events: FloatArray, people: FloatArray, level: float) -> str:
    try:
        other = pool_proportions(events, people)
    except NotEstimableError as error:
        return f"The binomial-normal model of the counts gives no other one. {error}"
    low, high = (float(expit(limit)) for limit in other.interval(level))
    return (
        f"The binomial-normal model of the counts gives {float(expit(other.estimate)):.3f} "
        f"({low:.3f} to {high:.3f}); report that."
    )
