"""How a loop is compiled: once, when it is first called, and kept on disk for the next process."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar, cast

import numpy as np

Function = TypeVar("Function", bound=Callable[..., object])


class Loop:
    """A function that is compiled when it is first called; until then, the compiler is not even loaded."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.ready: Callable[..., Any] | None = None
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        """Call the compiled function."""
        return (self.ready or self.compile())(*arguments)

    def compile(self) -> Callable[..., Any]:
        """Return the compiled function; the loops that it calls are compiled too."""
        if self.ready is None:
            names = self.function.__globals__
            for name in self.function.__code__.co_names:
                if isinstance(other := names.get(name), Loop):
                    names[name] = other.compile()  # compiled functions know only compiled ones
            self.ready = _compiled(self.function)
        return self.ready


def compiled(function: Function) -> Function:
    """Return a function that is compiled when it is first called.

    Floating-point arithmetic stays as written (no reordering), so every machine of one kind gives the same
    bits; a division by zero gives an infinity, as NumPy's does. Where neither the package's folder nor the
    user's cache can be written to, each process compiles for itself. With NUMBA_DISABLE_JIT the loops run as
    plain Python, thousands of times slower, and random words wrap around without a warning.
    """
    return cast(Function, Loop(function))


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    from numba import config, njit

    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return np.errstate(over="ignore", divide="ignore", invalid="ignore")(function)
    try:
        found = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # Numba found no folder to keep it in
        found = njit(nogil=True, error_model="numpy")(function)
    return cast(Callable[..., Any], found)
