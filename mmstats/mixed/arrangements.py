"""Which label each participant gets when labels are exchanged: all ways if they are few, else some drawn."""

from collections.abc import Iterator
from itertools import product
from math import factorial, prod

import numpy as np

from mmstats.errors import MmstatsError
from mmstats.mixed.structure import IntArray

MOST_ENUMERATED = 20_000  # arrangements that are all looked at; each is a fit


def exchanges(
    labels: IntArray, strata: IntArray, resamples: int, rng: np.random.Generator | None
) -> tuple[IntArray, bool]:
    """Return labels exchanged within strata, shape (b, g), the given order first, and whether these are all.

    Drawn ones come after the given order, which is counted beside them.

    Parameters
    ----------
    labels, strata : int arrays, shape (g,)
    resamples : int
    rng : Generator

    Examples
    --------
    >>> exchanges(np.array([1, 0, 0]), np.zeros(3, dtype=int), 99, None)[0].tolist()
    [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    """
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    counts = [np.unique(labels[at], return_counts=True)[1].tolist() for at in members]
    if prod(factorial(sum(c)) // prod(map(factorial, c)) for c in counts) <= MOST_ENUMERATED:
        found = np.empty((0, len(labels)), dtype=np.int64)
        rows = []
        for each in product(*(list(_orders(labels[at].tolist())) for at in members)):
            row = np.empty(len(labels), dtype=np.int64)
            row[np.concatenate(members)] = np.concatenate([np.array(one, dtype=np.int64) for one in each])
            rows.append(row)
        found = np.array(rows)
        given = (found == labels).all(axis=1)
        return np.concatenate([found[given], found[~given]]), True
    generator = _given(rng)
    drawn = np.tile(labels, (resamples + 1, 1))
    for at in members:
        drawn[1:, at] = generator.permuted(drawn[1:, at], axis=1)
    return drawn, False


def flips(groups: int, resamples: int, rng: np.random.Generator | None) -> tuple[IntArray, bool]:
    """Return which groups have two levels exchanged, shape (b, g), none in the first row; and whether all.

    Examples
    --------
    >>> flips(2, 99, None)[0].tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    if 2**groups <= MOST_ENUMERATED:
        return (np.arange(2**groups)[:, None] >> np.arange(groups)) & 1, True
    drawn = _given(rng).integers(0, 2, (resamples + 1, groups))
    drawn[0] = 0
    return drawn, False


def _given(rng: np.random.Generator | None) -> np.random.Generator:
    if rng is None:
        raise MmstatsError(
            f"There are more than {MOST_ENUMERATED:,} exchanges, of which some are drawn, and rng is None. "
            "Give it a seeded generator: rng=numpy.random.default_rng(1)."
        )
    return rng


def _orders(values: list[int]) -> Iterator[list[int]]:
    """Yield every order of values, some of them equal, once, from the smallest to the largest."""
    order = sorted(values)
    while True:
        yield order.copy()
        at = len(order) - 2
        while at >= 0 and order[at] >= order[at + 1]:
            at -= 1
        if at < 0:
            return
        other = len(order) - 1
        while order[other] <= order[at]:
            other -= 1
        order[at], order[other] = order[other], order[at]
        order[at + 1 :] = reversed(order[at + 1 :])
