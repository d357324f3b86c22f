"""``mmstats run``: carry out a study's plan and save its results."""

import typer

from mmstats.commands import parameters
from mmstats.commands.progress import counted
from mmstats.printable import for_terminal


def command(
    study: parameters.Name,
    data: parameters.Data = None,
    methods: parameters.Methods = None,
    out: parameters.Out = None,
    workers: parameters.Workers = None,
    on: parameters.On = "",
) -> None:
    """Carry out a study's plan and save its results."""
    from mmstats.commands.either import either
    from mmstats.commands.pool import carry_out
    from mmstats.study import Study

    place = parameters.place(on, workers)
    found = either(study, data=data, out=out, methods=methods)
    if not isinstance(found, Study):
        carry_out(found)
        return
    with counted("Analyses", len(found.plan.analyses)) as progress:
        results = found.run(on=place, progress=progress)
    wrong = [result for result in results if result.status != "ok"]
    for result in wrong:
        typer.echo(for_terminal(f"{result.analysis.id} {result.status}: {result.reason}"), err=True)
    done = len(results.items) - len(wrong)
    typer.echo(f"{done} of {len(results.items)} analyses done, of {results.flow[-1].kept} {results.called}.")
    typer.echo(f"Saved in {found.results_folder}")
    if any(result.status == "failed" for result in wrong):
        raise typer.Exit(1)
