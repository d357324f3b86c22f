"""What is drawn together, and from where: groups, pairs, strata, participants with several rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmstats.resampling.arrays import FloatArray, IntArray

Seeds = npt.NDArray[np.uint64]
CELLS = 65_536  # weights held at once: they stay within a processor's cache


@dataclass(frozen=True)
class Design:
    """Units that are drawn with replacement, each stratum from itself only.

    Parameters
    ----------
    sizes : tuple of int
        How many units each stratum has; units are numbered through, stratum by stratum.
    order : tuple of int
        The order in which strata take their random streams. It should follow from the data, so that the
        order in which groups are named does not change the draws.
    unit : int array, shape (n,), optional
        The unit that each row belongs to, where units have several rows or rows are not in their order.
    """

    sizes: tuple[int, ...]
    order: tuple[int, ...]
    unit: IntArray | None = None

    @property
    def units(self) -> int:
        """How many units there are."""
        return sum(self.sizes)

    @property
    def starts(self) -> IntArray:
        """The first unit of each stratum, and the number of units."""
        return np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)

    def rows(self, weights: FloatArray) -> FloatArray:
        """Return the weights of rows, given those of units."""
        return weights if self.unit is None else weights[:, self.unit]

    def seeds(self, rng: np.random.Generator) -> Seeds:
        """Draw a stream's seed for each stratum."""
        drawn = rng.integers(0, 2**64, size=len(self.sizes), dtype=np.uint64)
        seeds = np.empty_like(drawn)
        seeds[list(self.order)] = drawn
        return seeds


def groups(samples: Sequence[FloatArray]) -> Design:
    """Return the design of independent groups, each sorted."""
    keys = [(len(sample), sample.tolist()) for sample in samples]
    order = sorted(range(len(samples)), key=keys.__getitem__)
    return Design(tuple(len(sample) for sample in samples), tuple(order))


def one_sample(size: int) -> Design:
    """Return the design of rows drawn one by one."""
    return Design((size,), (0,))


def clusters(labels: npt.NDArray[np.generic], strata: npt.NDArray[np.generic] | None = None) -> Design:
    """Return the design of clusters (participants with several rows) drawn whole, within strata if given.

    Parameters
    ----------
    labels : array, shape (n,)
        The cluster of each row.
    strata : array, shape (n,), optional
        The stratum of each row; a cluster lies in one.

    Examples
    --------
    >>> design = clusters(np.array(["b", "a", "b"]))
    >>> design.sizes, design.rows(np.array([[2.0, 0.0]]))
    ((2,), array([[0., 2., 0.]]))
    """
    _, first, cluster = np.unique(labels, return_index=True, return_inverse=True)
    of_cluster = np.zeros(len(first), dtype=np.int64)
    if strata is not None:
        stratum = np.unique(strata, return_inverse=True)[1]
        of_cluster = stratum[first]
        if not np.array_equal(of_cluster[cluster], stratum):
            raise ValueError("A cluster has rows in more than one stratum.")
    by_stratum = np.argsort(of_cluster, kind="stable")
    place = np.empty_like(by_stratum)
    place[by_stratum] = np.arange(len(by_stratum))
    sizes = tuple(int(size) for size in np.bincount(of_cluster))
    return Design(sizes, tuple(range(len(sizes))), place[cluster])


def resample_weights(design: Design, seeds: Seeds, start: int, stop: int) -> Iterator[FloatArray]:
    """Yield how often each row is in the resamples numbered `start` to `stop`, in chunks of them.

    A chunk's memory is used again for the next.

    Yields
    ------
    float array, shape (b, n)
    """
    from mmstats.resampling.kernels.drawing import draw_counts

    return _chunks(draw_counts, design, seeds, start, stop)


def bayesian_weights(design: Design, seeds: Seeds, start: int, stop: int) -> Iterator[FloatArray]:
    """Yield the Bayesian bootstrap's weights, as `resample_weights` does its counts.

    References: rubin1981.
    """
    from mmstats.resampling.kernels.drawing import draw_exponentials

    return _chunks(draw_exponentials, design, seeds, start, stop)


def _chunks(
    draw: Callable[[FloatArray, int, int, np.uint64, int], None],
    design: Design,
    seeds: Seeds,
    start: int,
    stop: int,
) -> Iterator[FloatArray]:
    """Yield the weights of rows that `draw` fills in, stratum by stratum, in memory used again and again."""
    count = max(1, min(stop - start, CELLS // design.units))
    starts, held = design.starts, np.empty((count, design.units))
    for first in range(start, stop, count):
        weights = held[: stop - first]
        for column, size, seed in zip(starts, design.sizes, seeds, strict=False):
            draw(weights, int(column), size, seed, first)
        yield design.rows(weights)


def inner_weights(design: Design, outer: FloatArray, seeds: Seeds, count: int) -> FloatArray:
    """Return `count` resamples of one resample, as weights of rows.

    Parameters
    ----------
    design : Design
    outer : float array, shape (units,)
        How often the resample holds each unit.
    seeds : uint64 array, shape (strata,)
    count : int
    """
    from mmstats.resampling.kernels.drawing import draw_inner

    weights = np.empty((count, design.units))
    for column, size, seed in zip(design.starts, design.sizes, seeds, strict=False):
        draw_inner(weights, outer, int(column), size, seed)
    return design.rows(weights)


def left_out(design: Design) -> FloatArray:
    """Return the weights of rows that leave out each unit once, shape (units, n)."""
    return design.rows(1 - np.eye(design.units))
