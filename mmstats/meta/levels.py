"""Levels of studies, outcomes or clusters as numbers."""

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from mmstats.errors import NotEstimableError

Labels = Collection[Any]  # in an order: a list, an array, a column of a table


def numbered(what: str, levels: Labels) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return the different levels, sorted, and which of them each row has.

    Parameters
    ----------
    what : str
        For the message.
    levels : sequence, length n

    Raises
    ------
    NotEstimableError
        If a level is missing; all such rows are named.

    Examples
    --------
    >>> numbered("study", ["b", "a", "b"])
    (array(['a', 'b'], dtype='<U1'), array([1, 0, 1]))
    """
    values = np.asarray(levels)
    missing = []
    if values.dtype.kind in "Of":
        missing = [row for row, value in enumerate(values, 1) if value is None or value != value]
    if missing:
        shown = ", ".join(map(str, missing[:10])) + ", ..." * (len(missing) > 10)
        one = len(missing) == 1
        raise NotEstimableError(
            f"{what}: {'row' if one else 'rows'} {shown} {'has' if one else 'have'} no level. Leave "
            f"{'it' if one else 'them'} out, or give {'it a level' if one else 'each a level'}."
        )
    if values.dtype.kind == "O":
        values = values.astype(str)
    found, codes = np.unique(values, return_inverse=True)
    return found, np.asarray(codes, dtype=np.int64)
