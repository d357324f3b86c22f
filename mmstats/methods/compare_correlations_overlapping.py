"""Comparison of two correlations that share a variable."""

from collections.abc import Iterator

from mmstats.effects.correlation_difference import correlation_differences, together_overlapping
from mmstats.effects.pearson_r import pearson_r
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Level, method
from mmstats.samples import sorted_rows


@method(
    title="Comparison of two correlations that share a variable",
    references=("steiger1980", "zou2007", "cohen1988"),
)
def compare_correlations_overlapping(
    shared: Ordered, comparison: Ordered, reference: Ordered, *, level: Level = 0.95
) -> Iterator[Estimate]:
    """Whether one variable goes more closely with a second than with a third, in the same participants.

    Yields the Pearson correlation of `shared` and `comparison` minus that of `shared` and `reference`, with
    Zou's interval; and Cohen's q, the difference of Fisher's z, with the test that Steiger made of Dunn
    and Clark's, which takes the two as equal to know how they vary together. Each p belongs to the interval
    beside it: that of the difference is the level at which Zou's interval begins to leave out 0. The two
    differ little, and only the first is adjusted in a family. Both suppose normal data.

    Correlations are compared with their signs: where `reference` counts the other way round, reverse it.

    Parameters
    ----------
    shared, comparison, reference : Series of float, shape (n,)
    level : float
        The confidence level.

    Raises
    ------
    NotEstimableError
        If there are fewer than 4 rows, or a variable is constant.

    Notes
    -----
    References: steiger1980, zou2007, cohen1988.

    Examples
    --------
    >>> import pandas as pd
    >>> fatigue = pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8])
    >>> sleep = pd.Series([2.0, 1, 4, 3, 7, 8, 6, 5])
    >>> age = pd.Series([4.0, 1, 6, 8, 2, 7, 5, 3])
    >>> for e in compare_correlations_overlapping(fatigue, sleep, age):
    ...     print(f"{e.quantity.name} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    correlation_difference 0.62 (-0.21 to 1.37)
    cohens_q 0.83 (-0.32 to 1.97)
    """
    a, b, c = sorted_rows({"shared": shared, "comparison": comparison, "reference": reference}, at_least=4)
    first, second, between = (float(pearson_r(*pair)) for pair in ((a, b), (a, c), (b, c)))
    mean, n = (first + second) / 2, len(a)
    yield from correlation_differences(
        first,
        second,
        (n, n),
        n=n,
        together=together_overlapping(first, second, between),
        z_together=together_overlapping(mean, mean, between),
        level=level,
        test="steiger",
    )
