"""Sending items to workers in chunks, and giving their answers back in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from mmstats.compute.parcel import Outcome, pack, unpack
from mmstats.errors import ComputeError
from mmstats.printable import for_terminal

SECONDS = 0.25  # that a chunk should take: long beside the way to a worker, short beside a coffee
MOST_ITEMS = 1_000
MOST_AHEAD = 64  # chunks kept while an earlier one is awaited
LOOK = 0.5
MOST_NAMED = 10


class Crew(Protocol):
    """The workers of one place.

    Attributes
    ----------
    size : int
        How many there are.
    tries : int
        How often a worker may die over the same item when that was all it had.
    """

    size: int
    tries: int

    @property
    def losses(self) -> tuple[type[BaseException], ...]:
        """How a future says that its worker died."""

    def submit(self, items: bytes) -> Future[bytes]:
        """Send a packed chunk."""

    def look(self) -> None:
        """Raise a ComputeError if nothing will come any more."""

    def close(self) -> None:
        """Stop, without waiting for what is under way."""


@dataclass(frozen=True)
class Chunk:
    """Items that travel together.

    Parameters
    ----------
    start : int
        The position of the first.
    items : tuple
    deaths : int
        How many workers died over it while it travelled alone.
    alone : bool
        Whether nothing else may be under way with it, as a worker died.
    """

    start: int
    items: tuple[Any, ...]
    deaths: int = 0
    alone: bool = False


def stream(items: Iterable[Any], gather: Callable[[], Crew]) -> Generator[Any, None, None]:
    """Yield the answer to each item, in order.

    Parameters
    ----------
    items : iterable
    gather : callable
        Returns the crew; called when the first answer is asked for.

    Raises
    ------
    ComputeError
        If workers die over the same item again and again, or none is left.
    """
    crew = gather()
    try:
        yield from _Stream(iter(items), crew).answers()
    finally:
        crew.close()


class _Stream:
    """What is under way, what is finished, and what may have killed a worker."""

    def __init__(self, source: Iterator[Any], crew: Crew) -> None:
        self.source = source
        self.crew = crew
        self.cut = 0
        self.size = 1
        self.under_way: dict[Future[bytes], Chunk] = {}
        self.finished: dict[int, Outcome] = {}
        self.doubtful: deque[Chunk] = deque()

    def answers(self) -> Iterator[Any]:
        position = 0
        while True:
            while chunk := self._next():
                self.under_way[self.crew.submit(pack(chunk.items, what="An item"))] = chunk
            if position in self.finished:
                outcome = self.finished.pop(position)
                yield from outcome.answers
                if outcome.error is not None:
                    raise outcome.error
                position += len(outcome.answers)
            elif self.under_way:
                self._wait()
            else:
                return

    def _next(self) -> Chunk | None:
        """Return the chunk to send now, if any. After a death, what was under way goes one item at a time."""
        if any(chunk.alone for chunk in self.under_way.values()):
            return None
        if self.doubtful:
            return None if self.under_way else self.doubtful.popleft()
        if len(self.under_way) >= 2 * self.crew.size or len(self.finished) >= MOST_AHEAD:
            return None
        items = tuple(islice(self.source, self.size))
        chunk = Chunk(self.cut, items) if items else None
        self.cut += len(items)
        return chunk

    def _wait(self) -> None:
        done, _ = wait(self.under_way, timeout=LOOK, return_when=FIRST_COMPLETED)
        if not done:
            self._look()
        for future in done:
            chunk = self.under_way.pop(future)
            try:
                outcome: Outcome = unpack(future.result())
            except self.crew.losses as death:
                self.under_way[future] = chunk
                self._look()
                del self.under_way[future]
                self._doubt(chunk, death)
                continue
            self.finished[chunk.start] = outcome
            fitting = int(SECONDS * len(chunk.items) / max(outcome.seconds, 1e-9))
            self.size = max(1, min(fitting, 2 * self.size, MOST_ITEMS))

    def _look(self) -> None:
        """Raise an error if nothing will come any more, which says what was under way."""
        try:
            self.crew.look()
        except ComputeError as lost:
            items = [
                f"item {chunk.start + 1 + i}: {for_terminal(repr(item), longest=200)}"
                for chunk in self.under_way.values()
                for i, item in enumerate(chunk.items)
            ]
            more = [f"and {len(items) - MOST_NAMED} more"] if len(items) > MOST_NAMED else []
            raise ComputeError(f"{lost} Under way were:", [*items[:MOST_NAMED], *more]) from lost

    def _doubt(self, chunk: Chunk, death: BaseException) -> None:
        deaths = chunk.deaths + chunk.alone
        if deaths >= self.crew.tries:
            (item,) = chunk.items
            raise ComputeError(
                f"Each worker died that had item {chunk.start + 1} to work on, and nothing else: "
                f"{for_terminal(repr(item), longest=200)}. Most often memory ran out; else something crashes "
                "Python. Give the workers more memory, or run it here to see what happens."
            ) from death
        self.doubtful.extend(
            Chunk(chunk.start + i, (item,), deaths, alone=True) for i, item in enumerate(chunk.items)
        )
        self.doubtful = deque(sorted(self.doubtful, key=lambda one: one.start))
