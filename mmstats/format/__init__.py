"""Numbers to text: the only place where a number is rounded."""

from mmstats.format.estimates import (
    estimate_decimals,
    in_percent,
    interval,
    sentence,
    test,
    value,
    with_interval,
)
from mmstats.format.numbers import (
    DASH,
    MINUS,
    NBSP,
    column,
    count,
    decimals_for,
    df,
    exact_decimals,
    level,
    number,
    percent,
    ratio,
    spread_decimals,
    with_unit,
)  # fmt: skip
from mmstats.format.p_values import STYLES, Journal, Style, journal, p_value

__all__ = [
    "DASH", "MINUS", "NBSP", "STYLES", "Journal", "Style", "column", "count", "decimals_for", "df",
    "estimate_decimals", "exact_decimals", "in_percent", "interval", "journal", "level", "number", "p_value",
    "percent", "ratio", "sentence", "spread_decimals", "test", "value", "with_interval", "with_unit",
]  # fmt: skip
