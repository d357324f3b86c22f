"""Cohorts of known rows, for tests."""

import json
from pathlib import Path

import numpy as np

from mmstats.meta.sufficient import FloatArray, Statistics, statistics
from mmstats.mixed.structure import IntArray, MixedData, RandomTerm

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "one_stage.json").read_text(encoding="utf-8")
)["cases"]
NAMES = ("baseline", "group", "score")


def reference_rows() -> dict[str, FloatArray]:
    """Return baseline, group and score of six cohorts, as the R script made them."""
    data = {name: np.array(values) for name, values in REFERENCE["data"].items()}
    rows = np.column_stack([data[name].astype(np.float64) for name in NAMES])
    return {str(name): rows[data["cohort"] == name] for name in np.unique(data["cohort"])}


def drawn_rows(
    seed: int, sizes: tuple[int, ...] = (20, 33, 15, 26), spread: float = 2.0
) -> dict[str, FloatArray]:
    """Return baseline, group and score of cohorts that differ in effect, slope and noise."""
    rng, found = np.random.default_rng(seed), {}
    for place, n in enumerate(sizes):
        group = (np.arange(n) % 2).astype(np.float64)
        baseline = rng.normal(50 + place, 10, n)
        effect = 3 + spread * rng.standard_normal()
        score = effect * group + (0.3 + 0.1 * place) * baseline + (1 + place % 3) * rng.standard_normal(n)
        found["ABCDEFGH"[place]] = np.column_stack([baseline, group, score])
    return found


def summaries(rows: dict[str, FloatArray]) -> dict[str, Statistics]:
    """Return each cohort's sufficient statistics."""
    return {name: statistics(own, NAMES) for name, own in rows.items()}


def table(rows: dict[str, FloatArray]) -> tuple[FloatArray, IntArray]:
    """Return all rows, and the cohort of each."""
    codes = np.repeat(np.arange(len(rows)), [len(own) for own in rows.values()])
    return np.concatenate(list(rows.values())), codes


def mixed_data(rows: dict[str, FloatArray]) -> tuple[MixedData, IntArray]:
    """Return the one-stage model as the engine for rows takes it; the group is the last fixed column."""
    whole, codes = table(rows)
    k = len(rows)
    fixed = np.zeros((len(whole), 2 * k + 1))
    for place, own in enumerate(rows.values()):
        mine = codes == place
        fixed[mine, place] = 1
        fixed[mine, k + place] = own[:, 0] - own[:, 0].mean()
    fixed[:, -1] = whole[:, 1]
    term = RandomTerm("cohort", ("group",), whole[:, 1:2], codes, tuple(rows))
    names = (*rows, *(f"baseline[{name}]" for name in rows), "group")
    return MixedData(whole[:, 2], fixed, names, (term,)), codes
