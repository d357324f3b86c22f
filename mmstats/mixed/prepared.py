"""A linear mixed model ready to be fitted to any response: all that does not depend on it, done once."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import linalg

from mmstats.errors import NotEstimableError
from mmstats.mixed.crossproducts import Design, crossproducts
from mmstats.mixed.layout import Layout, layout_of
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
    scales : float array, shape (sum of sizes,)
        Root mean squares of the random columns.
    """

    data: MixedData
    design: Design
    orthonormal: FloatArray
    triangle: FloatArray
    scales: FloatArray

    @cached_property
    def root_weights(self) -> FloatArray:
        """The roots of the weights, shape (n,)."""
        weights = self.data.weights
        return np.ones(len(self.data.response)) if weights is None else np.sqrt(weights)

    @cached_property
    def theta_scales(self) -> FloatArray:
        """What the entries of the factors are divided by, in order, to be those of the columns as given."""
        found, at = [], 0
        for term in self.data.random:
            for column in range(term.size):
                found += list(self.scales[at + column : at + term.size])
            at += term.size
        return np.array(found)

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
    sizes = np.sqrt((weighted.fixed**2).sum(axis=0))
    if p and not sizes.min() > 0:
        raise NotEstimableError(f"The column {data.names[int(sizes.argmin())]!r} is zero in every row.")
    orthonormal, triangle = linalg.qr(weighted.fixed / sizes, mode="economic")
    if p and np.abs(np.diag(triangle)).min() < 1e-9:
        at = int(np.abs(np.diag(triangle)).argmin())
        raise NotEstimableError(
            f"The column {data.names[at]!r} depends on those before it, so its coefficient is not determined."
        )
    scales = np.concatenate([np.sqrt(np.mean(term.matrix**2, axis=0)) for term in weighted.random])
    if not scales.min() > 0:
        raise NotEstimableError("A random column is zero in every row.")
    layout = layout_of(weighted) if layout is None else layout
    design = crossproducts(weighted, layout, orthonormal, scales)
    back = np.eye(p)
    if p and shifts.any():
        back[0] += shifts / data.fixed[0, 0]
    return Prepared(data, design, orthonormal, triangle * sizes @ back, scales)


def _shifts(columns: FloatArray) -> FloatArray:
    """Return a value to take from each column, shape (p,), so that a large offset costs no digits.

    Where the first column is constant, that changes its coefficient alone; otherwise nothing is taken.
    """
    shifts = np.zeros(columns.shape[1])
    if columns.shape[1] and np.ptp(columns[:, 0]) == 0 and columns[0, 0] != 0:
        shifts[1:] = np.sort(columns[:, 1:], axis=0)[len(columns) // 2]
    return shifts
