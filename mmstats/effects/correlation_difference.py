"""Differences of two correlations, of independent groups or of the same rows."""

from collections.abc import Iterator
from dataclasses import replace
from math import atanh, sqrt, tanh

from scipy import optimize, stats

from mmstats.effects.pearson_r import ON_A_LINE
from mmstats.estimate import Estimate, Quantity

CORRELATION_DIFFERENCE = Quantity("correlation_difference", "Difference of correlations", null=0)
COHENS_Q = Quantity("cohens_q", "Cohen's q", null=0)
FARTHEST = 38.0  # the normal quantile beyond which a p value is 0 in a double
SAME = 1e-10


def correlation_differences(
    comparison: float,
    reference: float,
    sizes: tuple[int, int],
    *,
    n: int,
    together: float = 0.0,
    z_together: float = 0.0,
    level: float,
    test: str,
) -> Iterator[Estimate]:
    """Yield the difference of two correlations, and that of their Fisher z's (Cohen's q).

    Parameters
    ----------
    comparison, reference : float
        The correlations.
    sizes : tuple of int
        The pairs that each was computed from, at least 4.
    n : int
        Rows in all.
    together, z_together : float
        The correlation of the two correlations, and of their Fisher z's under equality; 0 for independent
        groups.
    level : float
    test : str
        What the interval of q is called, by its test.

    References: zou2007, steiger1980, cohen1988.

    Examples
    --------
    >>> found = correlation_differences(0.49, 0.36, (145, 87), n=232, level=0.95, test="fisher-z")
    >>> for e in found:
    ...     print(f"{e.quantity.name} {e.estimate:.3f} ({e.conf_low:.3f} to {e.conf_high:.3f})")
    correlation_difference 0.130 (-0.087 to 0.359)
    cohens_q 0.159 (-0.111 to 0.429)
    """
    base = Estimate(quantity=CORRELATION_DIFFERENCE, estimate=comparison - reference, n=n)
    perfect = max(abs(comparison), abs(reference)) > 1 - ON_A_LINE
    if perfect or z_together > 1 - SAME:
        note = (
            "A correlation is perfect, so nothing is known about the uncertainty."
            if perfect
            else "The two correlations are of the same variables, but for linear changes."
        )
        yield replace(base, conf_level=level, interval="zou", note=note)
        return
    errors = (1 / sqrt(sizes[0] - 3), 1 / sqrt(sizes[1] - 3))
    quantile = float(stats.norm.isf((1 - level) / 2))
    low = _below(comparison, reference, errors, together, quantile)
    high = -_below(reference, comparison, errors[::-1], together, quantile)
    p = _zou_p_value(comparison, reference, errors, together)
    yield replace(base, conf_low=low, conf_high=high, conf_level=level, interval="zou", p_value=p)
    q = atanh(comparison) - atanh(reference)
    error = sqrt(errors[0] ** 2 + errors[1] ** 2 - 2 * z_together * errors[0] * errors[1])
    half = error * quantile
    yield Estimate(
        quantity=COHENS_Q,
        estimate=q,
        std_error=error,
        conf_low=q - half,
        conf_high=q + half,
        conf_level=level,
        interval=test,
        statistic=q / error,
        p_value=float(2 * stats.norm.sf(abs(q / error))),
        n=n,
    )


def together_overlapping(first: float, second: float, between: float) -> float:
    """Return the large-sample correlation of two correlations that share a variable.

    Parameters
    ----------
    first, second : float
        The two correlations with the shared variable.
    between : float
        The correlation of the two other variables.

    References: steiger1980, zou2007.

    Examples
    --------
    >>> round(together_overlapping(0.5, 0.5, 0.6), 4)
    0.5022
    """
    covariance = (between - first * second / 2) * (1 - first**2 - second**2 - between**2) + between**3
    return _ratio(covariance, first, second)


def together_nonoverlapping(first: float, second: float, cross: tuple[float, float, float, float]) -> float:
    """Return the large-sample correlation of two correlations of four variables.

    Parameters
    ----------
    first, second : float
        The correlations of variables 1 and 2, and of variables 3 and 4.
    cross : tuple of float
        The correlations of variables 1 and 3, 1 and 4, 2 and 3, 2 and 4.

    References: steiger1980, zou2007.

    Examples
    --------
    >>> round(together_nonoverlapping(0.5, 0.5, (0.6, 0.2, 0.2, 0.6)), 4)
    0.4622
    """
    r13, r14, r23, r24 = cross
    covariance = (
        first * second * (r13**2 + r14**2 + r23**2 + r24**2) / 2
        + r13 * r24
        + r14 * r23
        - (first * (r13 * r14 + r23 * r24) + second * (r13 * r23 + r14 * r24))
    )
    return _ratio(covariance, first, second)


def _ratio(covariance: float, first: float, second: float) -> float:
    spread = (1 - first**2) * (1 - second**2)
    return max(-1.0, min(1.0, covariance / spread)) if spread > 0 else 0.0


def _below(
    comparison: float, reference: float, errors: tuple[float, float], together: float, quantile: float
) -> float:
    """Return Zou's lower limit of comparison minus reference, from Fisher's limits of each."""
    down = comparison - tanh(atanh(comparison) - quantile * errors[0])
    up = tanh(atanh(reference) + quantile * errors[1]) - reference
    return comparison - reference - sqrt(max(down**2 + up**2 - 2 * together * down * up, 0.0))


def _zou_p_value(comparison: float, reference: float, errors: tuple[float, float], together: float) -> float:
    """Return the alpha at which Zou's interval begins to leave out 0."""
    if comparison < reference:
        return _zou_p_value(reference, comparison, errors[::-1], together)
    if comparison == reference:
        return 1.0

    def limit(quantile: float) -> float:
        return _below(comparison, reference, errors, together, quantile)

    if limit(FARTHEST) > 0:
        return 0.0
    return float(2 * stats.norm.sf(optimize.brentq(limit, 0.0, FARTHEST, xtol=1e-14)))
