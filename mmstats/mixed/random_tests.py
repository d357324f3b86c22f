"""Tests of random terms: whether groups differ at all, or in their slopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.mixed.layout import lower_triangles
from mmstats.mixed.likelihood_ratio import TIE, SimulatedTest, simulated_statistics
from mmstats.mixed.linear import SINGULAR, LinearFit
from mmstats.mixed.reduction import Reduction, split, without_random
from mmstats.mixed.refits import Optima, fit_all
from mmstats.mixed.structure import FloatArray

BEGIN = 0.3  # the standard deviation, in residual ones, that the search for a dropped column starts from


@dataclass(frozen=True)
class RandomTest:
    """The likelihood-ratio test that random coefficients have no variance.

    Parameters
    ----------
    statistic : float
        By how much the deviance is greater without them.
    mixture : tuple of int
        The degrees of freedom of the two chi-squared distributions whose even mixture the statistic follows
        in large samples; empty where it follows another distribution.
    note : str
        Why it does.
    """

    statistic: float
    mixture: tuple[int, ...]
    note: str = ""

    @property
    def p_value(self) -> float:
        """The probability of a larger statistic by the mixture; NaN where it does not hold."""
        if not self.mixture:
            return nan
        if self.statistic <= TIE:
            return 1.0
        return sum(0.5 * float(stats.chi2.sf(self.statistic, df)) for df in self.mixture if df)


def random_test(found: LinearFit, term: int, dropped: Sequence[int]) -> RandomTest:
    """Return the test that some columns of a random term, with their correlations, do not vary.

    By the likelihood that the fit is by. A variance cannot be negative, so that the statistic of one column
    among k of a term is an even mixture of chi-squared with k - 1 and k degrees of freedom in large samples
    of groups. That needs all other variances to be above 0. In small samples the mixture's p is mostly too
    large. For several columns the weights depend on the data: simulate.

    Parameters
    ----------
    found : LinearFit
    term : int
        Its place in the data's random terms.
    dropped : sequence of int
        The columns' places in the term.

    References: self1987, stram1994.
    """
    null, optimum = _null(found, term, dropped)
    size = found.data.random[term].size
    statistic = max(0.0, float(optimum.deviance[0]) - found.optimum.deviance)
    if len(dropped) > 1:
        return RandomTest(
            statistic,
            (),
            f"The weights of the mixture for {len(dropped)} variances at once depend on the data: simulate.",
        )
    ends, at = [], 0
    for width in null.columns.sizes:
        ends += [at + c * int(width) - c * (c - 1) // 2 for c in range(width)]
        at += int(width) * (int(width) + 1) // 2
    if ends and float(np.abs(optimum.theta[0, ends]).min()) < SINGULAR:
        return RandomTest(
            statistic,
            (),
            "Another variance is at 0, or a correlation at 1, where the mixture does not hold: simulate.",
        )
    return RandomTest(statistic, (size - 1, size))


def simulated_random_test(
    found: LinearFit, term: int, dropped: Sequence[int], *, resamples: int, rng: np.random.Generator
) -> SimulatedTest:
    """Return the same test with the statistic's distribution simulated from the fit without the columns.

    Parameters
    ----------
    found : LinearFit
    term : int
    dropped : sequence of int
    resamples : int
    rng : Generator

    References: self1987, halekoh2014.
    """
    null, optimum = _null(found, term, dropped)
    own = optimum.theta[0]
    theta = _placed(found, term, dropped, own, 0.0)
    start = _placed(found, term, dropped, own, BEGIN)
    statistic = max(0.0, float(optimum.deviance[0]) - found.optimum.deviance)
    return SimulatedTest(
        statistic, simulated_statistics(found, null, theta, own, resamples, rng, start=start)
    )


def _null(found: LinearFit, term: int, dropped: Sequence[int]) -> tuple[Reduction, Optima]:
    """Return the model without the columns, and its optimum."""
    null = without_random(found, term, dropped)
    optimum = fit_all(
        null.columns, null.moments(found.moments), null.start, found.rows, restricted=found.restricted
    )
    if not optimum.certified[0]:
        raise NotEstimableError(
            f"No least deviance was found without {found.data.random[term].group!r}: it cannot be compared."
        )
    return null, optimum


def _placed(
    found: LinearFit, term: int, dropped: Sequence[int], theta: FloatArray, deviation: float
) -> FloatArray:
    """Return the smaller model's theta as one of the larger, with a deviation for columns that it lacks."""
    result = []
    sizes = [one.size for one in found.data.random]
    bases = [np.eye(size) for size in sizes]
    bases[term], others = split(found, term, dropped)
    factors = lower_triangles(theta, [basis.shape[1] for basis in bases])
    for r, (basis, factor) in enumerate(zip(bases, factors, strict=True)):
        lacking = deviation * others if r == term else np.empty((sizes[r], 0))
        whole = np.concatenate([basis @ factor, lacking], axis=1)
        upper = np.asarray(np.linalg.qr(whole.T, mode="r"))
        result.append(upper[np.triu_indices(sizes[r])])
    return np.concatenate(result)
