"""``mmstats check``: everything that is wrong with a study's plan and tables, at once."""

from pathlib import Path
from typing import Annotated

import typer

from mmstats.commands import parameters


def command(
    study: parameters.Name,
    data: parameters.Data = None,
    methods: parameters.Methods = None,
    as_json: parameters.AsJson = False,
    html: Annotated[Path | None, typer.Option("--html", help="Also write a page to this file.")] = None,
) -> None:
    """Report every problem of a study's plan, dictionaries and tables, without running it."""
    from mmstats.commands.either import either
    from mmstats.report.data_check import as_html, as_json_text, as_text
    from mmstats.writing import write_whole

    found = either(study, data=data, methods=methods).check()
    typer.echo(as_json_text(found) if as_json else as_text(found))
    if html is not None:
        write_whole(html, as_html(found))
    raise typer.Exit(0 if found.ok else 1)
