"""Reading a plan from its TOML file, with every mistake of its text."""

import string
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from mmstats.effect_section import read_effects
from mmstats.errors import PlanError, unknown
from mmstats.plan import (
    ADJUSTMENTS,
    PARTICIPANTS,
    SUMMARIES,
    Analysis,
    CohortPlan,
    Derivation,
    Exclusion,
    Family,
    Plan,
    Scoring,
    Summary,
    TablePlan,
)
from mmstats.resolution import Resolution
from mmstats.review_file import parse_review
from mmstats.toml import Section, read_toml

RESERVED = ("id", "method", "rows", "where", "family", "tested", "label", "each")  # of an analysis
_ID_CHARACTERS = set(string.ascii_letters + string.digits + "-_.")


def read_plan(path: Path) -> Plan:
    """Read a plan from TOML.

    Raises
    ------
    PlanError
        With every mistake of the plan's own text; what depends on dictionaries and methods is
        checked by `mmstats.arguments.check_analyses`.
    """
    plan, problems = parse_plan(read_toml(path, PlanError))
    if problems:
        raise PlanError(f"{path.name} has {len(problems)} problem(s):", problems)
    return plan


def parse_plan(raw: Mapping[str, Any]) -> tuple[Plan, list[str]]:
    """Return the plan as far as it can be understood, and every problem of its text."""
    problems: list[str] = []
    top = Section(dict(raw), "the plan", problems)
    top.only(("title", "seed", "note", "tables", "cohort", "effects", "families", "analysis", "review"))
    seed = top.get("seed", int, 0, required=True)
    if seed < 0:
        top.problem(f"'seed' takes a whole number of at least 0; it has {seed}.")
        seed = 0
    plan = Plan(
        title=top.text("title", required=True),
        seed=seed,
        note=top.text("note"),
        tables=tuple(_table(name, spec, problems) for name, spec in top.named("tables").items()),
        cohort=_cohort(top.section("cohort")),
        effects=tuple(read_effects(top)),
        families=tuple(_family(name, spec, problems) for name, spec in top.named("families").items()),
        analyses=tuple(
            analysis
            for position, spec in enumerate(top.each("analysis"), 1)
            for analysis in _analyses(spec, position, problems)
        ),
        review=parse_review(top.raw["review"], problems) if "review" in top.raw else None,
    )
    problems += _names(plan)
    return plan, problems


def _table(name: str, raw: object, problems: list[str]) -> TablePlan:
    section = Section(raw, f"[tables.{name}]", problems)
    section.only(("source", "schema", "sheet", "max_megabytes", "score", "summarise", "resolve", "derive"))
    source = section.text("source", required=True)
    if _leads_out(source):
        section.problem(
            f"'source' leads out of the study's folder: {source!r}. Put the file into "
            "data/, or give its folder when you run the study (--data FOLDER)."
        )
        source = ""
    schema = section.text("schema", required=True)
    if not set(schema) <= _ID_CHARACTERS:
        section.problem(
            f"'schema' is the name of a dictionary in data_schemas/, without folder or ending; "
            f"it has {schema!r}."
        )
        schema = ""
    return TablePlan(
        name=name,
        source=source,
        schema=schema,
        sheet=section.text("sheet"),
        max_megabytes=_at_least_one(section, "max_megabytes", 100),
        score=tuple(_scoring(spec, section) for spec in section.each("score")),
        summarise=tuple(_summary(spec, section) for spec in section.each("summarise")),
        resolve=tuple(_resolutions(name, section)),
        derive=tuple(_derivations(section, f"[tables.{name}.derive]")),
    )


def _leads_out(source: str) -> bool:
    """Whether a path is absolute, or leaves the folder it starts from, on any system."""
    paths = PurePosixPath(source), PureWindowsPath(source)
    return any(path.anchor or ".." in path.parts for path in paths)


def _at_least_one(section: Section, key: str, default: int) -> int:
    value = int(section.get(key, int, default))
    if value < 1:
        section.problem(f"{key!r} takes a whole number of at least 1; it has {value}.")
        return default
    return value


def _scoring(raw: object, parent: Section) -> Scoring:
    if isinstance(raw, str):
        return Scoring(instrument=raw)
    section = Section(raw, f"{parent.where} score", parent.problems)
    name = section.text("instrument", required=True)
    return Scoring(instrument=name, options={k: v for k, v in section.raw.items() if k != "instrument"})


def _summary(raw: object, parent: Section) -> Summary:
    section = Section(raw, f"{parent.where} summarise", parent.problems)
    section.only(("name", "value", "by", "where", "label"))
    return Summary(
        name=section.text("name", required=True),
        value=section.text("value", required=True),
        by=section.one_of("by", SUMMARIES, "mean", required=True),
        where=section.text("where"),
        label=section.text("label"),
    )


