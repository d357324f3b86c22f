"""What is told of random terms: standard deviations, correlations, and the latent share of variance."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from mmstats.mixed.generalised.fit import GeneralisedFit

NONE = 1e-8  # a variance, relative to its term's largest, that is none


@dataclass(frozen=True)
class Component:
    """A standard deviation, or a correlation if there are two columns.

    Parameters
    ----------
    group : str
    names : tuple of str
        One column, or two.
    term : int
        Which random term.
    columns : tuple of int
    value : float
        NaN for a correlation with an effect that does not vary.
    std_error : float
        By the delta method; NaN at the boundary, where there is none.
    """

    group: str
    names: tuple[str, ...]
    term: int
    columns: tuple[int, ...]
    value: float
    std_error: float


def components(fit: GeneralisedFit) -> Iterator[Component]:
    """Yield the standard deviations of each random term, then its correlations."""
    p = len(fit.model.names)
    for r, term in enumerate(fit.model.random):
        at = [p + i for i, place in enumerate(fit.model.places) if place[0] == r]
        rows = [(a, b) for _, a, b in fit.model.places[fit.model.places[:, 0] == r]]
        factor = fit.model.factors(fit.parameters[p:])[r]
        covariance = fit.covariance[np.ix_(at, at)]
        deviations = np.sqrt((factor**2).sum(axis=1))
        sizes = deviations * np.sqrt((term.matrix**2).mean(axis=0))
        varies = sizes > 1e-4
        for i in range(term.size):
            slope = np.array([factor[a, b] / deviations[i] if a == i and varies[i] else 0.0 for a, b in rows])
            error = sqrt(max(0.0, float(slope @ covariance @ slope))) if varies[i] else nan
            value = float(deviations[i]) if varies[i] else 0.0
            yield Component(term.group, (term.names[i],), r, (i,), value, error)
        for i in range(term.size):
            for j in range(i + 1, term.size):
                names = (term.names[i], term.names[j])
                if not (varies[i] and varies[j]):
                    yield Component(term.group, names, r, (i, j), nan, nan)
                    continue
                value = float(factor[i] @ factor[j] / (deviations[i] * deviations[j]))
                slope = np.zeros(len(rows))
                for k, (a, b) in enumerate(rows):
                    for one, other in ((i, j), (j, i)):
                        if a == one:
                            slope[k] += (
                                factor[other, b] / deviations[other]
                                - value * factor[one, b] / deviations[one]
                            ) / deviations[one]
                error = sqrt(max(0.0, float(slope @ covariance @ slope))) if 1 - abs(value) > NONE else nan
                yield Component(term.group, names, r, (i, j), value, error)


def latent_icc(fit: GeneralisedFit) -> float:
    """Return the share of the latent variance that is between groups, for one random intercept.

    NaN if the family has no latent variable, or the random terms are not a single intercept.

    References: nakagawa2010.
    """
    (term, *others) = fit.model.random
    if others or term.size > 1 or not (term.matrix == 1).all():
        return nan
    variance = float(fit.covariances[0][0, 0])
    return variance / (variance + fit.model.latent_variance)
