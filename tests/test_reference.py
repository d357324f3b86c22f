"""Agreement with R or a published value: one JSON per method in tests/reference, made by its R script."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.methods import METHODS
from mmstats.registry import Method, Role

FOLDER = Path(__file__).with_name("reference")
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}-{case['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    if path.stem in METHODS
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
]


def test_every_method_has_a_reference_made_by_a_script() -> None:
    missing = [name for name in METHODS if not (FOLDER / f"{name}.json").is_file()]
    unscripted = [path.name for path in FOLDER.glob("*.json") if not path.with_suffix(".R").is_file()]
    assert not missing
    assert not unscripted


def column(values: list[Any], levels: list[str] | None, role: Role) -> pd.Series:
    if levels is not None:
        return pd.Series(pd.Categorical([None if v is None else str(v) for v in values], categories=levels))
    return pd.Series(values, dtype=np.float64)


def arguments(method: Method, case: dict[str, Any]) -> dict[str, Any]:
    """Return the roles' values as the runner would hand them over."""
    columns, levels = case["columns"], case.get("levels", {})
    given: dict[str, Any] = {}
    for name, role in method.roles.items():
        if role.formula:
            from mmstats.formula import ModelData

            data = {key: column(v, levels.get(key), role) for key, v in columns["data"].items()}
            given[name] = ModelData.of(columns["formula"], pd.DataFrame(data))
        elif role.many and name in columns:
            shared = levels.get(name)
            given[name] = pd.DataFrame({key: column(v, shared, role) for key, v in columns[name].items()})
        elif name in columns:
            given[name] = column(columns[name], levels.get(name), role).rename(name)
    return given


@pytest.mark.parametrize(("name", "case"), CASES)
def test_agrees_with_the_reference(name: str, case: dict[str, Any]) -> None:
    method = METHODS[name]
    options = case.get("options", {}) | ({"rng": np.random.default_rng(1)} if method.random else {})
    found = {
        " ".join(filter(None, (e.quantity.name, e.term))): e
        for e in method.function(**arguments(method, case), **options)
    }
    tolerance = case.get("tolerance", 1e-10)
    assert tolerance <= 1e-10 or case.get("why"), "a wider tolerance needs its reason"
    assert case["expected"]
    for quantity, fields in case["expected"].items():
        for field, value in fields.items():
            got = getattr(found[quantity], field)
            want = np.nan if value is None else value
            assert got == pytest.approx(want, rel=tolerance, abs=1e-14, nan_ok=True), (quantity, field)
