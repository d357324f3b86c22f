"""Bootstrap draws: which observations each resample holds."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CELLS = 2_000_000  # drawn values held in memory at once


def index_draws(
    sizes: Sequence[int], resamples: int, rng: np.random.Generator, *, cells: int = CELLS
) -> Iterator[tuple[IntArray, ...]]:
    """Draw rows with replacement, each group from itself only, in chunks bounded in memory.

    Every group has a random stream of its own, so the draws do not depend on the size of the chunks.

    Parameters
    ----------
    sizes : sequence of int
        The number of observations of each group.
    resamples : int
        How many resamples in all.
    rng : numpy.random.Generator
    cells : int
        About how many indices one chunk may hold.

    Yields
    ------
    tuple of int arrays, each of shape (b, sizes[i])
        The next ``b`` resamples of every group.

    Examples
    --------
    >>> chunks = list(index_draws([3, 4], 10, np.random.default_rng(1), cells=28))
    >>> [[indices.shape for indices in chunk] for chunk in chunks]
    [[(4, 3), (4, 4)], [(4, 3), (4, 4)], [(2, 3), (2, 4)]]
    """
    streams = rng.spawn(len(sizes))
    chunk = max(1, cells // sum(sizes))
    for start in range(0, resamples, chunk):
        count = min(chunk, resamples - start)
        yield tuple(
            stream.integers(0, size, (count, size)) for stream, size in zip(streams, sizes, strict=True)
        )
