"""Arguments and options that several commands take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mmstats.compute import Place

Name = Annotated[str, typer.Argument(help="A study's folder, or a shipped study's name.", metavar="STUDY")]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="The folder that holds the data, when it is not the study's."),
]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write results/ and report/.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="How many processes share the work: 4 is --on processes:4."),
]
On = Annotated[
    str,
    typer.Option("--on", help="Where work runs: here, processes:4, or dask://host:port, a Dask cluster."),
]
Methods = Annotated[
    Path | None,
    typer.Option("--methods", help="A Python file with methods of the study's own. It is run: trust it."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


def place(on: str, workers: int | None) -> "Place":
    """Return where work runs, by one of two options."""
    from mmstats.compute import HERE, Place
    from mmstats.errors import ComputeError

    if on and workers:
        raise typer.BadParameter("Give --on or --workers, not both.")
    if workers:
        return Place(workers)
    try:
        return Place.parse(on) if on else HERE
    except ComputeError as failed:
        raise typer.BadParameter(str(failed)) from None
