"""Games and Howell's comparisons."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from mmstats.effects.mean_difference import (
    MEAN_DIFFERENCE,
    centred,
    mean_difference,
    welch_df,
    welch_std_error,
)
from mmstats.effects.simultaneous_t import critical_value, tukey_tail
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Categorical, Ordered
from mmstats.registry import Level, method
from mmstats.samples import by_level


@method(title="Games and Howell's comparisons", references=("games1976", "welch1947"))
def games_howell(outcome: Ordered, group: Categorical, *, level: Level = 0.95) -> Iterator[Estimate]:
    """Differences of the means of every two groups, without assuming equal variances.

    To follow `welch_anova`. Each has its own standard error and Welch's degrees of freedom; the term
    ``MS - HC`` is the mean of MS minus that of HC. p and intervals hold for all comparisons together: they
    come from the studentized range of as many means as there are groups. With two groups they are those of
    Welch's t test.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        At least two levels.
    level : float
        The confidence level of all intervals together.

    Raises
    ------
    NotEstimableError
        If a level has fewer than 2 values, or there is one only.

    Notes
    -----
    References: games1976, welch1947.

    Examples
    --------
    >>> import pandas as pd
    >>> outcome = pd.Series([3.0, 5, 4, 6, 7, 9, 6, 8, 12, 9, 10, 15])
    >>> group = pd.Series(pd.Categorical(["HC"] * 4 + ["MS"] * 4 + ["PS"] * 4))
    >>> for e in games_howell(outcome, group):
    ...     print(f"{e.term}: {e.estimate:.1f} ({e.conf_low:.1f} to {e.conf_high:.1f}), p = {e.p_value:.3f}")
    MS - HC: 3.0 (0.2 to 5.8), p = 0.038
    PS - HC: 7.0 (1.9 to 12.1), p = 0.016
    PS - MS: 4.0 (-1.1 to 9.1), p = 0.102
    """
    levels = by_level(outcome, group, at_least=2)
    if len(levels) < 2:
        raise NotEstimableError(f"At least two levels are compared; {group.name or 'the group'} has one.")
    samples = dict(zip(levels, centred(*levels.values()), strict=True))
    count = len(samples)
    for (reference, below), (comparison, above) in combinations(samples.items(), 2):
        std_error = float(welch_std_error(above, below))
        base = Estimate(
            quantity=MEAN_DIFFERENCE,
            term=f"{comparison} - {reference}",
            estimate=float(mean_difference(above, below)),
            std_error=std_error,
            n=len(above) + len(below),
        )
        if std_error == 0:
            note = "Both groups are constant, so nothing is known about the uncertainty of their difference."
            yield replace(base, conf_level=level, interval="games-howell", note=note)
            continue
        df, statistic = welch_df(above, below), base.estimate / std_error
        half = std_error * _critical(count, df, 1 - level)
        yield replace(
            base,
            conf_low=base.estimate - half,
            conf_high=base.estimate + half,
            conf_level=level,
            interval="games-howell",
            statistic=statistic,
            df=df,
            p_value=tukey_tail(abs(statistic), count, df),
        )


def _critical(groups: int, df: float, alpha: float) -> float:
    return critical_value(lambda t: tukey_tail(t, groups, df), groups * (groups - 1) // 2, df, alpha=alpha)
