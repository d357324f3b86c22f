"""A first draft of a table's dictionary, from the table: to be read and corrected, never used unread."""

import json
import keyword
import re
import unicodedata
from collections.abc import Iterable

from mmstats.raw_table import RawTable

MOST_LEVELS = 8


def draft(raw: RawTable) -> str:
    """Return a dictionary in TOML, with what was seen in each column as a comment.

    Parameters
    ----------
    raw : RawTable

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"ID": ["a", "b", "c"], "Edad": ["31", "45", "52"]})
    >>> print(draft(RawTable(name="clinical", frame=frame)))  # doctest: +ELLIPSIS
    # A draft made from clinical: ...
    table = "clinical"
    key   = ["id"]
    <BLANKLINE>
    [columns.id]
    kind    = "id"
    label   = "ID"
    heading = "ID"
    required = true
    <BLANKLINE>
    [columns.edad]
    kind    = "count"   # 31 to 52
    label   = "Edad"
    heading = "Edad"
    range   = [31, 52]
    """
    names = _names(raw.frame.columns)
    keys = [heading for heading in raw.frame.columns if _names_rows(raw, heading)][:1]
    lines = [
        f"# A draft made from {raw.name}: read every line. Kinds, ranges and levels are what was seen in",
        "# the data, not what is right; the first level of a variable is its reference.",
        f"table = {_quoted(raw.name)}",
        f"key   = [{', '.join(_quoted(names[heading]) for heading in keys)}]",
    ]
    for heading in raw.frame.columns:
        lines += ["", f"[columns.{names[heading]}]", *_column(raw, heading, is_key=heading in keys)]
    return "\n".join(lines)


def _column(raw: RawTable, heading: str, *, is_key: bool) -> list[str]:
    values = [text.strip() for text in raw.frame[heading]]
    given = [text for text in values if text]
    named = [f"label   = {_quoted(heading)}", f"heading = {_quoted(heading)}"]
    missing = f"; {len(values) - len(given)} missing" if len(given) < len(values) else ""
    if is_key:
        return ['kind    = "id"', *named, "required = true"]
    numbers = [_number(text, raw.decimal) for text in given]
    distinct = list(dict.fromkeys(given))
    if given and all(number is not None for number in numbers) and len(distinct) > 2:
        known = [number for number in numbers if number is not None]
        whole = all(number.is_integer() for number in known)
        low, high = (f"{end:.10g}" for end in (min(known), max(known)))
        kind = "count" if whole else "continuous"
        return [f'kind    = "{kind}"   # {low} to {high}{missing}', *named, f"range   = [{low}, {high}]"]
    if 2 <= len(distinct) <= MOST_LEVELS:
        kind = "binary" if len(distinct) == 2 else "nominal"
        levels = ", ".join(f"{_quoted(text)} = {_quoted(text)}" for text in sorted(distinct))
        return [f'kind    = "{kind}"   # {len(given)} given{missing}', *named, f"levels  = {{ {levels} }}"]
    seen = "one value" if len(distinct) == 1 else f"{len(distinct)} different values" if given else "empty"
    return [f'kind    = "id"   # {seen}{missing}: say what it is, or remove it from the file', *named]


def _names_rows(raw: RawTable, heading: str) -> bool:
    values = list(raw.frame[heading])
    numeric = all(_number(text, raw.decimal) is not None for text in values)
    return len(values) > 1 and "" not in values and len(set(values)) == len(values) and not numeric


def _names(headings: Iterable[str]) -> dict[str, str]:
    """Return a variable name for each heading: plain lower-case letters, digits and '_', each used once."""
    names: dict[str, str] = {}
    for heading in headings:
        plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
        name = re.sub(r"\W+", "_", plain).strip("_").lower() or "column"
        name = f"x_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name
        while name in names.values():
            name += "_2"
        names[heading] = name
    return names


def _number(text: str, decimal: str) -> float | None:
    if not re.fullmatch(rf"[+-]?\d+({re.escape(decimal)}\d+)?([eE][+-]?\d+)?", text.strip()):
        return None
    return float(text.strip().replace(decimal, "."))


def _quoted(text: str) -> str:
    """Return a TOML string, in which signs that are not printed are written as their codes."""
    return json.dumps(text, ensure_ascii=not text.isprintable()).replace("\x7f", "\\u007f")
