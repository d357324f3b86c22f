"""Covariance of coefficients from clusters as they vary, with tests for few clusters.

With Phi_i the working covariance of a cluster's effects, W_i its inverse, M = (X'WX)^-1 and
S_i = Phi_i - X_i M X_i' the covariance of its residuals, the covariance of the coefficients is
M (sum of X_i'W_i A_i e_i e_i' A_i' W_i X_i) M. CR2 has A_i = D_i'(D_i S_i D_i')^-1/2 D_i, Phi_i being
D_i'D_i, and is unbiased if the working covariance is true; CR3 has A_i = Phi_i S_i^-1, nearly the
jackknife; the others have A_i = I and one factor.

References: bell2002, tipton2015, pustejovsky2018.
"""

from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Literal

import numpy as np
from scipy import linalg, sparse, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.independent_blocks import batches, components
from mmstats.meta.levels import Labels, numbered
from mmstats.meta.marginal_deviance import DependentEffects, Marginal
from mmstats.meta.multilevel_result import Multilevel
from mmstats.meta.pooling import Pooled
from mmstats.meta.weighted import BoolArray, FloatArray

Correction = Literal["CR0", "CR1", "CR1p", "CR1S", "CR2", "CR3"]
FEW = 4.0  # degrees of freedom below which the t approximation fails
ALONE = 1e-10  # a share of what is known in a direction of effects that is 0: no other cluster knows of it


@dataclass(frozen=True)
class WaldTest:
    """An approximate Hotelling's T-squared test of several combinations of coefficients.

    Parameters
    ----------
    statistic, df, df2, p_value : float
        F and its degrees of freedom.
    note : str
    """

    statistic: float
    df: float
    df2: float
    p_value: float
    note: str


