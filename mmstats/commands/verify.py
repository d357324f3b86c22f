"""``mmstats verify``: recompute a study and say which number changed."""

import json
from dataclasses import asdict

import typer

from mmstats.commands import parameters
from mmstats.commands.pool import Bundles, Key
from mmstats.printable import for_terminal


def command(
    study: parameters.Name,
    bundle: Bundles = None,
    data: parameters.Data = None,
    methods: parameters.Methods = None,
    out: parameters.Out = None,
    workers: parameters.Workers = None,
    on: parameters.On = "",
    key: Key = None,
    as_json: parameters.AsJson = False,
) -> None:
    """Recompute a study, compare it with its saved results, and say which number changed."""
    from mmstats.commands.either import either
    from mmstats.study import Study

    place = parameters.place(on, workers)
    of = either(study, data=data, out=out, methods=methods, bundles=tuple(bundle or ()), key=key)
    found = of.verify(on=place) if isinstance(of, Study) else of.verify()
    if as_json:
        changes = [{name: str(value) for name, value in asdict(change).items()} for change in found.changes]
        record = {"ok": found.ok, "compared": found.compared, "inputs": found.inputs, "changes": changes}
        typer.echo(json.dumps(record))
    else:
        for text in found.inputs:
            typer.echo(for_terminal(f"Changed: {text}"))
        for change in found.changes:
            typer.echo(for_terminal(f"  {change}"))
        typer.echo(
            f"All {found.compared} numbers are what was saved."
            if found.ok
            else f"{len(found.changes)} of {found.compared} numbers are not what was saved."
        )
    raise typer.Exit(0 if found.ok else 1)
