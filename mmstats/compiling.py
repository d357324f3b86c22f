"""How a loop is compiled: once, when it is first called, and kept on disk for the next process."""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import config, njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Return a function that is compiled when it is first called.

    Floating-point arithmetic stays as written (no reordering), so every machine of one kind gives the same
    bits; a division by zero gives an infinity, as NumPy's does. Where neither the package's folder nor the
    user's cache can be written to, each process compiles for itself. With NUMBA_DISABLE_JIT the loops run as
    plain Python, thousands of times slower, and random words wrap around without a warning.
    """
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return np.errstate(over="ignore", divide="ignore", invalid="ignore")(function)
    try:
        return cast(Function, njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # Numba found no folder to keep it in
        return cast(Function, njit(nogil=True, error_model="numpy")(function))
