"""Many refits a part at a time, each part with random numbers of its own: any place gives the same answer."""

import numpy as np

from mmstats.mixed.deviance import Columns

NUMBERS = 40_000  # of resamples' sums in a part: about a quarter of a second's work


def part_sizes(columns: Columns, count: int) -> list[int]:
    """Return how many of `count` resamples each part has, which depends on the model only.

    Parts are small enough to be shared among workers, and for memory, and large enough that drawing many
    numbers at a time pays.

    Parameters
    ----------
    columns : Columns
    count : int

    Examples
    --------
    >>> from mmstats.mixed.linear import fit
    >>> from mmstats.mixed.structure import MixedData, RandomTerm
    >>> ones, codes = np.ones((8, 1)), np.arange(8) // 2
    >>> person = RandomTerm("person", ("intercept",), ones, codes, tuple("abcd"))
    >>> y = np.array([1.0, 2, 5, 6, 3, 3, 8, 9])
    >>> found = fit(MixedData(y, ones, ("intercept",), (person,)))
    >>> part_sizes(found.model.design.compiled, 20_000)
    [13333, 6667]
    """
    k, w = columns.root.shape[1], len(columns.within)
    step = max(1, NUMBERS // (len(columns.counts) * k * (k + 1) + w * w))
    return [min(step, count - first) for first in range(0, count, step)]


def streams(rng: np.random.Generator, count: int) -> list[np.random.SeedSequence]:
    """Return seeds of independent streams of random numbers, drawn from `rng`.

    A part's stream does not depend on how many parts there are.
    """
    return np.random.SeedSequence(rng.integers(0, 2**32, 4).tolist()).spawn(count)
