"""A linear mixed model ready to be fitted to any response: all that does not depend on it, done once."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import linalg

from mmstats.errors import NotEstimableError
from mmstats.mixed.crossproducts import Design, crossproducts
from mmstats.mixed.layout import Layout, layout_of
from mmstats.mixed.random_columns import LARGEST, root_mean_squares, steady, turned
from mmstats.mixed.structure import FloatArray, MixedData


@dataclass(frozen=True)
class Prepared:
    """A linear mixed model ready to be fitted to any response.

    Parameters
    ----------
    data : MixedData
    design : Design
    orthonormal : float array, shape (n, p)
        Columns that span the weighted fixed ones.
    triangle : float array, shape (p, p)
        The weighted fixed columns are the orthonormal ones times this.
    triangles : tuple of float array, shape (k, k)
        The weighted random columns of each term are those computed with times this.
    """

    data: MixedData
    design: Design
    orthonormal: FloatArray
    triangle: FloatArray
    triangles: tuple[FloatArray, ...]

    @cached_property
    def root_weights(self) -> FloatArray:
        """The roots of the weights, shape (n,)."""
        weights = self.data.weights
        return np.ones(len(self.data.response)) if weights is None else np.sqrt(weights)

    @cached_property
    def back(self) -> tuple[FloatArray, ...]:
        """What makes coefficients of the random columns as given of those computed with, term by term."""
        return tuple(
            np.asarray(linalg.solve_triangular(triangle, np.eye(len(triangle))))
            for triangle in self.triangles
        )

    def as_given(self, theta: FloatArray) -> FloatArray:
        """Return factors, shape (..., t), of the columns computed with as those of the columns given."""
        return turned(self.back, theta)

    def as_computed(self, theta: FloatArray) -> FloatArray:
        """Return factors, shape (..., t), of the columns given as those of the columns computed with."""
        return turned(self.triangles, theta)

    @cached_property
    def _norms(self) -> FloatArray:
        """The lengths of the weighted fixed columns, which are those of the triangle's."""
        return np.asarray(np.sqrt(len(self.triangle)) * root_mean_squares(self.triangle))

    def turned(self, contrasts: FloatArray) -> FloatArray:
        """Return combinations of fixed coefficients, shape (l, p), as those of the orthonormal columns'."""
        contrasts = np.atleast_2d(contrasts)
        if not contrasts.size:
            return contrasts
        unit = self.triangle / self._norms
        found = linalg.solve_triangular(unit, (contrasts / self._norms).T, trans="T")
        return np.asarray(found.T)

    def coefficients(self, along: FloatArray) -> FloatArray:
        """Return the fixed coefficients, given those of the orthonormal columns, shape (p,) or (p, b)."""
        if not len(along):
            return along
        found = np.asarray(linalg.solve_triangular(self.triangle / self._norms, along))
        return found / (self._norms if along.ndim == 1 else self._norms[:, None])

    def log_constant(self, *, restricted: bool) -> float:
        """Return what the deviance of weighted rows and orthonormal columns lacks."""
        found = 2 * float(np.log(np.abs(np.diag(self.triangle))).sum()) if restricted else 0.0
        return found - (0.0 if self.data.weights is None else float(np.log(self.data.weights).sum()))

    def response(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return weighted responses, shape (n, b), off the fixed columns, and their coefficients, (p, b)."""
        offset = 0.0 if self.data.offset is None else self.data.offset[:, None]
        values, level = values - offset, np.zeros((1, values.shape[1]))
        constant = self.data.fixed.shape[1] > 0 and np.ptp(self.data.fixed[:, 0]) == 0
        if constant:  # a large level goes to its coefficient, exactly
            level = values.mean(axis=0, keepdims=True)
        weighted = self.root_weights[:, None] * (values - level)
        along = self.orthonormal.T @ weighted
        left = weighted - self.orthonormal @ along
        if constant:
            along[0] += self.triangle[0, 0] / self.data.fixed[0, 0] * level[0]
        return left, along


def prepared(data: MixedData, *, layout: Layout | None = None) -> Prepared:
    """Return a model's cross-products.

    Parameters
    ----------
    data : MixedData
    layout : Layout, optional
        By default the one that costs least.

    Raises
    ------
    NotEstimableError
        If fixed columns depend on each other, or a term has as many coefficients as there are rows.
    """
    n, p = data.fixed.shape
    _refuse_unsound(data)
    for term in data.random:
        if len(term.levels) * term.size >= n:
            raise NotEstimableError(
                f"({' + '.join(term.names)} | {term.group}) has {len(term.levels) * term.size} coefficients "
                f"for {n} rows: they cannot be told from the residuals. Leave it out, or give each "
                f"{term.group} more rows."
            )
    if n <= p:
        raise NotEstimableError(f"There are {n} rows for {p} fixed coefficients; a model needs more rows.")
    root = np.ones(n) if data.weights is None else np.sqrt(data.weights)
    shifts = _shifts(data.fixed)
    weighted = replace(
        data,
        fixed=root[:, None] * (data.fixed - shifts),
        random=tuple(replace(term, matrix=root[:, None] * term.matrix) for term in data.random),
    )
    sizes = np.sqrt(n) * root_mean_squares(weighted.fixed)
    if p and not sizes.min() > 1 / LARGEST:
        at = int(sizes.argmin())
        reason = "depends on those before it, so its coefficient is not determined"
        if np.abs(data.fixed[:, at]).max() < 1 / LARGEST:
            reason = "is zero in every row, or all but"
        raise NotEstimableError(f"The column {data.names[at]!r} {reason}.")
    orthonormal, triangle = linalg.qr(weighted.fixed / sizes, mode="economic")
    if p and np.abs(np.diag(triangle)).min() < 1e-9:
        at = int(np.abs(np.diag(triangle)).argmin())
        raise NotEstimableError(
            f"The column {data.names[at]!r} depends on those before it, so its coefficient is not determined."
        )
    parts = [steady(term) for term in weighted.random]
    random = [replace(term, matrix=part[0]) for term, part in zip(weighted.random, parts, strict=True)]
    layout = layout_of(weighted) if layout is None else layout
    design = crossproducts(replace(weighted, random=tuple(random)), layout, orthonormal)
    back = np.eye(p)
    if p and shifts.any():
        back[0] += shifts / data.fixed[0, 0]
    return Prepared(data, design, orthonormal, triangle * sizes @ back, tuple(part[1] for part in parts))


def _shifts(columns: FloatArray) -> FloatArray:
    """Return a value to take from each column, shape (p,), so that a large offset costs no digits.

    Where the first column is constant, that changes its coefficient alone; otherwise nothing is taken.
    """
    shifts = np.zeros(columns.shape[1])
    if columns.shape[1] and np.ptp(columns[:, 0]) == 0 and columns[0, 0] != 0:
        shifts[1:] = np.sort(columns[:, 1:], axis=0)[len(columns) // 2]
    return shifts


def _refuse_unsound(data: MixedData) -> None:
    """Raise where a number is not finite, or a weight not positive."""
    parts = {"response": data.response, "fixed part": data.fixed}
    parts |= {f"random part by {term.group}": term.matrix for term in data.random}
    parts |= {} if data.weights is None else {"weights": data.weights}
    parts |= {} if data.offset is None else {"offset": data.offset}
    for name, values in parts.items():
        largest = float(np.abs(values).max(initial=0.0))
        if largest > LARGEST and np.isfinite(largest) and values.ndim == 2:
            raise NotEstimableError(f"The {name} has values of {largest:.0e}: express them in a larger unit.")
        if not np.isfinite(values).all():
            row = int(np.argwhere(~np.isfinite(values))[0][0])
            raise NotEstimableError(f"The {name} of row {row + 1} is not a finite number.")
    if data.weights is not None and not data.weights.min() > 0:
        row = int(data.weights.argmin())
        raise NotEstimableError(
            f"The weight of row {row + 1} is {data.weights[row]:g}; weights are positive."
        )
