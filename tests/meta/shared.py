"""What metafor says of shared data sets."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmstats.meta.pooling import Tau2Method, Test
from mmstats.meta.weighted import FloatArray

UNIVARIATE = ("bcg", "normand1999", "raudenbush1985", "bcg_metareg")
TAU2: dict[str, Tau2Method] = {
    "EE": "common", "DL": "dl", "HE": "he", "HS": "hs", "HSk": "hsk", "SJ": "sj", "ML": "ml", "REML": "reml",
    "EB": "eb", "PM": "pm", "PMM": "pmm",
}  # fmt: skip
TESTS: dict[str, Test] = {"z": "z", "t": "t", "knha": "hartung-knapp", "adhoc": "hartung-knapp-ad-hoc"}


def expected(references: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (references / "reference" / "meta" / f"{name}.json").read_text(encoding="utf-8")
    )
    return found


def material(references: Path, name: str) -> tuple[FloatArray, FloatArray, FloatArray, tuple[str, ...]]:
    """Return effects, variances, columns and their names."""
    reference = expected(references, name)
    effects, variances = np.array(reference["yi"]), np.array(reference["vi"])
    one = np.ones((len(effects), 1))
    if name != "bcg_metareg":
        return effects, variances, one, ("intrcpt",)
    rows = pd.read_csv(references / "reference" / "data" / "bcg.csv")
    return (
        effects,
        variances,
        np.column_stack([one, rows["ablat"], rows["year"]]),
        ("intrcpt", "ablat", "year"),
    )


def known(values: Any) -> FloatArray:
    """Return numbers, NaN where there is none."""
    return np.array([np.nan if value is None else value for value in np.ravel(values)], dtype=np.float64)
