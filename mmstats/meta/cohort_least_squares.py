"""Least squares of all rows of several cohorts, from the sufficient statistics of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy import linalg

from mmstats.effects.independent_columns import independent
from mmstats.errors import NotEstimableError
from mmstats.meta.sufficient import FloatArray, Statistics, merged

Intercepts = Literal["by-cohort", "common"]

FLAT = 1e-14  # a share of columns' variation, that cross-products cannot tell from rounding
EXACT = 1e-12  # residual squares below this share of the outcome's are rounding, as differences of squares


@dataclass(frozen=True)
class CohortFit:
    """A linear model fitted to all rows of several cohorts.

    Parameters
    ----------
    names : tuple of str, length p
        ``cohort[A]`` for an intercept of its own, ``baseline[A]`` for a slope of its own.
    coefficients : float array, shape (p,)
        Columns with slopes by cohort are centred at their cohort's mean, or at the mean over all rows if the
        intercept is common; other columns are as given.
    covariance : float array, shape (p, p)
    count : int
        Rows.
    df : int
        Rows less coefficients.
    residual_sd : float
    r2 : float
        The share of the outcome's variation about its mean over all rows.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    count: int
    df: int
    residual_sd: float
    r2: float

    @property
    def std_errors(self) -> FloatArray:
        """Shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    def __getitem__(self, name: str) -> tuple[float, float]:
        """Return a coefficient and its standard error."""
        at = self.names.index(name)
        return float(self.coefficients[at]), float(self.std_errors[at])


def cohort_least_squares(
    cohorts: Mapping[str, Statistics],
    *,
    common: Sequence[str],
    own: Sequence[str] = (),
    intercepts: Intercepts = "by-cohort",
) -> CohortFit:
    """Fit a linear model to all rows of several cohorts, as if there were one table.

    Parameters
    ----------
    cohorts : mapping of str to Statistics
    common : sequence of str
        Columns with one slope.
    own : sequence of str
        Columns with a slope for each cohort.
    intercepts : {"by-cohort", "common"}

    Raises
    ------
    NotEstimableError
        If columns depend on each other, or there are no more rows than coefficients, or no residuals.

    Examples
    --------
    >>> from mmstats.meta.sufficient import statistics
    >>> a = statistics(np.array([[0, 1.0], [0, 2], [1, 4], [1, 5]]), ("group", "score"))
    >>> b = statistics(np.array([[0, 11.0], [1, 14], [1, 15]]), ("group", "score"))
    >>> fitted = cohort_least_squares({"A": a, "B": b}, common=("group",))
    >>> fitted.names, fitted.coefficients.round(3).tolist()
    (('cohort[A]', 'cohort[B]', 'group'), [1.4, 11.2, 3.2])
    """
    parts = {name: part.chosen([*own, *common, part.outcome]) for name, part in cohorts.items()}
    whole = merged(list(parts.values()))
    by_cohort = intercepts == "by-cohort"
    starts = [f"cohort[{name}]" for name in parts] if by_cohort else ["intercept"]
    names = (*starts, *(f"{column}[{name}]" for name in parts for column in own), *common)
    if whole.count <= len(names):
        raise NotEstimableError(
            f"{len(names)} coefficients need more than {len(names)} rows; there are {whole.count}."
        )
    i, s, p = len(starts), len(own), len(names)
    blocks, outcomes, shift = [], [], np.zeros((p, p))
    for place, part in enumerate(parts.values()):
        rows, far = equivalent_rows(part), sqrt(part.count) * whole.distance(part)
        block, last = np.zeros((len(rows) + 1, p)), len(rows)
        block[last, place if by_cohort else 0] = sqrt(part.count)
        block[:last, i + place * s : i + (place + 1) * s] = rows[:, :s]
        block[:last, i + len(parts) * s :] = rows[:, s:-1]
        block[last, i + len(parts) * s :] = far[s:-1]
        if not by_cohort:
            block[last, i + place * s : i + (place + 1) * s] = far[:s]
        blocks.append(block)
        outcomes.append(np.append(rows[:, -1], far[-1]))
    centre = whole.means + whole.remainders
    shift[:i, i + len(parts) * s :] = -centre[s:-1]
    q, r = independent(np.concatenate(blocks), names, intercept=False)
    y = np.concatenate(outcomes)
    along = q.T @ y
    left = y - q @ along
    squares, total = float(left @ left), float(whole.products[-1, -1])
    if squares <= EXACT * float(sum(part.products[-1, -1] for part in parts.values())):
        raise NotEstimableError(
            "The model fits every row exactly, so nothing is known about the uncertainty."
        )
    df = whole.count - p
    back = (np.eye(p) + shift) @ linalg.solve_triangular(r, np.eye(p))
    found = back @ along
    found[:i] += centre[-1]
    return CohortFit(
        names, found, squares / df * back @ back.T, whole.count, df, sqrt(squares / df), 1 - squares / total
    )


def equivalent_rows(part: Statistics) -> FloatArray:
    """Return m rows that have the same centred cross-products as all n, shape (m, m)."""
    lengths = np.where(part.lengths > 0, part.lengths, 1.0)
    sizes, axes = np.linalg.eigh(part.products / np.outer(lengths, lengths))
    kept = np.where(sizes > FLAT * len(sizes), sizes, 0.0)
    return np.asarray(np.sqrt(kept)[:, None] * axes.T * np.where(part.lengths > 0, lengths, 0.0))
