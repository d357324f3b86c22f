"""Simulated data for the study of assessing mirror movements: nobody was examined.

Writes data/*.csv; every value is drawn from a seeded generator.
Run `python analyses/mm_assessment/simulate.py` to write the same files again.
"""

from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20260315
PEOPLE = {"TD": 16, "HC": 14, "CMM": 10, "ND": 18}
TASKS = ("finger_tapping", "finger_sequence", "fist", "pronation")
HARDER = dict(zip(TASKS, (0.0, 0.3, -0.2, -0.1), strict=True))
RATERS = {"A": 0.0, "B": -0.15, "C": 0.35}  # how much more than the others each of them sees
CLASSES = ("none", "physiological", "congenital", "acquired")
NOT_NOTICED, NOT_KNOWN = -8, -9


def participants(rng: np.random.Generator) -> pd.DataFrame:
    """Return who was screened: children, adults, congenital mirror movements, neurological disease."""
    group = rng.permutation(np.repeat(list(PEOPLE), list(PEOPLE.values())))
    n = len(group)
    ages = {
        "TD": rng.uniform(5, 13, n),
        "HC": rng.uniform(20, 70, n),
        "CMM": rng.uniform(12, 45, n),
        "ND": rng.uniform(30, 75, n),
    }
    age = np.select([group == level for level in ages], list(ages.values())).astype(int)
    age[np.flatnonzero(group == "TD")[3]] = 4
    disease = rng.choice(["stroke", "parkinson", "multiple_sclerosis"], n)
    noticed = np.full(n, NOT_NOTICED)
    noticed[group == "TD"] = NOT_KNOWN
    noticed[group == "CMM"] = rng.integers(1, 5, int((group == "CMM").sum()))
    ill = group == "ND"
    noticed[ill] = np.maximum(age[ill] - rng.integers(0, 8, int(ill.sum())), 18)
    noticed[np.flatnonzero(group == "CMM")[5]] = NOT_KNOWN
    plegic = np.full(n, "yes", dtype=object)
    plegic[np.flatnonzero(ill)[7]] = "no"
    return pd.DataFrame(
        {
            "participant_id": [f"SIM{i:02d}" for i in range(1, n + 1)],
            "group": group,
            "age": age,
            "sex": rng.choice(["F", "M"], n),
            "neurological_disease": np.where(ill, disease, "none"),
            "noticed_at": noticed,
            "began_with_disease": np.where(ill, "yes", "no"),
            "moves_both_hands": plegic,
        }
    )


def severity(people: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return the hidden strength of mirror movements, near the scale of 0 to 4 and below 0 for none."""
    group, age = people["group"].to_numpy(), people["age"].to_numpy(dtype=float)
    typical = np.select(
        [group == "TD", group == "HC", group == "CMM"],
        [2.4 - 0.3 * (age - 5), -0.4 + 0 * age, 2.6 + 0 * age],
        1.3,
    )
    return np.asarray(typical + rng.normal(0, 0.65, len(people)))


def woods_teuber(people: pd.DataFrame, strength: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return grades of 0 to 4: three raters of one video, and rater A again after two weeks."""
    rows = []
    sessions = [("1", rater) for rater in RATERS] + [("2", "A")]
    away = {people["participant_id"].iloc[k] for k in (11, 37)}  # did not come a second time
    for who, latent in zip(people["participant_id"], strength, strict=True):
        seen = {(hand, task): rng.normal(0, 0.3) for hand in "RL" for task in TASKS}
        for session, rater in sessions:
            if session == "2" and who in away:
                continue
            today = rng.normal(0, 0.2) if session == "2" else 0.0
            for hand in "RL":
                for task in TASKS:
                    trait = latent + seen[hand, task] + HARDER[task] + RATERS[rater] + today
                    grade = int(np.clip(np.floor(trait + 0.5 + rng.normal(0, 0.35)), 0, 4))
                    rows.append((who, session, rater, hand, task, grade))
    return pd.DataFrame(rows, columns=["participant_id", "session", "rater", "hand", "task", "score"])


def espay(people: pd.DataFrame, strength: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return amplitude 0 to 4, distribution 0 to 3 and proportion 0 to 3 of finger tapping, by two raters."""
    rows = []
    for who, latent in zip(people["participant_id"], strength, strict=True):
        for rater in ("A", "B"):
            trait = latent + RATERS[rater]
            amplitude = int(np.clip(np.floor(trait + 0.6 + rng.normal(0, 0.4)), 0, 4))
            others = [
                int(np.clip(np.floor(0.75 * trait + 0.9 + rng.normal(0, 0.45)), 1, 3)) for _ in range(2)
            ]
            rows.append((who, rater, amplitude, *(others if amplitude else (0, 0))))
    return pd.DataFrame(rows, columns=["participant_id", "rater", "amplitude", "distribution", "proportion"])


def accelerometer(people: pd.DataFrame, strength: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return the mirror activity of each hand in percent of the voluntary one, in two sessions."""
    rows: list[tuple[object, ...]] = []
    lost = people["participant_id"].iloc[20]  # the sensor fell off
    away = {people["participant_id"].iloc[k] for k in (11, 37)}
    for who, latent in zip(people["participant_id"], strength, strict=True):
        own = rng.normal(0, 0.25)
        for session in ("1", "2"):
            if session == "2" and who in away:
                continue
            for hand in "RL":
                ratio = float(np.exp(0.9 + 0.62 * latent + own + rng.normal(0, 0.25)))
                shown: object = -9 if (who, session, hand) == (lost, "2", "L") else round(min(ratio, 100), 1)
                rows.append((who, session, hand, shown))
    return pd.DataFrame(rows, columns=["participant_id", "session", "hand", "ratio"], dtype=object)


def classifications(people: pd.DataFrame, strength: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return what three clinicians call it, each from the history and the video alone."""
    group = people["group"].to_numpy()
    true = np.select([group == "TD", group == "CMM", group == "ND"], [1, 2, 3], 0)
    true = np.where(strength > 0.3, np.maximum(true, 1), np.where(true == 1, 0, true))
    table = people[["participant_id"]].copy()
    for rater, sure in (("A", 0.92), ("B", 0.86), ("C", 0.8)):
        guess = rng.choice(4, len(people), p=[0.3, 0.3, 0.1, 0.3])
        said = np.where(rng.random(len(people)) < sure, true, guess)
        table[f"class_{rater.lower()}"] = np.array(CLASSES, dtype=object)[said]
    return table


def simulate(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Return every table by the name of its file."""
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(6)]
    people = participants(streams[0])
    strength = severity(people, streams[1])
    return {
        "participants": people,
        "woods_teuber": woods_teuber(people, strength, streams[2]),
        "espay": espay(people, strength, streams[3]),
        "accelerometer": accelerometer(people, strength, streams[4]),
        "classifications": classifications(people, strength, streams[5]),
    }


def main() -> None:
    """Write data/*.csv beside this file."""
    folder = Path(__file__).with_name("data")
    folder.mkdir(exist_ok=True)
    for name, table in simulate().items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
