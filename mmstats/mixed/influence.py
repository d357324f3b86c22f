"""What a linear mixed model would be without each participant, or each row: exact fits of the rest."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import nan

import numpy as np
from scipy import linalg

from mmstats.errors import NotEstimableError
from mmstats.mixed.deviance import Columns, Response, deviance, solved_for
from mmstats.mixed.leaving_out import Rows, data_without
from mmstats.mixed.linear import LinearFit, searched
from mmstats.mixed.linear import fit as fit_all
from mmstats.mixed.structure import FloatArray, IntArray

LITTLE = 1e-5  # with less of the variation, or of a column, left than this, differences lose too many digits


@dataclass(frozen=True)
class Influence:
    """Fits without each level of a grouping factor. NaN where the rest does not determine the model.

    Changes are those that leaving a level out makes: without it, minus with all rows.

    Parameters
    ----------
    fit : LinearFit
        Of all rows.
    levels : tuple of str, length g
    sizes : int array, shape (g,)
        The rows left out.
    coefficients : float array, shape (g, p)
    std_errors : float array, shape (g, p)
        Without adjustments for few groups.
    residual_sd : float array, shape (g,)
    covariances : tuple of float arrays, each of shape (g, k, k)
        Of each random term.
    notes : tuple of str, length g
        Why there is no fit.
    """

    fit: LinearFit
    levels: tuple[str, ...]
    sizes: IntArray
    coefficients: FloatArray
    std_errors: FloatArray
    residual_sd: FloatArray
    covariances: tuple[FloatArray, ...]
    notes: tuple[str, ...]

    @property
    def changes(self) -> FloatArray:
        """The change of each coefficient, shape (g, p)."""
        return self.coefficients - self.fit.coefficients

    @property
    def dfbetas(self) -> FloatArray:
        """The change of each coefficient over its standard error without the level, shape (g, p).

        References: belsley1980.
        """
        return self.changes / self.std_errors

    @cached_property
    def cooks_distances(self) -> FloatArray:
        """The squared change of all coefficients by their covariance, over their number, shape (g,).

        NaN in a model without fixed coefficients.

        References: cook1977, demidenko2005.
        """
        if not self.fit.data.names:
            return np.full(len(self.levels), nan)
        columns, response = self.fit.model.design.compiled, self.fit.moments[0]
        solved = solved_for(columns)
        restricted, theta = self.fit.restricted, self.fit.optimum.theta
        deviance(theta, restricted, float(self.fit.size), columns, response, solved)  # writes `solved`
        p = self.changes.shape[1]
        inner = linalg.inv(solved.covariance)
        moved = self.changes @ self.fit.model.triangle.T / self.fit.residual_sd
        return np.asarray(np.einsum("gi,ij,gj->g", moved, inner, moved) / p)

    @property
    def covariance_changes(self) -> tuple[FloatArray, ...]:
        """The change of each random term's covariance, each of shape (g, k, k)."""
        return tuple(
            without - whole for without, whole in zip(self.covariances, self.fit.covariances, strict=True)
        )


def influence(fit: LinearFit, codes: IntArray | None = None, levels: tuple[str, ...] = ()) -> Influence:
    """Fit the model without each level in turn, or without each row.

    What the rows left out gave is taken from the cross-products, and each search starts where the whole fit
    ended. Every fit is by the same likelihood, and to its own optimum.

    Parameters
    ----------
    fit : LinearFit
    codes : int array, shape (n,), optional
        The level of each row, from 0: of a random term, or of anything else. By default each row is a level.
    levels : tuple of str, optional
        Their names; by default numbers from 1.

    References: belsley1980, demidenko2005, nieuwenhuis2012.

    Examples
    --------
    >>> from mmstats.mixed.linear import fit
    >>> from mmstats.mixed.structure import MixedData, RandomTerm
    >>> one, visit, codes = np.ones(12), np.tile([0.0, 1, 2], 4), np.repeat(np.arange(4), 3)
    >>> person = RandomTerm("person", ("intercept",), one[:, None], codes, ("A", "B", "C", "D"))
    >>> score = np.array([5.0, 6, 6, 8, 8, 9, 4, 6, 7, 7, 9, 9])
    >>> fixed = np.column_stack([one, visit])
    >>> found = fit(MixedData(score, fixed, ("intercept", "visit"), (person,)))
    >>> without = influence(found, codes, person.levels)
    >>> without.changes[:, 1].round(3).tolist()
    [0.125, 0.125, -0.208, -0.042]
    """
    codes = np.arange(fit.rows) if codes is None else codes
    sizes, rows = np.bincount(codes), Rows.of(fit)
    found, notes = [], []
    for left_out in _by_level(codes, sizes):
        try:
            found.append(_without(rows, left_out))
            notes.append("")
        except NotEstimableError as problem:
            found.append(_nothing(fit))
            notes.append(f"Without it: {problem.message}")
    coefficients, std_errors, residual_sd, covariances = zip(*found, strict=True)
    return Influence(
        fit,
        levels or tuple(str(place + 1) for place in range(len(sizes))),
        sizes,
        np.array(coefficients),
        np.array(std_errors),
        np.array(residual_sd),
        tuple(map(np.array, zip(*covariances, strict=True))),
        tuple(notes),
    )


