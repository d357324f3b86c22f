"""Estimates to text: alone, with their interval, or as a sentence has them."""

from dataclasses import replace
from math import floor, isfinite, isnan, log10

from mmstats.estimate import Estimate
from mmstats.format.numbers import DASH, decimals_for, df, is_plain, level, number, ratio, with_unit
from mmstats.format.p_values import p_value

SHARES = {"proportion": "percentage", "prediction_proportion": "prediction_percentage"}


def in_percent(e: Estimate) -> Estimate:
    """Return a proportion as the percentage that is printed and drawn, and anything else as it is.

    Examples
    --------
    >>> from mmstats.estimate import Quantity
    >>> share = Estimate(quantity=Quantity("proportion", "Proportion"), estimate=0.25, n=20)
    >>> in_percent(share).estimate, value(share)
    (25.0, '25.0%')
    """
    if e.quantity.name not in SHARES:
        return e
    return replace(
        e,
        quantity=replace(e.quantity, name=SHARES[e.quantity.name]),
        estimate=100 * e.estimate,
        std_error=100 * e.std_error,
        conf_low=100 * e.conf_low,
        conf_high=100 * e.conf_high,
    )


def _is_percentage(e: Estimate) -> bool:
    return e.quantity.name in SHARES.values()


def estimate_decimals(e: Estimate) -> int:
    """Return the decimals for an estimate and both ends of its interval.

    They come from the interval's width, or without one from the estimate; a ratio's from its
    smallest number without a power of ten, so that 0.04 [0.01, 25.00] does not become 0.0 [0.0, 25.0].
    A percentage has one, unless its interval is shorter than one percent.
    """
    e = in_percent(e)
    if e.quantity.ratio:
        values = [v for v in (e.estimate, e.conf_low, e.conf_high) if isfinite(v)]
        smallest = min((abs(v) for v in values if v != 0 and is_plain(v)), default=1.0)
        return min(max(1 if smallest >= 10 else 2, -floor(log10(smallest))), 4)
    width = e.conf_high - e.conf_low
    size = width if isfinite(width) and width > 0 else e.estimate
    return 1 if _is_percentage(e) and not abs(size) < 1 else decimals_for(size)


def _number(e: Estimate, amount: float, decimals: int) -> str:
    if _is_percentage(e):
        return number(amount, decimals) + "%" * isfinite(amount)
    return ratio(amount, decimals) if e.quantity.ratio else number(amount, decimals)


def interval(e: Estimate, *, decimals: int | None = None) -> str:
    """Return an estimate's interval in brackets, both ends with the same decimals.

    Examples
    --------
    >>> from mmstats.estimate import Quantity
    >>> g = Quantity("hedges_g", "Hedges' g", null=0)
    >>> interval(Estimate(quantity=g, estimate=1.2, conf_low=-0.1, conf_high=2, conf_level=0.95, n=20))
    '[−0.10, 2.00]'
    """
    e = in_percent(e)
    places = estimate_decimals(e) if decimals is None else decimals
    return f"[{_number(e, e.conf_low, places)}, {_number(e, e.conf_high, places)}]"


def value(e: Estimate, *, decimals: int | None = None) -> str:
    """Return the estimate alone, or why there is none."""
    e = in_percent(e)
    if isnan(e.estimate):
        return f"not estimable: {e.note}"
    return _number(e, e.estimate, estimate_decimals(e) if decimals is None else decimals)


def with_interval(e: Estimate, *, decimals: int | None = None) -> str:
    """Return an estimate with its interval, or why there is none.

    Parameters
    ----------
    e : Estimate
    decimals : int, optional
        By default chosen from the interval's width.

    Examples
    --------
    >>> from mmstats.estimate import Quantity
    >>> g = Quantity("hedges_g", "Hedges' g", null=0)
    >>> e = Estimate(quantity=g, estimate=1.2, conf_low=0.341, conf_high=2.06, conf_level=0.95, n=20)
    >>> with_interval(e)
    '1.20 [0.34, 2.06]'
    >>> with_interval(Estimate(quantity=g, estimate=float("nan"), n=20, note="all values are equal"))
    'not estimable: all values are equal'
    """
    places = estimate_decimals(e) if decimals is None else decimals
    text = value(e, decimals=places)
    if isnan(e.estimate) or isnan(e.conf_level):
        return text
    if isnan(e.conf_low) or isnan(e.conf_high):
        return f"{text} (interval not estimable: {e.note})"
    return f"{text} {interval(e, decimals=places)}"


def sentence(e: Estimate, *, style: str = "apa", unit: str = "") -> str:
    """Return an estimate as it is written in running text.

    Examples
    --------
    >>> from mmstats.estimate import Quantity
    >>> d = Quantity("mean_difference", "Mean difference", null=0)
    >>> e = Estimate(quantity=d, estimate=-1.2, conf_low=-2.06, conf_high=-0.34, conf_level=0.95,
    ...              p_value=0.0081, n=20)
    >>> sentence(e, style="bmc", unit="%")
    '−1.20% (95% CI −2.06 to −0.34; P = 0.008)'
    """
    e = in_percent(e)
    if isnan(e.estimate):
        return value(e)
    places = estimate_decimals(e)
    parts = []
    if not isnan(e.conf_level):
        ends = f"{_number(e, e.conf_low, places)} to {_number(e, e.conf_high, places)}"
        unknown_ends = isnan(e.conf_low) or isnan(e.conf_high)
        parts.append(f"{level(e.conf_level)} CI {f'not estimable: {e.note}' if unknown_ends else ends}")
    if not isnan(e.p_value):
        parts.append(p_value(e.p_value, style))
    return with_unit(value(e, decimals=places), unit) + (f" ({'; '.join(parts)})" if parts else "")


def test(e: Estimate) -> str:
    """Return a test as ``F(1, 23.4) = 5.67``, or as ``χ²(2) = 5.67`` where there is one kind of df.

    Examples
    --------
    >>> from mmstats.estimate import Quantity
    >>> test(Estimate(quantity=Quantity("f_test", "F test"), estimate=5.672, df=1, df2=23.41, n=30))
    'F(1, 23.4) = 5.67'
    """
    if isnan(e.estimate):
        return DASH
    value = number(e.statistic if not isnan(e.statistic) else e.estimate, 2)
    if isnan(e.df):
        return value
    return f"χ²({df(e.df)}) = {value}" if isnan(e.df2) else f"F({df(e.df)}, {df(e.df2)}) = {value}"
