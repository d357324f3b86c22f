"""Profile-likelihood intervals of the variances and correlations of a multilevel model."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from scipy import optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.marginal_deviance import DependentEffects
from mmstats.meta.multilevel_result import Multilevel
from mmstats.meta.structure_elements import Structure
from mmstats.meta.variance_search import best
from mmstats.meta.weighted import FloatArray

GREATER = 1e-6  # a difference of deviances that is none
NEGLIGIBLE = 1e-7  # a decrease of the deviance that moves a limit by about 1e-8 of its distance
LARGEST = 1e12  # times the variation of effects: where the search for an upper limit ends


@dataclass(frozen=True)
class ProfileInterval:
    """The values of a parameter whose profile deviance is near the least.

    Parameters
    ----------
    estimate, low, high : float
    note : str
        Where a limit is an end of the range, or there is none.
    """

    estimate: float
    low: float
    high: float
    note: str = ""


def variance_interval(
    found: Multilevel, term: int, place: int = 0, *, level: float = 0.95
) -> ProfileInterval:
    """Return the interval of one variance.

    Parameters
    ----------
    found : Multilevel
    term, place : int
        Which term, and which of its variances.
    level : float

    References: hardy1996.
    """
    estimate = float(found.variances[term][place])
    profile = _Profile(found, term)

    def deviance(sd: float) -> float:
        made = profile.structure.with_variance(profile.theta, place, sd**2)
        return profile.least(*made)

    limit = profile.limit(level)
    top, sd, low, note = found.scale, np.sqrt(estimate), 0.0, ""
    if estimate > 0 and deviance(0.0) > limit:
        low = _root(lambda value: deviance(value) - limit, 0.0, float(sd))
    else:
        note = "0 is in the interval."
    step = max(float(sd), 0.1 * top)
    beyond = float(sd) + step
    while deviance(beyond) < limit:
        step *= 2
        beyond = float(sd) + step
        if step**2 > LARGEST * (np.ptp(found.effects) ** 2 + top**2):
            return ProfileInterval(estimate, low**2, inf, "The likelihood holds any variance, however large.")
    high = _root(lambda value: deviance(value) - limit, float(sd), beyond)
    return ProfileInterval(estimate, low**2, high**2, note)


def correlation_interval(
    found: Multilevel, term: int, place: int = 0, *, level: float = 0.95
) -> ProfileInterval:
    """Return the interval of one correlation; what the likelihood does not limit goes to the range's end."""
    if not len(found.correlations[term]):
        raise NotEstimableError(f"{found.terms[term].name} has no correlation.")
    estimate = float(found.correlations[term][place])
    if not np.isfinite(estimate):
        raise NotEstimableError(
            f"A variance of {found.terms[term].name} is 0, so its correlation is not determined."
        )
    profile = _Profile(found, term)
    structure = profile.structure
    unstructured = found.terms[term].kind == "un"
    ends = (-1.0, 1.0) if unstructured else (float(structure.lower[-1]), float(structure.upper[-1]))
    if ends[0] == ends[1]:
        raise NotEstimableError(f"The correlation of {found.terms[term].name} is held at {estimate:g}.")
    limit = profile.limit(level)

    def excess(rho: float) -> float:
        return profile.least(*structure.with_correlation(profile.theta, place, rho)) - limit

    limits, notes = [], []
    for end in ends:
        if excess(end) <= 0:
            limits.append(end)
            notes.append(f"{end:.3g}, the end of the range, is in the interval.")
        else:
            limits.append(_root(excess, *sorted((estimate, end))))
    return ProfileInterval(estimate, limits[0], limits[1], " ".join(notes))


class _Profile:
    """The deviance with one parameter held, the others at their best."""

    def __init__(self, found: Multilevel, term: int) -> None:
        self.found, self.term = found, term
        self.data, self.at = found.fit.data, found.fit.data.places[term]
        self.structure: Structure = found.terms[term].structure
        self.theta: FloatArray = found.fit.theta[self.at]

    def limit(self, level: float) -> float:
        """Return the deviance at the limits."""
        least = self.found.fit.deviance(restricted=self.found.restricted)
        return least + float(stats.chi2.isf(1 - level, 1))

    def least(self, structure: Structure, start: FloatArray) -> float:
        """Return the least deviance with a term's structure in the place of its own."""
        old = self.found.fit.theta
        terms = list(self.found.terms)
        terms[self.term] = replace(terms[self.term], structure=structure)
        data = DependentEffects(self.data.effects, self.data.design, tuple(terms), self.data.batches)
        theta = np.concatenate([old[: self.at.start], start, old[self.at.stop :]])
        restricted = self.found.restricted
        optimum = best(data, (self._away(data, theta), theta), restricted=restricted)
        if not optimum.solved(NEGLIGIBLE):
            raise NotEstimableError(
                f"The profile of {self.found.terms[self.term].name} has no least deviance at a value: "
                f"one more step still promises {optimum.promised:.1g}."
            )
        deviance = optimum.fit.deviance(restricted=restricted)
        if deviance < self.found.fit.deviance(restricted=self.found.restricted) - GREATER:
            raise NotEstimableError(
                f"The profile of {self.found.terms[self.term].name} finds a greater likelihood than the "
                "fit: it has several maxima. Take a simpler structure."
            )
        return deviance

    def _away(self, data: DependentEffects, theta: FloatArray) -> FloatArray:
        """Return parameters with free standard deviations away from 0, where likelihoods are stationary."""
        size = np.sqrt(sum(float(one.mean()) for one in self.found.variances) + self.found.scale**2)
        found = theta.copy()
        for term, place in zip(data.terms, data.places, strict=True):
            if term.kind != "un":  # the last one is a correlation
                found[place.start : place.stop - 1] = np.maximum(found[place.start : place.stop - 1], size)
        return np.where(data.free, found, theta)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    found: float = optimize.brentq(function, low, high, xtol=1e-300, rtol=1e-12, maxiter=1000)
    return found
