"""``mmstats demo``: the whole road on simulated data."""

from pathlib import Path

import typer

from mmstats.commands import parameters
from mmstats.commands.progress import counted


def command(out: parameters.Out = None, workers: parameters.Workers = None) -> None:
    """Run the demo study (simulated data) and make its reports, from raw tables to a manuscript."""
    from mmstats.report import render_study
    from mmstats.study import Study

    study = Study.find("ms_fatigue", out=out)
    with counted("Analyses", len(study.plan.analyses)) as progress:
        study.run(on=parameters.place("", workers), progress=progress)
    paths = render_study(study)
    typer.echo(f"{study.plan.title}\n{study.plan.note}\n\nThe reports:")
    for path in paths:
        typer.echo(f"  {path}")
    page = next(path for path in paths if path.suffix == ".html")
    typer.echo(f"\nOpen {Path(page).resolve().as_uri()}")
