"""What a covariance structure is: elements as functions of free parameters, with two derivatives."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mmstats.meta.weighted import FloatArray

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Elements:
    """The different elements of a covariance matrix, and their derivatives by t parameters.

    Parameters
    ----------
    values : float array, shape (e,)
    first : float array, shape (t, e)
    second : float array, shape (t, t, e)
    """

    values: FloatArray
    first: FloatArray
    second: FloatArray


class Structure(Protocol):
    """A covariance matrix of q levels, made of e elements by t parameters in a box."""

    @property
    def table(self) -> IntArray:
        """Which element is where, shape (q, q)."""
        ...

    @property
    def lower(self) -> FloatArray:
        """Shape (t,)."""
        ...

    @property
    def upper(self) -> FloatArray:
        """Shape (t,); where it equals the lower bound, the parameter is held."""
        ...

    def elements(self, theta: FloatArray) -> Elements:
        """Return the elements."""
        ...

    def starts(self, variance: float) -> tuple[FloatArray, ...]:
        """Return where searches begin, if variances are of a given size: several with a correlation."""
        ...

    def variances(self, theta: FloatArray) -> FloatArray:
        """Return the variances, one or q."""
        ...

    def correlations(self, theta: FloatArray) -> FloatArray:
        """Return the correlations: none, one, or those of each pair by columns of the lower triangle."""
        ...

    def with_variance(self, theta: FloatArray, place: int, value: float) -> "tuple[Structure, FloatArray]":
        """Return the structure with one variance held, and a start near given parameters."""
        ...

    def with_correlation(self, theta: FloatArray, place: int, value: float) -> "tuple[Structure, FloatArray]":
        """Return the structure with one correlation held, and a start near given parameters."""
        ...


def triangle(q: int) -> tuple[IntArray, IntArray]:
    """Return rows and columns of a lower triangle, by its columns."""
    columns, rows = np.triu_indices(q)
    return rows, columns
