"""Profile likelihood of a combination of parameters: its limits and its likelihood-ratio test."""

from collections.abc import Callable
from functools import cache, partial
from math import inf, isfinite, isnan, sqrt

import numpy as np
from scipy import linalg, optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.mixed.generalised.density import FloatArray
from mmstats.mixed.generalised.fit import GeneralisedFit
from mmstats.mixed.generalised.optimum import Objective, Optimum, curvature, maximise

SLACK = 1e-5  # a log likelihood that is higher than the maximum by more shows that it was none
FARTHEST = 1e4  # in standard errors
SHORTEST = 1e-2  # a step, in standard errors, that must lead somewhere
NONE = 0.05  # a standard deviation of random effects, in units of the search, that may be none
AWAY = (0.1, 0.5, 1.5)  # where a higher likelihood is looked for then: at 0, every likelihood is stationary
WIDE = (4.0, 16.0)  # and for separated data, which random effects that vary much explain about as well
SPREADS = (0.5, 0.5, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0)  # of starts at random, in units of the search
HIGHER = 1e-4  # of the root of a likelihood ratio: a difference that is one


def profile_limits(fit: GeneralisedFit, contrast: FloatArray, level: float) -> tuple[float, float]:
    """Return the values of a combination of parameters that the likelihood-ratio test does not reject.

    Parameters
    ----------
    fit : GeneralisedFit
    contrast : float array, shape (size,)
        Of parameters of the predictors, or one diagonal element of a Cholesky factor, which is from 0.
    level : float

    Raises
    ------
    NotEstimableError
        If a maximum on the way is not found, or is higher than the fit's.
    """
    end = fit.end(contrast)
    low = -inf if isnan(end) or end == -inf else _limit(fit, contrast, level, -1.0)
    high = inf if isnan(end) or end == inf else _limit(fit, contrast, level, 1.0)
    return low, high


def deviation_limits(fit: GeneralisedFit, term: int, column: int, level: float) -> tuple[float, float]:
    """Return the profile limits of a random effect's standard deviation, from 0.

    The columns of the term are put in an order in which that standard deviation is a parameter.
    """
    turned = reordered(fit, term, column)
    p = len(turned.model.names)
    at = p + next(i for i, (r, a, b) in enumerate(turned.model.places) if r == term and a == b == 0)
    contrast = np.zeros(turned.model.size)
    contrast[at] = 1.0 if turned.parameters[at] >= 0 else -1.0
    middle = float(contrast @ turned.parameters)
    if turned.penalised or _ratio_at(turned, contrast, 0.0) > float(stats.chi2.isf(1 - level, 1)):
        low = max(0.0, _limit(turned, contrast, level, -1.0, most=middle))
    else:
        low = 0.0
    return min(low, middle), _limit(turned, contrast, level, 1.0)


def likelihood_ratio(fit: GeneralisedFit, contrasts: FloatArray) -> float:
    """Return the likelihood-ratio statistic of the hypothesis that all combinations (rows) are 0.

    Parameters
    ----------
    fit : GeneralisedFit
    contrasts : float array, shape (rows, size)
    """
    scaled = contrasts @ fit.scale
    basis = linalg.null_space(scaled)
    start = fit.optimum.point - np.linalg.pinv(scaled) @ (scaled @ fit.optimum.point)
    if not np.isfinite(fit.objective()(start)[0]) or fit.separated:
        first = np.linalg.solve(fit.scale, np.concatenate([fit.model.start, _unit_factors(fit)]))
        start = first - np.linalg.pinv(scaled) @ (scaled @ first)
        found = _from_everywhere(fit, _highest(fit, start, basis), basis)
    else:
        found = _highest(fit, start, basis, _positive(basis.T @ fit.optimum.bend @ basis))
        found = _from_everywhere(fit, found, basis)
    return _ratio(fit, found)


