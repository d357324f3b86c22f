"""Simulated data for the pooling of three cohorts: nobody was examined.

Writes data/lyon.csv and data/bern.csv, and data/porto/*.json: what `mmstats summarise` shares of a third
table, which is never written here. `python analyses/three_cohorts/simulate.py` writes the same files again.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20241015
FOLDER = Path(__file__).parent
BOTH = (5, 24)  # people of Lyon who are entered in Bern's table too
NOT_DONE = -9


@dataclass(frozen=True)
class Truth:
    """What a cohort is like: participants, mean age, what MS and mirror movements do to fatigue."""

    ms: int
    hc: int
    age: float
    by_group: float
    by_grade: float
    by_age: float  # of the difference between the groups, by year
    middle: float
    spread: float


LYON = Truth(38, 30, 38.0, 14.0, 7.0, 0.15, 18.0, 10.0)
PORTO = Truth(34, 32, 46.0, 17.0, 8.0, 0.20, 36.0, 11.0)
BERN = Truth(29, 33, 42.0, 12.0, 12.0, 0.25, 34.0, 10.0)


def people(truth: Truth, scale: tuple[int, int], rng: np.random.Generator) -> pd.DataFrame:
    """Return a cohort in plain terms; fatigue in the points of its instrument."""
    n = truth.ms + truth.hc
    ms = rng.permutation([1] * truth.ms + [0] * truth.hc)
    age = np.round(4 * np.clip(rng.normal(truth.age, 9, n), 19, 72)) / 4  # by quarters, which months can tell
    grade = np.clip(0.35 + 0.75 * ms + rng.normal(0, 0.5, n), 0, 4)
    grade = np.round(20 * grade) / 20
    tapping = np.clip(54 - 9 * ms - 4 * grade + rng.normal(0, 6, n), 12, 90).round(0)
    points = (
        truth.middle
        + ms * (truth.by_group + truth.by_age * (age - truth.age))
        + truth.by_grade * (grade - 0.35 - 0.75 * ms)
        + 0.1 * (age - truth.age)
        + truth.spread * rng.normal(0, 1, n)
    )
    return pd.DataFrame(
        {
            "ms": ms,
            "male": (rng.random(n) < 0.42).astype(int),
            "age": age,
            "day": pd.Timestamp("2022-03-01") + pd.to_timedelta(rng.integers(0, 600, n), unit="D"),
            "education": np.clip(rng.normal(13, 3, n), 4, 24).round(0).astype(int),
            "grade": grade,
            "tapping": tapping,
            "points": np.clip(points.round(0), *scale).astype(int),
        }
    )


def lyon(cohort: pd.DataFrame) -> pd.DataFrame:
    """Return the table as Lyon writes it: French, age in months; one under 18, two things not done."""
    n = len(cohort)
    months = (12 * cohort["age"]).round(0).astype(int)
    months.iloc[11] = 209
    grade = cohort["grade"].astype(object)
    grade.iloc[17] = NOT_DONE
    points = cohort["points"].astype(object)
    points.iloc[[3, 40]] = NOT_DONE
    return pd.DataFrame(
        {
            "patient": [f"SIM-L{i:02d}" for i in range(1, n + 1)],
            "groupe": np.where(cohort["ms"] == 1, "SEP", "témoin"),
            "sexe": np.where(cohort["male"] == 1, "H", "F"),
            "âge (mois)": months,
            "date d'examen": cohort["day"].dt.strftime("%Y-%m-%d"),
            "mouvements en miroir": [_comma(value) for value in grade],
            "frappes": cohort["tapping"].astype(int),
            "MFIS total": points,
        }
    )


def porto(cohort: pd.DataFrame) -> pd.DataFrame:
    """Return the table as Porto writes it: Portuguese, mirror movements in percent. It stays there."""
    return pd.DataFrame(
        {
            "código": [f"SIM-P{i:02d}" for i in range(1, len(cohort) + 1)],
            "grupo": np.where(cohort["ms"] == 1, "EM", "controlo"),
            "sexo": np.where(cohort["male"] == 1, "masculino", "feminino"),
            "idade (anos)": cohort["age"],
            "escolaridade (anos)": cohort["education"],
            "movimentos em espelho (%)": (25 * cohort["grade"]).round(2),
            "toques": cohort["tapping"].astype(int),
            "FSMC total": cohort["points"],
        }
    )


def bern(cohort: pd.DataFrame, twice: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the table as Bern writes it: German, taps by the minute; with people of Lyon."""
    again = twice.assign(points=(30 + 0.7 * twice["points"]).round(0).astype(int))
    everyone = pd.concat([cohort, again], ignore_index=True)
    order = rng.permutation(len(everyone))
    everyone = everyone.iloc[order].reset_index(drop=True)
    points = everyone["points"].astype(object)
    points.iloc[[8]] = NOT_DONE
    return pd.DataFrame(
        {
            "Nummer": [f"SIM-B{i:02d}" for i in range(1, len(everyone) + 1)],
            "Gruppe": np.where(everyone["ms"] == 1, "MS", "gesund"),
            "Geschlecht": np.where(everyone["male"] == 1, "m", "w"),
            "Alter": everyone["age"],
            "Untersucht am": everyone["day"].dt.strftime("%Y-%m-%d"),
            "Ausbildung (Jahre)": everyone["education"],
            "Mitbewegungen": everyone["grade"],
            "Anschläge pro Minute": (6 * everyone["tapping"]).astype(int),
            "FSMC Summe": points,
        }
    )


def _comma(value: object) -> str:
    return f"{value}".replace(".", ",")


def simulate(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Return every table by its cohort, Porto's too."""
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(4)]
    in_lyon = people(LYON, (0, 84), streams[0])
    in_porto = people(PORTO, (20, 100), streams[1])
    in_bern = people(BERN, (20, 100), streams[2])
    return {
        "lyon": lyon(in_lyon),
        "porto": porto(in_porto),
        "bern": bern(in_bern, in_lyon.iloc[list(BOTH)], streams[3]),
    }


def written(table: pd.DataFrame, path: Path) -> None:
    """Write a table as its cohort does: Lyon with semicolons, as its numbers have commas."""
    separator = ";" if path.stem == "lyon" else ","
    table.to_csv(path, index=False, lineterminator="\n", sep=separator)


def main() -> None:
    """Write data/ beside this file."""
    from mmstats.pooled_study import PooledStudy

    tables = simulate()
    (FOLDER / "data").mkdir(exist_ok=True)
    for name in ("lyon", "bern"):
        written(tables[name], FOLDER / "data" / f"{name}.csv")
    for earlier in (FOLDER / "data" / "porto").glob("*.json"):
        earlier.unlink()
    with tempfile.TemporaryDirectory() as site:
        written(tables["porto"], Path(site) / "porto.csv")
        at_site = PooledStudy.find(FOLDER, data=Path(site))
        at_site.summarise("porto", out=FOLDER / "data" / "porto")


if __name__ == "__main__":
    main()
