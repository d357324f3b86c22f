"""Pooled proportions and rates: the binomial-normal and the Poisson-normal model."""

from math import log

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, xlog1py, xlogy

from mmstats.errors import NotEstimableError
from mmstats.meta.rare.common import ChiSquared
from mmstats.meta.rare.pooled import CountsPooled, Test, check_count, typical_variance
from mmstats.meta.rare.tables import counts, shares
from mmstats.meta.weighted import FloatArray
from mmstats.mixed.generalised.build import binomial_model, poisson_model
from mmstats.mixed.generalised.fit import fit_generalised
from mmstats.mixed.structure import MixedData, RandomTerm

POINTS = 7  # of adaptive quadrature in each study


def pool_proportions(
    events: ArrayLike, people: ArrayLike, *, test: Test = "z", points: int = POINTS
) -> CountsPooled:
    """Pool proportions: events are binomial, and log odds normal between studies.

    Studies with no events, or with nothing else, count as what they are.

    Parameters
    ----------
    events, people : array-like, shape (k,)
    test : {"z", "t"}
    points : int
        Of adaptive Gauss-Hermite quadrature.

    Raises
    ------
    NotEstimableError
        If counts cannot be, there is one study, or all people are alike.

    References: hamza2008, stijnen2010.

    Examples
    --------
    >>> found = pool_proportions([82, 57, 79], [140, 87, 274])
    >>> round(found.estimate, 3), round(found.tau2, 3)
    (0.013, 0.431)
    """
    x, n = shares(events, people)
    check_count(len(x))
    if not x.any() or (x == n).all():
        raise NotEstimableError(
            f"{'Nobody' if not x.any() else 'Everybody'} has the event: the pooled log odds are infinite. "
            "Give an exact interval of all people together."
        )
    if ((x == 0) | (x == n)).all():
        raise NotEstimableError(
            "In each study everybody or nobody has the event: nothing tells how much studies differ. Give an "
            "exact interval of all people together."
        )
    fit = fit_generalised(binomial_model(_data(x / n, n, None)), points)
    common = x.sum() / n.sum()
    ratio = 2 * float((xlogy(x, x / n) + xlogy(n - x, 1 - x / n)).sum())
    ratio -= 2 * float((xlogy(x, common) + xlog1py(n - x, -common)).sum())
    zero = np.where((x == 0) | (x == n), 0.5, 0.0)
    own = 1 / (x + zero) + 1 / (n - x + zero)
    return CountsPooled(
        fit, 0, 0, len(x), (), ChiSquared(max(0.0, ratio), len(x) - 1), typical_variance(own), test
    )


def pool_rates(events: ArrayLike, time: ArrayLike, *, test: Test = "z", points: int = POINTS) -> CountsPooled:
    """Pool rates: events are Poisson, and log rates normal between studies.

    Parameters
    ----------
    events, time : array-like, shape (k,)
    test : {"z", "t"}
    points : int
        Of adaptive Gauss-Hermite quadrature.

    Raises
    ------
    NotEstimableError
        If counts or times cannot be, there is one study, or no event.

    References: stijnen2010.
    """
    x, t = counts(events, time)
    check_count(len(x))
    if not x.any():
        raise NotEstimableError("No study has an event: the pooled log rate is minus infinity.")
    fit = fit_generalised(poisson_model(_data(x, None, np.log(t))), points)
    common = log(x.sum() / t.sum())
    own = xlogy(x, x / t) - x - (x * common - np.exp(common) * t)
    zero = np.where(x == 0, 0.5, 0.0)
    test_of_one = ChiSquared(max(0.0, 2 * float(own.sum())), len(x) - 1)
    return CountsPooled(fit, 0, 0, len(x), (), test_of_one, typical_variance(1 / (x + zero)), test)


def log_binomials(events: FloatArray, people: FloatArray) -> float:
    """Return the sum of the logarithms of binomial coefficients."""
    return float((gammaln(people + 1) - gammaln(events + 1) - gammaln(people - events + 1)).sum())


def _data(response: FloatArray, weights: FloatArray | None, offset: FloatArray | None) -> MixedData:
    k = len(response)
    ones, codes = np.ones((k, 1)), np.arange(k)
    random = RandomTerm("study", ("intercept",), ones, codes, tuple(str(i + 1) for i in codes))
    return MixedData(response, ones, ("intercept",), (random,), weights, offset)
