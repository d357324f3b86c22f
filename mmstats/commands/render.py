"""``mmstats render``: make the reports of a study that has been run."""

from typing import Annotated

import typer

from mmstats.commands import parameters

FORMATS = ("html", "docx", "pdf")


def command(
    study: parameters.Name,
    out: parameters.Out = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="html, docx or pdf; may be repeated.")] = None,
) -> None:
    """Make the reports of a study from its saved results: HTML, DOCX and PDF."""
    from mmstats.commands.either import either
    from mmstats.report import render_study

    for path in render_study(either(study, out=out), formats=tuple(to or FORMATS)):
        typer.echo(path)
