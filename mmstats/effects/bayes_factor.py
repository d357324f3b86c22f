"""Bayes factors against no effect, with the default priors of t tests and correlations, on the log scale."""

from math import exp, inf, log, log1p, pi

import numpy as np
from scipy import special

from mmstats.estimate import Estimate, Quantity

BAYES_FACTOR = Quantity("bayes_factor", "Bayes factor", null=1, ratio=True)
LARGEST = 700.0  # the logarithm beyond which a double cannot hold the number
STEP = 0.01
MANY = 100.0  # where the terms of a series fall faster than their number to the power of -50


def as_estimate(log_factor: float, prior: str, *, statistic: float, df: float, n: int) -> Estimate:
    """Return the Bayes factor BF10 with the prior it depends on in its note.

    One too large for a double is infinite, and the note has its logarithm.

    Examples
    --------
    >>> as_estimate(2000.0, "Prior.", statistic=90.0, df=400.0, n=402).note
    'Prior. The logarithm (base 10) is 868.6.'
    """
    too_large = log_factor > LARGEST
    note = f"{prior} The logarithm (base 10) is {log_factor / log(10):.1f}." if too_large else prior
    return Estimate(
        quantity=BAYES_FACTOR,
        estimate=inf if too_large else exp(log_factor),
        statistic=statistic,
        df=df,
        n=n,
        note=note,
    )


def log_jzs(t: float, df: float, size: float, *, scale: float) -> float:
    """Return log BF10 of a t test with the JZS prior.

    Under the alternative the standardized effect is Cauchy with this scale: normal, with a variance g times
    `scale` squared, where g is inverse chi-square with 1 degree of freedom. g is integrated out on the
    logarithmic scale by the trapezoidal rule, which for such smooth integrands is as exact as doubles are.

    Parameters
    ----------
    t, df : float
    size : float
        n for one sample or pairs, n1 n2 / (n1 + n2) for two groups.
    scale : float

    References: rouder2009.

    Examples
    --------
    >>> round(exp(log_jzs(3.5, 38, 10, scale=0.707)), 3)
    26.743
    """
    ratio = size * scale**2
    reach = 45 + log1p(t**2 / df) + max(0.0, -log(ratio))
    log_g = np.arange(-8, reach, STEP)
    g = np.exp(log_g)
    spread = 1 + ratio * g
    logs = (
        -np.log(spread) / 2
        - (df + 1) / 2 * np.log1p(t**2 / (spread * df))
        - (log(2 * pi) + log_g + 1 / g) / 2
    )
    return float(special.logsumexp(logs)) + log(STEP) + (df + 1) / 2 * log1p(t**2 / df)


def log_correlation(r: float, n: int, *, scale: float) -> float:
    """Return log BF10 of a correlation with a stretched beta prior, exactly for normal data.

    Parameters
    ----------
    r : float
        Pearson's correlation, not -1 or 1.
    n : int
    scale : float
        The prior of the correlation is beta with both parameters 1 / scale, stretched to -1 to 1.

    References: ly2016.

    Examples
    --------
    >>> round(exp(log_correlation(0.6, 20, scale=1)), 3)
    10.634
    """
    shape = 1 / scale
    half = (n - 1) / 2
    bottom = shape + n / 2
    return float(
        (1 - 2 * shape) * log(2)
        + log(pi) / 2
        - special.betaln(shape, shape)
        + special.gammaln(shape + half)
        - special.gammaln(bottom)
        + (bottom - 2 * half) * log1p(-(r**2))  # Euler's transformation
        + _log_hypergeometric(bottom - half, bottom, r**2)
    )


def _log_hypergeometric(top: float, bottom: float, z: float) -> float:
    """Return log 2F1(top, top; bottom; z), whose series SciPy cannot sum at a large `bottom` near 1."""
    if bottom < MANY:
        return float(np.log(special.hyp2f1(top, top, bottom, z)))
    k = np.arange(10_000)
    ratios = 2 * np.log(top + k) - np.log(bottom + k) - np.log(k + 1.0) + log(max(z, 1e-300))
    return float(special.logsumexp(np.concatenate([[0.0], np.cumsum(ratios)])))
