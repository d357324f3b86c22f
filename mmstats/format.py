"""Numbers to text: the only place where a number is rounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, isfinite, isinf, isnan, log10
from typing import Literal, get_args

from mmstats.errors import ReportError, unknown
from mmstats.estimate import Estimate

MINUS = "\u2212"
DASH = "\u2013"
NBSP = "\u00a0"

Style = Literal["apa", "ama", "bmc"]


@dataclass(frozen=True)
class Journal:
    """How a publisher prints a p value.

    Parameters
    ----------
    symbol : str
        The letter before it.
    leading_zero : bool
        Whether it is 0.03 or .03.
    decimals : int
        Decimals of an ordinary p value; small ones, and those near 0.05, get three.
    """

    symbol: str
    leading_zero: bool
    decimals: int


STYLES: dict[str, Journal] = {
    "apa": Journal("p", False, 3),
    "ama": Journal("P", False, 2),
    "bmc": Journal("P", True, 2),
}


def journal(style: str) -> Journal:
    """Return the rules of a style.

    Raises
    ------
    ReportError
        If there is no such style.
    """
    if style not in STYLES:
        raise ReportError(unknown(style, get_args(Style), what="style of p values"))
    return STYLES[style]


def number(value: float, decimals: int) -> str:
    """Return a number with so many decimals, a true minus sign, and never a negative zero.

    Examples
    --------
    >>> number(-0.004, 2), number(-1.5, 1), number(12345.6, 0), number(float("inf"), 2)
    ('0.00', '−1.5', '12,346', '∞')
    """
    if isnan(value):
        return DASH
    if isinf(value):
        return "\u221e" if value > 0 else f"{MINUS}\u221e"
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and text.strip("0.,") != ""
    return f"{MINUS}{text}" if negative else text


def decimals_for(size: float) -> int:
    """Return the decimals worth printing when differences of `size` are seen in the data.

    Three significant digits of it, but no more than two decimals while that leaves two digits.

    Examples
    --------
    >>> [decimals_for(size) for size in (250, 17, 1.7, 0.45, 0.045, 0.0012)]
    [0, 1, 2, 2, 3, 4]
    """
    if not isfinite(size) or size == 0:
        return 2
    order = floor(log10(abs(size)))
    return min(max(0, min(2 - order, max(2, 1 - order))), 6)


def spread_decimals(standard_deviation: float) -> int:
    """Return the decimals of a mean and its standard deviation: two digits of the latter, at least one.

    Examples
    --------
    >>> [spread_decimals(sd) for sd in (250, 12.4, 4.06, 0.45, 0.0048)]
    [0, 1, 1, 2, 4]
    """
    if not isfinite(standard_deviation) or standard_deviation <= 0:
        return 1
    return min(max(1 - floor(log10(standard_deviation)), 1 if standard_deviation < 100 else 0), 6)


def estimate_decimals(e: Estimate) -> int:
    """Return the decimals for an estimate and both ends of its interval.

    They come from the interval's width, or without one from the estimate; a ratio's from its
    smallest number, so that 0.04 [0.01, 25.00] does not become 0.0 [0.0, 25.0].
    """
    values = [v for v in (e.estimate, e.conf_low, e.conf_high) if isfinite(v)]
    if e.quantity.ratio:
        smallest = min((abs(v) for v in values if v != 0), default=1.0)
        return min(max(1 if smallest >= 10 else 2, -floor(log10(smallest))), 4)
    width = e.conf_high - e.conf_low
    return decimals_for(width if isfinite(width) and width > 0 else e.estimate)


def level(conf_level: float) -> str:
    """Return a confidence level as a percentage.

    Examples
    --------
    >>> level(0.95), level(0.999)
    ('95%', '99.9%')
    """
    return f"{round(100 * conf_level, 6):g}%"


def interval(low: float, high: float, decimals: int) -> str:
    """Return an interval in brackets, both ends with the same decimals.

    Examples
    --------
    >>> interval(-0.1, 2, 2)
    '[−0.10, 2.00]'
    """
    return f"[{number(low, decimals)}, {number(high, decimals)}]"


def value(e: Estimate, *, decimals: int | None = None) -> str:
    """Return the estimate alone, or why there is none."""
    if isnan(e.estimate):
        return f"not estimable: {e.note}"
    return number(e.estimate, estimate_decimals(e) if decimals is None else decimals)


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
    return f"{text} {interval(e.conf_low, e.conf_high, places)}"


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
    if isnan(e.estimate):
        return value(e)
    places = estimate_decimals(e)
    parts = []
    if not isnan(e.conf_level):
        ends = f"{number(e.conf_low, places)} to {number(e.conf_high, places)}"
        unknown_ends = isnan(e.conf_low) or isnan(e.conf_high)
        parts.append(f"{level(e.conf_level)} CI {f'not estimable: {e.note}' if unknown_ends else ends}")
    if not isnan(e.p_value):
        parts.append(p_value(e.p_value, style))
    return with_unit(value(e, decimals=places), unit) + (f" ({'; '.join(parts)})" if parts else "")


def p_value(p: float, style: str = "apa", *, symbol: bool = True) -> str:
    """Return a p value as a journal prints it; a missing one is empty.

    Parameters
    ----------
    p : float
    style : {"apa", "ama", "bmc"}
        APA 7th edition, AMA 11th edition, BMC journals.
    symbol : bool
        Whether ``p =`` is put in front; a column headed ``p`` does without.

    Raises
    ------
    ReportError
        If there is no such style, or `p` is not a probability.

    Examples
    --------
    >>> [p_value(0.0344, s) for s in ("apa", "ama", "bmc")]
    ['p = .034', 'P = .03', 'P = 0.03']
    >>> [p_value(p, "bmc") for p in (0.00004, 0.0049, 0.0468, 0.9999)]
    ['P < 0.001', 'P = 0.005', 'P = 0.047', 'P > 0.99']
    """
    rules = journal(style)
    if isnan(p):
        return ""
    if not 0 <= p <= 1:
        raise ReportError(f"A p value lies between 0 and 1; this one is {p!r}.")
    places = 3 if p < 0.01 or 0.045 <= p < 0.055 else rules.decimals
    largest = 1 - 10.0**-places
    if p < 0.001:
        sign, text = "<", "0.001"
    elif p > largest:
        sign, text = ">", f"{largest:.{places}f}"
    elif 0.04995 <= p < 0.05:  # four decimals would round it up to 0.05
        sign, text = "<", "0.05"
    else:
        sign, text = "=", f"{p:.{4 if 0.0495 <= p < 0.05 else places}f}"
    if not rules.leading_zero:
        text = text.removeprefix("0")
    if symbol:
        return f"{rules.symbol} {sign} {text}"
    return text if sign == "=" else f"{sign}{text}"


def percent(proportion: float, of: int) -> str:
    """Return a proportion as a percentage: without decimals of fewer than 100, with one of more.

    Examples
    --------
    >>> percent(0.343, 35), percent(0.3434, 350), percent(0.0001, 10_000), percent(1, 20)
    ('34%', '34.3%', '<0.1%', '100%')
    """
    if isnan(proportion):
        return DASH
    places = 0 if of < 100 else 1
    step = 10.0**-places
    share = 100 * proportion
    if 0 < share < step / 2:
        return f"<{step:.{places}f}%"
    if 100 - step / 2 <= share < 100:
        return f">{100 - step:.{places}f}%"
    return f"{100 if share == 100 else f'{share:.{places}f}'}%"


def count(n: float) -> str:
    """Return a whole number.

    Examples
    --------
    >>> count(1234)
    '1,234'
    """
    return number(n, 0)


def df(degrees: float) -> str:
    """Return degrees of freedom: one decimal unless they are whole; infinite ones as ∞.

    Examples
    --------
    >>> df(38), df(37.62), df(float("inf"))
    ('38', '37.6', '∞')
    """
    if isnan(degrees):
        return ""
    whole = isinf(degrees) or abs(degrees - round(degrees)) < 1e-9
    return number(degrees, 0 if whole else 1)


def with_unit(text: str, unit: str) -> str:
    r"""Return a number's text with its unit behind a space that does not break.

    Examples
    --------
    >>> with_unit("3.1", "mm"), with_unit("31", "%"), with_unit("3.1", "")
    ('3.1\xa0mm', '31%', '3.1')
    """
    if not unit:
        return text
    return f"{text}%" if unit == "%" else f"{text}{NBSP}{unit}"


def exact_decimals(values: Iterable[float], *, most: int = 2) -> int:
    """Return the fewest decimals that show all of some values as they are, up to a limit.

    Examples
    --------
    >>> exact_decimals([1, 2.5, 4]), exact_decimals([1, 2]), exact_decimals([1 / 3])
    (1, 0, 2)
    """
    known = [v for v in values if isfinite(v)]
    for places in range(most):
        if all(abs(v - round(v, places)) < 1e-9 * max(1, abs(v)) for v in known):
            return places
    return most
