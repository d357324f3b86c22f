"""Two-by-two tables of events, with one half added to each cell where that is asked for."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mmstats.meta.measures.material import TwoProportions
from mmstats.meta.measures.measure import Effects, noted
from mmstats.meta.weighted import BoolArray, FloatArray

Correction = Literal["zero-cells", "all", "none"]
Uninformative = Literal["not-estimable", "corrected"]

CORRECTIONS = ("zero-cells", "all", "none")
UNINFORMATIVE = ("not-estimable", "corrected")

CORRECTED = "1/2 was added to each cell, since one is 0."
CORRECTED_ALL = "1/2 was added to each cell, as to those of all studies."
ZERO_CELL = "A cell is 0, and nothing was added to it."
NO_EVENTS = "No events in either group: a ratio is not estimable, a difference is."
ALL_EVENTS = "Events in all participants of both groups: an odds ratio is not estimable, a difference is."


@dataclass(frozen=True)
class Tables:
    """The cells of k tables, after any correction.

    Parameters
    ----------
    a, b, c, d : float array, shape (k,)
        Comparison with and without events, reference with and without events.
    corrected : bool array, shape (k,)
        Where 1/2 was added to each cell.
    no_events, all_events : bool array, shape (k,)
        Where both groups have no events at all, or nothing but events.
    correction : str
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray
    d: FloatArray
    corrected: BoolArray
    no_events: BoolArray
    all_events: BoolArray
    correction: Correction

    @property
    def comparison_n(self) -> FloatArray:
        """Shape (k,)."""
        return self.a + self.b

    @property
    def reference_n(self) -> FloatArray:
        """Shape (k,)."""
        return self.c + self.d

    @property
    def zero(self) -> BoolArray:
        """Whether a cell is still 0, shape (k,)."""
        return np.asarray((self.a * self.b * self.c * self.d) == 0)

    def noted(self, found: Effects) -> Effects:
        """Return effects with the correction noted."""
        text = CORRECTED_ALL if self.correction == "all" else CORRECTED
        return noted(found, (self.corrected, text))


def tables(arms: TwoProportions, correction: Correction) -> Tables:
    """Return the cells; ``zero-cells`` adds 1/2 to each cell of tables that have a 0, ``all`` to all cells.

    Examples
    --------
    >>> tables(TwoProportions(*map(np.array, ([0.0], [5.0], [2.0], [6.0]))), "zero-cells").a
    array([0.5])
    """
    a, c = arms.comparison_events, arms.reference_events
    b, d = arms.comparison_n - a, arms.reference_n - c
    known = ~np.isnan(a + b + c + d)
    marks = known & (((a * b * c * d) == 0) | (correction == "all")) & (correction != "none")
    half = np.where(marks, 0.5, 0.0)
    no_events, all_events = known & (a + c == 0), known & (b + d == 0)
    return Tables(a + half, b + half, c + half, d + half, marks, no_events, all_events, correction)
