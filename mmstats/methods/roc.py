"""ROC curve."""

from collections.abc import Iterator
from dataclasses import replace
from math import log, nan, sqrt
from typing import Literal

import numpy as np
from scipy import stats
from scipy.special import expit

from mmstats.effects.roc import (
    AUC,
    CORRECTED_SENSITIVITY,
    CORRECTED_SPECIFICITY,
    CORRECTED_YOUDEN_J,
    CUT_OFF,
    SENSITIVITY,
    SPECIFICITY,
    YOUDEN_J,
    FloatArray,
    RocCurve,
)
from mmstats.effects.superiority import brunner_munzel_std_error, superiority
from mmstats.effects.wilson import wilson_interval
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Binary, Ordered
from mmstats.methods.mann_whitney import mann_whitney
from mmstats.registry import Level, Random, Resamples, method
from mmstats.resampling import statistics
from mmstats.resampling.attach import with_bootstrap
from mmstats.resampling.optimism import cut_off_optimism
from mmstats.samples import two_samples

Choice = Literal["logit-delong", "delong", "bca-bootstrap", "percentile-bootstrap"]


@method(title="ROC curve", references=("delong1988", "pepe2003", "youden1950", "wilson1927", "harrell1996"))
def roc(
    score: Ordered,
    group: Binary,
    *,
    direction: Literal["higher", "lower"] = "higher",
    interval: Choice = "logit-delong",
    correction: Literal["bootstrap", "none"] = "bootstrap",
    level: Level = 0.95,
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """How well a score tells those with a condition from those without, and the best cut-off.

    The second level of the group has the condition. Its scores are supposed to be the higher ones, unless
    `direction` says otherwise; the data do not choose, which would make any score look informative.

    Yields the area under the curve: the probability that someone with the condition scores higher than
    someone without it, ties counting half. DeLong's interval is Wald's on the scale of the area or, by
    default, of its logit, and the test against one half belongs to it. In 1,500 simulations each of groups
    of 8 to 24, areas of 0.5 to 0.95, with and without ties, 95 % intervals covered 92.8 to 98.7 % by the
    logit and 81.5 to 94.4 % without it. Where the standard error is zero, as at complete separation,
    interval and p are those of `mann_whitney`, and the note says so. With a bootstrap interval, p is the
    level at which that interval begins to leave out one half.

    Then come the cut-off with the greatest Youden's J (sensitivity + specificity - 1), J, and sensitivity
    and specificity there, with Wilson's intervals. The cut-off is a value of the data; it and anything
    beyond it counts as positive. Of several equally good ones it is that whose sensitivity and specificity
    are closest, then that which calls more people positive. J is never negative, so it is not tested. The
    same data chose the cut-off, so J, sensitivity and specificity are too good and their intervals do not
    know it; the rows corrected for optimism say by how much: in each resample the best cut-off of the
    resample is also tried on the data, and the mean difference is taken off.

    Parameters
    ----------
    score : Series of float, shape (n,)
    group : Series of category, shape (n,)
        Its second category is the condition.
    direction : {'higher', 'lower'}
        Which scores speak for the condition.
    interval : {'logit-delong', 'delong', 'bca-bootstrap', 'percentile-bootstrap'}
        How the interval of the area is made.
    correction : {'bootstrap', 'none'}
        Whether J, sensitivity and specificity are also given corrected for optimism.
    level : float
        The confidence level.
    resamples : int
        How many resamples a bootstrap draws.
    rng : numpy.random.Generator
        What a bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If a group has fewer than 2 values.

    References: delong1988, pepe2003, youden1950, wilson1927, harrell1996.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["HC"] * 6 + ["MS"] * 6))
    >>> score = pd.Series([4.0, 7, 8, 6, 3, 2, 6, 8, 7, 10, 11, 9])
    >>> for e in roc(score, group, correction="none"):
    ...     print(f"{e.quantity.name} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    auc 0.88 (0.54 to 0.98)
    cut_off 7.00 (nan to nan)
    youden_j 0.50 (nan to nan)
    sensitivity 0.83 (0.44 to 0.97)
    specificity 0.67 (0.30 to 0.90)
    """
    reference, condition = two_samples(score, group, at_least=2)
    sign = 1.0 if direction == "higher" else -1.0
    condition, reference = sign * condition, sign * reference
    auc, std_error = superiority(condition, reference), brunner_munzel_std_error(condition, reference)
    base = Estimate(quantity=AUC, estimate=float(auc), std_error=float(std_error), n=len(score))
    if base.std_error == 0:
        yield _without_spread(next(mann_whitney(sign * score, group, level=level)))
    elif interval == "logit-delong" or interval == "delong":
        yield _delong(base, logit=interval == "logit-delong", level=level)
    else:
        yield with_bootstrap(
            base,
            (condition, reference),
            statistics.SUPERIORITY,
            interval=interval,
            level=level,
            resamples=resamples,
            rng=rng,
            null=0.5,
        )
    curve = RocCurve.of(condition, reference)
    yield from _at_cut_off(curve, sign, level)
    if correction == "bootstrap":
        yield from _corrected(curve, condition, reference, resamples, rng)


def _delong(base: Estimate, *, logit: bool, level: float) -> Estimate:
    """Return Wald's interval and test on the scale of the logit, or of the area, cut off at 0 and 1."""
    auc, std_error = base.estimate, base.std_error
    scale = auc * (1 - auc) if logit else 1.0
    distance = log(auc / (1 - auc)) if logit else auc - 0.5
    half, statistic = float(stats.norm.isf((1 - level) / 2)), distance * scale / std_error
    ends = distance + np.array([-half, half]) * std_error / scale
    low, high = expit(ends) if logit else np.clip(0.5 + ends, 0, 1)
    return replace(
        base,
        conf_low=float(low),
        conf_high=float(high),
        conf_level=level,
        interval="logit-delong" if logit else "delong",
        statistic=statistic,
        p_value=float(2 * stats.norm.sf(abs(statistic))),
    )


def _without_spread(exact: Estimate) -> Estimate:
    note = "The standard error is zero, so p and interval are those of the Mann-Whitney test."
    return replace(exact, quantity=AUC, std_error=0.0, statistic=nan, note=f"{note} {exact.note}".strip())


def _at_cut_off(curve: RocCurve, sign: float, level: float) -> Iterator[Estimate]:
    with_condition, without_condition = curve.with_condition, curve.without_condition
    n, best = with_condition + without_condition, curve.best
    true, false = int(curve.true_positives[best]), int(curve.false_positives[best])
    j = (true * without_condition - false * with_condition) / (with_condition * without_condition)
    useless = j <= 0
    note = "No cut-off does better than chance." if useless else ""
    cut_off = nan if useless else sign * float(curve.cut_offs[best]) + 0.0
    side = "above" if sign > 0 else "below"
    told = f"Positive is a score at or {side} the cut-off."
    yield Estimate(quantity=CUT_OFF, estimate=cut_off, n=n, note=note or told)
    yield Estimate(quantity=YOUDEN_J, estimate=j, n=n, note=note)
    for quantity, count, size in (
        (SENSITIVITY, true, with_condition),
        (SPECIFICITY, without_condition - false, without_condition),
    ):
        low, high = (nan, nan) if useless else wilson_interval(count, size, level=level)
        yield Estimate(
            quantity=quantity,
            estimate=nan if useless else count / size,
            conf_low=low,
            conf_high=high,
            conf_level=level,
            interval="wilson",
            n=size,
            note=note,
        )


def _corrected(
    curve: RocCurve, condition: FloatArray, reference: FloatArray, resamples: int, rng: Random
) -> Iterator[Estimate]:
    n, best = len(condition) + len(reference), curve.best
    sensitivity, specificity = float(curve.sensitivities[best]), float(curve.specificities[best])
    optimism = cut_off_optimism(condition, reference, resamples=resamples, rng=rng)

    def corrected(quantity: Quantity, apparent: float, by: FloatArray, lowest: float, n: int) -> Estimate:
        if sensitivity + specificity <= 1:
            return Estimate(quantity=quantity, estimate=nan, n=n, note="No cut-off does better than chance.")
        return Estimate(
            quantity=quantity,
            estimate=float(np.clip(apparent - by.mean(), lowest, 1)),
            n=n,
            resamples=resamples,
            mcse=float(by.std(ddof=1)) / sqrt(resamples),
        )

    both = optimism[0] + optimism[1]
    yield corrected(CORRECTED_YOUDEN_J, sensitivity + specificity - 1, both, -1, n)
    yield corrected(CORRECTED_SENSITIVITY, sensitivity, optimism[0], 0, len(condition))
    yield corrected(CORRECTED_SPECIFICITY, specificity, optimism[1], 0, len(reference))
