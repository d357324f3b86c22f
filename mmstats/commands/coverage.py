"""``mmstats coverage``: simulate how often intervals hold the truth in small samples."""

from pathlib import Path
from typing import Annotated

import typer

from mmstats.commands import parameters
from mmstats.commands.progress import counted
from mmstats.printable import for_terminal


def command(
    methods: Annotated[list[str] | None, typer.Argument(help="Which methods; by default all.")] = None,
    shapes: Annotated[list[str] | None, typer.Option("--shape", help="Which shapes; by default all.")] = None,
    sizes: Annotated[
        list[int] | None, typer.Option("--n", help="Which sizes; by default those of each method's design.")
    ] = None,
    replications: Annotated[int, typer.Option(min=1, help="Data sets per situation.")] = 1_000,
    alternatives: Annotated[
        int, typer.Option(min=0, help="The same for intervals that are not the default; 0 leaves them out.")
    ] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Write the table here, as CSV.")] = None,
    workers: parameters.Workers = None,
    on: parameters.On = "",
) -> None:
    """Simulate how often the intervals of methods hold the truth, and print or save the table."""
    from mmstats.compute import each
    from mmstats.coverage.shapes import LABELS
    from mmstats.coverage.simulation import cells, simulate, simulated
    from mmstats.coverage.table import read, tabulated
    from mmstats.errors import MmstatsError, unknown
    from mmstats.writing import write_whole

    place = parameters.place(on, workers)
    known = simulated()
    problems = [unknown(name, known, what="method") for name in methods or [] if name not in known]
    problems += [unknown(name, LABELS, what="shape") for name in shapes or [] if name not in LABELS]
    if problems:
        raise MmstatsError(" ".join(problems))
    work = cells(
        methods or known,
        shapes=shapes or (),
        sizes=sizes or (),
        replications=replications,
        alternatives=alternatives,
    )
    counts = []
    with counted("Situations", len(work)) as progress:
        for cell, found in zip(work, each(simulate, work, on=place), strict=True):
            counts += found
            progress(f"{cell.method}, {cell.shape}")
    text = tabulated(work, counts)
    if out is not None:
        write_whole(out, text)
        typer.echo(for_terminal(f"Written to {out}"))
        return
    for row in read(text):
        typer.echo(
            f"{row.method:24} {row.quantity:24} {row.interval:30} {row.shape:14} {row.effect:16} "
            f"n = {row.n:<3} {100 * row.coverage:5.1f} % (± {100 * row.mcse:.1f})"
        )
