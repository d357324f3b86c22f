"""Profile limits of one parameter of a count model, each maximum on the way certified."""

from math import inf, sqrt

import numpy as np
from scipy import linalg, optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.weighted import FloatArray
from mmstats.mixed.generalised.fit import GeneralisedFit
from mmstats.mixed.generalised.optimum import Optimum, maximise

SLACK = 1e-6  # a likelihood that is higher than the maximum by more shows that it was none
FARTHEST = 1e4  # widths
START = 0.5  # standard deviation, scaled, of the second start: at 0 each likelihood is stationary


def limits(
    fit: GeneralisedFit, place: int, level: float, *, width: float, least: float = -inf
) -> tuple[float, float]:
    """Return the values of a parameter that the likelihood-ratio test does not reject.

    With tau near 0 at the maximum it can be above 0 further out. So for each value the search starts with it
    as it is nearby and well above 0, and ends at a certified maximum.

    Parameters
    ----------
    fit : GeneralisedFit
        Not separated.
    place : int
        Of the parameter.
    level : float
    width : float
        About a standard error of the parameter.
    least : float
        The least value that the parameter can have.

    Raises
    ------
    NotEstimableError
        If a maximum on the way is not found, or is higher than the fit's.
    """
    objective, p = fit.objective(), len(fit.model.names)
    scaled = fit.scale.T @ np.eye(fit.model.size)[place]
    basis = linalg.null_space(scaled[None])
    middle = float(fit.parameters[place])
    middle = middle if least == -inf else abs(middle)  # a likelihood is even in a standard deviation
    critical = sqrt(float(stats.chi2.isf(1 - level, 1)))
    bend = basis.T @ fit.optimum.bend @ basis
    known: dict[float, tuple[FloatArray, FloatArray]] = {middle: (fit.optimum.point, bend)}

    def excess(value: float) -> float:
        near, bend = known[min(known, key=lambda other: abs(other - value))]
        found: list[Optimum] = []
        for start, guess in ((near, bend), (np.where(np.arange(len(near)) < p, near, START), None)):
            at = start + scaled * ((value - fit.scale[place] @ start) / (scaled @ scaled))
            if np.isfinite(objective(at)[0]):
                found.append(maximise(objective, at, basis, guess))
        if not found:
            raise NotEstimableError("The likelihood is not defined on the way to a profile limit.")
        best = max(found, key=lambda one: one.value)
        ratio = 2 * (fit.optimum.value - best.value)
        if ratio < -SLACK:
            raise NotEstimableError(
                "A higher likelihood was found away from the estimates: the likelihood has several maxima."
            )
        known[value] = best.point, best.bend
        return sqrt(max(0.0, ratio)) - critical

    def limit(side: float) -> float:
        near, step = middle, critical * width
        while True:
            far = max(middle + side * step, least)
            if excess(far) > 0:
                break
            if far == least or step > FARTHEST * width:
                return far if far == least else side * inf
            near, step = far, step * 1.5
        found = optimize.brentq(lambda value: excess(value), near, far, xtol=1e-9 * width, rtol=1e-10)
        return float(found)

    return limit(-1.0), limit(1.0)