@dataclass(frozen=True)
class Robust:
    """Cluster-robust inference about p coefficients.

    Parameters
    ----------
    coefficients : float array, shape (p,)
    names : tuple of str, length p
    correction : str
    clusters : int
    along : float array, shape (j, p)
        Each cluster's contribution to the error of each coefficient.
    own : float array, shape (j, p, p)
        Its variance by Phi_i, the working covariance.
    shared : float array, shape (j, p, p)
        For each coefficient (rows), a vector v whose products v_i'v_j over clusters are what the covariance
        of two contributions has less, since coefficients are estimated.
    factor : float
        Of CR1, CR1p and CR1S.
    alone : tuple of str
        Clusters that are the only ones to inform some coefficient.
    """

    coefficients: FloatArray
    names: tuple[str, ...]
    correction: Correction
    clusters: int
    along: FloatArray
    own: FloatArray
    shared: FloatArray
    factor: float
    alone: tuple[str, ...]

    @cached_property
    def covariance(self) -> FloatArray:
        """Of the coefficients, shape (p, p)."""
        return np.asarray(self.factor * self.along.T @ self.along)

    @property
    def std_errors(self) -> FloatArray:
        """Shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @cached_property
    def df(self) -> FloatArray:
        """Satterthwaite's, of each coefficient, shape (p,)."""
        return np.array([self.degrees_of_freedom(row) for row in np.eye(len(self.names))])

    def degrees_of_freedom(self, row: FloatArray) -> float:
        """Return Satterthwaite's, of a combination of coefficients, shape (p,)."""
        return self._eta(row[None])

    @property
    def cluster_df(self) -> int:
        """Clusters less coefficients: what is often taken, and too many where clusters are unequal."""
        return self.clusters - len(self.names)

    @property
    def notes(self) -> tuple[str, ...]:
        """Where few clusters leave too little to rely on."""
        found = [
            f"{name}: {df:.3g} degrees of freedom; below 4 p values are not reliable."
            for name, df in zip(self.names, self.df, strict=True)
            if df < FEW
        ]
        if self.alone:
            shown = ", ".join(self.alone[:5]) + ", ..." * (len(self.alone) > 5)
            found.append(f"Only cluster {shown} informs a coefficient, whose standard error leaves this out.")
        return tuple(found)

    def p_values(self) -> FloatArray:
        """Return two-sided probabilities by t with Satterthwaite's df, shape (p,)."""
        return np.asarray(2 * stats.t.sf(np.abs(self.coefficients / self.std_errors), self.df))

    def intervals(self, level: float = 0.95) -> FloatArray:
        """Return the limits of each coefficient, shape (p, 2)."""
        half = stats.t.isf((1 - level) / 2, self.df) * self.std_errors
        return np.stack([self.coefficients - half, self.coefficients + half], axis=1)

    def wald(self, contrasts: FloatArray) -> WaldTest:
        """Return the test that combinations of coefficients (rows) are 0, by Hotelling's T squared (HTZ).

        References: tipton2015a, pustejovsky2018.
        """
        rows = np.atleast_2d(contrasts)
        q, eta = len(rows), self._eta(rows)
        df2 = eta - q + 1
        if df2 <= 0:
            return WaldTest(
                nan, q, df2, nan,
                f"{self.clusters} clusters are too few to test {q} coefficients together: {df2:.2g} degrees "
                "of freedom.",
            )  # fmt: skip
        values = rows @ self.coefficients
        raw = float(values @ np.linalg.solve(rows @ self.covariance @ rows.T, values))
        value = raw * df2 / (eta * q)
        note = f"{df2:.3g} degrees of freedom; below 4 p values are not reliable." if df2 < FEW else ""
        return WaldTest(value, q, df2, float(stats.f.sf(value, q, df2)), note)

    def _eta(self, rows: FloatArray) -> float:
        """Return the degrees of freedom of the Wishart distribution nearest to that of the covariance."""
        q = len(rows)
        own = rows @ self.own @ rows.T
        shared = rows @ self.shared
        expected = own.sum(axis=0) - np.einsum("jsx,jtx->st", shared, shared)
        sizes, axes = np.linalg.eigh(expected)
        if sizes[0] <= 1e-12 * np.trace(own.sum(axis=0)):
            return 0.0
        turn = (axes / np.sqrt(sizes)).T
        own, shared = turn @ own @ turn.T, turn @ shared
        inner = shared @ shared.transpose(0, 2, 1)
        products = np.einsum("jsx,jty->stxy", shared, shared, optimize=True)
        straight = (
            np.einsum("jss,jtt->", own, own)
            - 2 * np.einsum("jss,jtt->", own, inner)
            + np.einsum("stxy,stxy->", products, products)
        )
        crossed = (
            np.einsum("jst,jst->", own, own)
            - 2 * np.einsum("jst,jst->", own, inner)
            + np.einsum("stxy,styx->", products, products)
        )
        return float(q * (q + 1) / (straight + crossed))


