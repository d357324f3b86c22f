"""The likelihood-ratio test of fixed terms, by its large-sample distribution and by simulation."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import stats

from mmstats.mixed.linear import LinearFit
from mmstats.mixed.profile import full_likelihood
from mmstats.mixed.reduction import Reduction, axes, moved, without_fixed
from mmstats.mixed.refits import Optima, fit_all
from mmstats.mixed.simulation import simulated
from mmstats.mixed.structure import FloatArray

TIE = 1e-9  # deviances closer than this are equal


@dataclass(frozen=True)
class RatioTest:
    """A likelihood-ratio test.

    Parameters
    ----------
    statistic : float
        By how much the deviance is greater under the hypothesis.
    df : int
    """

    statistic: float
    df: int

    @property
    def p_value(self) -> float:
        """The probability of a larger statistic by its large-sample distribution, chi-squared.

        It is too small where groups are few: then simulate.
        """
        return float(stats.chi2.sf(self.statistic, self.df))


@dataclass(frozen=True)
class SimulatedTest:
    """A test by simulation under the hypothesis.

    Parameters
    ----------
    statistic : float
    replicates : float array, shape (b,)
        Simulated statistics; NaN where no optimum was certain.
    """

    statistic: float
    replicates: FloatArray

    @property
    def failed(self) -> int:
        """The number of simulated statistics without a certain optimum; p counts them as larger."""
        return int(np.isnan(self.replicates).sum())

    @property
    def p_value(self) -> float:
        """The share of statistics no smaller than that observed, which is counted among them."""
        larger = int((~(self.replicates < self.statistic - TIE)).sum())
        return (larger + 1) / (len(self.replicates) + 1)

    @property
    def mcse(self) -> float:
        """The Monte-Carlo standard error of `p_value`."""
        return sqrt(self.p_value * (1 - self.p_value) / (len(self.replicates) + 1))


def likelihood_ratio_test(found: LinearFit, contrasts: FloatArray) -> RatioTest:
    """Return the test that all combinations of fixed coefficients, shape (l, p), are 0.

    Of full maximum likelihood: restricted likelihoods do not compare fixed parts.

    References: pinheiro2000.
    """
    best = full_likelihood(found)
    smaller, null = _null(best, np.atleast_2d(contrasts))
    statistic = float(null.deviance[0]) - best.optimum.deviance
    return RatioTest(max(0.0, statistic), best.model.design.compiled.fixed - smaller.columns.fixed)


def simulated_ratio_test(
    found: LinearFit, contrasts: FloatArray, *, resamples: int, rng: np.random.Generator
) -> SimulatedTest:
    """Return the same test with the statistic's distribution simulated from the fit under the hypothesis.

    Both models are fitted to each simulated response.

    Parameters
    ----------
    found : LinearFit
    contrasts : float array, shape (l, p)
    resamples : int
    rng : Generator

    References: halekoh2014.
    """
    best = full_likelihood(found)
    smaller, null = _null(best, np.atleast_2d(contrasts))
    observed = max(0.0, float(null.deviance[0]) - best.optimum.deviance)
    return SimulatedTest(
        observed, simulated_statistics(best, smaller, null.theta[0], null.theta[0], resamples, rng)
    )


def simulated_statistics(
    found: LinearFit,
    smaller: Reduction,
    theta: FloatArray,
    smaller_theta: FloatArray,
    resamples: int,
    rng: np.random.Generator,
    *,
    start: FloatArray | None = None,
) -> FloatArray:
    """Return the differences of the two models' deviances for responses simulated from the smaller one.

    Parameters
    ----------
    found : LinearFit
    smaller : Reduction
    theta : float array, shape (t,)
        The smaller model's, as one of the larger model.
    smaller_theta : float array, shape (t',)
    resamples : int
    rng : Generator
    start : float array, shape (t,), optional
        Where the larger model's search starts, if not at `theta`.
    """
    columns, rows, restricted = found.model.design.compiled, found.rows, found.restricted
    statistics, step = [], max(1, 4_000_000 // (columns.root.size + columns.cross.size + columns.within.size))
    for first in range(0, resamples, step):
        drawn = simulated(found.model.design, rows, theta, min(step, resamples - first), rng)
        one = fit_all(columns, drawn, theta if start is None else start, rows, restricted=restricted)
        two = fit_all(smaller.columns, smaller.moments(drawn), smaller_theta, rows, restricted=restricted)
        gaps = np.maximum(two.deviance - one.deviance, 0.0)
        statistics.append(np.where(one.certified & two.certified, gaps, np.nan))
    return np.concatenate(statistics)


def _null(best: LinearFit, contrasts: FloatArray) -> tuple[Reduction, Optima]:
    """Return the model under the hypothesis, and its optimum for the response."""
    rotation, turned = axes(best, contrasts)
    count = len(turned)
    smaller, columns = without_fixed(best, rotation, count), best.model.design.compiled
    along = np.zeros((1, len(columns.within)))
    kept = rotation[:, :count] @ (rotation[:, :count].T @ best.along)
    along[0, len(columns.within) - columns.fixed :] = kept / best.scale
    stats_ = smaller.moments(moved(columns, best.moments, along))
    return smaller, fit_all(smaller.columns, stats_, smaller.start, best.rows, restricted=False)
