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
    unit = float(found.scale[1]) ** 2
    low, note = 0.0, "0 is in the interval."
    if here > 0 and excess.thoroughly(0.0) < 0:
        low, note = excess.root(0.0, here), ""
    step = max(here, 1.0)
    while excess(here + step) > 0:
        step *= 2
        if step > LARGEST:
            any_variance = "The likelihood holds any variance, however large."
            return ProfileInterval(found.tau2, low**2 * unit, inf, any_variance)
    return ProfileInterval(found.tau2, low**2 * unit, excess.root(here, here + step) ** 2 * unit, note)


def weight_interval(found: Selected, place: int, *, level: float = 0.95) -> ProfileInterval:
    """Return the interval of one weight of a step function, relative to that of the smallest p values.

    References: hardy1996, vevea1995.
    """
    excess = _Excess(found, 2 + place, level)
    here = float(found.optimum.point[2 + place])
    limits, notes = [], []
    for sign, end, note in ((-1.0, 0.0, "0 is in the interval."), (1.0, inf, "There is no upper limit.")):
        step = 1.0
        while step <= FARTHEST and excess(here + sign * step) > 0:
            step *= 2
        if step > FARTHEST:
            limits.append(end)
            notes.append(note)
        else:
            limits.append(exp(excess.root(*sorted((here, here + sign * step)))))
    return ProfileInterval(float(found.parameters[place]), limits[0], limits[1], " ".join(notes))


class _Excess:
    """By how much a profile is above where its interval ends; of the nearest values, maxima are known."""

    def __init__(self, found: Selected, place: int, level: float) -> None:
        self.found, self.place = found, place
        self.limit = found.log_likelihood - float(stats.chi2.isf(1 - level, 1)) / 2
        self.known: dict[float, FloatArray] = {float(found.optimum.point[place]): found.optimum.point}

    def __call__(self, value: float, *, thorough: bool = False) -> float:
        nearest = self.known[min(self.known, key=lambda one: abs(one - value))]
        held = self.found.held(self.place, value, nearest, thorough=thorough)
        if held.value > self.found.log_likelihood + GREATER:
            raise NotEstimableError(
                "A profile of the selection model finds a greater likelihood than the fit: it has several "
                "maxima. Take fewer steps."
            )
        self.known[value] = held.point
        return held.value - self.limit

    def thoroughly(self, value: float) -> float:
        """Return the same, searched for from everywhere."""
        return self(value, thorough=True)

    def root(self, low: float, high: float) -> float:
        """Return where it is 0, held against searches from everywhere."""
        found = _root(self, low, high)
        if abs(self.thoroughly(found)) > GREATER:
            found = _root(self.thoroughly, low, high)
        return found


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(optimize.brentq(function, low, high, xtol=1e-12, rtol=1e-12, maxiter=200))
