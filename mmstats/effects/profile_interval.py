"""The profile-likelihood interval of an estimate, and the likelihood-ratio test that belongs to it."""

from dataclasses import replace
from math import isfinite, nan

import numpy as np
from scipy import stats

from mmstats.effects.likelihood import LIKELIHOOD_RATIO, FloatArray, LikelihoodFit
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate

SEPARATED = "The data are separated: the likelihood grows without end, so that one end has no limit."
ANYTHING = "The data are separated in more than one way, so that every value is equally likely."
BEYOND = "It is beyond what a number can hold: measure the variable in a larger unit."


def with_profile(
    base: Estimate, fit: LikelihoodFit, contrast: FloatArray, *, level: float, interval: str
) -> Estimate:
    """Return `base` with the estimate, limits and p value of one combination of parameters.

    A ratio is the exponential of its combination. Without a maximum the estimate is infinite (0 for the
    other end of a ratio), its limit on that side too, and the note says so.

    Parameters
    ----------
    base : Estimate
        With its quantity, term and n.
    fit : LikelihoodFit
    contrast : float array, shape (p,)
    level : float
    interval : str
        What the interval is called.
    """
    value, scaled = nan, base.quantity.ratio
    try:
        value = fit.value(contrast)
        ratio = fit.ratio(contrast[None])
        low, high = fit.limits(contrast, level)
    except NotEstimableError as problem:
        estimate, _, _ = _on_scale((value, nan, nan), ratio=scaled)
        note = f"{base.note} {problem.message}".strip()
        return replace(base, estimate=estimate, conf_level=level, interval=interval, note=note)
    ends = _on_scale((value, low, high), ratio=scaled)
    lost = isfinite(value) and scaled and not (ends[0] > 0 and isfinite(ends[0]))
    why = ANYTHING if value != value else "" if isfinite(value) else SEPARATED
    return replace(
        base,
        estimate=ends[0],
        conf_low=ends[1],
        conf_high=ends[2],
        conf_level=level,
        interval=interval,
        statistic=ratio,
        df=1,
        p_value=float(stats.chi2.sf(ratio, 1)),
        note=" ".join(filter(None, (base.note, why, BEYOND if lost else ""))),
    )


def likelihood_ratio_test(base: Estimate, fit: LikelihoodFit, contrasts: FloatArray) -> Estimate:
    """Return `base` with the test that all combinations (rows) are 0; its estimate is the statistic."""
    try:
        ratio = fit.ratio(contrasts)
    except NotEstimableError as problem:
        return replace(base, quantity=LIKELIHOOD_RATIO, estimate=nan, note=problem.message)
    df = len(contrasts)
    p_value = float(stats.chi2.sf(ratio, df))
    return replace(base, quantity=LIKELIHOOD_RATIO, estimate=ratio, statistic=ratio, df=df, p_value=p_value)


def _on_scale(values: tuple[float, ...], *, ratio: bool) -> tuple[float, ...]:
    with np.errstate(over="ignore", under="ignore"):
        found = np.exp(values) if ratio else np.array(values)
    return tuple(float(value) + 0.0 for value in found)
