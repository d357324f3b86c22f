"""Simulated data for the study of mirror movements and fatigue: nobody was examined.

Writes data/*.csv. The design follows Holzapfel et al. 2024; every value is drawn from a seeded generator.
Run `python analyses/ms_fatigue/simulate.py` to write the same files again.
"""

from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20240906
MS, HC = 24, 20  # screened; one under 18 in each group and two people in a relapse are excluded by the plan
TASKS = ("finger_tapping", "finger_sequence", "fist", "pronation")
COGNITIVE = (1, 4, 7, 8, 11, 13, 15, 17, 18, 20)
NOT_DONE, NOT_FOUND = -9, -8


def participants(rng: np.random.Generator) -> pd.DataFrame:
    """Return who was screened; MS and controls mixed, identifiers in that order."""
    group = rng.permutation(["MS"] * MS + ["HC"] * HC)
    ms = group == "MS"
    n = len(group)
    age = np.clip(rng.normal(36, 9, n), 19, 62).round(0)
    for level in ("MS", "HC"):
        age[np.flatnonzero(group == level)[4]] = 17
    duration = np.minimum(rng.gamma(1.6, 4.0, n) + 0.3, age - 14).round(1)
    edss = np.clip(np.round(2 * rng.gamma(2.0, 0.9, n)) / 2, 0, 6)
    edss[edss == 0.5] = 1.0
    relapse = np.full(n, "no", dtype=object)
    relapse[np.flatnonzero(ms)[[9, 17]]] = "yes"
    return pd.DataFrame(
        {
            "participant_id": [f"SIM{i:02d}" for i in range(1, n + 1)],
            "group": group,
            "age": age.astype(int),
            "sex": np.where(rng.random(n) < 0.68, "F", "M"),
            "handedness": rng.choice(["R", "L", "A"], n, p=[0.88, 0.09, 0.03]),
            "phenotype": np.where(ms, "RRMS", ""),
            "disease_duration": np.where(ms, duration.astype(str), ""),
            "edss": np.where(ms, [f"{value:g}" for value in edss], ""),
            "recent_relapse": relapse,
        }
    )


def severity(people: pd.DataFrame, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the hidden traits behind the measures, correlated within people: 0 is an average control."""
    ms = (people["group"] == "MS").to_numpy(dtype=float)
    n = len(people)
    callosum = 0.6 * ms + rng.normal(0, 1, n)
    mirror = 1.1 * ms + 0.2 * callosum + rng.normal(0, 0.75 + 0.45 * ms, n)
    fatigue = 0.9 * ms + 0.5 * (mirror - 1.1 * ms) * (0.5 + ms) + rng.normal(0, 0.85, n)
    return {"callosum": callosum, "mirror": mirror, "fatigue": fatigue}


def mirror_movements(people: pd.DataFrame, mirror: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row per moving hand and task, graded 0 to 4, with many zeros."""
    rows = []
    for who, latent in zip(people["participant_id"], mirror, strict=True):
        for hand, shift in (("R", -0.1), ("L", 0.1)):
            for task, harder in zip(TASKS, (0.0, 0.25, -0.2, -0.1), strict=True):
                grade = int(np.clip(np.floor(0.95 * latent + shift + harder + rng.normal(0, 0.4)), 0, 4))
                rows.append((who, "1", "A", hand, task, grade))
    return pd.DataFrame(rows, columns=["participant_id", "session", "rater", "hand", "task", "score"])


def fsmc(people: pd.DataFrame, traits: dict[str, np.ndarray], rng: np.random.Generator) -> pd.DataFrame:
    """Return 20 answers of 1 to 5; motor fatigue follows mirror movements more closely than cognitive."""
    n = len(people)
    motor = traits["fatigue"] + 0.25 * traits["mirror"] + rng.normal(0, 0.3, n)
    cognitive = traits["fatigue"] + rng.normal(0, 0.5, n)
    table = people[["participant_id"]].copy()
    for item in range(1, 21):
        trait = cognitive if item in COGNITIVE else motor
        answer = np.round(2.0 + 0.85 * trait + rng.normal(0, 0.25) + rng.normal(0, 0.7, n))
        table[f"fsmc_{item}"] = np.clip(answer, 1, 5).astype(int)
    for person, items in {6: (9,), 15: (4, 17), 30: (12,), 38: (2, 5, 6)}.items():
        table.loc[person, [f"fsmc_{item}" for item in items]] = NOT_DONE
    return table


def callosum(people: pd.DataFrame, trait: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return callosal area and index, and lesions; one scan is spoilt by movement."""
    n = len(people)
    ms = (people["group"] == "MS").to_numpy()
    table = pd.DataFrame(
        {
            "participant_id": people["participant_id"],
            "callosal_area": (0.0485 - 0.0042 * trait + rng.normal(0, 0.0025, n)).round(4).astype(str),
            "callosal_index": (0.415 - 0.028 * trait + rng.normal(0, 0.02, n)).round(3).astype(str),
            "lesion_volume": np.where(ms, np.exp(1.2 + 0.5 * trait + rng.normal(0, 0.7, n)), 0.0)
            .round(1)
            .astype(str),
        }
    )
    spoilt = np.flatnonzero(ms)[12]
    table.loc[spoilt, ["callosal_area", "callosal_index", "lesion_volume"]] = str(NOT_DONE)
    return table


def tms(people: pd.DataFrame, trait: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return the silent period of each hand; two people do not tolerate it, one hand has none."""
    ms = np.flatnonzero(people["group"] == "MS")
    not_tolerated, no_period = {int(ms[3]), int(ms[20])}, int(ms[7])
    rows: list[tuple[object, ...]] = []
    for person, (who, latent) in enumerate(zip(people["participant_id"], trait, strict=True)):
        own = rng.normal(0, 1.8, 3)
        for hand in ("R", "L"):
            latency = round(36.5 + 0.9 * latent + own[0] + rng.normal(0, 1.5), 1)
            duration = round(29 + 1.2 * latent + 1.5 * own[1] + rng.normal(0, 3), 1)
            depth = round(float(np.clip(62 - 3.0 * latent + 3 * own[2] + rng.normal(0, 5), 15, 95)), 1)
            intensity = int(np.clip(round(66 + 2.5 * latent + rng.normal(0, 7)), 40, 100))
            if person in not_tolerated:
                latency = duration = depth = intensity = NOT_DONE
            elif person == no_period and hand == "L":
                latency = duration = depth = NOT_FOUND
            rows.append((who, hand, latency, duration, depth, intensity))
    names = ["participant_id", "hand", "isp_latency", "isp_duration", "isp_depth", "stimulus_intensity"]
    return pd.DataFrame(rows, columns=names, dtype=object)


def simulate(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Return every table by the name of its file."""
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(6)]
    people = participants(streams[0])
    traits = severity(people, streams[1])
    return {
        "participants": people,
        "mirror_movements": mirror_movements(people, traits["mirror"], streams[2]),
        "fsmc_items": fsmc(people, traits, streams[3]),
        "callosum": callosum(people, traits["callosum"], streams[4]),
        "tms": tms(people, traits["callosum"], streams[5]),
    }


def main() -> None:
    """Write data/*.csv beside this file."""
    folder = Path(__file__).with_name("data")
    folder.mkdir(exist_ok=True)
    for name, table in simulate().items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
