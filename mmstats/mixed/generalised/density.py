"""What a family says of each row: its log density and the derivatives by its linear predictors."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Density:
    """Log density of each row and its derivatives; a row has m linear predictors.

    Parameters
    ----------
    value : float array, shape (..., n)
    slope : float array, shape (m, ..., n)
        By each predictor.
    bend : float array, shape (m, m, ..., n)
        By each pair of predictors.
    twist : float array, shape (m, ..., n)
        By each predictor once, and twice along the direction in which random effects move the row.
    """

    value: FloatArray
    slope: FloatArray
    bend: FloatArray
    twist: FloatArray


class Family(Protocol):
    """A distribution of the rows' responses, which it holds.

    `direction`, of shape (m,), is by how much one unit of a random effect moves each predictor.
    """

    @property
    def direction(self) -> FloatArray:
        """How random effects move the predictors, shape (m,)."""

    def density(self, predictors: FloatArray) -> Density:
        """Return the log density at predictors of shape (m, ..., n)."""

    def feasible(self, predictors: FloatArray) -> bool:
        """Return whether the model has a density there."""

    def far(self, predictors: FloatArray) -> bool:
        """Return whether some response is nearly certain: separation drives predictors there."""

    def cone(self, columns: FloatArray) -> FloatArray:
        """Return rows c such that the likelihood never falls along d if c @ d >= 0, shape (rows, p)."""

    def information(self, predictors: FloatArray) -> FloatArray:
        """Return each row's expected information, shape (w, w, n), about its w wide predictors.

        These are those that tell the chance of every response, of shape (w, n): for ordinal responses all
        cuts, otherwise the predictors themselves.
        """

    def information_root(self, predictors: FloatArray) -> FloatArray:
        """Return c rows, shape (c, w, n), whose products summed over c are each row's information."""

    def information_slope(self, predictors: FloatArray, kernel: FloatArray) -> FloatArray:
        """Return the derivatives of each row's trace(information @ kernel) by its wide predictors.

        `kernel` has shape (w, w, n), the result (w, n).
        """

    def simulated(self, predictors: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return a response drawn for each row, shape (n,), at wide predictors of shape (w, n)."""
