"""``mmstats methods``: what a plan can name."""

import json
from typing import Annotated

import typer

from mmstats.commands import parameters


def command(
    name: Annotated[str, typer.Argument(help="A method, to read all about it.")] = "",
    as_json: parameters.AsJson = False,
) -> None:
    """List the methods a plan can name, or describe one."""
    from mmstats.errors import PlanError, unknown
    from mmstats.methods import METHODS
    from mmstats.registry import Method

    def described(method: Method) -> dict[str, object]:
        return {
            "name": method.name,
            "title": method.title,
            "estimates": method.summary,
            "roles": {
                role: {"takes": str(spec.kind), "several": spec.many, "optional": spec.optional, "formula": spec.formula}
                for role, spec in method.roles.items()
            },
            "options": {
                option: {"default": spec.default, "choices": list(spec.choices)} for option, spec in method.options.items()
            },
            "references": list(method.references),
        }

    if name and name not in METHODS:
        raise PlanError(unknown(name, METHODS, what="method"))
    chosen = [METHODS[name]] if name else list(METHODS.values())
    if as_json:
        typer.echo(json.dumps([described(method) for method in chosen], indent=1))
    elif name:
        import inspect

        method = METHODS[name]
        roles = [f"{role}{'?' if spec.optional else ''}" for role, spec in method.roles.items()]
        typer.echo(f"{method.title}\n\nIn a plan: method = \"{name}\", {', '.join(roles)}")
        for option, spec in method.options.items():
            choices = f"  ({' | '.join(map(str, spec.choices))})" if spec.choices else ""
            typer.echo(f"  {option} = {spec.default!r}{choices}")
        typer.echo(f"\n{inspect.getdoc(method.function)}")
    else:
        width = max(len(method.name) for method in chosen)
        for method in chosen:
            typer.echo(f"{method.name:{width}}  {', '.join(method.roles)}\n{'':{width}}  {method.summary}")
