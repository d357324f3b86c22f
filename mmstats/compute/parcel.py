"""Work as it travels: a function and items as bytes, and what became of them as bytes."""

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from mmstats.compute.threads import one_numba_thread, one_thread
from mmstats.errors import ComputeError
from mmstats.versions import versions

_ALONE = Lock()


@dataclass(frozen=True)
class Outcome:
    """What became of a chunk of items.

    Parameters
    ----------
    answers : tuple
        Up to the first item that raised an error.
    error : BaseException or None
        That error.
    seconds : float
        How long it took.
    """

    answers: tuple[Any, ...]
    error: BaseException | None
    seconds: float


def pack(value: object, *, what: str) -> bytes:
    """Return a value as bytes.

    Raises
    ------
    ComputeError
        If it cannot be.
    """
    import cloudpickle

    try:
        packed: bytes = cloudpickle.dumps(value)
    except Exception as failed:
        raise ComputeError(
            f"{what} cannot be sent from one process to another: {type(failed).__name__}: {failed}. "
            "Work on it here, without --workers or --on."
        ) from failed
    return packed


def unpack(packed: bytes) -> Any:
    """Return what `pack` packed."""
    import cloudpickle

    return cloudpickle.loads(packed)


def carry_out(work: bytes, items: bytes) -> bytes:
    """Carry out packed work on packed items, and return the packed `Outcome`.

    One chunk at a time in a process, whatever its threads: to record warnings is to change all of it.

    Parameters
    ----------
    work : bytes
        The function, and the versions it must be carried out with.
    items : bytes
        A sequence.
    """
    with _ALONE, one_thread():
        one_numba_thread()
        started = time.monotonic()
        answers: list[Any] = []
        error: BaseException | None = None
        try:
            function = _function(work)
            for item in _items(items):
                answers.append(function(item))
        except BaseException as failed:  # told where the answers are awaited
            error = _portable(failed)
        seconds = time.monotonic() - started
        try:
            return pack(Outcome(tuple(answers), error, seconds), what="An answer")
        except ComputeError as failed:
            return pack(Outcome((), failed.with_traceback(None), seconds), what="An error")


def differences(expected: Mapping[str, str]) -> list[str]:
    """Return what is not as it should be in this process: its versions against those expected."""
    return [
        f"{name} is {versions().get(name, 'absent')}, not {wanted}"
        for name, wanted in expected.items()
        if versions().get(name) != wanted
    ]


@lru_cache(maxsize=2)
def _function(work: bytes) -> Callable[[Any], Any]:
    expected, packed = unpack(work)
    if wrong := differences(expected):
        raise ComputeError(f"A worker computes with other versions: {'; '.join(wrong)}.")
    function: Callable[[Any], Any] = _read(packed)
    return function


def _items(items: bytes) -> Sequence[Any]:
    found: Sequence[Any] = _read(items)
    return found


def _read(packed: bytes) -> Any:
    try:
        return unpack(packed)
    except Exception as failed:
        raise ComputeError(
            f"A worker cannot read the work: {type(failed).__name__}: {failed}. What it imports must be "
            "installed where the worker runs."
        ) from failed


def _portable(error: BaseException) -> BaseException:
    """Return an error that arrives as it left, with the worker's traceback as its note."""
    error.add_note("On the worker:\n" + "".join(traceback.format_exception(error)))
    try:
        unpack(pack(error, what="An error"))
    except Exception:
        return ComputeError(f"{type(error).__name__}: {error}")
    return error
