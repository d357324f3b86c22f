"""Data of generalised mixed models, simulated or from R packages."""

import csv
from pathlib import Path

import numpy as np

from mmstats.mixed.structure import FloatArray, MixedData, RandomTerm


def read(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {name: [row[name] for row in rows] for name in rows[0]}


def term(
    group: str, values: object, names: tuple[str, ...] = ("intercept",), matrix: FloatArray | None = None
) -> RandomTerm:
    levels, codes = np.unique(np.asarray(values), return_inverse=True)
    columns = np.ones((len(codes), 1)) if matrix is None else matrix
    return RandomTerm(group, names, columns, codes.astype(np.int64), tuple(map(str, levels)))


def cbpp(folder: Path) -> MixedData:
    table = read(folder / "reference" / "data" / "cbpp.csv")
    size, period = np.array(table["size"], float), np.array(table["period"])
    fixed = np.column_stack([np.ones(len(size)), *((period == p).astype(float) for p in "234")])
    share = np.array(table["incidence"], float) / size
    return MixedData(share, fixed, ("intercept", "2", "3", "4"), (term("herd", table["herd"]),), weights=size)


def wine(folder: Path, *groups: str) -> MixedData:
    table = read(folder / "reference" / "data" / "wine.csv")
    fixed = np.column_stack([np.array(table["temp"]) == "warm", np.array(table["contact"]) == "yes"])
    random = tuple(term(group, table[group]) for group in groups or ("judge",))
    return MixedData(np.array(table["rating"], float), fixed.astype(float), ("temp", "contact"), random)


def simulated(
    *, groups: int = 20, rows: int = 6, seed: int = 3, slope: bool = False
) -> tuple[MixedData, np.ndarray]:
    """Return data with a latent response, and who is in which group."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(groups), rows)
    group, hand = (person >= groups // 2).astype(float), np.tile([0.0, 1.0], groups * rows // 2)
    latent = rng.normal(size=groups)[person] + rng.logistic(size=groups * rows) + 0.5 * group
    names: tuple[str, ...] = ("intercept",)
    matrix = np.ones((len(person), 1))
    if slope:
        latent = latent + rng.normal(size=groups)[person] * hand
        names, matrix = ("intercept", "hand"), np.column_stack([np.ones(len(person)), hand])
    fixed = np.column_stack([np.ones(len(person)), group, hand])
    return MixedData(
        latent, fixed, ("intercept", "group", "hand"), (term("person", person, names, matrix),)
    ), person
