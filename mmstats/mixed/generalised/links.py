"""Links: distribution functions whose logarithms keep their digits in both tails."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi, sqrt

import numpy as np
from scipy.special import erfcx, expit, log_expit, log_ndtr

from mmstats.mixed.generalised.density import FloatArray

Derivatives = tuple[FloatArray, FloatArray, FloatArray, FloatArray]

SMALL = 0.01  # below it, a series stands for a difference that would lose digits
LARGE = 700.0  # beyond it, an exponential overflows
FAR = 5.0  # beyond it, F is nearly 0 or 1


@dataclass(frozen=True)
class Link:
    """A latent distribution: its name, its variance, and logarithms with three derivatives.

    Parameters
    ----------
    name : str
    variance : float
        Of the latent variable, for the latent intraclass correlation.
    log_below : callable
        log F and its first, second and third derivative.
    log_above : callable
        log (1 - F) and its derivatives.
    log_density : callable
        log f with its first and second derivative (and a third entry that is unused, 0).
    log_between : callable
        log (F(upper) - F(lower)) for upper > lower.
    far_above : float
        Above it F is nearly 1; below -5 it is nearly 0.
    """

    name: str
    variance: float
    log_below: Callable[[FloatArray], Derivatives]
    log_above: Callable[[FloatArray], Derivatives]
    log_density: Callable[[FloatArray], Derivatives]
    log_between: Callable[[FloatArray, FloatArray], FloatArray]
    far_above: float = FAR

    def far(self, x: FloatArray) -> bool:
        """Return whether some chance is nearly 0 or 1."""
        return bool(x.min() < -FAR or x.max() > self.far_above)


def _mirrored(below: Callable[[FloatArray], Derivatives]) -> Callable[[FloatArray], Derivatives]:
    def above(x: FloatArray) -> Derivatives:
        value, first, second, third = below(-x)
        return value, -first, second, -third

    return above


def _logit_below(x: FloatArray) -> Derivatives:
    above, below = expit(-x), expit(x)
    product = above * below
    return log_expit(x), above, -product, product * (below - above)


def _logit_density(x: FloatArray) -> Derivatives:
    tilt = -np.tanh(x / 2)
    return log_expit(x) + log_expit(-x), tilt, -2 * expit(x) * expit(-x), np.zeros_like(x)


def _logit_between(upper: FloatArray, lower: FloatArray) -> FloatArray:
    return np.asarray(log_expit(upper) + log_expit(-lower) + np.log(-np.expm1(lower - upper)))


def _probit_below(x: FloatArray) -> Derivatives:
    with np.errstate(over="ignore"):
        first = sqrt(2 / pi) / erfcx(-x / sqrt(2))
    second = -first * (x + first)
    return log_ndtr(x), first, second, -second * (x + first) - first * (1 + second)


def _probit_density(x: FloatArray) -> Derivatives:
    return -(x**2) / 2 - np.log(2 * pi) / 2, -x, -np.ones_like(x), np.zeros_like(x)


def _probit_between(upper: FloatArray, lower: FloatArray) -> FloatArray:
    right = upper + lower > 0
    near, far = np.where(right, -lower, upper), np.where(right, -upper, lower)
    return np.asarray(log_ndtr(near) + np.log(-np.expm1(log_ndtr(far) - log_ndtr(near))))


def _cloglog_below(x: FloatArray) -> Derivatives:
    m = np.exp(np.minimum(x, np.log(LARGE)))
    low, large = m < SMALL, x > np.log(LARGE)
    small, inner = np.where(low, m, 0.0), np.where(low, 1.0, m)
    series = -small / 2 + small**2 / 12 - small**4 / 720
    ratio = np.where(low, 1 + series, np.where(large, 0.0, inner / np.expm1(inner)))
    gap = np.where(low, -small / 2 - small**2 / 12 + small**4 / 720, 1 - inner - ratio)
    value = np.where(low, x - small / 2 + small**2 / 24, np.log(-np.expm1(-inner)))
    second = ratio * gap
    return value, ratio, second, second * gap - ratio * (m + second)


def _cloglog_above(x: FloatArray) -> Derivatives:
    with np.errstate(over="ignore"):
        m = np.exp(x)
    return -m, -m, -m, -m


def _cloglog_density(x: FloatArray) -> Derivatives:
    with np.errstate(over="ignore"):
        m = np.exp(x)
    return x - m, 1 - m, -m, np.zeros_like(x)


def _cloglog_between(upper: FloatArray, lower: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):
        m = np.exp(lower)
        gap = m * np.expm1(upper - lower)
        return np.asarray(-m + np.log(-np.expm1(-gap)))


LINKS = {
    link.name: link
    for link in (
        Link(
            "logit",
            pi**2 / 3,
            _logit_below,
            _mirrored(_logit_below),
            _logit_density,
            _logit_between,
        ),
        Link("probit", 1.0, _probit_below, _mirrored(_probit_below), _probit_density, _probit_between),
        Link(
            "cloglog",
            pi**2 / 6,
            _cloglog_below,
            _cloglog_above,
            _cloglog_density,
            _cloglog_between,
            far_above=log(FAR),  # 1 - F is exp(-exp(x))
        ),
    )
}
