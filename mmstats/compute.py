"""Where work runs: here, or in several processes. The same answer from each."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def each(function: Callable[[Item], Answer], items: Sequence[Item], *, workers: int = 1) -> Iterator[Answer]:
    """Yield ``function(item)`` for each item, in the order of the items.

    Parameters
    ----------
    function : callable
        Must not depend on anything but its argument.
    items : sequence
    workers : int
        How many processes share the work; 1 stays in this one.

    Examples
    --------
    >>> list(each(abs, [-1, 2]))
    [1, 2]
    """
    if workers <= 1 or len(items) <= 1:
        yield from map(function, items)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=workers, return_as="generator")(delayed(function)(item) for item in items)
