"""Numbers to text, with the decimals worth printing."""

from collections.abc import Callable, Iterable
from math import floor, isfinite, isinf, isnan, log10

MINUS = "\u2212"
DASH = "\u2013"
NBSP = "\u00a0"
SUPERSCRIPTS = str.maketrans(
    "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)
PLAIN = 10_000  # a column of numbers below it has no commas
LARGE = 1e4  # a ratio beyond this, or beyond its inverse, is printed with a power of ten


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


def is_plain(ratio: float) -> bool:
    """Return whether a ratio is printed without a power of ten."""
    return ratio == 0 or not isfinite(ratio) or 1 / LARGE <= abs(ratio) <= LARGE


def ratio(value: float, decimals: int) -> str:
    r"""Return a ratio: with a power of ten and three digits where it is beyond 10,000 or 0.0001.

    Examples
    --------
    >>> ratio(12.3456, 2), ratio(2.346e7, 2), ratio(1.5e-6, 4), ratio(float("inf"), 2)
    ('12.35', '2.35\xa0×\xa010⁷', '1.50\xa0×\xa010⁻⁶', '∞')
    """
    if is_plain(value):
        return number(value, decimals)
    mantissa, exponent = f"{value:.2e}".replace("-", MINUS, int(value < 0)).split("e")
    return f"{mantissa}{NBSP}×{NBSP}10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def count(n: float) -> str:
    """Return a whole number.

    Examples
    --------
    >>> count(1234)
    '1,234'
    """
    return number(n, 0)


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


def level(conf_level: float) -> str:
    """Return a confidence level as a percentage.

    Examples
    --------
    >>> level(0.95), level(0.999)
    ('95%', '99.9%')
    """
    return f"{round(100 * conf_level, 6):g}%"


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


def column(values: Iterable[float]) -> Callable[[float], str]:
    """Return how the numbers of a column are printed: exactly, with the same decimals.

    Below 10,000 there are no commas, for among such numbers are years.

    Examples
    --------
    >>> shown = column([1976, 1989.5])
    >>> shown(1976), column([12000, 900])(12000)
    ('1976.0', '12,000')
    """
    known = list(values)
    places = exact_decimals(known)
    plain = all(abs(value) < PLAIN for value in known if isfinite(value))
    return lambda value: number(value, places).replace(",", "" if plain else ",")


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