def robust(found: Pooled | Multilevel, clusters: Labels, correction: Correction = "CR2") -> Robust:
    """Return cluster-robust inference about the coefficients of a pooling.

    Parameters
    ----------
    found : Pooled or Multilevel
        Its weights are kept, and its covariance of effects is the working one.
    clusters : sequence, length n
        Rows that may depend on each other in any way; what the model holds dependent must be in one cluster.
    correction : {"CR0", "CR1", "CR1p", "CR1S", "CR2", "CR3"}

    Raises
    ------
    NotEstimableError
        If a cluster divides what the model holds dependent, there are no more clusters than coefficients, or
        CR3 meets a cluster that alone informs a coefficient.

    Examples
    --------
    >>> from mmstats.meta.pooling import pool
    >>> y = np.array([0.1, 0.5, 0.4, 0.9, 0.2, 0.3])
    >>> made = robust(pool(y, np.full(6, 0.04)), [1, 1, 2, 2, 3, 3])
    >>> float(made.std_errors[0].round(4)), float(made.df[0].round(3))
    (0.1258, 2.0)
    """
    model, back, covariance = _model(found)
    labels, codes = numbered("cluster", clusters)
    n, p = model.data.design.shape
    if len(codes) != n:
        raise NotEstimableError(f"{len(codes)} rows have a cluster; there are {n} effects.")
    if len(labels) <= p:
        raise NotEstimableError(
            f"There are {len(labels)} clusters for {p} coefficients; more clusters than that are needed."
        )
    blocks = components(covariance, model.data.terms)
    pairs = np.unique(np.stack([blocks, codes]), axis=1)
    split = np.flatnonzero(np.bincount(pairs[0]) > 1)
    if len(split):
        cut = sorted({str(labels[place]) for place in pairs[1][np.isin(pairs[0], split)]})
        raise NotEstimableError(
            f"The model holds effects of different clusters dependent: {', '.join(cut[:10])}"
            f"{', ...' if len(cut) > 10 else ''}. Take clusters as coarse as the coarsest random term."
        )
    j = len(labels)
    factor = {
        "CR1": j / (j - 1),
        "CR1p": j / (j - p),
        "CR1S": j * (n - 1) / ((j - 1) * (n - p)),
    }.get(correction, 1.0)
    along, own, shared = np.empty((j, p)), np.empty((j, p, p)), np.empty((j, p, p))
    root = np.linalg.cholesky(model.covariance)
    alone: list[str] = []
    for batch in batches(codes, covariance, model.data.terms):
        places = codes[batch.rows[:, 0]]
        total, columns = model.total(batch), model.data.design[batch.rows]
        outer = np.linalg.solve(total, columns) @ model.covariance @ back.T
        adjusted, few = _adjusted(correction, total, columns, model.covariance, outer)
        alone += [str(labels[place]) for place in places[few]]
        along[places] = np.einsum("gms,gm->gs", adjusted, model.residuals[batch.rows])
        turned = adjusted.transpose(0, 2, 1)
        own[places] = turned @ total @ adjusted
        shared[places] = turned @ columns @ root
    if alone and correction == "CR3":
        raise NotEstimableError(
            f"Only cluster {', '.join(alone[:10])} informs a coefficient, so there is no CR3. Take CR2."
        )
    return Robust(
        found.coefficients, found.names, correction, j, along, own, shared, factor, tuple(sorted(alone))
    )


def _adjusted(
    correction: Correction, total: FloatArray, columns: FloatArray, spread: FloatArray, outer: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Return A_i' times the rest, shape (g, m, p), and which clusters are alone to inform something."""
    if correction not in ("CR2", "CR3"):
        return outer, np.zeros(len(total), dtype=bool)
    root = np.linalg.cholesky(total)  # D'
    back = root.transpose(0, 2, 1)
    white = np.linalg.solve(root, columns)
    projected = np.eye(total.shape[1]) - white @ spread @ white.transpose(0, 2, 1)  # S is D' times this D
    values, vectors = np.linalg.eigh((projected + projected.transpose(0, 2, 1)) / 2)
    gone = values <= ALONE
    kept = np.where(gone, 0.0, values)
    if correction == "CR3":  # A_i = Phi_i S_i^-1 = D' (I less a projection)^-1 D'^-1
        powers = np.where(gone, 0.0, 1 / np.where(gone, 1.0, values))
        inverse = (vectors * powers[:, None, :]) @ vectors.transpose(0, 2, 1)
        return np.asarray(np.linalg.solve(back, inverse @ (back @ outer))), np.asarray(gone.any(axis=1))
    # D S D' is F'F: of a root, twice as many digits are kept
    factor = np.sqrt(kept)[:, :, None] * (vectors.transpose(0, 2, 1) @ back @ root)
    _, sizes, axes = np.linalg.svd(factor)
    inside = np.arange(values.shape[1]) < (~gone).sum(axis=1)[:, None]
    powers = np.where(inside, 1 / np.where(inside, sizes, 1.0), 0.0)
    inverse = (axes.transpose(0, 2, 1) * powers[:, None, :]) @ axes
    return np.asarray(root @ inverse @ back @ outer), np.asarray(gone.any(axis=1))


def _model(found: Pooled | Multilevel) -> tuple[Marginal, FloatArray, sparse.csr_array]:
    """Return the least squares, the way back from orthonormal columns, and the sampling covariance."""
    if isinstance(found, Multilevel):
        return found.fit, found.back, found.sampling
    covariance = sparse.csr_array(sparse.diags_array(found.fit.total[0]))
    codes = np.arange(found.count)
    data = DependentEffects(found.effects, found.studies.design, (), batches(codes, covariance, ()))
    back = linalg.solve_triangular(found.triangle, np.eye(len(found.triangle)))
    return data.at(np.zeros(0)), back, covariance