def reordered(fit: GeneralisedFit, term: int, column: int) -> GeneralisedFit:
    """Return the same fit with a column of a random term first."""
    model = fit.model
    order = (column, *(i for i in range(model.random[term].size) if i != column))
    turned = model.reordered(term, order)
    factors = list(fit.factors)
    factors[term] = np.linalg.qr(factors[term][list(order)].T)[1].T
    theta = np.array([factors[r][a, b] for r, a, b in turned.places])
    parameters = np.concatenate([fit.parameters[: len(model.names)], theta])
    if order == tuple(range(len(order))):
        return fit
    scale = fit.scale.copy()
    p = len(model.names)
    for j, (r, a, _) in enumerate(turned.places, start=p):
        scale[j, j] = 1 / np.sqrt((turned.random[r].matrix[:, a] ** 2).mean())
    marginal = type(fit.marginal)(turned, fit.marginal.points)
    point = np.linalg.solve(scale, parameters)
    found = GeneralisedFit(turned, marginal, fit.penalised, scale, fit.optimum)
    bend = curvature(found.objective(), point, np.eye(len(point)))
    optimum = Optimum(point, found.objective()(point)[0], bend, fit.gradient_norm)
    return GeneralisedFit(turned, marginal, fit.penalised, scale, optimum)


def _unit_factors(fit: GeneralisedFit) -> FloatArray:
    places, p = fit.model.places, len(fit.model.names)
    return np.where(places[:, 1] == places[:, 2], np.diag(fit.scale)[p:], 0.0)


def _positive(bend: FloatArray) -> FloatArray:
    """Return a guess of curvature without the flat and the rising directions."""
    sizes, axes = np.linalg.eigh(bend)
    return np.asarray((axes * np.maximum(np.abs(sizes), 1e-3)) @ axes.T)


def _ratio(fit: GeneralisedFit, found: Optimum) -> float:
    ratio = 2 * (fit.optimum.value - found.value)
    if ratio < -SLACK:
        raise NotEstimableError(
            "A higher likelihood was found away from the estimates: the likelihood has several maxima."
        )
    return max(0.0, ratio)


def _profile(fit: GeneralisedFit, contrast: FloatArray) -> tuple[Objective, FloatArray, FloatArray]:
    scaled = fit.scale.T @ contrast
    basis = linalg.null_space(scaled[None])
    return fit.objective(), basis, scaled


def _ratio_at(fit: GeneralisedFit, contrast: FloatArray, value: float) -> float:
    """Return the likelihood-ratio statistic of one value of a combination, reached in steps."""
    _, basis, scaled = _profile(fit, contrast)
    start = fit.optimum.point + scaled * ((value - contrast @ fit.parameters) / (scaled @ scaled))
    found = _highest(fit, start, basis, _positive(basis.T @ fit.optimum.bend @ basis))
    return _ratio(fit, _from_everywhere(fit, found, basis))


def _limit(
    fit: GeneralisedFit, contrast: FloatArray, level: float, side: float, *, most: float = inf
) -> float:
    """Return the limit on one side, which is not further from the estimate than `most`."""
    objective, basis, scaled = _profile(fit, contrast)
    middle = float(contrast @ fit.parameters)
    critical = sqrt(float(stats.chi2.isf(1 - level, 1)))
    bend = _positive(fit.optimum.bend)
    line = np.asarray(np.linalg.solve(bend, scaled))  # where the other parameters go, to first order
    rate = float(scaled @ line)
    unit = sqrt(rate) if not fit.separated else 2 * float(np.linalg.norm(scaled))
    known: dict[float, Optimum] = {0.0: fit.optimum}
    inner = _positive(basis.T @ bend @ basis)

    def excess(distance: float, *, everywhere: bool = False) -> float:
        if distance == 0:
            return -critical
        nearest = min(known, key=lambda d: abs(d - distance))
        near = known[nearest]
        change = middle + side * distance * unit - float(scaled @ near.point)
        start = _defined(objective, near.point, [line / rate * change, scaled / (scaled @ scaled) * change])
        if start is None and abs(distance - nearest) < SHORTEST:
            return inf
        if start is None:  # the way there leads through a place that is not possible: by a stop halfway
            halfway = excess((nearest + distance) / 2, everywhere=everywhere)
            return inf if halfway == inf else excess(distance, everywhere=everywhere)
        guess = inner if near.bend.shape != inner.shape else _positive(near.bend)
        highest = _highest(fit, start, basis, guess)
        known[distance] = _from_everywhere(fit, highest, basis) if everywhere else highest
        return sqrt(_ratio(fit, known[distance])) - critical

    found = _root(excess, critical, most / unit)
    if _uneven(fit) and isfinite(found) and excess(found, everywhere=True) < -HIGHER:
        found = _root(partial(excess, everywhere=True), critical, most / unit, found)
    return middle + side * unit * found