def _resolutions(table: str, section: Section) -> Iterator[Resolution]:
    for position, raw in enumerate(section.each("resolve"), 1):
        where = Section(raw, f"[[tables.{table}.resolve]] number {position}", section.problems)
        if where.raw:
            try:
                yield Resolution.from_dict(where.raw)
            except PlanError as failed:
                for problem in failed.problems:
                    where.problem(problem)


def _cohort(section: Section) -> CohortPlan:
    section.only(("unit", "called", "group", "exclude", "derive"))
    excluded = [
        Section(raw, f"[cohort] exclude number {position}", section.problems)
        for position, raw in enumerate(section.each("exclude"), 1)
    ]
    for one in excluded:
        one.only(("where", "reason"))
    return CohortPlan(
        unit=section.text("unit", "participant_id"),
        called=_called(section),
        group=section.text("group"),
        exclude=tuple(
            Exclusion(where=one.text("where", required=True), reason=one.text("reason", required=True))
            for one in excluded
        ),
        derive=tuple(_derivations(section, "[cohort.derive]")),
    )


def _called(section: Section) -> str:
    called = section.text("called", PARTICIPANTS)
    if not called.replace(" ", "").replace("-", "").isalpha():
        section.problem(f"'called' is the word for several of them, such as 'trials'; it has {called!r}.")
        return PARTICIPANTS
    return called


def _derivations(parent: Section, where: str) -> Iterator[Derivation]:
    for name, raw in parent.section("derive", where).raw.items():
        yield _derivation(name, raw, where, parent.problems)


def _derivation(name: str, raw: object, where: str, problems: list[str]) -> Derivation:
    section = Section({"value": raw} if isinstance(raw, str) else raw, f"{where} {name}", problems)
    section.only(("value", "label", "unit", "levels"))
    levels = section.section("levels", f"the levels of {section.where}").raw
    if levels and sorted(levels) != ["no", "yes"]:
        section.problem(f"'levels' gives the labels of no and yes; it has {', '.join(levels)}.")
    return Derivation(
        name=name,
        value=section.text("value", required=True),
        label=section.text("label"),
        unit=section.text("unit"),
        levels={str(level): str(label) for level, label in levels.items()},
    )


def _family(name: str, raw: object, problems: list[str]) -> Family:
    section = Section(raw, f"[families.{name}]", problems)
    section.only(("adjust", "label"))
    return Family(
        name=name,
        adjust=section.one_of("adjust", ADJUSTMENTS, "holm", required=True),
        label=section.text("label"),
    )


def _analyses(raw: object, position: int, problems: list[str]) -> list[Analysis]:
    """Return one analysis, or one per value of its ``each``."""
    name = raw.get("id") if isinstance(raw, dict) else None
    section = Section(raw, f"analysis {name!r}" if name else f"analysis number {position}", problems)
    analysis = Analysis(
        id=section.text("id", required=True),
        method=section.text("method", required=True),
        arguments={key: value for key, value in section.raw.items() if key not in RESERVED},
        rows=section.text("rows"),
        where=section.text("where"),
        family=section.text("family"),
        tested=section.text("tested"),
        label=section.text("label"),
    )
    each = section.section("each", f"the 'each' of {section.where}").raw
    if not each:
        return [analysis]
    role, values = next(iter(each.items()))
    if len(each) != 1 or not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        section.problem(
            "'each' takes one role and a list of variables, such as { outcome = ['age', 'edss'] }."
        )
        return [analysis]
    return [
        replace(analysis, id=f"{analysis.id}-{value}", arguments={**analysis.arguments, role: value})
        for value in values
    ]


def _names(plan: Plan) -> list[str]:
    """Return what is wrong with the names by which the plan's parts refer to each other."""
    ids = [analysis.id for analysis in plan.analyses]
    families = {family.name for family in plan.families}
    problems = [
        f"Two analyses are called {name!r}; an id is used once."
        for name in dict.fromkeys(ids)
        if ids.count(name) > 1
    ]
    for analysis in plan.analyses:
        if not set(analysis.id) <= _ID_CHARACTERS:
            problems.append(
                f"In analysis {analysis.id!r}, the id may hold letters, digits, '-', '_' and '.' only."
            )
        if analysis.family and analysis.family not in families:
            problems.append(
                f"In analysis {analysis.id!r}: {unknown(analysis.family, families, what='family')}"
            )
    tables = {table.name for table in plan.tables}
    problems += [
        f"In [effects.{effect.name}]: {unknown(effect.rows, tables, what='table')}"
        for effect in plan.effects
        if effect.rows and effect.rows not in tables
    ]
    used = {analysis.family for analysis in plan.analyses}
    problems += [
        f"Family {family.name!r} has no analysis." for family in plan.families if family.name not in used
    ]
    return problems
