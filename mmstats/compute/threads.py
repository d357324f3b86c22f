"""One thread for linear algebra: sums in one order on any number of cores, and no crowd of threads."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "NUMBA")
} | {"VECLIB_MAXIMUM_THREADS": "1"}


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it, the linear algebra of NumPy and SciPy uses one thread."""
    with _controller("sklearn" in sys.modules).limit(limits=1):
        yield


def one_numba_thread() -> None:
    """Let Numba use one thread from now on; once it is loaded, it minds a change of its environment."""
    if "numba" in sys.modules:
        sys.modules["numba"].set_num_threads(1)
    else:
        os.environ["NUMBA_NUM_THREADS"] = "1"


@cache
def _controller(scikit_learn: bool) -> Any:
    """Return what steers the libraries loaded so far; scikit-learn brings one of its own."""
    import scipy.linalg  # noqa: F401, loads the second of the two libraries
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