def _highest(
    fit: GeneralisedFit, start: FloatArray, basis: FloatArray, bend: FloatArray | None = None
) -> Optimum:
    """Return the maximum over start + span(basis); where random effects vanish, one beside is looked for."""
    objective, places, p = fit.objective(), fit.model.places, len(fit.model.names)
    found = maximise(objective, start, basis, bend, certify=False)
    diagonal = p + np.flatnonzero(places[:, 1] == places[:, 2])
    if (np.abs(found.point[diagonal]) > NONE).all():
        return found
    ends = []
    for size in AWAY:
        away = found.point.copy()
        away[diagonal] = np.maximum(np.abs(away[diagonal]), size)
        ends.append(found.point + basis @ (basis.T @ (away - found.point)))
    again = max(ends, key=lambda end: objective(end)[0])
    if not objective(again)[0] > found.value:
        return found
    return max(found, maximise(objective, again, basis, certify=False), key=lambda one: one.value)


def _uneven(fit: GeneralisedFit) -> bool:
    """Whether the likelihood may have several maxima with a value held."""
    return fit.separated or fit.penalised


def _from_everywhere(fit: GeneralisedFit, found: Optimum, basis: FloatArray) -> Optimum:
    """Return the highest maximum over found + span(basis) that is reached from several starts.

    It is the one given, unless data are separated, or may be and the likelihood is penalised.
    """
    if not _uneven(fit):
        return found
    objective, places, p = fit.objective(), fit.model.places, len(fit.model.names)
    diagonal = p + np.flatnonzero(places[:, 1] == places[:, 2])
    first = np.linalg.solve(fit.scale, np.concatenate([fit.model.start, _unit_factors(fit)]))
    starts = []
    for point in (found.point, first):
        for size in (1.0, *WIDE):
            starts.append(point.copy())
            starts[-1][diagonal] = size
    drawn = np.random.default_rng(0).standard_normal((len(SPREADS), len(first)))  # the same each time
    starts += list(drawn * np.array(SPREADS)[:, None])
    best = found
    for start in starts:
        held = found.point + basis @ (basis.T @ (start - found.point))
        if not np.isfinite(objective(held)[0]):
            continue
        try:
            best = max(best, maximise(objective, held, basis), key=lambda one: one.value)
        except NotEstimableError:
            continue  # this start leads nowhere
    return best


def _defined(objective: Objective, point: FloatArray, moves: list[FloatArray]) -> FloatArray | None:
    """Return where the function is greatest among the ends of the moves; None if it is undefined at all."""
    best = max((point + move for move in moves), key=lambda end: objective(end)[0])
    return best if np.isfinite(objective(best)[0]) else None


def _root(excess: Callable[[float], float], first: float, most: float, near: float = 0.0) -> float:
    """Return where a function that is below 0 at `near` crosses 0, or inf; at most `most`."""
    excess, far = cache(excess), min(near + first, most)  # so that a sign found once stays
    while excess(far) < 0:
        if far == most:
            return most
        near, far = far, min(far * 1.5, most)
        if far > FARTHEST:
            return inf
    if excess(far) == inf:
        return inf
    return float(optimize.brentq(excess, near, far, xtol=1e-9, rtol=1e-9))
