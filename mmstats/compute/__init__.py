"""Where work runs: here, in several processes, or on a Dask cluster. The same answer from each."""

from collections.abc import Callable, Generator, Iterable, Sized
from typing import TypeVar

from mmstats.compute.place import HERE, Place
from mmstats.compute.threads import one_thread

__all__ = ["HERE", "Place", "each"]

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def each(
    function: Callable[[Item], Answer], items: Iterable[Item], *, on: str | Place = HERE
) -> Generator[Answer, None, None]:
    """Yield ``function(item)`` for each item, in the order of the items.

    Items are taken, sent and kept a few at a time, so there may be millions. Elsewhere than here they travel
    in chunks of about a quarter of a second; neither the chunks nor the place changes an answer. A worker's
    death costs its chunks a second try. Closing the generator stops the work.

    Parameters
    ----------
    function : callable
        Must not depend on anything but its argument. It can be pickled, and so can items and answers.
    items : iterable
    on : str or Place
        ``here``, ``processes:4``, or ``dask://host:port`` for the scheduler of a Dask cluster.

    Raises
    ------
    ComputeError
        If the place cannot be reached or used, or workers die over the same item again and again. An error of
        the function itself arrives as it is, after the answers before it, and is not tried again.

    Examples
    --------
    >>> list(each(abs, [-1, 2]))
    [1, 2]
    """
    place = Place.parse(on) if isinstance(on, str) else on
    most = len(items) if isinstance(items, Sized) else place.workers
    if not place.scheduler and min(place.workers, most) <= 1:
        return _here(function, items)
    from mmstats.compute.stream import stream

    if place.scheduler:
        from mmstats.compute.cluster import Cluster

        return stream(items, lambda: Cluster(function, place))
    from mmstats.compute.processes import Processes

    return stream(items, lambda: Processes(function, min(place.workers, most)))


def _here(function: Callable[[Item], Answer], items: Iterable[Item]) -> Generator[Answer, None, None]:
    for item in items:
        with one_thread():
            answer = function(item)
        yield answer
