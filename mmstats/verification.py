"""Comparing saved results with recomputed ones: which number changed, and which input."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from math import isclose, isnan
from typing import Any

from mmstats.estimate import Estimate
from mmstats.results import Result, Results

RELATIVE = 1e-9
NUMBERS = tuple(f.name for f in fields(Estimate) if f.name not in ("quantity", "term", "interval", "note"))
WORDS = ("interval", "note")


@dataclass(frozen=True)
class Change:
    """One number, or word, that is not what was saved."""

    analysis: str
    estimate: str
    field: str
    saved: object
    now: object

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.analysis, self.estimate)))
        return f"{where}: {self.field} was {_shown(self.saved)}, is now {_shown(self.now)}"


@dataclass(frozen=True)
class Verification:
    """What differs between saved and recomputed results.

    Parameters
    ----------
    changes : tuple of Change
        In results; empty when they agree to `RELATIVE`.
    inputs : tuple of str
        What went in and is not what it was: plan, dictionaries, tables, versions.
    compared : int
        How many numbers were compared.
    """

    changes: tuple[Change, ...]
    inputs: tuple[str, ...]
    compared: int

    @property
    def ok(self) -> bool:
        """Whether every number is what was saved."""
        return not self.changes


def compare(saved: Results, now: Results) -> Verification:
    """Compare every number of two runs of a plan, to a relative 1e-9."""
    changes: list[Change] = []
    before = {result.analysis.id: result for result in saved}
    after = {result.analysis.id: result for result in now}
    for name in before | after:
        if name not in after or name not in before:
            words = ("present", "absent") if name in before else ("absent", "present")
            changes.append(Change(name, "", "analysis", *words))
        else:
            changes += _result(before[name], after[name])
    flow = (
        [(s.reason, s.kept, s.removed) for s in saved.flow],
        [(s.reason, s.kept, s.removed) for s in now.flow],
    )
    if flow[0] != flow[1]:
        changes.append(Change("participant flow", "", "steps", *flow))
    compared = sum(len(result.estimates) * len(NUMBERS) for result in saved)
    return Verification(tuple(changes), tuple(_inputs(saved.provenance, now.provenance)), compared)


def _result(saved: Result, now: Result) -> Iterator[Change]:
    name = saved.analysis.id
    for field in ("status", "reason", "n", "participants", "p_adjusted"):
        if not _same(getattr(saved, field), getattr(now, field)):
            yield Change(name, "", field, getattr(saved, field), getattr(now, field))
    before = {(e.quantity.name, e.term): e for e in saved.estimates}
    after = {(e.quantity.name, e.term): e for e in now.estimates}
    for key in before | after:
        label = " ".join(filter(None, key))
        if key not in before or key not in after:
            words = ("present", "absent") if key in before else ("absent", "present")
            yield Change(name, label, "estimate", *words)
            continue
        for field in (*NUMBERS, *WORDS):
            was, is_now = getattr(before[key], field), getattr(after[key], field)
            if not _same(was, is_now):
                yield Change(name, label, field, was, is_now)


def _inputs(saved: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if saved["plan"] != now["plan"]:
        yield "the plan is not the one that was run"
    if saved.get("methods") != now.get("methods"):
        yield "the study's own methods are not those that were run"
    before, after = ({t["name"]: t for t in record["tables"]} for record in (saved, now))
    for name in before | after:
        if name not in before or name not in after:
            yield f"table {name} is {'new' if name in after else 'gone'}"
            continue
        if before[name]["digest"] != after[name]["digest"]:
            yield f"table {name} ({after[name]['source']}) has other content"
        if before[name]["schema_digest"] != after[name]["schema_digest"]:
            yield f"the dictionary of table {name} ({after[name]['schema']}) has changed"
    for package in saved["packages"] | now["packages"]:
        was, is_now = saved["packages"].get(package), now["packages"].get(package)
        if was != is_now:
            yield f"{package} was {was}, is now {is_now}"


def _same(saved: object, now: object) -> bool:
    if isinstance(saved, float) and isinstance(now, float):
        both_missing = isnan(saved) and isnan(now)
        return both_missing or isclose(saved, now, rel_tol=RELATIVE, abs_tol=1e-12)
    return saved == now


def _shown(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
