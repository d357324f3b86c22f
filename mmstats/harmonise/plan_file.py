"""Reading the plan of a pooling study from its TOML, with every mistake of its text."""

import string
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, cast, get_args

from mmstats.errors import unknown
from mmstats.harmonise.plan import (
    CohortSource,
    Conversion,
    Decision,
    Mapped,
    PooledAnalysis,
    PoolingPlan,
    Scale,
)
from mmstats.meta.pooling import Tau2Method, Test
from mmstats.plan import Analysis
from mmstats.plan_file import parse_plan
from mmstats.toml import Section

TABLE = ("source", "schema", "sheet", "max_megabytes", "score", "summarise", "resolve")
OWN = ("exclude", "derive")
POOLED = ("id", "label", "where", "tau2", "test")
FORMULA = (*POOLED, "formula", "term", "random", "within")
METHOD = (*POOLED, "method", "tested")
_SIGNS = set(string.ascii_letters + string.digits + "-_.")


def plans_pooling(raw: Mapping[str, Any]) -> bool:
    """Return whether a plan is that of a pooling study: it has cohorts in place of tables."""
    return "cohorts" in raw


def parse_pooling(raw: Mapping[str, Any]) -> tuple[PoolingPlan, list[str]]:
    """Return the plan as far as it can be understood, and every problem of its text."""
    problems: list[str] = []
    top = Section(dict(raw), "the plan", problems)
    top.only(("title", "seed", "note", "schema", "unit", "cohorts", "scales", "duplicates", "analysis"))
    if "tables" in raw:
        top.problem("[tables.*] is for a study of one cohort; here, tables belong to [cohorts.*].")
    unit = top.text("unit", "participant_id")
    seed = top.get("seed", int, 0, required=True)
    if seed < 0:
        top.problem(f"'seed' takes a whole number of at least 0; it has {seed}.")
    plan = PoolingPlan(
        title=top.text("title", required=True),
        seed=max(seed, 0),
        note=top.text("note"),
        schema=top.text("schema", required=True),
        unit=unit,
        cohorts=tuple(_cohort(name, spec, unit, problems) for name, spec in top.named("cohorts").items()),
        scales=tuple(_scale(name, spec, problems) for name, spec in top.named("scales").items()),
        duplicates=tuple(
            _decision(spec, number, problems) for number, spec in enumerate(top.each("duplicates"), 1)
        ),
        analyses=tuple(
            _analysis(spec, number, problems) for number, spec in enumerate(top.each("analysis"), 1)
        ),
    )
    return plan, [*problems, *_names(plan)]


def _cohort(name: str, raw: object, unit: str, problems: list[str]) -> CohortSource:
    section = Section(raw, f"[cohorts.{name}]", problems)
    section.only((*TABLE, *OWN, "tables", "label", "map", "bundles"))
    if not set(name) <= _SIGNS or not name:
        section.problem("a cohort's name may hold letters, digits, '-', '_' and '.' only; give it a 'label'.")
    bundles = section.text("bundles")
    if any(path.anchor or ".." in path.parts for path in (PurePosixPath(bundles), PureWindowsPath(bundles))):
        section.problem(
            f"'bundles' leads out of the study's folder: {bundles!r}. Put the bundles into data/, or give "
            "their folder when you run the study (--data FOLDER)."
        )
        bundles = ""
    mapped = tuple(
        _mapped(shared, spec, f"[cohorts.{name}.map] {shared}", problems)
        for shared, spec in section.section("map", f"[cohorts.{name}.map]").raw.items()
    )
    who = next((one for one in mapped if one.name == unit), None)
    own = None
    if "source" in section.raw:
        if who is None or not who.source:
            section.problem(
                f'the map does not say which of its columns is {unit!r}: write {unit} = "COLUMN".'
            )
        local = who.source if who and who.source else unit
        table = {key: value for key, value in section.raw.items() if key in TABLE}
        cohort = {"unit": local, **{key: section.raw[key] for key in OWN if key in section.raw}}
        more = section.section("tables", f"[cohorts.{name}.tables]").raw
        for other, spec in more.items():
            if isinstance(spec, dict):  # what is none, is told of below
                Section(spec, f"[cohorts.{name}.tables.{other}]", problems).only(TABLE)
        tables = {name: table, **{f"{name}.tables.{other}": spec for other, spec in more.items()}}
        own, wrong = parse_plan({"title": name, "seed": 0, "tables": tables, "cohort": cohort})
        problems += [as_cohort(text, name) for text in wrong]
    elif set(section.raw) & {*TABLE, *OWN, "tables"}:
        section.problem("'source' is missing: the file that its other keys are about.")
    elif not bundles and "bundles" not in section.raw:
        section.problem("it needs a 'source' with its rows, or 'bundles', a folder with its bundles.")
    return CohortSource(
        name=name,
        label=section.text("label", name),
        own=own,
        unit=who.source if who else "",
        mapped=tuple(one for one in mapped if one.name != unit),
        bundles=bundles,
    )


def as_cohort(text: str, name: str) -> str:
    """Return a problem of a cohort's own plan in the words of the pooling plan."""
    changed = text.replace(f"tables.{name}", f"cohorts.{name}")
    return changed.replace("[cohort.", f"[cohorts.{name}.").replace("[cohort]", f"[cohorts.{name}]")


