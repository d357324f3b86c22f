"""What simulation says of an interval for data like those at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import isnan, nan, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.coverage.designs import DESIGNS, design_of
from mmstats.coverage.people import People, about_people, simulated_as, way_of
from mmstats.coverage.shapes import LABELS, FloatArray
from mmstats.coverage.simulation import ELSEWHERE, LEVEL
from mmstats.coverage.table import Row, shipped
from mmstats.coverage.ways import in_a_plan, ways
from mmstats.estimate import Estimate
from mmstats.methods import METHODS

WANTED = 0.92  # below this a better interval is named
OFTEN = 0.95  # an interval that is there less often is not named as the better one
DISCRETE = ("floor", "likert", "zero-inflated")  # told from the values themselves, not from residuals
MILDEST = ("normal", "likert", "heavy-tailed", "skewed", "floor", "zero-inflated")


@dataclass(frozen=True)
class Evidence:
    """The simulated coverage of one interval.

    Parameters
    ----------
    coverage : float
        For 95 % intervals, on average over the effects simulated.
    shape : str
        The kind of data it was simulated for, in words.
    n : int
        The number of observations it is for: of the smallest group, or of pairs; of people, where each has
        several rows.
    better : str
        Where it is below 92 %: the way that covers better, as a plan names it.
    """

    coverage: float
    shape: str
    n: int
    better: str = ""

    @property
    def warning(self) -> str:
        """What to tell whoever uses the interval; empty where it covers enough."""
        if self.coverage >= WANTED:
            return ""
        way = f"{self.better} covers better" if self.better else "none that was simulated covers better"
        return f"Intervals like this one cover too little ({self}): {way}."

    def __str__(self) -> str:
        return f"simulated coverage for n = {self.n}, {self.shape}: {100 * self.coverage:.1f} %"


def shape_of(values: FloatArray) -> str:
    """Return the simulated shape that values are most like.

    Few whole numbers are scores: with a floor when at least 40 % are the lowest. A third or more equal to
    zero, and none below, is zero-inflated. Otherwise skewness and kurtosis beyond what normal samples
    of this size show (two standard errors, and at least 1) tell.

    Parameters
    ----------
    values : float array, shape (n,)

    Examples
    --------
    >>> shape_of(np.array([0.0, 0, 0, 0, 1, 2, 0, 1, 0, 4]))
    'floor'
    """
    distinct = np.unique(values)
    lowest = float(np.mean(values == distinct[0]))
    if len(distinct) <= 7 and (distinct == np.rint(distinct)).all() and np.ptp(distinct) <= 10:
        return "floor" if lowest >= 0.4 else "likert"
    if distinct[0] == 0 and lowest >= 1 / 3:
        return "zero-inflated"
    n, centred = len(values), values - values.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    skewness = float(np.mean((centred / spread) ** 3))
    if abs(skewness) > max(1.0, 2 * sqrt(6 / n)):
        return "skewed"
    if float(np.mean((centred / spread) ** 4)) - 3 > max(1.0, 2 * sqrt(24 / n)):
        return "heavy-tailed"
    return "normal"


def data_like(roles: Mapping[str, Any]) -> tuple[str, int]:
    """Return the shape of the least mild variable among an analysis's roles, and n of its smallest group.

    Nothing ('' and 0) where there is no group or pair of variables that simulations are about.
    """
    given = [v for v in roles.values() if isinstance(v, pd.Series) and v.dtype == np.float64]
    if not given or len(given[0]) < 4:
        return "", 0
    numbers: list[FloatArray] = [v.to_numpy(dtype=np.float64) for v in given]
    n, names = len(numbers[0]), set(roles)
    if "group" in names and len(numbers) == 1:
        codes = np.asarray(roles["group"].cat.codes)
        numbers, n = _residuals(numbers[0], codes), int(min(np.unique(codes, return_counts=True)[1]))
    elif not ({"x", "y"} <= names or {"comparison", "reference"} <= names):
        return "", 0
    if not all(np.isfinite(column).all() and np.ptp(column) > 0 for column in numbers):
        return "", 0
    return max((shape_of(column) for column in numbers), key=MILDEST.index), n


def _residuals(values: FloatArray, codes: npt.NDArray[np.int8]) -> list[FloatArray]:
    """Return values without what the groups differ by; scores, and values with many zeros, as they are."""
    if np.ptp(values) == 0 or shape_of(values) in DISCRETE:
        return [values]
    medians = {code: float(np.median(values[codes == code])) for code in np.unique(codes)}
    return [values - np.array([medians[code] for code in codes])]


def told_of(
    method: str, estimates: Sequence[Estimate], roles: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[Evidence | None, ...]:
    """Return what is known of each estimate's interval, for the data that the roles hold."""
    if not about_people(method):
        shape, n = data_like(roles)
        return tuple(evidence(method, e, shape, n) if not e.term else None for e in estimates)
    rows = People.of(roles)
    if rows is None or way_of(method, options) is None:
        return (None,) * len(estimates)
    shape = shape_of_rows(rows, options)
    return tuple(evidence(method, e, shape, rows.n, changing=rows.changing) for e in estimates)


