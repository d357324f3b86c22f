"""Limits by profile likelihood: the values that a likelihood-ratio test does not reject."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from scipy import optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.mixed.components import Component
from mmstats.mixed.detail import detail
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.reduction import axes, moved, without_fixed
from mmstats.mixed.refits import fit_all
from mmstats.mixed.restrained import Restrained
from mmstats.mixed.structure import FloatArray

Least = Callable[[float, FloatArray], tuple[float, FloatArray]]
DRAWN = 8  # values on either side at which a profile is given


@dataclass(frozen=True)
class Profile:
    """The profile likelihood of one parameter.

    Parameters
    ----------
    estimate : float
        By full maximum likelihood.
    low, high : float
        The limits; the end of the parameter's range where the likelihood does not fall enough before it;
        NaN where they could not be found.
    level : float
    values, signed_roots : float arrays, shape (m,)
        Values from limit to limit, and the signed roots of how far the deviance is above its least: a
        straight line where the likelihood is quadratic, and +-1.96 at the 95 % limits.
    note : str
        Why a limit could not be found.
    """

    estimate: float
    low: float
    high: float
    level: float
    values: FloatArray
    signed_roots: FloatArray
    note: str = ""


def full_likelihood(found: LinearFit) -> LinearFit:
    """Return the fit by full maximum likelihood of what may have been fitted by the restricted one."""
    if not found.restricted:
        return found
    return fit(found.model, restricted=False, response=found.response, start=found.theta)


def profile_coefficient(found: LinearFit, contrast: FloatArray, *, level: float = 0.95) -> Profile:
    """Return the profile likelihood of a combination of fixed coefficients.

    It is of full maximum likelihood, as lme4's are: restricted likelihoods do not compare fixed parts.

    Parameters
    ----------
    found : LinearFit
    contrast : float array, shape (p,)
    level : float

    References: bates2015.
    """
    best = full_likelihood(found)
    rotation, turned = axes(best, np.atleast_2d(contrast))
    smaller = without_fixed(best, rotation, 1)
    columns = best.model.design.compiled
    factor = float(turned[0] @ rotation[:, 0])  # the combination is this times the first rotated coefficient
    along = np.zeros((1, len(columns.within)))

    def least(value: float, near: FloatArray) -> tuple[float, FloatArray]:
        beside = float(best.along @ rotation[:, 0]) - value / factor
        along[0, len(along[0]) - columns.fixed :] = beside / best.scale * rotation[:, 0]
        stats_ = smaller.moments(moved(columns, best.moments, along))
        found = fit_all(smaller.columns, stats_, near, best.rows, restricted=False)
        if not found.certified[0]:
            raise NotEstimableError(f"No least deviance was found with the value held at {value:.4g}.")
        return float(found.deviance[0]), found.theta[0]

    spread = detail(best).covariance
    unit = float(best.residual_sd * np.sqrt(turned[0] @ spread @ turned[0]))
    estimate = float(contrast @ best.coefficients)
    bounds = (-np.inf, np.inf)
    return profile_of(least, estimate, best.optimum.theta, best.optimum.deviance, unit, bounds, level)


def profile_component(found: LinearFit, component: Component, *, level: float = 0.95) -> Profile:
    """Return the profile likelihood of a standard deviation or a correlation of random effects.

    It is of full maximum likelihood, as lme4's are. A limit at the end of the range (a standard deviation
    of 0, a correlation of -1 or 1) means that the data do not speak against it.

    Parameters
    ----------
    found : LinearFit
    component : Component
    level : float

    Raises
    ------
    NotEstimableError
        For a correlation if a standard deviation is estimated as 0: then every value is equally likely.

    References: bates2015.

    Examples
    --------
    >>> from mmstats.mixed.structure import MixedData, RandomTerm
    >>> one = np.ones((10, 1))
    >>> people = RandomTerm("person", ("intercept",), one, np.arange(10) // 2, tuple("abcde"))
    >>> response = np.array([5.1, 4.8, 6.0, 6.4, 4.4, 4.9, 7.2, 6.8, 5.5, 6.1])
    >>> found = fit(MixedData(response, one, ("intercept",), (people,)))
    >>> between = profile_component(found, Component("random_sd", 0))
    >>> print(f"{between.estimate:.3f} ({between.low:.3f} to {between.high:.3f})")
    0.820 (0.434 to 1.838)
    """
    best = full_likelihood(found)
    rows = best.rows if component.kind == "residual_sd" else len(best.data.random[component.term].levels)
    estimate = float(component.of(best.covariances, best.residual_sd))
    return profile_held(Restrained(best, component), estimate, best.optimum.deviance, rows, level=level)


def profile_held(
    held: Restrained, estimate: float, lowest: float, units: int, *, level: float, drawn: int = DRAWN
) -> Profile:
    """Return the profile likelihood of what is held.

    Parameters
    ----------
    held : Restrained
    estimate : float
    lowest : float
        The deviance there.
    units : int
        How many rows or groups tell it, about.
    level : float
    drawn : int
        At how many values on either side the profile is given, the limit included.
    """
    best, component = held.fit, held.component
    if component.kind == "random_correlation" and held.edge[0] < lowest + 1e-7:
        raise NotEstimableError(
            f"The correlation {component.name(best.data)} is not determined: a standard deviation of it is "
            "estimated as 0, and without variation every correlation is equally likely."
        )
    unit = max(estimate, held.unit * best.residual_sd / best.scale * 0.1) / sqrt(2 * units)
    if component.kind == "random_correlation":
        unit = 1 / sqrt(units)
    bounds, start = component.bounds, held.optimum
    return profile_of(held.least, estimate, start, lowest, unit, bounds, level, drawn=drawn)


def profile_of(
    least: Least,
    estimate: float,
    start: FloatArray,
    lowest: float,
    unit: float,
    bounds: tuple[float, float],
    level: float,
    *,
    drawn: int = DRAWN,
) -> Profile:
    """Return a profile, given the least deviance at any value.

    Parameters
    ----------
    least : callable
        Takes a value and where to begin; returns the least deviance there, and where it is.
    estimate : float
    start : float array
        Where the least deviance of all is.
    lowest : float
        That deviance.
    unit : float
        About a standard error.
    bounds : tuple of float
    level : float
    drawn : int
        At how many values on either side the profile is given, the limit included.
    """
    critical, notes = sqrt(float(stats.chi2.isf(1 - level, 1))), []
    known: dict[float, tuple[float, FloatArray]] = {estimate: (0.0, start)}

    def root(value: float) -> float:
        """Return the root of how far the deviance is above its least, at most ten times the critical one."""
        if value not in known:
            nearest = min(known, key=lambda one: abs(one - value))
            deviance, place = least(value, known[nearest][1])
            known[value] = (min(sqrt(max(0.0, deviance - lowest)), 10 * critical), place)
        return known[value][0]

    def limit(side: float, bound: float) -> float:
        reach = abs(bound - estimate)
        far = min(critical * unit, reach)
        while far < reach and root(estimate + side * far) < critical:
            growth = critical / max(root(estimate + side * far), 0.05 * critical)
            far = min(far * min(max(1.05 * growth, 1.1), 4.0), reach)
            if far > 1e8 * unit:
                return side * np.inf
        if far == reach and root(bound) < critical:
            return bound
        end = bound if far == reach else estimate + side * far
        if end == estimate:
            return estimate

        def excess(value: float) -> float:
            return root(value) - critical

        return float(optimize.brentq(excess, estimate, end, xtol=1e-11 * abs(end - estimate), rtol=1e-14))

    ends, places = [], {estimate}
    for side, bound in zip((-1.0, 1.0), bounds, strict=True):
        try:
            ends.append(limit(side, bound))
            if isfinite(ends[-1]):
                places |= {float(value) for value in np.linspace(estimate, ends[-1], drawn + 1)}
        except NotEstimableError as problem:
            notes.append(problem.message)
            ends.append(nan)
    found = []
    for value in sorted(places):
        try:
            found.append((value, np.copysign(root(value), value - estimate)))
        except NotEstimableError as problem:  # the limits stand; the drawing lacks a point
            notes.append(problem.message)
    values, roots = np.array(found).T
    return Profile(estimate, ends[0], ends[1], level, values, roots, " ".join(dict.fromkeys(notes)))
