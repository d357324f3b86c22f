"""Reading the ``[effects.NAME]`` sections of a plan, with every mistake of their text."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

from mmstats.errors import MmstatsError, nearest, unknown
from mmstats.meta.measures import Measure, measure
from mmstats.meta.printed.effects import known_columns, lacking
from mmstats.plan import EffectPlan
from mmstats.toml import Section

OWN = ("measure", "label", "rows", "study")
DIRECTIONS = {"positive": 1.0, "negative": -1.0}


def read_effects(top: Section) -> Iterator[EffectPlan]:
    """Yield the effects that a plan makes."""
    for name, raw in top.section("effects").raw.items():
        yield parse_effect(name, Section(raw, f"[effects.{name}]", top.problems))


def parse_effect(name: str, section: Section) -> EffectPlan:
    """Return one effect as far as it can be understood; what is wrong goes to the section's problems."""
    if not name.isidentifier():
        section.problem("a name holds letters, digits and '_' only, and starts with a letter.")
    chosen = _measure(section)
    given = {key: value for key, value in section.raw.items() if key not in OWN}
    options = {} if chosen is None else {key: given.pop(key) for key in chosen.options if key in given}
    columns = {key: value for key, value in given.items() if _is_column(key, value, section)}
    if chosen is not None:
        _check_columns(chosen, given, section)
        _check_options(chosen, options, section)
        columns = {key: value for key, value in columns.items() if key in known_columns(chosen)}
        options = {key: value for key, value in options.items() if value in chosen.options[key]}
    return EffectPlan(
        name=name,
        measure=chosen.name if chosen else "",
        columns=columns,
        options=options,
        label=section.text("label"),
        rows=section.text("rows"),
        study=section.text("study", "study"),
    )


def _measure(section: Section) -> Measure | None:
    name = section.text("measure", required=True)
    try:
        return measure(name) if name else None
    except MmstatsError as failed:
        section.problems.append(f"In {section.where}: {failed}")
        return None


def _is_column(key: str, value: Any, section: Section) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    good = number or (isinstance(value, str) and value != "")
    if not good:
        section.problem(f"{key!r} takes the name of a variable, or a number; it has {value!r}.")
    return good


def _check_columns(chosen: Measure, given: dict[str, Any], section: Section) -> None:
    """Record columns that tell nothing of the measure, and those that it lacks."""
    known = known_columns(chosen)
    strange = [key for key in given if key not in known]
    for key in strange:
        options = [*known, *chosen.options, *OWN]
        section.problem(
            f"{key!r} is no column of {chosen.quantity.label} ({chosen.name}).{nearest(key, options)} "
            f"It is made of {', '.join(chosen.columns)}; or of what papers print instead: "
            f"{', '.join(name for name in known if name not in chosen.columns)}."
        )
    absent = () if strange else lacking(chosen, list(given))
    if absent:
        section.problem(
            f"{chosen.quantity.label} ({chosen.name}) lacks {', '.join(absent)}. Give each the name of a "
            "variable or a number, or what papers print instead, such as an estimate with its interval."
        )


def _check_options(chosen: Measure, options: dict[str, Any], section: Section) -> None:
    for key, value in options.items():
        if value not in chosen.options[key]:
            text = unknown(str(value), chosen.options[key], what=key)
            section.problems.append(f"In {section.where}: {text}")
