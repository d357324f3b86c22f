"""Profile-likelihood intervals of tau squared and of the weights of a step function."""

from collections.abc import Callable
from math import exp, inf

from scipy import optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.multilevel_interval import ProfileInterval
from mmstats.meta.selection.model import Selected
from mmstats.meta.weighted import FloatArray

GREATER = 1e-6  # a difference of log likelihoods that is none
FARTHEST = 20.0  # logarithms of a weight from its estimate, beyond which it is 0 or infinite
LARGEST = 1e6  # tau in its scale


def tau2_interval(found: Selected, *, level: float = 0.95) -> ProfileInterval:
    """Return the interval of the variance of true effects, given selection.

    References: hardy1996.
    """
    excess = _Excess(found, 1, level)
    here = 0.0 if found.at_zero[0] else abs(float(found.optimum.point[1]))
    low, note = 0.0, ""
    if here > 0 and excess(0.0) < 0:
        low = _root(excess, 0.0, here)
    else:
        note = "0 is in the interval."
    step = max(here, 1.0)
    while excess(here + step) > 0:
        step *= 2
        if step > LARGEST:
            return ProfileInterval(
                found.tau2, low**2, inf, "The likelihood holds any variance, however large."
            )
    high = _root(excess, here, here + step)
    unit = float(found.scale[1]) ** 2
    return ProfileInterval(found.tau2, low**2 * unit, high**2 * unit, note)


def weight_interval(found: Selected, place: int, *, level: float = 0.95) -> ProfileInterval:
    """Return the interval of one weight of a step function, relative to that of the smallest p values.

    References: hardy1996, vevea1995.
    """
    excess = _Excess(found, 2 + place, level)
    here = float(found.optimum.point[2 + place])
    limits: list[float] = []
    for sign in (-1.0, 1.0):
        step = 1.0
        while step <= FARTHEST and excess(here + sign * step) > 0:
            step *= 2
        if step > FARTHEST:
            limits.append(sign * inf)
        else:
            limits.append(_root(excess, *sorted((here, here + sign * step))))
    notes = [
        text
        for limit, text in zip(limits, ("0 is in the interval.", "There is no upper limit."), strict=True)
        if abs(limit) == inf
    ]
    low, high = (0.0 if limits[0] == -inf else exp(limits[0])), (inf if limits[1] == inf else exp(limits[1]))
    return ProfileInterval(float(found.parameters[place]), low, high, " ".join(notes))


class _Excess:
    """By how much a profile is above where its interval ends; of the nearest values, maxima are known."""

    def __init__(self, found: Selected, place: int, level: float) -> None:
        self.found, self.place = found, place
        self.limit = found.log_likelihood - float(stats.chi2.isf(1 - level, 1)) / 2
        self.known: dict[float, FloatArray] = {float(found.optimum.point[place]): found.optimum.point}

    def __call__(self, value: float) -> float:
        nearest = self.known[min(self.known, key=lambda one: abs(one - value))]
        held = self.found.held(self.place, value, nearest)
        if held.value > self.found.log_likelihood + GREATER:
            raise NotEstimableError(
                "A profile of the selection model finds a greater likelihood than the fit: it has several "
                "maxima. Take fewer steps."
            )
        self.known[value] = held.point
        return held.value - self.limit


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(optimize.brentq(function, low, high, xtol=1e-12, rtol=1e-12, maxiter=200))