_Answer = tuple[FloatArray, FloatArray, float, tuple[FloatArray, ...]]


def _by_level(codes: IntArray, sizes: IntArray) -> Iterator[IntArray]:
    """Yield the rows of each level."""
    order, ends = np.argsort(codes, kind="stable"), np.cumsum(sizes)
    for size, end in zip(sizes, ends, strict=True):
        yield order[end - size : end]


def _without(rows: Rows, left_out: IntArray) -> _Answer:
    """Return the coefficients, their standard errors, sigma and the covariances, without some rows."""
    fit = rows.fit
    _check(fit, left_out)
    columns, response = rows.without(left_out)
    restricted, p, start = fit.restricted, columns.fixed, fit.optimum.theta.copy()
    rest = fit
    if _few_digits(columns, response, _whole(fit)):
        rest = fit_all(
            data_without(replace(fit.data, response=fit.response), left_out), restricted=restricted
        )
        columns, response, start = rest.model.design.compiled, rest.moments[0], rest.optimum.theta.copy()
    size = fit.rows - len(left_out) - (p if restricted else 0)
    return _fitted(rest, size, start, columns, response)


def _whole(fit: LinearFit) -> float:
    """Return the response times itself, all rows."""
    return float(fit.moments.square[0] + np.einsum("ukk->", fit.moments.squares[0]))


def _few_digits(columns: Columns, response: Response, whole: float) -> bool:
    """Return whether little of the fixed columns, or of the response off them, is left."""
    at = len(columns.within) - columns.fixed
    cross = columns.cross[:, :, at:]
    products = columns.within[at:, at:] + np.einsum("u,ukx,uky->xy", columns.counts, cross, cross)
    sizes, axes = np.linalg.eigh(products)
    if columns.fixed and sizes[0] < LITTLE:
        return True
    along = axes.T @ (response.common[at:] + np.einsum("ukx,uk->x", cross, response.sums))
    square = response.square + float(np.einsum("ukk->", response.squares))
    return square - float((along**2 / sizes).sum()) < LITTLE * whole


def _fitted(rest: LinearFit, size: int, start: FloatArray, columns: Columns, response: Response) -> _Answer:
    """Return a fit by cross-products, whose scales and triangle are those of `rest`."""
    optimum, solved = searched(columns, response, start, size, restricted=rest.restricted)
    if not (np.isfinite(optimum.deviance) and optimum.certified):
        raise NotEstimableError(
            f"The search for the least deviance ended after {optimum.steps} steps without finding it."
        )
    p = columns.fixed
    sigma = rest.scale * float(np.sqrt(optimum.squares / size))  # `rest` may have other rows than were fitted
    back = linalg.solve_triangular(rest.model.triangle, np.eye(p))
    spread = back @ solved.covariance @ back.T
    relative = replace(rest, optimum=optimum)
    share = sigma / relative.residual_sd
    return (
        relative.coefficients,
        sigma * np.sqrt(np.diag(spread)),
        sigma,
        tuple(share**2 * covariance for covariance in relative.covariances),
    )


def _check(fit: LinearFit, left_out: IntArray) -> None:
    """Refuse a rest that does not determine the random part.

    Raises
    ------
    NotEstimableError
        If a grouping factor has one level left, or as many coefficients as there are rows, or a random column
        is zero.
    """
    kept = np.ones(fit.rows, dtype=np.bool_)
    kept[left_out] = False
    for term in fit.data.random:
        levels = len(np.unique(term.codes[kept]))
        if levels < 2:
            raise NotEstimableError(f"{levels} level of {term.group} is left, and a variance needs two.")
        if levels * term.size >= kept.sum():
            raise NotEstimableError(
                f"({' + '.join(term.names)} | {term.group}) has as many coefficients as rows are left."
            )
        zero = ~term.matrix[kept].any(axis=0)
        if zero.any():
            raise NotEstimableError(f"{term.names[int(zero.argmax())]} is zero in every row that is left.")


def _nothing(fit: LinearFit) -> _Answer:
    p = len(fit.data.names)
    covariances = tuple(np.full((term.size, term.size), nan) for term in fit.data.random)
    return np.full(p, nan), np.full(p, nan), nan, covariances
