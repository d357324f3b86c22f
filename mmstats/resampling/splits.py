"""The rows of one group after labels are exchanged: all splits while they are few, random ones otherwise."""

from collections.abc import Iterator
from math import comb, prod

import numpy as np
import numpy.typing as npt

from mmstats.errors import MmstatsError
from mmstats.resampling.arrays import FloatArray, IntArray

MOST_ENUMERATED = 200_000  # splits, or sets of signs, that are all looked at
CELLS = 262_144  # chosen rows held at once
NO_RNG = (
    "There are too many permutations to look at all of them, and rng is None. "
    "Give it a seeded generator: rng=numpy.random.default_rng(1)."
)

Indices = npt.NDArray[np.uint32]


def seed_from(rng: np.random.Generator | None) -> np.uint64:
    """Return the seed of a stream, or say that there is nothing to draw from."""
    if rng is None:
        raise MmstatsError(NO_RNG)
    return np.uint64(rng.integers(0, 2**64, dtype=np.uint64))


def are_few(sizes: IntArray, wanted: IntArray) -> bool:
    """Return whether all splits can be looked at."""
    pairs = zip(sizes.tolist(), wanted.tolist(), strict=True)
    return prod(comb(size, chosen) for size, chosen in pairs) <= MOST_ENUMERATED


def splits(
    sizes: IntArray, wanted: IntArray, *, resamples: int, rng: np.random.Generator | None
) -> Iterator[Indices]:
    """Yield in chunks the rows of one group after exchanges of labels within strata.

    Every split once while there are at most 200,000 (`are_few`), random ones otherwise.

    Parameters
    ----------
    sizes, wanted : int arrays, shape (strata,)
        How many rows each stratum has, and how many of them are in the group; rows are numbered through.
    resamples : int
    rng : numpy.random.Generator

    Yields
    ------
    uint32 array, shape (b, sum of wanted)
    """
    from mmstats.resampling.kernels.splitting import draw_splits

    width = int(wanted.sum())
    if are_few(sizes, wanted):
        yield _every_split(sizes, wanted)
        return
    seed, chunk = seed_from(rng), max(1, CELLS // width)
    for first in range(0, resamples, chunk):
        chosen = np.empty((min(chunk, resamples - first), width), dtype=np.uint32)
        draw_splits(chosen, sizes, wanted, seed, first)
        yield chosen


def chosen_sums(columns: FloatArray, chosen: Indices) -> FloatArray:
    """Return the sums of columns over the chosen rows.

    Parameters
    ----------
    columns : float array, shape (columns, n)
    chosen : uint32 array, shape (b, size)

    Returns
    -------
    float array, shape (columns, b)
    """
    from mmstats.resampling.kernels.splitting import split_sums

    found = np.empty((len(columns), len(chosen)))
    split_sums(chosen, columns, found)
    return found


def _every_split(sizes: IntArray, wanted: IntArray) -> Indices:
    """Return every combination of one set of rows from each stratum."""
    from mmstats.resampling.kernels.splitting import next_splits

    result, start = np.empty((1, 0), dtype=np.uint32), 0
    for total, size in zip(sizes.tolist(), wanted.tolist(), strict=True):
        sets = np.empty((comb(total, size), size), dtype=np.uint32)
        last = np.arange(size, dtype=np.uint32)
        sets[0] = last
        next_splits(sets[1:], last, total)
        sets += np.uint32(start)
        result = np.hstack([np.repeat(result, len(sets), axis=0), np.tile(sets, (len(result), 1))])
        start += total
    return np.ascontiguousarray(result)