def by_name(estimates: Sequence[Estimate], told: Sequence[Evidence | None]) -> list[tuple[str, Evidence]]:
    """Return what is known of intervals with what they are of; once of those of which the same is known."""
    alike: dict[tuple[str, Evidence], list[str]] = {}
    for e, one in zip(estimates, told, strict=False):
        if one:
            alike.setdefault((e.quantity.label, one), []).append(e.term)
    return [
        (f"{label} ({', '.join(terms)})" if any(terms) else label, one)
        for (label, one), terms in alike.items()
    ]


def shape_of_rows(rows: People, options: Mapping[str, Any]) -> str:
    """Return the simulated shape that the response of a model is most like; empty where it has one value."""
    distribution = options.get("distribution")
    if np.ptp(rows.response) == 0 or not np.isfinite(rows.response).all():
        return ""
    if rows.events or distribution == "binomial":
        return rows.events_shape()
    if distribution == "poisson":
        return "counts"
    shape = shape_of(rows.response)
    return shape if shape in DISCRETE or np.ptp(rows.residuals) == 0 else shape_of(rows.residuals)


def evidence(
    method: str, e: Estimate, shape: str, n: int, *, changing: frozenset[str] = frozenset()
) -> Evidence | None:
    """Return what the shipped table says of an estimate's interval, if it was simulated for such data.

    Between the sizes simulated it is interpolated. Below the least of them nothing is said; beyond the
    largest, where coverage changes little, that one stands.

    Parameters
    ----------
    method : str
    e : Estimate
    shape : str
    n : int
    changing : frozenset of str
        The variables that differ between rows of the same person.
    """
    if not shape or not e.interval or isnan(e.conf_low) or abs(e.conf_level - LEVEL) > 1e-9:
        return None
    quantity = simulated_as(f"{e.quantity.name} {e.term}".strip(), changing)
    coverage, _ = _coverage(ELSEWHERE.get(method, method), quantity, e.interval, shape, n)
    if isnan(coverage):
        return None
    better = better_than(method, quantity, shape, n) if coverage < WANTED else ""
    return Evidence(coverage, LABELS[shape], n, better)


@cache
def _by_interval() -> dict[tuple[str, str, str, str], dict[int, tuple[float, float]]]:
    """Return coverage, and how often there is an interval, by method, quantity, interval and shape, then n.

    They are means over effects.

    Quantities that are simulated alike, such as coefficients within people, are taken together.
    """
    found: dict[tuple[str, str, str, str], dict[int, list[Row]]] = {}
    for row in shipped():
        key = (row.method, simulated_as(row.quantity), row.interval, row.shape)
        found.setdefault(key, {}).setdefault(row.n, []).append(row)
    return {
        key: {
            n: (
                float(np.nanmean([row.coverage for row in rows])),
                float(np.mean([row.estimable / row.replications for row in rows])),
            )
            for n, rows in sorted(sizes.items())
        }
        for key, sizes in found.items()
    }


def _coverage(method: str, quantity: str, interval: str, shape: str, n: int) -> tuple[float, float]:
    """Return coverage, and how often there is an interval; NaN where it was not simulated."""
    sizes = _by_interval().get((method, quantity, interval, shape))
    if not sizes or n < min(sizes):
        return nan, nan
    if n > max(sizes) and max(sizes) < max(DESIGNS[design_of(METHODS[method])].sizes):
        return nan, nan  # other ways than the default may be simulated for some sizes only
    covered, there = (np.interp(n, list(sizes), column) for column in zip(*sizes.values(), strict=True))
    return float(covered), float(there)


def _same_roles(one: str, other: str) -> bool:
    """Return whether two methods take the same roles, so that one may stand for the other in a plan."""
    return one == other or METHODS[one].roles.keys() == METHODS[other].roles.keys()


def better_than(method: str, quantity: str, shape: str, n: int) -> str:
    """Return the way of making an interval of a quantity that covers nearest to 95 %, of those above 92 %.

    It must be there in nearly all samples: one that is missing where estimates are at a boundary covers well
    because of what it leaves out.

    Parameters
    ----------
    method : str
        Whose options are named in short.
    quantity, shape : str
        As what a quantity is simulated, and for which data.
    n : int
    """
    found = {}
    for other, of, interval, kind in _by_interval():
        if of == quantity and kind == shape and _same_roles(other, method):
            coverage, there = _coverage(other, of, interval, kind, n)
            if coverage >= WANTED and there >= OFTEN and (other != method or interval in ways(method)):
                named = in_a_plan(method, interval) if other == method else f"method {other!r} ({interval})"
                found[abs(coverage - LEVEL), other != method, named] = named
    return found[min(found)] if found else ""
