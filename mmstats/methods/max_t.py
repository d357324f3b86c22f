"""Max-T test of several outcomes of two groups."""

from collections.abc import Iterator
from dataclasses import replace
from math import inf, isinf, nan, sqrt

import numpy as np
import numpy.typing as npt

from mmstats.effects.mean_difference import (
    MEAN_DIFFERENCE,
    mean_difference,
    welch_std_error,
    without_offset,
)
from mmstats.estimate import Estimate
from mmstats.kind import Binary, SeveralOrdered
from mmstats.registry import Level, Random, Resamples, method
from mmstats.resampling.max_t import MaxT
from mmstats.resampling.max_t import max_t as permuted_together
from mmstats.samples import FloatArray, by_level, measured


@method(title="Max-T test of several outcomes", references=("westfall1993", "janssen1997"))
def max_t(
    outcomes: SeveralOrdered,
    group: Binary,
    *,
    level: Level = 0.95,
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Differences of the means of several outcomes, with p values and intervals that hold for all together.

    Participants keep their outcomes together while group labels are exchanged, so outcomes that say the
    same cost nothing, where Bonferroni and Holm would charge for each. For each outcome, the term, the p
    value is Westfall and Young's: the share of splits whose largest Welch's t, of this outcome and all those
    with a smaller one, is at least as large. The chance of any false rejection is controlled, so do not
    adjust again: leave the analysis out of families.

    The interval is the estimate minus and plus its Welch standard error times the value that the largest of
    all t values exceeds in 1 - level of the splits. It takes all outcomes in one step, and stepping down is
    sharper: p may be below 1 - level where the interval still holds 0; a note says so. Never the reverse.

    All splits are counted while there are at most 200,000; the note says whether. Rows that miss any of the
    outcomes are not used.

    Parameters
    ----------
    outcomes : DataFrame of float, shape (n, outcomes)
    group : Series of category, shape (n,)
        Its first category is the reference.
    level : float
        The confidence level of all intervals together.
    resamples : int
        How many splits are drawn where they are too many to be all looked at.
    rng : numpy.random.Generator
        What they are drawn from.

    Raises
    ------
    NotEstimableError
        If a group has fewer than 2 participants, or values are infinite.

    References: westfall1993, janssen1997.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["HC"] * 6 + ["MS"] * 6))
    >>> first = [4.0, 7, 5, 6, 3, 2, 8, 8, 7, 10, 11, 9]
    >>> second = [5.0, 6, 5, 7, 4, 3, 8, 6, 9, 8, 7, 9]
    >>> for e in max_t(pd.DataFrame({"physical": first, "mental": second}), group):
    ...     print(f"{e.term} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f}), p = {e.p_value:.3f}")
    physical 4.33 (1.86 to 6.81), p = 0.006
    mental 2.83 (0.92 to 4.74), p = 0.011
    """
    names = [str(name) for name in outcomes.columns]
    columns = np.array([measured(outcomes[name], "the outcome") for name in outcomes.columns])
    by_level(outcomes.iloc[:, 0], group, at_least=2)
    is_comparison = (group == group.cat.categories[-1]).to_numpy()
    order = np.lexsort((is_comparison, *columns[::-1]))  # so that the order of rows cannot change the draws
    is_comparison = is_comparison[order]
    columns = np.array([_centred(values[order], is_comparison) for values in columns])
    smaller = is_comparison if 2 * is_comparison.sum() <= len(group) else ~is_comparison
    found = permuted_together(columns, np.flatnonzero(smaller), resamples=resamples, rng=rng)
    for place, (name, values) in enumerate(zip(names, columns, strict=True)):
        comparison, reference = np.sort(values[is_comparison]), np.sort(values[~is_comparison])
        std_error = float(welch_std_error(comparison, reference))
        estimate = float(mean_difference(comparison, reference))
        yield _with_limits(
            Estimate(
                quantity=MEAN_DIFFERENCE,
                term=name,
                estimate=estimate,
                std_error=std_error,
                statistic=estimate / std_error if std_error > 0 else nan,
                p_value=float(found.p_adjusted[place]),
                n=len(values),
            ),
            found,
            level,
        )


def _centred(values: FloatArray, is_comparison: npt.NDArray[np.bool_]) -> FloatArray:
    result = np.empty_like(values)
    result[is_comparison], result[~is_comparison] = without_offset(
        values[is_comparison], values[~is_comparison]
    )
    return result


def _with_limits(base: Estimate, found: MaxT, level: float) -> Estimate:
    """Return `base` with its limits, their Monte-Carlo error and what a reader should know of both."""
    alpha, count = 1 - level, len(found.largest)
    critical = found.critical(alpha)
    notes = [
        "Exact: every split is counted." if found.exact else "Not every split can be counted; they are drawn."
    ]
    if not found.exact:
        p_error = sqrt(base.p_value * (1 - base.p_value) / count)
        nearer = found.critical(alpha + sqrt(alpha * (1 - alpha) / count))
        limit_error = 0.0 if isinf(critical) else (critical - nearer) * base.std_error
        base = replace(base, resamples=count, mcse=max(p_error, limit_error))
    if base.std_error == 0:
        notes.append("Nothing varies within the groups, so there is no interval.")
        return replace(base, conf_level=level, interval="max-t", note=" ".join(notes))
    reach = inf if isinf(critical) else critical * base.std_error
    if isinf(reach):
        notes.append("The limits are infinite: no split of so few could be significant at this level.")
    elif base.p_value < alpha and abs(base.estimate) <= reach:
        notes.append("The interval holds 0, for it takes all outcomes in one step; p steps down.")
    return replace(
        base,
        conf_low=base.estimate - reach,
        conf_high=base.estimate + reach,
        conf_level=level,
        interval="max-t",
        note=" ".join(notes),
    )
