"""Tables in Word: widths that every word processor keeps, rows that stay whole, rules under headings."""

import re
from collections.abc import Iterator

PANDOC = 7920  # pandoc's idea of a text's width, in twentieths of a point
TOGETHER = 16  # a table of at most so many lines stays on one page
HANGING = (
    '<w:ind w:left="180" w:hanging="180"/>'  # the width of the em space that an indented name begins with
)
LETTERS = 40  # in a line of a cell, about
RULE = '<w:tcBorders><w:bottom w:val="{}" w:sz="{}" w:space="0" w:color="4D4D4D"/></w:tcBorders>'
_TABLE = re.compile(r"<w:tbl>.*?</w:tbl>", re.DOTALL)
_ROW = re.compile(r"<w:tr>.*?</w:tr>", re.DOTALL)
_CELL = re.compile(r"<w:tc><w:tcPr\s*(?:/>|>(.*?)</w:tcPr>)", re.DOTALL)
_INDENTED = re.compile(
    r"<w:pPr>((?:(?!</w:pPr>|<w:jc).)*)((?:<w:jc[^>]*/>)?</w:pPr><w:r>(?:<w:rPr>.*?</w:rPr>)?<w:t[^>]*>\u2003)"
)
_STYLE = re.compile(r"<w:pPr>(?:<w:pStyle[^>]*/>)?")


def settled(document: str, wide: int) -> str:
    """Return a document's XML, as pandoc wrote it, with its tables settled.

    Parameters
    ----------
    document : str
    wide : int
        The width of the text, in twentieths of a point.
    """
    return _TABLE.sub(lambda found: _table(found[0], wide), document)


def _table(table: str, wide: int) -> str:
    grid = [round(int(w) * wide / PANDOC) for w in re.findall(r'<w:gridCol w:w="(\d+)"', table)]
    if not grid:
        return table
    columns = iter(grid)
    table = re.sub(r'(<w:gridCol w:w=")\d+', lambda found: f"{found[1]}{next(columns)}", table)
    table = re.sub(r"<w:tblW [^>]*/>", f'<w:tblW w:type="dxa" w:w="{sum(grid)}" />', table, count=1)
    styles = re.findall(r"<w:pStyle[^>]*/>", table)  # the first cell may be empty
    style = next((one for one in styles if '"Compact"' not in one), styles[0] if styles else "")
    table = re.sub(r"<w:pPr\s*/>", "<w:pPr></w:pPr>", table)
    table = re.sub(r"<w:pPr>(?!<w:pStyle)", f"<w:pPr>{style}", table)
    table = re.sub(r'<w:pStyle w:val="Compact"\s*/>', style, table)  # empty cells are no taller
    rows = _ROW.findall(table)
    heads = sum("<w:tblHeader" in row for row in rows)
    made = _rows(rows, heads, grid)
    return _ROW.sub(lambda _: next(made), table)


def _rows(rows: list[str], heads: int, grid: list[int]) -> Iterator[str]:
    short = sum(map(_lines, rows)) <= TOGETHER
    for position, row in enumerate(rows):
        left = len(rows) - position
        held = short or position <= heads or left <= 2
        yield _row(row, grid, head=position < heads, last_head=position == heads - 1, held=held)


def _row(row: str, grid: list[int], *, head: bool, last_head: bool, held: bool) -> str:
    place = 0

    def cell(found: re.Match[str]) -> str:
        nonlocal place
        inside = found[1] or ""
        span = re.search(r'<w:gridSpan w:val="(\d+)"', inside)
        count = int(span[1]) if span else 1
        width = sum(grid[place : place + count])
        place += count
        rule = ""
        if last_head:
            rule = RULE.format("single", 6)
        elif head:
            rule = RULE.format("single", 4) if count > 1 else RULE.format("nil", 0)
        return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{inside}{rule}</w:tcPr>'

    row = _INDENTED.sub(
        rf"<w:pPr>\1{HANGING}\2", _CELL.sub(cell, row)
    )  # a second line begins where the first does
    if "<w:trPr>" in row:
        row = row.replace("<w:trPr>", "<w:trPr><w:cantSplit/>", 1)
    else:
        row = row.replace("<w:tr>", "<w:tr><w:trPr><w:cantSplit/></w:trPr>", 1)
    if not held:
        return row
    return _STYLE.sub(lambda found: f"{found[0]}<w:keepNext/>", row)


def _lines(row: str) -> int:
    """Return about how many lines a row takes."""
    cells = (re.sub(r"<w:br\s*/>", "\n", cell) for cell in row.split("</w:tc>"))
    return max(lines(re.sub(r"<[^>]+>", "", cell).strip()) for cell in cells)


def lines(text: str) -> int:
    """Return about how many lines a cell's text takes."""
    return sum(1 + len(line) // LETTERS for line in text.split("\n"))
