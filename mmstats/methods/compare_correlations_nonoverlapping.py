"""Comparison of the correlations of two pairs of variables."""

from collections.abc import Iterator

from mmstats.effects.correlation_difference import correlation_differences, together_nonoverlapping
from mmstats.effects.pearson_r import pearson_r
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Level, method
from mmstats.samples import sorted_rows


@method(
    title="Comparison of the correlations of two pairs of variables",
    references=("steiger1980", "zou2007", "cohen1988"),
)
def compare_correlations_nonoverlapping(
    comparison_x: Ordered,
    comparison_y: Ordered,
    reference_x: Ordered,
    reference_y: Ordered,
    *,
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Whether one pair of variables goes more closely together than another, in the same participants.

    Such as two measurements at a second visit and at a first. Yields the Pearson correlation of the
    comparison pair minus that of the reference pair, with Zou's interval; and Cohen's q, the difference of
    Fisher's z, with the test that Steiger made of Dunn and Clark's, which takes the two as equal to know
    how they vary together. Each p belongs to the interval beside it: that of the difference is the level at
    which Zou's interval begins to leave out 0. The two differ little, and only the first is adjusted in a
    family. Both suppose normal data.

    Parameters
    ----------
    comparison_x, comparison_y : Series of float, shape (n,)
    reference_x, reference_y : Series of float, shape (n,)
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
    >>> fatigue_2, sleep_2 = pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8]), pd.Series([2.0, 1, 4, 3, 7, 8, 6, 5])
    >>> fatigue_1, sleep_1 = pd.Series([2.0, 1, 5, 4, 3, 6, 8, 7]), pd.Series([4.0, 1, 6, 8, 2, 7, 5, 3])
    >>> for e in compare_correlations_nonoverlapping(fatigue_2, sleep_2, fatigue_1, sleep_1):
    ...     print(f"{e.quantity.name} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    correlation_difference 0.31 (-0.45 to 1.14)
    cohens_q 0.49 (-0.75 to 1.73)
    """
    columns = sorted_rows(
        {
            "comparison_x": comparison_x,
            "comparison_y": comparison_y,
            "reference_x": reference_x,
            "reference_y": reference_y,
        },
        at_least=4,
    )
    a, b, c, d = columns
    first, second = float(pearson_r(a, b)), float(pearson_r(c, d))
    r13, r14, r23, r24 = (float(pearson_r(*pair)) for pair in ((a, c), (a, d), (b, c), (b, d)))
    mean, n = (first + second) / 2, len(a)
    yield from correlation_differences(
        first,
        second,
        (n, n),
        n=n,
        together=together_nonoverlapping(first, second, (r13, r14, r23, r24)),
        z_together=together_nonoverlapping(mean, mean, (r13, r14, r23, r24)),
        level=level,
        test="steiger",
    )
