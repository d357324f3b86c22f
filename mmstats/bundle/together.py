"""Whether bundles of several cohorts can be pooled."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from mmstats.bundle.bundle import Bundle
from mmstats.errors import BundleError
from mmstats.meta.sufficient import Statistics

SAME = 1e-9  # of a column's length: sums that differ by less are of the same rows


def together(bundles: Sequence[Bundle]) -> dict[str, Statistics]:
    """Return the statistics of each cohort, as `one_stage` and `two_stage` take them.

    A cohort whose rows are at hand joins as the bundle that `summarise` makes of it, or by its statistics.

    Parameters
    ----------
    bundles : sequence of Bundle

    Raises
    ------
    BundleError
        With all reasons, if they are of other models or dictionaries, or one cohort is there twice.
    """
    found = []
    if not bundles:
        raise BundleError("There are no bundles to pool.")
    first = bundles[0]
    for other in bundles[1:]:
        if other.formula != first.formula:
            found.append(
                f"{other.cohort!r} is of the model {other.formula!r}, {first.cohort!r} of {first.formula!r}."
            )
        if other.dictionary != first.dictionary:
            found.append(
                f"{other.cohort!r} follows the dictionary {other.dictionary[:12]}, {first.cohort!r} "
                f"{first.dictionary[:12]}. Summarise both by the same one."
            )
        if other.statistics.names != first.statistics.names:
            found.append(
                f"{other.cohort!r} has the columns {', '.join(other.statistics.names)}; {first.cohort!r} has "
                f"{', '.join(first.statistics.names)}."
            )
    for one, other in combinations(bundles, 2):
        if one.cohort == other.cohort:
            found.append(f"Two bundles are called {one.cohort!r}. Give the later one, or another name.")
        if _same_rows(one.statistics, other.statistics):
            found.append(
                f"{one.cohort!r} and {other.cohort!r} have the same sums: they are of the same rows."
            )
    if found:
        raise BundleError("The bundles cannot be pooled:", found)
    return {bundle.cohort: bundle.statistics for bundle in bundles}


def _same_rows(one: Statistics, other: Statistics) -> bool:
    if one.count != other.count or one.names != other.names:
        return False
    unit = np.maximum(one.lengths, 1e-300)
    apart = np.abs(one.products - other.products) / np.outer(unit, unit)
    return bool(apart.max() < SAME and (np.abs(one.distance(other)) / unit).max() < SAME)
