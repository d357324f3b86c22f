"""P values to text, as journals print them."""

from dataclasses import dataclass
from math import isnan
from typing import Literal, get_args

from mmstats.errors import ReportError, unknown

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
