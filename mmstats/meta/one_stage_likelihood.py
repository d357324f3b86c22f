"""The likelihood of a one-stage model of several cohorts, from each one's cross-products, with derivatives.

In cohort i, the outcome is made of own columns S (an intercept among them), common columns C and random
columns Z, with covariance V = sigma^2 I + Z T Z'. S concern this cohort alone, so that they are projected out
of all else first. What is left depends on C, Z and y through their cross-products only: V^-1 U = U B for
U = [Z, C, y], with B = (I - E K G) / sigma^2, G = U'U, K = L (sigma^2 I + L' Z'Z L)^-1 L', T = LL', E picking
Z.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.cohort_least_squares import FLAT, equivalent_rows
from mmstats.meta.sufficient import FloatArray, Statistics
from mmstats.mixed.structure import IntArray

WEAK = 1e-6  # a column with less than this share of its length left depends on the others


@dataclass(frozen=True)
class Projected:
    """Cross-products of k cohorts without what their own columns explain.

    Parameters
    ----------
    gram : float array, shape (k, q + c + 1, q + c + 1)
        Of q random columns, c common ones, and the outcome.
    raw : float array, shape (k, q, q)
        Of the random columns as given.
    counts, rows : float array, shape (k,)
        Rows, and rows less own columns.
    log_own : float
        The sum of log|S'S|.
    slopes : tuple of float array, shape (s, c + 1)
        Of common columns and outcome on each cohort's own columns, without the intercept.
    """

    gram: FloatArray
    raw: FloatArray
    counts: FloatArray
    rows: FloatArray
    log_own: float
    slopes: tuple[FloatArray, ...]

    @property
    def random(self) -> int:
        """The number of random columns, q."""
        return int(self.raw.shape[1])

    @property
    def common(self) -> int:
        """The number of common columns, c."""
        return int(self.gram.shape[1]) - self.random - 1


def projected(
    parts: dict[str, Statistics], *, own: Sequence[str], common: Sequence[str], random: Sequence[str]
) -> Projected:
    """Return the cross-products without what an intercept and slopes of each cohort explain.

    Parameters
    ----------
    parts : dict of str to Statistics
    own, common : sequence of str
    random : sequence of str
        Some of the common columns.

    Raises
    ------
    NotEstimableError
        If a cohort's own columns depend on each other, or it has no more rows than own columns.
    """
    grams, raws, slopes, log_own = [], [], [], 0.0
    s, problems = len(own), []
    for name, part in parts.items():
        if part.count <= s + 1:
            problems.append(f"Cohort {name!r} has {part.count} rows for {s + 1} coefficients of its own.")
            continue
        chosen = part.chosen([*own, *common, part.outcome])
        at = chosen.places([*random, *common, part.outcome])
        r = np.linalg.qr(equivalent_rows(chosen))[1]
        diagonal, lengths = np.abs(np.diag(r))[:s], chosen.lengths[:s]
        weak = [
            column for column, d, length in zip(own, diagonal, lengths, strict=True) if not d > WEAK * length
        ]
        if weak:
            problems.append(
                f"In cohort {name!r}, {', '.join(weak)} is constant or follows from other columns."
            )
            continue
        r[s:, np.linalg.norm(r[s:], axis=0) <= WEAK * chosen.lengths] = 0.0
        left = r[s:, at]
        grams.append(left.T @ left)
        z = part.places(random)
        mean = part.means[z] + part.remainders[z]
        raws.append(part.products[np.ix_(z, z)] + part.count * np.outer(mean, mean))
        log_own += log(part.count) + 2 * float(np.log(diagonal).sum())
        slopes.append(np.linalg.solve(r[:s, :s], r[:s, at[len(random) :]]))
    if problems:
        raise NotEstimableError("The cohorts' own columns are not determined by their rows:", problems)
    counts = np.array([part.count for part in parts.values()], dtype=np.float64)
    return Projected(np.array(grams), np.array(raws), counts, counts - s - 1, log_own, tuple(slopes))


@dataclass(frozen=True)
class Likelihood:
    """The deviance at one set of variances, what it is made of, and its derivatives.

    The v parameters are the elements of T, column by column of the lower triangle, then g residual variances.

    Parameters
    ----------
    deviance : float
        Minus twice the log likelihood.
    gradient : float array, shape (v,)
    hessian : float array, shape (v, v)
    coefficients : float array, shape (c,)
        Of the common columns.
    covariance : float array, shape (c, c)
        (C'V^-1 C)^-1.
    slopes : float array, shape (v, c, c)
        C'V^-1 G V^-1 C, G being the derivative of V.
    curves : float array, shape (v, v, c, c)
        C'V^-1 G V^-1 H V^-1 C, symmetric in G and H.
    traces : float array, shape (v, v)
        tr(PGPH), half of which is the expected information of restricted likelihood.
    """

    deviance: float
    gradient: FloatArray
    hessian: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    slopes: FloatArray
    curves: FloatArray
    traces: FloatArray


def elements(q: int) -> FloatArray:
    """Return the derivative of T by each of its elements, shape (q (q + 1) / 2, q, q)."""
    found = []
    for column in range(q):
        for row in range(column, q):
            one = np.zeros((q, q))
            one[row, column] = one[column, row] = 1.0
            found.append(one)
    return np.array(found).reshape(len(found), q, q)


def likelihood(
    data: Projected, factor: FloatArray, variances: FloatArray, strata: IntArray, *, restricted: bool
) -> Likelihood:
    """Return the deviance and all that follows from it.

    Parameters
    ----------
    data : Projected
    factor : float array, shape (q, q)
        L, with T = LL'.
    variances : float array, shape (g,)
        Residual ones.
    strata : int array, shape (k,)
        Which of them each cohort has.
    restricted : bool

    Raises
    ------
    NotEstimableError
        If the common columns depend on each other within cohorts.
    """
    q, c = data.random, data.common
    own = variances[strata]
    member = np.eye(len(variances))[strata]
    zz = data.gram[:, :q, :q]
    f1, f2, f3 = _weighted(data.gram, factor, own)
    units = elements(q)
    t, g = len(units), len(variances)

    # derivatives of A = [C, y]'V^-1 [C, y]
    a = f1[:, q:, q:].sum(axis=0)
    first, second = np.empty((t + g, c + 1, c + 1)), np.zeros((t + g, t + g, c + 1, c + 1))
    wz1, wz2 = f1[:, q:, :q], f2[:, q:, :q]
    first[:t] = -np.einsum("kwa,eab,kvb->ewv", wz1, units, wz1)
    first[t:] = -np.einsum("kg,kwv->gwv", member, f2[:, q:, q:])
    inner = np.einsum("eab,kbc,fcd->kefad", units, f1[:, :q, :q], units)
    both = np.einsum("kwa,kefad,kvd->efwv", wz1, inner, wz1)
    second[:t, :t] = both + both.transpose(1, 0, 2, 3)
    half = np.einsum("kg,kwa,eab,kvb->egwv", member, wz2, units, wz1)
    second[:t, t:] = half + half.transpose(0, 1, 3, 2)
    second[t:, :t] = second[:t, t:].transpose(1, 0, 2, 3)
    cubes = 2 * np.einsum("kg,kwv->gwv", member, f3[:, q:, q:])
    second[np.arange(t, t + g), np.arange(t, t + g)] = cubes

    # log|V|, by cohort
    rows, square = (data.rows, zz) if restricted else (data.counts, data.raw)
    logs, slope, bent = _log_determinant(square, rows, factor, own, units, member)

    m, v = a[:c, :c], a[:c, c]
    scale = np.sqrt(np.diag(m)) if c else np.empty(0)
    if c and not (scale.min() > 0 and np.linalg.eigvalsh(m / np.outer(scale, scale))[0] > 100 * FLAT):
        raise NotEstimableError("The common columns do not vary within cohorts, or follow from each other.")
    covariance = np.linalg.inv(m / np.outer(scale, scale)) / np.outer(scale, scale)
    beta = covariance @ v
    w = np.append(-beta, 1.0)
    deviance = float(logs + w @ a @ w) + float(data.counts.sum()) * log(2 * pi)
    gradient = slope + np.einsum("w,ewv,v->e", w, first, w)
    along = np.einsum("ewv,v->ew", first, w)[:, :c]
    hessian = bent + np.einsum("w,efwv,v->ef", w, second, w) - 2 * along @ covariance @ along.T
    turned = np.einsum("xy,eyz->exz", covariance, first[:, :c, :c])
    twice = np.einsum("xy,efyx->ef", covariance, second[:, :, :c, :c])
    crossed = np.einsum("exy,fyx->ef", turned, turned)
    if restricted:
        deviance += data.log_own + float(np.linalg.slogdet(m)[1]) - (c + _own_columns(data)) * log(2 * pi)
        gradient = gradient + np.einsum("exx->e", turned)
        hessian = hessian + twice - crossed
    # tr(PGPH) = tr(V^-1 G V^-1 H) - 2 tr(M^-1 Q) + tr(M^-1 P_G M^-1 P_H), where `second` is twice Q
    return Likelihood(
        deviance, gradient, hessian, beta, covariance, -first[:, :c, :c], second[:, :, :c, :c] / 2,
        -bent - twice + crossed,
    )  # fmt: skip


def _own_columns(data: Projected) -> int:
    return int((data.counts - data.rows).sum())


def _weighted(
    gram: FloatArray, factor: FloatArray, own: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return U'V^-1 U, U'V^-2 U and U'V^-3 U, each of shape (k, u, u)."""
    q, u = len(factor), gram.shape[1]
    turned = np.linalg.solve(
        own[:, None, None] * np.eye(q) + factor.T @ gram[:, :q, :q] @ factor, factor.T @ gram[:, :q]
    )
    step = np.broadcast_to(np.eye(u), gram.shape).copy()
    step[:, :q] -= factor @ turned
    step /= own[:, None, None]
    first = gram @ step
    second = first @ step
    third = second @ step
    return _even(first), _even(second), _even(third)


def _even(products: FloatArray) -> FloatArray:
    return np.asarray((products + products.transpose(0, 2, 1)) / 2)


def _log_determinant(
    square: FloatArray,
    rows: FloatArray,
    factor: FloatArray,
    own: FloatArray,
    units: FloatArray,
    member: FloatArray,
) -> tuple[float, FloatArray, FloatArray]:
    """Return the sum of log|V|, its gradient and its Hessian, by elements and residual variances."""
    q, t, g = len(factor), len(units), member.shape[1]
    inside = np.eye(q) + factor.T @ square @ factor / own[:, None, None]
    logs = float((rows * np.log(own)).sum() + np.linalg.slogdet(inside)[1].sum())
    z1, z2, _ = _weighted(square, factor, own)
    slope, bent = np.empty(t + g), np.zeros((t + g, t + g))
    share = np.eye(q) - np.linalg.inv(inside)
    once, twice = np.einsum("kaa->k", share), np.einsum("kab,kba->k", share, share)
    slope[:t] = np.einsum("eab,kba->e", units, z1)
    slope[t:] = ((rows - once) / own) @ member
    left = np.einsum("eab,kbc->keac", units, z1)
    bent[:t, :t] = -np.einsum("keac,kfca->ef", left, left)
    bent[:t, t:] = -np.einsum("eab,kba,kg->eg", units, z2, member)
    bent[t:, :t] = bent[:t, t:].T
    bent[t:, t:] = -np.diag(((rows - 2 * once + twice) / own**2) @ member)
    return logs, slope, bent
