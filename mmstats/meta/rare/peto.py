"""Peto's odds ratio, by one step from equal odds: for small effects and groups of similar size."""

from math import sqrt

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.rare.common import ChiSquared, Common
from mmstats.meta.rare.tables import Tables
from mmstats.meta.weighted import FloatArray


def peto(tables: Tables) -> Common:
    """Return the common log odds ratio: observed less expected events, over their hypergeometric variance.

    Far from an odds ratio of 1, or with unequal groups, it is biased towards 1.

    References: yusuf1985, greenland1990.

    Examples
    --------
    >>> from mmstats.meta.rare.tables import tables
    >>> found = peto(tables([4, 6], [123, 306], [11, 29], [139, 303]))
    >>> round(found.estimate, 4), round(found.std_error, 4)
    (-1.2401, 0.2912)
    """
    excess, spread = _excess(tables)
    total = float(spread.sum())
    return Common(float(excess.sum()) / total, 1 / sqrt(total), int((spread > 0).sum()))


def peto_heterogeneity(tables: Tables) -> ChiSquared:
    """Return the test that all studies have the same odds ratio.

    References: yusuf1985.
    """
    excess, spread = _excess(tables)
    inside = spread > 0
    if inside.sum() < 2:
        raise NotEstimableError(
            "Only one of the studies has both people with and without the event; to differ takes two."
        )
    q = float((excess[inside] ** 2 / spread[inside]).sum() - excess.sum() ** 2 / spread.sum())
    return ChiSquared(max(0.0, q), int(inside.sum()) - 1)


def _excess(tables: Tables) -> tuple[FloatArray, FloatArray]:
    if not tables.informative.any():
        raise NotEstimableError(
            "No study has both people with and without the event: nothing tells of an odds ratio."
        )
    return tables.a - tables.n1 * (tables.a + tables.c) / tables.n, variances(tables)


def variances(tables: Tables) -> FloatArray:
    """Return the variance of the comparison group's events, given the margins and equal odds, shape (k,)."""
    events, n = tables.a + tables.c, tables.n
    return np.asarray(tables.n1 * tables.n2 * events * (n - events) / (n**2 * np.maximum(n - 1, 1)))
