"""From the rows of a cohort to a bundle, or to all reasons why there must not be one."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmstats.bundle.bundle import SUPPRESSED, Bundle, Counts, Factor, IntArray
from mmstats.bundle.disclosure import problems, told_lines
from mmstats.bundle.suppression import suppressed
from mmstats.errors import BundleError
from mmstats.meta.sufficient import FloatArray, Statistics, statistics

LEAST = 3  # a threshold below this protects nobody
MOST_CELLS = 256
LONGEST = 500  # signs of a text
ROUNDING = 1e-11  # of a column's length


def summarise(
    rows: FloatArray,
    names: Sequence[str],
    *,
    cohort: str,
    formula: str,
    dictionary: str,
    factors: Mapping[str, Factor] | None = None,
    threshold: int = 5,
    previous: Bundle | None = None,
    counted: bool = True,
) -> Bundle:
    """Return what a cohort may share of its rows.

    Parameters
    ----------
    rows : float array, shape (n, m)
        One for each participant: the model's columns without the intercept and, last, the outcome.
    names : sequence of str, length m
    cohort, formula : str
    dictionary : str
        The digest of the data dictionary.
    factors : mapping of str to Factor, optional
        Categorical variables; no combination of their levels may be told to be of few.
    threshold : int
        The least number of participants that any number may be about.
    previous : Bundle, optional
        One that was made of some of these participants before. Only the same bundle may be made again.
    counted : bool
        Whether the bundle tells how many rows have each combination of levels. Two bundles of the same rows
        may not: what is hidden in one table can follow from another.

    Raises
    ------
    BundleError
        With all reasons, if numbers would be about fewer participants than the threshold.
    NotEstimableError
        If values are missing.

    References: hundepool2012.

    Examples
    --------
    >>> rng, group = np.random.default_rng(2), np.arange(30.0) % 2
    >>> rows = np.column_stack([group, 50 + 3 * group + 10 * rng.standard_normal(30)])
    >>> sex = Factor((np.arange(30) < 12).astype(int), ("f", "m"))
    >>> formula = "score ~ group"
    >>> made = summarise(rows, ("group", "score"), cohort="A", formula=formula, dictionary="0" * 64,
    ...                  factors={"sex": sex})
    >>> made.statistics.count, made.counts.cells.tolist()
    (30, [18, 12])
    """
    factors = dict(factors or {})
    part = statistics(rows, names)
    found = _plain(cohort, formula, dictionary, part, factors, threshold)
    if not found:
        found += problems(np.asarray(rows, dtype=np.float64), names, factors, threshold)
    if found:
        raise BundleError(f"Cohort {cohort!r} cannot be summarised:", found)
    counts = _counts(np.asarray(rows, dtype=np.float64), factors, threshold) if factors and counted else None
    made = Bundle(cohort, dictionary, formula, threshold, part, counts)
    return made if previous is None else _same_as(made, previous)


def _counts(rows: FloatArray, factors: Mapping[str, Factor], threshold: int) -> Counts:
    cells = np.zeros(tuple(len(factor.levels) for factor in factors.values()), dtype=np.int64)
    np.add.at(cells, tuple(factor.codes for factor in factors.values()), 1)
    hidden = suppressed(cells, threshold, list(told_lines(rows, factors).values()))
    told: IntArray = np.where(hidden, SUPPRESSED, cells)
    return Counts({name: factor.levels for name, factor in factors.items()}, told)


def _plain(
    cohort: str,
    formula: str,
    dictionary: str,
    part: Statistics,
    factors: Mapping[str, Factor],
    threshold: int,
) -> list[str]:
    """Return what is wrong before any number is looked at."""
    found = []
    texts = [cohort, formula, dictionary, *part.names, *factors]
    texts += [level for factor in factors.values() for level in factor.levels]
    for text in texts:
        if not (text and len(text) <= LONGEST and text.isprintable()):
            found.append(f"{text[:40]!r} must be 1 to {LONGEST} printable signs.")
    if threshold < LEAST:
        found.append(f"A threshold of {threshold} protects nobody; the least is {LEAST}.")
    for name, factor in factors.items():
        if len(factor.codes) != part.count:
            found.append(f"Variable {name!r} has {len(factor.codes)} values for {part.count} rows.")
        elif not ((factor.codes >= 0) & (factor.codes < len(factor.levels))).all():
            found.append(f"Variable {name!r} has a value that is none of its {len(factor.levels)} levels.")
        if len(set(factor.levels)) != len(factor.levels):
            found.append(f"Variable {name!r} has two levels of one name.")
    cells = int(np.prod([len(factor.levels) for factor in factors.values()]))
    if cells > MOST_CELLS:
        found.append(
            f"{', '.join(factors)} have {cells} combinations; there may be {MOST_CELLS}. Leave one out."
        )
    return found


def _same_as(made: Bundle, previous: Bundle) -> Bundle:
    """Return the previous bundle if it tells the same, but for rounding by another order of rows.

    The difference of two bundles of overlapping participants is about few of them.
    """
    one, two = made.statistics, previous.statistics
    rest = {"statistics", "estimates"}
    if one.count == two.count and one.names == two.names:
        unit = np.maximum(one.lengths, 1e-300)
        apart = np.abs(one.distance(two)) / unit
        products = np.abs(one.products - two.products) / np.outer(unit, unit)
        texts = all(made.content[key] == previous.content[key] for key in made.content if key not in rest)
        if texts and max(apart.max(), products.max()) < ROUNDING:
            return previous
    now, before = one.count, two.count
    changed = (
        f"{before} participants then, {now} now: what differs is about {abs(now - before)}"
        if now != before
        else f"{now} participants in both, but not the same content: what differs may be about one"
    )
    raise BundleError(
        f"A bundle of these participants was made before ({previous.cohort!r}), and this one differs from it "
        f"({changed}). Subtracting one from the other can give back a row. Share the first one; or withdraw "
        "it from everyone who has it; or summarise new participants alone, as a cohort of their own."
    )
