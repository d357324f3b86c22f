"""``mmstats methods``: what a plan can name."""

import inspect
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mmstats.commands import parameters

if TYPE_CHECKING:
    from mmstats.registry import Method


def command(
    name: Annotated[str, typer.Argument(help="A method, to read all about it.")] = "",
    methods: parameters.Methods = None,
    as_json: parameters.AsJson = False,
) -> None:
    """List the methods a plan can name, or describe one."""
    from mmstats.errors import PlanError, unknown
    from mmstats.methods import METHODS
    from mmstats.own_methods import load

    if methods is not None:
        load(methods)
    if name and name not in METHODS:
        raise PlanError(unknown(name, METHODS, what="method"))
    chosen = [METHODS[name]] if name else list(METHODS.values())
    if as_json:
        typer.echo(json.dumps([_record(method) for method in chosen], indent=1))
    elif name:
        typer.echo(_page(METHODS[name]))
    else:
        width = max(len(method.name) for method in chosen)
        for method in chosen:
            typer.echo(f"{method.name:{width}}  {', '.join(method.roles)}\n{'':{width}}  {method.summary}")


def _page(method: "Method") -> str:
    roles = [f"{role}{' (may be left out)' if spec.optional else ''}" for role, spec in method.roles.items()]
    lines = [method.title, "", f'In a plan: method = "{method.name}", {", ".join(roles)}']
    for option, spec in method.options.items():
        choices = f"  ({' | '.join(map(str, spec.choices))})" if spec.choices else ""
        default = f"required: {spec.takes}" if spec.required else f"{spec.default!r}{choices}"
        lines.append(f"  {option} = {default}")
    return "\n".join([*lines, "", inspect.getdoc(method.function) or ""])


def _record(method: "Method") -> dict[str, Any]:
    return {
        "name": method.name,
        "title": method.title,
        "estimates": method.summary,
        "roles": {
            name: {
                "takes": str(r.kind),
                "several": r.many,
                "optional": r.optional,
                "formula": r.formula,
                "random": r.random,
            }
            for name, r in method.roles.items()
        },
        "options": {
            name: {
                "required": option.required,
                "default": None if option.required else option.default,
                "choices": list(option.choices),
            }
            for name, option in method.options.items()
        },
        "references": list(method.references),
    }
