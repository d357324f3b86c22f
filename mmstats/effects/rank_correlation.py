"""What the rank correlations share: permutations of a few ranks, and extreme arrangements of many."""

from functools import lru_cache
from math import factorial, prod

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MOST_PERMUTED = 9  # 362,880 orders


@lru_cache(maxsize=2)
def orders(n: int) -> npt.NDArray[np.int8]:
    """Return every order of n things, shape (n!, n)."""
    rows = np.zeros((1, 1), dtype=np.int8)
    for size in range(2, n + 1):
        rows = np.concatenate(
            [np.insert(rows, position, size - 1, axis=1) for position in range(size)], dtype=np.int8
        )
    return rows


def perfect_p_value(ranks: FloatArray) -> float:
    """Return the p value of two identical or mirrored rankings: the share of orders as extreme.

    A mirror image exists only where the pattern of ties reads the same from both ends.
    """
    counts = np.unique(ranks, return_counts=True)[1]
    same = prod(factorial(int(count)) for count in counts)
    ways = same * (2 if (counts == counts[::-1]).all() else 1)
    return min(1.0, ways / factorial(len(ranks)))
