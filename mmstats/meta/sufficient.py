"""What a linear model needs to know of a cohort: how many rows, means of columns, their cross-products."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
import numpy.typing as npt

from mmstats.errors import NotEstimableError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Statistics:
    """The sufficient statistics of n rows and m columns, the last of which is the outcome.

    A linear model with an intercept, and any linear mixed model whose random effects are by cohort, has the
    same likelihood given these as given the rows.

    Parameters
    ----------
    count : int
        n.
    names : tuple of str, length m
        Of the model's columns without the intercept and, last, of the outcome.
    means : float array, shape (m,)
    remainders : float array, shape (m,)
        What the means lack: the sum of both has twice the digits, so that means far from 0 can be compared.
    products : float array, shape (m, m)
        Sums over rows of products of two columns, each less its mean.

    References: chan1983.
    """

    count: int
    names: tuple[str, ...]
    means: FloatArray
    remainders: FloatArray
    products: FloatArray

    @property
    def outcome(self) -> str:
        """The name of the last column."""
        return self.names[-1]

    def places(self, names: Sequence[str]) -> list[int]:
        """Return where columns are.

        Raises
        ------
        NotEstimableError
            If one is not there.
        """
        missing = [name for name in names if name not in self.names]
        if missing:
            raise NotEstimableError(
                f"There is no column {' or '.join(map(repr, missing))}; there are {', '.join(self.names)}."
            )
        return [self.names.index(name) for name in names]

    def chosen(self, names: Sequence[str]) -> "Statistics":
        """Return the statistics of these columns, in this order."""
        at = self.places(names)
        return Statistics(
            self.count, tuple(names), self.means[at], self.remainders[at], self.products[np.ix_(at, at)]
        )

    def with_multiple(self, name: str, of: str, factor: float) -> "Statistics":
        """Return the statistics with one more column, in front of the outcome: a multiple of another."""
        if name in self.names:
            raise NotEstimableError(f"There is a column {name!r} already.")
        m, at = len(self.names), self.places([of])[0]
        turn = np.insert(np.eye(m), m - 1, factor * np.eye(m)[at], axis=0)
        names = (*self.names[:-1], name, self.outcome)
        means, remainders = turn @ self.means, turn @ self.remainders
        return Statistics(self.count, names, means, remainders, turn @ self.products @ turn.T)

    def distance(self, other: "Statistics") -> FloatArray:
        """Return the other's means less these, shape (m,)."""
        return np.asarray((other.means - self.means) + (other.remainders - self.remainders))

    def merged(self, other: "Statistics") -> "Statistics":
        """Return the statistics of the rows of both.

        Raises
        ------
        NotEstimableError
            If their columns differ.

        References: chan1983.
        """
        if self.names != other.names:
            raise NotEstimableError(
                f"Only cohorts with the same columns can be joined: {', '.join(self.names)} are not "
                f"{', '.join(other.names)}."
            )
        total, apart = self.count + other.count, self.distance(other)
        means, remainders = _normalised(self.means, self.remainders + apart * (other.count / total))
        between = np.outer(apart, apart) * (self.count * other.count / total)
        return Statistics(total, self.names, means, remainders, self.products + other.products + between)

    @cached_property
    def lengths(self) -> FloatArray:
        """The root of each column's sum of squares about its mean, shape (m,)."""
        return np.sqrt(np.diag(self.products))


def statistics(matrix: FloatArray, names: Sequence[str]) -> Statistics:
    """Return the sufficient statistics of rows.

    Parameters
    ----------
    matrix : float array, shape (n, m)
        The model's columns without the intercept and, last, the outcome.
    names : sequence of str, length m

    Raises
    ------
    NotEstimableError
        If there are no rows, a value is not finite, or names do not match the columns.

    Examples
    --------
    >>> found = statistics(np.array([[0, 1e9 + 1], [1, 1e9 + 3], [1, 1e9 + 8.0]]), ("group", "score"))
    >>> found.products.round(3).tolist()
    [[0.667, 3.0], [3.0, 26.0]]
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    problems = []
    if not len(matrix):
        problems.append("There are no rows.")
    if matrix.shape[1] != len(names) or len(set(names)) != len(names):
        problems.append(f"{matrix.shape[1]} columns need as many different names, not {', '.join(names)}.")
    for name, column in zip(names, matrix.T, strict=False):
        if not np.isfinite(column).all():
            row = int(np.isfinite(column).argmin()) + 1
            problems.append(f"Row {row}: {name} is {column[row - 1]:g}; only finite numbers have a sum.")
    if problems:
        raise NotEstimableError("The rows have no sufficient statistics:", problems)
    means = np.where(np.ptp(matrix, axis=0) == 0, matrix[0], matrix.mean(axis=0))
    left = matrix - means
    rest = left.mean(axis=0)
    means, remainders = _normalised(means, rest)
    left = left - rest
    left -= left.mean(axis=0)
    return Statistics(len(matrix), tuple(names), means, remainders, left.T @ left)


def merged(parts: Sequence[Statistics]) -> Statistics:
    """Return the statistics of all rows together."""
    return reduce(Statistics.merged, parts)


def centred_product(column: FloatArray, moderator: FloatArray) -> FloatArray:
    """Return the column of an interaction: a column times how far a moderator is from its mean, shape (n,).

    Parameters
    ----------
    column, moderator : float array, shape (n,)
        Of one cohort.
    """
    left = moderator - moderator.mean()
    return np.asarray(column * (left - left.mean()))


def split_interaction(
    parts: Sequence[Statistics], *, column: str, moderator: str, across: str
) -> tuple[Statistics, ...]:
    """Return statistics with the part of an interaction that lies between cohorts as one more column.

    The part within cohorts is a column already, made by `centred_product`. That between them is the column
    times how far its cohort's mean of the moderator is from the mean over all rows. The two have coefficients
    of their own: people within a cohort are compared by the first, cohorts by the second, which is open to
    ecological bias.

    Parameters
    ----------
    parts : sequence of Statistics
    column, moderator : str
        Such as the group, and age.
    across : str
        What to call the new column.

    References: riley2020.
    """
    names = [moderator, parts[0].outcome]
    centre = merged([part.chosen(names) for part in parts])
    return tuple(
        part.with_multiple(across, column, float(centre.distance(part.chosen(names))[0])) for part in parts
    )


def _normalised(large: FloatArray, small: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two numbers with the same sum, the first of which is the sum as it is rounded."""
    total = large + small
    back = total - large
    return total, (large - (total - back)) + (small - back)
