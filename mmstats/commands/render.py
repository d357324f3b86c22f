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
    from mmstats.report import render_study
    from mmstats.study import Study

    for path in render_study(Study.find(study, out=out), formats=tuple(to or FORMATS)):
        typer.echo(path)
