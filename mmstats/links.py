"""Whose each row is, as a number that tells nothing else: what lines in figures join rows by."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
MARK = " #"


def link_name(variable: str) -> str:
    """Return the name of the column of numbers that stand for a variable's identifiers.

    Examples
    --------
    >>> link_name("participant_id")
    'participant_id #'
    """
    return f"{variable}{MARK}"


def is_link(column: str) -> bool:
    """Return whether a column has such numbers."""
    return column.endswith(MARK)


def links(identifiers: pd.Series, values: Sequence[FloatArray]) -> FloatArray:
    """Return a number from 1 for each row, the same in all rows of one identifier.

    The numbers follow the order of the values of each identifier's rows. Neither identifiers nor the order
    of the rows decide them, so that a number can be matched to nobody by other means than the values: other
    identifiers of the same rows get the same numbers.

    Parameters
    ----------
    identifiers : Series, shape (n,)
        Rows without one have the number NaN.
    values : sequence of float arrays, each of shape (n,)
        What else is kept of each row, as numbers.

    Examples
    --------
    >>> who, score = pd.Series(["zoe", "ada", "zoe", "ada"]), np.array([1.0, 7, 2, 3])
    >>> links(who, [score]).tolist()
    [1.0, 2.0, 1.0, 2.0]
    """
    codes, names = pd.factorize(identifiers)
    ranks = _ranks(values, len(codes))
    told = sorted((sorted(ranks[codes == code].tolist()), code) for code in range(len(names)))
    numbers = np.full(len(names) + 1, np.nan)  # the last is of rows without an identifier
    for number, (_, code) in enumerate(told, 1):
        numbers[code] = number
    return numbers[codes]


def _ranks(values: Sequence[FloatArray], rows: int) -> npt.NDArray[np.intp]:
    """Return the place of each row among the different rows, missing values last."""
    known = [part for column in values for part in (np.isnan(column), np.nan_to_num(column))]
    if not known:
        return np.zeros(rows, dtype=np.intp)
    _, places = np.unique(np.column_stack(known), axis=0, return_inverse=True)
    return places.reshape(-1)
