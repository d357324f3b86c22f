"""Dunnett's comparisons with the reference."""

from collections.abc import Iterator
from math import sqrt

from mmstats.effects.mean_difference import MEAN_DIFFERENCE, centred, mean, mean_difference
from mmstats.effects.simultaneous_t import critical_value, dunnett_tail
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Categorical, Ordered
from mmstats.registry import Level, method
from mmstats.samples import by_level


@method(title="Dunnett's comparisons with the reference", references=("dunnett1955",))
def dunnett(outcome: Ordered, group: Categorical, *, level: Level = 0.95) -> Iterator[Estimate]:
    """Differences of the means of each group from the reference, assuming equal variances.

    The reference is the group's first level; the term says which level is compared with it. p and intervals
    hold for all comparisons together: they come from the multivariate t distribution of the differences,
    which share the reference and the pooled standard deviation, integrated without random numbers. With two
    groups they are those of Student's t test. Where variances differ, `games_howell` is the safer choice.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        At least two levels; the first is the reference.
    level : float
        The confidence level of all intervals together.

    Raises
    ------
    NotEstimableError
        If a level is empty, there is one only, or values do not differ within any level.

    Notes
    -----
    References: dunnett1955.

    Examples
    --------
    Blood cell counts of animals after two drugs, from the paper:

    >>> import pandas as pd
    >>> control, drug_a = [7.40, 8.50, 7.20, 8.24, 9.84, 8.32], [9.76, 8.80, 7.68, 9.36]
    >>> outcome = pd.Series([*control, *drug_a, 12.80, 9.68, 12.16, 9.20, 10.55])
    >>> group = pd.Series(pd.Categorical(["control"] * 6 + ["A"] * 4 + ["B"] * 5, ["control", "A", "B"]))
    >>> for e in dunnett(outcome, group):
    ...     print(f"{e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f}), p = {e.p_value:.4f}")
    A - control: 0.65 (-1.26 to 2.56), p = 0.6201
    B - control: 2.63 (0.84 to 4.42), p = 0.0058
    """
    levels = by_level(outcome, group)
    if len(levels) < 2:
        raise NotEstimableError(f"At least two levels are compared; {group.name or 'the group'} has one.")
    samples = centred(*levels.values())
    df = len(outcome) - len(samples)
    squares = sum(float(((values - mean(values)) ** 2).sum()) for values in samples)
    if squares == 0:
        raise NotEstimableError("Values do not differ within any level: there is no error to judge by.")
    spread, sizes = sqrt(squares / df), tuple(len(values) for values in samples)

    def tail(t_value: float) -> float:
        return dunnett_tail(t_value, sizes[1:], sizes[0], df)

    critical = critical_value(tail, len(sizes) - 1, df, alpha=1 - level)
    names = list(levels)
    for name, values in zip(names[1:], samples[1:], strict=True):
        estimate = float(mean_difference(values, samples[0]))
        std_error = spread * sqrt(1 / len(values) + 1 / sizes[0])
        yield Estimate(
            quantity=MEAN_DIFFERENCE,
            term=f"{name} - {names[0]}",
            estimate=estimate,
            std_error=std_error,
            conf_low=estimate - critical * std_error,
            conf_high=estimate + critical * std_error,
            conf_level=level,
            interval="dunnett",
            statistic=estimate / std_error,
            df=df,
            p_value=tail(abs(estimate / std_error)),
            n=len(values) + sizes[0],
        )
