"""Summing the items of a questionnaire under one stated rule for missing answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd

from mmstats.errors import SchemaError
from mmstats.instruments.instrument import off_scale

PRORATION = (
    "A subscale with at least 80 % of its items answered is prorated: the mean of the answered items "
    "times the number of items. With fewer it is not scored. The total is the sum of the subscales, "
    "and is not scored unless each of them is. This is a convention of the analysis, not part of the "
    "scale; report it with the results."
)


@dataclass(frozen=True)
class Questionnaire:
    """Items that are answered on one scale and added up within subscales that share no item.

    Parameters
    ----------
    prefix : str
        What comes before an item's number in its column: ``fsmc`` for ``fsmc_1``.
    title : str
    lowest, highest : int
        The answers at the ends of the scale.
    subscales : mapping of str to sequence of int
        The item numbers of each subscale.
    """

    prefix: str
    title: str
    lowest: int
    highest: int
    subscales: Mapping[str, Sequence[int]]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all items, in the order of their numbers."""
        return tuple(
            f"{self.prefix}_{i}" for i in sorted(i for items in self.subscales.values() for i in items)
        )

    def bounds(self, subscale: str = "") -> tuple[float, float]:
        """Return the smallest and largest score of a subscale, or of the total."""
        count = len(self.subscales[subscale]) if subscale else len(self.columns)
        return float(self.lowest * count), float(self.highest * count)


def checked(frame: pd.DataFrame, unit: str, scale: Questionnaire) -> pd.DataFrame:
    """Return the items as float64, indexed by unit.

    Raises
    ------
    SchemaError
        If a unit has several rows, or an answer is not a whole number on the scale.
    """
    repeated = frame[unit][frame[unit].duplicated()].unique()
    problems = [f"{unit} {who!r} has several rows; one is needed." for who in repeated]
    items = frame[list(scale.columns)].astype(np.float64)
    steps = [float(step) for step in range(scale.lowest, scale.highest + 1)]
    for name in scale.columns:
        problems += off_scale(items[name], frame[unit], steps)
    if problems:
        raise SchemaError(f"{scale.title} cannot be scored.", problems)
    return items.set_index(pd.Index(frame[unit], name=unit))


def sums(items: pd.DataFrame, scale: Questionnaire) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the subscales and ``total`` of each row, and notes that count what was missing.

    Parameters
    ----------
    items : DataFrame of float64, shape (n, items)
    scale : Questionnaire

    Returns
    -------
    DataFrame of float64, shape (n, subscales + 1)
        NaN where too few items were answered.
    tuple of str

    Examples
    --------
    >>> scale = Questionnaire("q", "Q", 0, 4, {"a": [1, 2, 3, 4, 5], "b": [6]})
    >>> items = pd.DataFrame([[1.0, 2, 3, 4, float("nan"), 4]], columns=list(scale.columns))
    >>> sums(items, scale)[0].to_dict("records")
    [{'a': 12.5, 'b': 4.0, 'total': 16.5}]
    """
    scores = pd.DataFrame(index=items.index)
    lost = pd.DataFrame(index=items.index)
    for name, numbers in scale.subscales.items():
        answers = items[[f"{scale.prefix}_{i}" for i in numbers]]
        given = answers.notna().sum(axis=1)
        enough = given >= ceil(0.8 * len(numbers) - 1e-9)
        scores[name] = (answers.sum(axis=1) * len(numbers) / given.where(given > 0)).where(enough)
        lost[name] = len(numbers) - given
    scores["total"] = scores.sum(axis=1, skipna=False)
    return scores.astype(np.float64), _notes(scores["total"], lost.sum(axis=1), scale)


def _notes(total: pd.Series, lost: pd.Series, scale: Questionnaire) -> tuple[str, ...]:
    empty = lost == len(scale.columns)
    prorated = total.notna() & (lost > 0)
    unscored = total.isna() & ~empty
    counts = {
        "prorated": (prorated, "left out items but few enough to be prorated"),
        "unscored": (unscored, "left out too many items of a subscale and have no total"),
        "empty": (empty, "answered no item"),
    }
    return tuple(
        f"{scale.title}: {int(rows.sum())} of {len(total)} {words}."
        for rows, words in counts.values()
        if rows.any()
    )


def severity(
    score: pd.Series, cut_offs: Mapping[str, float], below: str, *, ordered: bool = True
) -> pd.Series:
    """Return the level of each score: the last whose cut-off it reaches, or `below`.

    Parameters
    ----------
    score : Series of float, shape (n,)
    cut_offs : mapping of str to float
        The smallest score of each level, ascending.
    below : str
        The level of scores that reach no cut-off.
    ordered : bool
        Whether the levels are an ordinal scale rather than yes and no.

    Examples
    --------
    >>> severity(pd.Series([42.0, 43.0]), {"mild": 43}, "none").tolist()
    ['none', 'mild']
    """
    values = score.to_numpy(dtype=np.float64)
    reached = np.searchsorted(list(cut_offs.values()), values, side="right")
    codes = np.where(np.isnan(values), -1, reached)
    levels = pd.Index([below, *cut_offs])
    return pd.Series(pd.Categorical.from_codes(codes, categories=levels, ordered=ordered), index=score.index)
