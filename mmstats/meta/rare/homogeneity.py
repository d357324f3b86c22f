"""Whether all studies have the odds ratio of Mantel and Haenszel: Breslow and Day's test, and Tarone's."""

from math import exp

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.rare.common import ChiSquared
from mmstats.meta.rare.mantel_haenszel import odds_ratio
from mmstats.meta.rare.tables import Tables
from mmstats.meta.weighted import FloatArray


def breslow_day(tables: Tables) -> ChiSquared:
    """Return Breslow and Day's test: events against those expected at the common odds ratio.

    References: breslow1980.
    """
    excess, spread = _excess(tables)
    return ChiSquared(float((excess**2 / spread).sum()), len(excess) - 1)


def tarone(tables: Tables) -> ChiSquared:
    """Return Breslow and Day's test, corrected because the common odds ratio is not the most efficient one.

    References: tarone1985.
    """
    excess, spread = _excess(tables)
    found = (excess**2 / spread).sum() - excess.sum() ** 2 / spread.sum()
    return ChiSquared(float(found), len(excess) - 1)


def expected_events(tables: Tables, ratio: float) -> FloatArray:
    """Return the comparison group's events that give each table an odds ratio and its margins, shape (k,)."""
    events = tables.a + tables.c
    low, high = np.maximum(0, events - tables.n2), np.minimum(tables.n1, events)
    if ratio == 1:
        return np.asarray(tables.n1 * events / tables.n)
    square = 1 - ratio
    linear = tables.n2 - events + ratio * (tables.n1 + events)
    constant = -ratio * tables.n1 * events
    root = np.sqrt(linear**2 - 4 * square * constant)
    return np.asarray(np.clip(-2 * constant / (linear + root), low, high))


def _excess(tables: Tables) -> tuple[FloatArray, FloatArray]:
    kept = tables.kept(tables.informative)
    if len(kept.a) < 2:
        raise NotEstimableError(
            f"Only {len(kept.a)} of the studies has both people with and without the event; "
            "to differ takes two."
        )
    a = expected_events(kept, exp(odds_ratio(kept).estimate))
    c = kept.a + kept.c - a
    cells = np.stack([a, kept.n1 - a, c, kept.n2 - c])
    return kept.a - a, 1 / (1 / cells).sum(axis=0)
