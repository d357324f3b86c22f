"""The command line: one file per command. Nothing heavy is imported before a command needs it."""

import importlib
import io
import sys
from typing import Annotated

import typer

from mmstats import __version__
from mmstats.errors import MmstatsError
from mmstats.printable import for_terminal

STOPPED = 130
COMMANDS = (
    "demo",
    "init",
    "check",
    "run",
    "render",
    "verify",
    "pool",
    "summarise",
    "methods",
    "dictionary",
    "coverage",
)

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
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter shows its code instead
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except MmstatsError as failed:
        typer.echo(for_terminal(f"mmstats: {failed}"), err=True)
        sys.exit(1)
    except OSError as failed:
        where = f"{failed.filename}: " if failed.filename else ""
        typer.echo(for_terminal(f"mmstats: {where}{failed.strerror or failed}."), err=True)
        sys.exit(1)
    except (KeyboardInterrupt, SystemExit) as stopped:
        if isinstance(stopped, SystemExit) and stopped.code != STOPPED:
            raise
        typer.echo("mmstats: stopped; earlier results are as they were.", err=True)
        sys.exit(STOPPED)