def _mapped(name: str, raw: object, where: str, problems: list[str]) -> Mapped:
    section = Section({"from": raw} if isinstance(raw, str) else raw, where, problems)
    section.only(("from", "multiply", "add", "unit", "codes", "instrument", "absent"))
    absent = section.text("absent")
    if "absent" in section.raw and len(section.raw) > 1:
        section.problem("'absent' says why there is no such variable; then there is nothing else to say.")
    if "absent" in section.raw and not absent:
        section.problem("'absent' is empty: say why the cohort has no such variable.")
    multiply, add = float(section.get("multiply", float, 1.0)), float(section.get("add", float, 0.0))
    if not 0 < abs(multiply) < float("inf") or not abs(add) < float("inf"):
        section.problem("'multiply' and 'add' take finite numbers, the first not 0.")
        multiply, add = 1.0, 0.0
    codes = section.section("codes", f"the codes of {where}").raw
    wrong = [key for key, value in codes.items() if not isinstance(value, str)]
    if wrong:
        section.problem(f"each code stands for the name of a level; {', '.join(wrong)} does not.")
    found = Mapped(
        name=name,
        source="" if absent else section.text("from", required="absent" not in section.raw),
        multiply=multiply,
        add=add,
        unit=section.text("unit"),
        codes={str(key): str(value) for key, value in codes.items() if key not in wrong},
        instrument=section.text("instrument"),
        absent=absent,
    )
    if found.converts and found.codes:
        section.problem("'codes' are for levels, 'multiply' and 'add' for numbers; it has both.")
    if found.converts and not found.unit:
        section.problem("say in words what 'multiply' or 'add' does: unit = \"months to years\".")
    return found


def _scale(name: str, raw: object, problems: list[str]) -> Scale:
    section = Section(raw, f"[scales.{name}]", problems)
    way = section.one_of("way", ("standardise", "convert"), required=True)
    section.only(("way", "where") if way == "standardise" else ("way", "to", "from"))
    lines = []
    for instrument, spec in section.section("from", f"[scales.{name}.from]").raw.items():
        line = Section(spec, f"[scales.{name}.from.{instrument}]", problems)
        line.only(("slope", "intercept", "source"))
        lines.append(
            Conversion(
                instrument=instrument,
                slope=float(line.get("slope", float, 1.0, required=True)),
                intercept=float(line.get("intercept", float, 0.0, required=True)),
                source=line.text("source", required=True),
            )
        )
    return Scale(
        variable=name,
        way=way,
        where=section.text("where"),
        to=section.text("to", required=way == "convert"),
        lines=tuple(lines),
    )


def _decision(raw: object, number: int, problems: list[str]) -> Decision:
    section = Section(raw, f"[[duplicates]] number {number}", problems)
    section.only(("cohorts", "accept", "drop", "reason"))
    pair = [str(name) for name in section.each("cohorts")]
    if len(pair) != 2 or len(set(pair)) != 2:
        section.problem(f"'cohorts' names the two that share participants; it has {pair!r}.")
        pair = [*pair, "", ""][:2]
    drop = section.one_of("drop", pair) if "drop" in section.raw else ""
    if ("accept" in section.raw) == ("drop" in section.raw):
        section.problem(
            'say accept = "why these are different people", or drop = "COHORT" with a reason; one of both.'
        )
    reason = section.text("reason", required=True) if "drop" in section.raw else section.text("accept")
    if "accept" in section.raw and not reason:
        section.problem("'accept' says why these are different people; it is empty.")
    return Decision(cohorts=(pair[0], pair[1]), drop=drop, reason=reason)


def _analysis(raw: object, number: int, problems: list[str]) -> PooledAnalysis:
    name = raw.get("id") if isinstance(raw, dict) else None
    section = Section(raw, f"analysis {name!r}" if name else f"analysis number {number}", problems)
    if "formula" in section.raw and "method" in section.raw:
        section.problem(
            "give 'formula' (a linear model, in two stages and in one) or 'method' (in two stages), not both."
        )
    by_method = "method" in section.raw
    if not by_method:
        section.only(FORMULA)
    found = PooledAnalysis(
        id=section.text("id", required=True),
        label=section.text("label"),
        tau2=cast(Tau2Method, section.one_of("tau2", get_args(Tau2Method), "reml")),
        test=cast(Test, section.one_of("test", get_args(Test), "hartung-knapp")),
        formula="" if by_method else section.text("formula", required=True),
        term="" if by_method else section.text("term", required=True),
        random=True if by_method else section.get("random", bool, True),
        within="" if by_method else section.text("within"),
        where=section.text("where"),
    )
    if not by_method:
        return found
    arguments = {key: value for key, value in section.raw.items() if key not in METHOD}
    each = Analysis(
        id=found.id,
        method=section.text("method", required=True),
        arguments=arguments,
        where=found.where,
        tested=section.text("tested"),
    )
    return replace(found, each=each)


def _names(plan: PoolingPlan) -> list[str]:
    """Return what is wrong with the names by which the plan's parts refer to each other."""
    known = [cohort.name for cohort in plan.cohorts]
    ids = [analysis.id for analysis in plan.analyses]
    problems = [
        f"Two analyses are called {name!r}; an id is used once."
        for name in dict.fromkeys(ids)
        if ids.count(name) > 1
    ]
    problems += [
        f"In analysis {name!r}, the id may hold letters, digits, '-', '_' and '.' only."
        for name in ids
        if not set(name) <= _SIGNS
    ]
    problems += [
        f"In [[duplicates]]: {unknown(name, known, what='cohort')}"
        for decision in plan.duplicates
        for name in decision.cohorts
        if name and name not in known
    ]
    pairs = [frozenset(decision.cohorts) for decision in plan.duplicates]
    problems += [
        f"[[duplicates]] decides about {' and '.join(sorted(pair))} twice."
        for pair in dict.fromkeys(pairs)
        if pairs.count(pair) > 1
    ]
    if len(known) < 2:
        problems.append("A pooling study has two or more [cohorts.NAME].")
    if not plan.analyses:
        problems.append("The plan has no [[analysis]].")
    return problems
