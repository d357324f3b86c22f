"""Comparison of the correlations of two groups."""

from collections.abc import Iterator

from mmstats.effects.correlation_difference import correlation_differences
from mmstats.effects.pearson_r import pearson_r
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Binary, Ordered
from mmstats.registry import Level, method
from mmstats.samples import sorted_rows

FEWEST = 4


@method(
    title="Comparison of the correlations of two groups", references=("fisher1921", "zou2007", "cohen1988")
)
def compare_correlations_independent(
    x: Ordered, y: Ordered, group: Binary, *, level: Level = 0.95
) -> Iterator[Estimate]:
    """Difference of the Pearson correlations of x and y in two groups, comparison minus reference.

    Yields the difference with Zou's interval, and Cohen's q, the difference of Fisher's z, with the test of
    Fisher. Each p belongs to the interval beside it: that of the difference is the level at which Zou's
    interval begins to leave out 0. The two differ little, and only the first is adjusted in a family. Both
    suppose bivariate normal data; equal correlations are no sign of equal slopes.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    group : Series of category, shape (n,)
        Its first category is the reference.
    level : float
        The confidence level.

    Raises
    ------
    NotEstimableError
        If a group has fewer than 4 pairs, or `x` or `y` is constant in it.

    Notes
    -----
    References: fisher1921, zou2007, cohen1988.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["HC"] * 7 + ["MS"] * 7))
    >>> x = pd.Series([1.0, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7])
    >>> y = pd.Series([4.0, 1, 6, 3, 2, 7, 5, 2, 1, 4, 3, 7, 8, 6])
    >>> for e in compare_correlations_independent(x, y, group):
    ...     print(f"{e.quantity.name} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    correlation_difference 0.46 (-0.31 to 1.37)
    cohens_q 0.84 (-0.55 to 2.22)
    """
    chosen = {str(level): (group == level).to_numpy() for level in group.cat.categories}
    if len(chosen) != 2:
        raise NotEstimableError(f"Two levels are compared; {group.name or 'the group'} has {len(chosen)}.")
    sizes = {name: int(rows.sum()) for name, rows in chosen.items()}
    short = [f"{name!r} has {size}" for name, size in sizes.items() if size < FEWEST]
    if short:
        raise NotEstimableError(
            f"Each level of {group.name or 'the group'} needs at least {FEWEST} pairs: {', '.join(short)}."
        )
    correlations = []
    for name, rows in chosen.items():
        pairs = sorted_rows(
            {
                "x": x[rows].rename(f"{x.name or 'x'} of {name}"),
                "y": y[rows].rename(f"{y.name or 'y'} of {name}"),
            },
            at_least=FEWEST,
        )
        correlations.append(float(pearson_r(*pairs)))
    reference, comparison = correlations
    n_reference, n_comparison = sizes.values()
    yield from correlation_differences(
        comparison, reference, (n_comparison, n_reference), n=len(x), level=level, test="fisher-z"
    )
