"""``mmstats dictionary``: draft a data dictionary from a table."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    table: Annotated[Path, typer.Argument(help="A CSV, TSV or Excel file.")],
    to: Annotated[Path | None, typer.Option("--to", help="Write it to this new file.")] = None,
    sheet: Annotated[str, typer.Option("--sheet", help="The sheet of a workbook.")] = "",
) -> None:
    """Draft a data dictionary from a table, to be read and corrected."""
    from mmstats.draft import draft
    from mmstats.errors import StudyError
    from mmstats.sources import read_table
    from mmstats.writing import write_whole

    if to is not None and to.exists():
        raise StudyError(f"{to} is there already; a draft never overwrites a dictionary.")
    text = draft(read_table(table, name=table.stem, sheet=sheet))
    if to is None:
        typer.echo(text)
    else:
        write_whole(to, text + "\n")
        typer.echo(f"Drafted {to}: read every line before you use it.")
