"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(help="A study's folder, or a shipped study's name.", metavar="STUDY")]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="The folder that holds the data, when it is not the study's."),
]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write results/ and report/.")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="How many processes share the work.")]
Methods = Annotated[
    Path | None,
    typer.Option("--methods", help="A Python file with methods of the study's own. It is run: trust it."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
