"""The share of each study in a common effect of Mantel and Haenszel, or of Peto."""

from typing import Literal

import numpy as np

from mmstats.meta.rare.peto import variances
from mmstats.meta.rare.tables import Rates, Tables
from mmstats.meta.weighted import FloatArray

TableMeasure = Literal["odds_ratio", "risk_ratio", "risk_difference"]


def table_weights(tables: Tables, measure: TableMeasure) -> FloatArray:
    """Return Mantel and Haenszel's weights of the studies' own effects, in percent, shape (k,)."""
    t = tables
    found = {"odds_ratio": t.b * t.c, "risk_ratio": t.c * t.n1, "risk_difference": t.n1 * t.n2}[measure]
    return percent(found / t.n)


def rate_weights(rates: Rates, *, ratio: bool) -> FloatArray:
    """Return Mantel and Haenszel's weights of the studies' own ratios or differences, in percent."""
    return percent((rates.x2 if ratio else rates.t2) * rates.t1 / rates.t)


def peto_weights(tables: Tables) -> FloatArray:
    """Return Peto's weights, the hypergeometric variances of the events, in percent, shape (k,)."""
    return percent(variances(tables))


def percent(weights: FloatArray) -> FloatArray:
    """Return weights as percent of their sum; NaN if all are 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(100 * weights / weights.sum())
