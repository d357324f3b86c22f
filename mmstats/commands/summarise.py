"""``mmstats summarise``: what a site runs that shares sums in place of rows."""

from pathlib import Path
from typing import Annotated

import typer

from mmstats.commands import parameters
from mmstats.commands.pool import Key
from mmstats.printable import for_terminal


def command(
    study: parameters.Name,
    cohort: Annotated[str, typer.Argument(help="The cohort of the plan whose rows are here.")],
    data: parameters.Data = None,
    out: Annotated[Path | None, typer.Option("--out", help="The folder to write the bundles to.")] = None,
    key: Key = None,
    threshold: Annotated[
        int, typer.Option("--threshold", help="The least number of participants that a number may be about.")
    ] = 5,
) -> None:
    """Write the bundles of one cohort: sums for each model of the plan, and no rows."""
    from mmstats.pooled_study import PooledStudy

    found = PooledStudy.find(study, data=data, key=key)
    paths = found.summarise(cohort, threshold=threshold, out=out)
    for path in paths:
        typer.echo(for_terminal(f"Written: {path}"))
    for analysis, why in found.not_shared(cohort).items():
        typer.echo(for_terminal(f"Not written: {analysis}, as {why}"))
    typer.echo(
        "Read them before you send them: they are text. They hold sums over participants, none about fewer "
        f"than {threshold}, and no rows. docs/bundles.md says what sums cannot protect against."
    )
