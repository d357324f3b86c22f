"""Saved results: a folder that is written whole or not at all, and read back as the same value.

The folder holds ``results.json`` (everything), ``results.csv`` (one row per estimate), ``flow.csv``,
``missing.csv``, ``points.csv`` (what figures draw; ``points-NAME.csv`` of the rows of the table NAME),
``provenance.json`` and, of a pooling of cohorts, ``harmonisation.csv``. Its bytes depend on the plan, the
data and the versions alone: no times, no paths.
"""

import csv
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from math import inf, isinf, isnan, nan
from pathlib import Path
from typing import Any

import pandas as pd

from mmstats.cohort import Step
from mmstats.coverage.evidence import Evidence
from mmstats.errors import StudyError
from mmstats.estimate import Estimate, Quantity
from mmstats.harmonised import Harmonised, from_plain, plain
from mmstats.kind import Kind
from mmstats.links import is_link
from mmstats.missing_counts import Missing
from mmstats.plan import PARTICIPANTS, Analysis
from mmstats.results import COLUMNS, Result, Results
from mmstats.review import as_document, from_document
from mmstats.schema import Variable
from mmstats.writing import cannot_write

FORMAT = 1
_WORDS = {"Infinity": inf, "-Infinity": -inf, None: nan}


def save(results: Results, folder: Path) -> None:
    """Write `results` to `folder`, replacing what it held only when all is written.

    The new folder is made beside the old one and takes its place by renaming. If the machine stops
    between the two renames, the earlier results are still whole in ``<folder>.old``, and `read`
    brings them back. Runs of one study that end at the same time take turns.

    Raises
    ------
    StudyError
        If it cannot be written; the earlier results are still whole.
    """
    texts = _files(results)
    new = folder.with_name(f"{folder.name}.new-{os.getpid()}")
    old = folder.with_name(f"{folder.name}.old")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            _recover(folder)
            for stray in folder.parent.glob(f"{folder.name}.new-*"):
                shutil.rmtree(stray, ignore_errors=True)
            new.mkdir()
            for name, text in texts.items():
                with (new / name).open("w", encoding="utf-8", newline="") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            if folder.exists():
                shutil.rmtree(old, ignore_errors=True)
                folder.rename(old)
            new.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as failed:
        shutil.rmtree(new, ignore_errors=True)
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise cannot_write(folder, failed) from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other run writes next to `folder`; the system frees the lock of one that dies."""
    if sys.platform == "win32":  # pragma: no cover
        import msvcrt

        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        with (Path(tempfile.gettempdir()) / f"mmstats-{name}.lock").open("a+b") as file:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            yield
    else:
        import fcntl

        parent = os.open(folder.parent, os.O_RDONLY)
        try:
            fcntl.flock(parent, fcntl.LOCK_EX)
            yield
        finally:
            os.close(parent)


def read(folder: Path) -> Results:
    """Read saved results back.

    Raises
    ------
    StudyError
        If there are none, or they were written in another format.
    """
    if not folder.parent.is_dir():
        return _read(folder)
    with _alone(folder):  # so that all files are of one run
        _recover(folder)
        return _read(folder)


def _read(folder: Path) -> Results:
    if not (folder / "results.json").is_file():
        raise StudyError(
            f"There are no results in {folder.name}/ yet: run the study first, with `mmstats run`."
        )
    raw = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    if raw.get("format") != FORMAT:
        raise StudyError(
            f"The results in {folder.name}/ have format {raw.get('format')}; this version reads {FORMAT}. "
            "Run the study again."
        )
    quantities = {name: Quantity(name=name, **_numbers(spec)) for name, spec in raw["quantities"].items()}
    variables = {name: _variable(name, spec) for name, spec in raw["variables"].items()}
    items = tuple(_result(item, quantities) for item in raw["analyses"])
    tables = dict.fromkeys(result.analysis.rows for result in items if result.analysis.rows)
    return Results(
        title=raw["title"],
        note=raw["note"],
        called=raw.get("called", PARTICIPANTS),
        group=raw["group"],
        scoring=tuple(raw["scoring"]),
        families=raw["families"],
        family_labels=raw["family_labels"],
        variables=variables,
        items=items,
        flow=tuple(Step(**step) for step in raw["flow"]),
        missing=tuple(Missing(**one) for one in raw["missing"]),
        provenance=json.loads((folder / "provenance.json").read_text(encoding="utf-8")),
        points=_points(folder / "points.csv", variables),
        row_points={name: _points(folder / f"points-{name}.csv", variables) for name in tables},
        review=from_document(raw["review"]) if "review" in raw else None,
        **from_plain(raw),
    )


def _recover(folder: Path) -> None:
    old = folder.with_name(f"{folder.name}.old")
    if old.exists() and not folder.exists():
        old.rename(folder)


def _files(results: Results) -> dict[str, str]:
    tidy = (row for result in results for row in result.rows())
    groups = list(dict.fromkeys(level for step in results.flow for level in step.groups))
    flow = [{"reason": s.reason, "kept": s.kept, "removed": s.removed, **s.groups} for s in results.flow]
    names = [f.name for f in fields(Harmonised)]
    harmonisation = _csv(names, (asdict(one) for one in results.harmonisation))
    return {
        "results.json": _json(_document(results)),
        "results.csv": _csv(COLUMNS, tidy),
        "flow.csv": _csv(("reason", "kept", "removed", *groups), flow),
        "missing.csv": _csv([f.name for f in fields(Missing)], (asdict(one) for one in results.missing)),
        "points.csv": _drawn(results.points),
        **{f"points-{name}.csv": _drawn(points) for name, points in results.row_points.items()},
        "provenance.json": _json(results.provenance),
        **({"harmonisation.csv": harmonisation} if results.harmonisation else {}),
    }


def _drawn(points: pd.DataFrame) -> str:
    plain = points.astype(object).where(points.notna(), None)
    rows = [dict(zip(plain.columns, row, strict=True)) for row in plain.itertuples(index=False)]
    return _csv(list(plain.columns), rows)


def _document(results: Results) -> dict[str, Any]:
    quantities: dict[str, dict[str, Any]] = {}
    for e in (e for result in results for e in result.estimates):
        spec = {"label": e.quantity.label, "null": e.quantity.null, "ratio": e.quantity.ratio}
        if repr(quantities.setdefault(e.quantity.name, spec)) != repr(spec):
            raise ValueError(f"Two different quantities are called {e.quantity.name!r}.")
    return {
        "format": FORMAT,
        "title": results.title,
        "note": results.note,
        **({"called": results.called} if results.called != PARTICIPANTS else {}),
        "group": results.group,
        "scoring": list(results.scoring),
        "families": dict(results.families),
        "family_labels": dict(results.family_labels),
        "flow": [asdict(step) for step in results.flow],
        "missing": [asdict(one) for one in results.missing],
        "variables": {name: _described(variable) for name, variable in results.variables.items()},
        "quantities": dict(sorted(quantities.items())),
        "analyses": [_analysis(result) for result in results],
        **({"review": as_document(results.review)} if results.review else {}),
        **plain(results.harmonisation, results.lookalikes),
    }


def _described(variable: Variable) -> dict[str, Any]:
    return {
        "kind": str(variable.kind),
        "label": variable.label,
        "unit": variable.unit,
        "levels": dict(variable.levels),
        "allowed": list(variable.allowed),
        "range": list(variable.range),
    }


def _variable(name: str, spec: Mapping[str, Any]) -> Variable:
    low, high = (_number(end) for end in spec["range"])
    return Variable(
        name=name, kind=Kind[spec["kind"].upper()], label=spec["label"], unit=spec["unit"],
        levels=spec["levels"], allowed=tuple(spec["allowed"]), range=(low, high),
    )  # fmt: skip


def _analysis(result: Result) -> dict[str, Any]:
    own = {f.name: getattr(result, f.name) for f in fields(Result)}
    analysis = {f.name: getattr(result.analysis, f.name) for f in fields(Analysis)}
    estimates = [{**asdict(e), "quantity": e.quantity.name} for e in result.estimates]
    told = [asdict(one) if one else None for one in result.evidence]
    return {**own, "analysis": analysis, "estimates": estimates, "evidence": told}


def _result(raw: Mapping[str, Any], quantities: Mapping[str, Quantity]) -> Result:
    estimates = (Estimate(**{**_numbers(e), "quantity": quantities[e["quantity"]]}) for e in raw["estimates"])
    return Result(
        **{
            **raw,
            "analysis": Analysis(**raw["analysis"]),
            "estimates": tuple(estimates),
            "evidence": tuple(Evidence(**one) if one else None for one in raw["evidence"]),
            "references": tuple(raw["references"]),
            "warnings": tuple(raw["warnings"]),
            "p_adjusted": _number(raw["p_adjusted"]),
        }
    )


def _numbers(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _number(value) for name, value in raw.items()}


def _number(value: Any) -> Any:
    return _WORDS[value] if value is None or value in ("Infinity", "-Infinity") else value


def _json(value: object) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return `value` with NaN as null and infinities as words, since JSON has neither."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if isnan(value) else ("Infinity" if value > 0 else "-Infinity") if isinf(value) else value
    return value


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_cell(name) for name in columns])
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _cell(value: object) -> str:
    """Return a value as CSV text: numbers in full precision, and no text that a spreadsheet would run."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    return repr(value) if isinstance(value, float) else str(value)


def _points(path: Path, variables: Mapping[str, Variable]) -> pd.DataFrame:
    if not path.read_text(encoding="utf-8").strip():
        return pd.DataFrame()
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    columns = {}
    for name in raw.columns:
        text = raw[name].where(raw[name] != "")
        if not is_link(name) and variables[name].levels:
            text = text.str.removeprefix("'")
            columns[name] = pd.Series(pd.Categorical(text, categories=list(variables[name].levels)))
        else:
            columns[name] = text.astype(float)
    return pd.DataFrame(columns)
