"""Permutation test of pairs."""

from collections.abc import Iterator

import numpy as np

from mmstats.effects.mean_difference import MEAN_DIFFERENCE, mean, pair_differences
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Level, Random, Resamples, method
from mmstats.resampling.attach import with_permutations
from mmstats.resampling.permutation import of_pairs
from mmstats.samples import measured


@method(title="Paired permutation test", references=("fisher1935", "pitman1937", "streitberg1986"))
def paired_permutation(
    comparison: Ordered,
    reference: Ordered,
    *,
    level: Level = 0.95,
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Mean of the differences of pairs, comparison minus reference, tested by exchanging within pairs.

    An exchange turns the sign of a difference. The p value is the share of all sets of signs whose mean is
    at least as far from 0 as that of the data. It is exact up to 17 pairs, and for more where the differences
    are whole multiples of a unit (scores, short decimals) and not too many; else signs are drawn, and
    the observed ones count as one more. The note says which. The interval holds the shifts that the same
    test, with the same signs, does not reject once the shift is taken off the differences. The test supposes
    differences that are symmetric about their mean.

    Parameters
    ----------
    comparison, reference : Series of float, shape (n,)
        Two measurements of the same participants, row by row.
    level : float
        The confidence level.
    resamples : int
        How many sets of signs are drawn where they are too many to be all counted.
    rng : numpy.random.Generator
        What they are drawn from.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 pairs, or values are infinite.

    References: fisher1935, pitman1937, streitberg1986.

    Examples
    --------
    >>> import pandas as pd
    >>> drug_2 = pd.Series([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    >>> drug_1 = pd.Series([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    >>> for e in paired_permutation(drug_2, drug_1):
    ...     print(f"{e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f}), p = {e.p_value:.4f}")
    1.58 (0.83 to 2.47), p = 0.0039
    """
    n = len(comparison)
    if n < 2:
        raise NotEstimableError(f"A paired permutation test needs at least 2 pairs; there are {n}.")
    differences = pair_differences(measured(comparison, "comparison"), measured(reference, "reference"))
    base = Estimate(quantity=MEAN_DIFFERENCE, estimate=float(mean(differences)), n=n)
    found = of_pairs(differences, resamples=resamples, rng=rng)
    constant = bool(np.ptp(differences) == 0)
    yield with_permutations(base, found, level=level, every="set of signs", constant=constant)
