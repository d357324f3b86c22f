"""A small pooling study for tests: two cohorts in their own words, drawn from seeds; its parts can change."""

from pathlib import Path

import numpy as np
import pandas as pd

PLAN = """
title = "Two cohorts"
seed = 1
schema = "shared"
[cohorts.north]
label = "North"
source = "data/north.csv"
schema = "north"
[cohorts.north.map]
participant_id = "who"
group = { from = "arm", codes = { ill = "MS", well = "HC" } }
age = { from = "months", multiply = 0.08333333333333333, unit = "months to years" }
score = { from = "points", instrument = "MFIS" }
seen = "seen"
[cohorts.south]
source = "data/south.csv"
schema = "south"
[cohorts.south.map]
participant_id = "code"
group = "group"
age = "age"
score = { from = "total", instrument = "FSMC" }
seen = "day"
[scales.score]
way = "standardise"
[[analysis]]
id = "age-score"
formula = "score ~ age + group"
term = "age"
"""
SHARED = """
table = "shared"
key = ["participant_id"]
[columns.participant_id]
kind = "id"
[columns.group]
kind = "binary"
label = "Group"
levels = { HC = "Healthy control", MS = "Multiple sclerosis" }
[columns.age]
kind = "continuous"
label = "Age"
unit = "years"
range = [18, 100]
[columns.score]
kind = "continuous"
label = "Score"
unit = "SD"
[columns.seen]
kind = "date"
"""
NORTH = """
table = "north"
key = ["who"]
[columns.who]
kind = "id"
[columns.arm]
kind = "binary"
levels = { well = "Well", ill = "Ill" }
[columns.months]
kind = "continuous"
unit = "months"
[columns.points]
kind = "continuous"
unit = "points"
missing_codes = { "-9" = "not done" }
[columns.seen]
kind = "date"
"""
SOUTH = """
table = "south"
key = ["code"]
[columns.code]
kind = "id"
[columns.group]
kind = "binary"
levels = { HC = "Control", MS = "Patient" }
[columns.age]
kind = "continuous"
unit = "years"
[columns.total]
kind = "continuous"
unit = "points"
[columns.day]
kind = "date"
"""


def north(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    months = rng.integers(240, 840, n)
    return pd.DataFrame(
        {
            "who": [f"N{i:02d}" for i in range(n)],
            "arm": np.where(np.arange(n) % 2, "ill", "well"),
            "months": months,
            "points": (20 + months / 40 + rng.normal(0, 6, n)).round(2),
            "seen": [str(np.datetime64("2021-01-01") + int(d)) for d in rng.integers(0, 500, n)],
        }
    )


def south(n: int = 44) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    age = rng.integers(20, 70, n)
    return pd.DataFrame(
        {
            "code": [f"S{i:02d}" for i in range(n)],
            "group": np.where(np.arange(n) % 2, "MS", "HC"),
            "age": age,
            "total": (30 + age / 2 + rng.normal(0, 9, n)).round(2),
            "day": [str(np.datetime64("2021-01-01") + int(d)) for d in rng.integers(0, 500, n)],
        }
    )


def make(
    folder: Path,
    plan: str = PLAN,
    *,
    first: pd.DataFrame | None = None,
    second: pd.DataFrame | None = None,
    schemas: dict[str, str] | None = None,
) -> Path:
    """Write the study, with what is given in place of its own parts."""
    texts = {"shared": SHARED, "north": NORTH, "south": SOUTH, **(schemas or {})}
    (folder / "data").mkdir(parents=True)
    (folder / "data_schemas").mkdir()
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
    for name, text in texts.items():
        (folder / "data_schemas" / f"{name}.toml").write_text(text, encoding="utf-8")
    (north() if first is None else first).to_csv(folder / "data" / "north.csv", index=False)
    (south() if second is None else second).to_csv(folder / "data" / "south.csv", index=False)
    return folder
