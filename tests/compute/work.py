"""Work for other processes: functions they can import."""

import os
import signal
import time
from pathlib import Path
from typing import Any


def square(number: int) -> int:
    return number * number


def process(number: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def refuse_seven(number: int, folder: Path) -> int:
    if number == 7:
        with (folder / "refused").open("a") as file:
            file.write("x")
        raise LookupError("seven")
    return number


def die_once(number: int, folder: Path) -> int:
    """Kill the worker over 7, the first time."""
    flag = folder / "died"
    if number == 7 and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die(number: int, folder: Path) -> int:
    """Kill the worker over 7, every time."""
    if number == 7:
        with (folder / "deaths").open("a") as file:
            file.write("x")
        time.sleep(0.5)  # what starts workers must see that this one has started
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def wait(number: int) -> int:
    time.sleep(0.2)
    return number


def threads(number: int) -> list[int]:
    """Return how many threads each library of linear algebra uses."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info

    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def numba_threads(number: int) -> int:
    """Return how many threads Numba will use."""
    return int(os.environ["NUMBA_NUM_THREADS"])


def unsendable(number: int) -> Any:
    return (one for one in range(number))


class UnreadableError(Exception):
    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


def unreadable(number: int) -> int:
    raise UnreadableError(1, 2)
