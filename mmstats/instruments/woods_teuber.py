"""Mirror movements rated by Woods and Teuber (1978), 0 to 4, per moving hand and task, in a long table.

0 no mirror movement; 1 barely discernible; 2 slight or brief; 3 strong and sustained; 4 equal to the
intended movement. How many ratings become one number changes the answer, so it has no default.
References: woods1978.
"""

from math import inf

import numpy as np
import pandas as pd

from mmstats.errors import SchemaError
from mmstats.instruments.instrument import Instrument, Scored, off_scale, register
from mmstats.kind import Kind
from mmstats.schema import Variable

GRADES = (0.0, 1.0, 2.0, 3.0, 4.0)
CELL = ("hand", "task")
HANDS = {"left": "left", "right": "right", "L": "left", "R": "right"}
MISSING_RULE = (
    "Every hand and task that occurs in the table must be rated once: the worst of some ratings, or "
    "their sum, is too low on average. Whoever lacks a rating has no summary (per hand: that hand has none)."
)


def needs(summary: str, **chosen: str) -> tuple[str, ...]:
    """Return the columns read: a session or rater only where one is chosen."""
    return (*CELL, "score", *chosen)


def score(frame: pd.DataFrame, unit: str, summary: str, **chosen: str) -> Scored:
    """Summarise the ratings of each person by an explicitly chosen rule.

    Parameters
    ----------
    frame : DataFrame
        One row per rating: `unit`, ``hand`` (the one that moves on purpose: left, right, L or R),
        ``task``, ``score``, and, where chosen, ``session`` and ``rater``.
    summary : {"worst", "per-hand", "sum-over-tasks"}
        ``worst`` gives ``mm_worst``, ``per-hand`` the worst of each hand as ``mm_left`` and
        ``mm_right``, ``sum-over-tasks`` the sum over hands and tasks as ``mm_sum``.
    **chosen : str
        ``session`` and ``rater``: the one whose ratings count.

    Raises
    ------
    SchemaError
        If a score is off the scale, a hand is unknown, or somebody was rated more than once for the
        same hand and task.

    Examples
    --------
    >>> ratings = pd.DataFrame(
    ...     {"id": ["a", "a"], "hand": ["left", "right"], "task": ["tap"] * 2, "score": [1.0, 3.0]}
    ... )
    >>> score(ratings, "id", "worst").frame["mm_worst"].tolist()
    [3.0]
    """
    people = pd.Index(frame[unit].unique(), name=unit)
    used = _chosen(frame, chosen)
    _check(used, unit)
    hand = used["hand"].astype(str).map(HANDS)
    plain = used.assign(hand=hand).astype({"task": str, "score": np.float64})
    table = plain.pivot(index=unit, columns=list(CELL), values="score").reindex(people)
    hands = table.columns.get_level_values("hand")
    parts = {"mm_worst": ("Worst mirror movement", table)}
    if summary == "per-hand":
        parts = {
            f"mm_{hand}": (f"Worst mirror movement while the {hand} hand moves", table.loc[:, hands == hand])
            for hand in ("left", "right")
        }
    elif summary == "sum-over-tasks":
        parts = {"mm_sum": ("Mirror movements, sum over hands and tasks", table)}
    scored = pd.DataFrame(index=people)
    variables: dict[str, Variable] = {}
    notes: list[str] = []
    for name, (label, ratings) in parts.items():
        total = ratings.sum(axis=1) if summary == "sum-over-tasks" else ratings.max(axis=1)
        complete = ratings.notna().all(axis=1) & (ratings.shape[1] > 0)
        scored[name] = total.where(complete).astype(np.float64)
        variables[name] = _variable(name, label, ratings.shape[1])
        if not complete.all():
            lost = int((~complete).sum())
            notes.append(f"Woods and Teuber: {lost} of {len(people)} lack a rating and have no {name}.")
    return Scored(scored, variables, tuple(notes))


def _chosen(frame: pd.DataFrame, chosen: dict[str, str]) -> pd.DataFrame:
    """Return the rows of the chosen session and rater; a table without rows has nothing to choose from."""
    problems = []
    for column, value in chosen.items():
        known = sorted(frame[column].dropna().astype(str).unique())
        if len(frame) and value not in known:
            problems.append(f"No rating has {column} {value!r}. There are: {', '.join(known)}.")
    if problems:
        raise SchemaError("Woods and Teuber cannot be scored as asked.", problems)
    rows = pd.Series(True, index=frame.index)
    for column, value in chosen.items():
        rows &= frame[column].astype(str) == value
    return frame[rows]


def _check(used: pd.DataFrame, unit: str) -> None:
    problems = off_scale(used["score"].astype(np.float64), used[unit], GRADES)
    unknown_hands = sorted(set(used["hand"].astype(str)) - set(HANDS))
    problems += [f"hand {hand!r} is none of {', '.join(HANDS)}." for hand in unknown_hands]
    nameless = int(used["task"].isna().sum())
    problems += [f"{nameless} ratings have no task."] if nameless else []
    named = used.assign(hand=used["hand"].astype(str).map(HANDS))
    several = used[named.duplicated([unit, *CELL], keep=False)]
    if len(several):
        ways = {
            column: sorted(several[column].dropna().astype(str).unique())
            for column in ("session", "rater")
            if column in several
        }
        choose = "; ".join(f"{column}: {', '.join(v)}" for column, v in ways.items() if len(v) > 1)
        way_out = f"Choose one with an option ({choose})." if choose else "Keep one of them."
        who = several[unit].iloc[0]
        problems.append(
            f"{several[unit].nunique()} of {used[unit].nunique()} (e.g. {unit} {who!r}) have several "
            f"ratings of the same hand and task. {way_out}"
        )
    if problems:
        raise SchemaError("Woods and Teuber cannot be scored.", problems)


def _variable(name: str, label: str, ratings: int) -> Variable:
    if name == "mm_sum":
        top = GRADES[-1] * ratings if ratings else inf
        return Variable(name=name, kind=Kind.COUNT, label=label, unit="points", range=(0.0, top))
    return Variable(name=name, kind=Kind.ORDINAL, label=label, allowed=GRADES)


WOODS_TEUBER = register(
    Instrument(
        name="woods_teuber",
        title="Woods and Teuber scale of mirror movements",
        references=("woods1978",),
        missing_rule=MISSING_RULE,
        needs=needs,
        scorer=score,
        options={"summary": ("worst", "per-hand", "sum-over-tasks"), "session": (), "rater": ()},
        required=("summary",),
    )
)
