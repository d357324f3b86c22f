"""The command line: one file per command. Nothing heavy is imported before a command needs it."""

import importlib
import sys
from typing import Annotated

import typer

from mmstats import __version__
from mmstats.errors import MmstatsError

COMMANDS = ("demo", "init", "check", "run", "render", "verify", "methods", "dictionary")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mmstats {__version__}")
        raise typer.Exit


@app.callback()
def everywhere(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Statistics for small clinical studies, from raw tables to a manuscript."""


for _name in COMMANDS:
    app.command(_name)(importlib.import_module(f"{__name__}.{_name}").command)


def main() -> None:
    """Run the command line; an error that says what to do is printed without a traceback."""
    try:
        app()
    except MmstatsError as failed:
        typer.echo(f"mmstats: {failed}", err=True)
        sys.exit(1)
