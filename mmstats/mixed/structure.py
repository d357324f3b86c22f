"""What a mixed model is about: a response, fixed columns, and random columns by group."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RandomTerm:
    """Columns whose coefficients differ by group, with any covariance: `(1 + hand | participant_id)`.

    `(1 + hand || participant_id)`, in which they do not correlate, is several terms of one column each.

    Parameters
    ----------
    group : str
        The variable, or variables joined by ``:``.
    names : tuple of str, length k
        Of the columns: ``intercept``, ``hand[left]``.
    matrix : float array, shape (n, k)
    codes : int array, shape (n,)
        The group of each row, from 0.
    levels : tuple of str
        The groups' names.
    """

    group: str
    names: tuple[str, ...]
    matrix: FloatArray
    codes: IntArray
    levels: tuple[str, ...]

    @property
    def size(self) -> int:
        """The number of columns, k."""
        return len(self.names)


@dataclass(frozen=True)
class MixedData:
    """The rows of a mixed model.

    Parameters
    ----------
    response : float array, shape (n,)
    fixed : float array, shape (n, p)
    names : tuple of str, length p
    random : tuple of RandomTerm
    weights : float array, shape (n,), optional
        Rows have variance sigma^2 / weight.
    offset : float array, shape (n,), optional
        Added to the linear predictor as it is.
    """

    response: FloatArray
    fixed: FloatArray
    names: tuple[str, ...]
    random: tuple[RandomTerm, ...]
    weights: FloatArray | None = None
    offset: FloatArray | None = None
