"""Linear mixed models whose residual variance differs between the levels of a variable."""

from dataclasses import dataclass, replace

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.kenward_roger import KenwardRoger, adjusted
from mmstats.mixed.likelihood_ratio import RatioTest
from mmstats.mixed.linear import SMALL, LinearFit, fit
from mmstats.mixed.prepared import prepared
from mmstats.mixed.satterthwaite import Satterthwaite, uncertainty
from mmstats.mixed.search import by_theta
from mmstats.mixed.strata import StrataDetail, strata_detail
from mmstats.mixed.structure import FloatArray, IntArray, MixedData

DONE = 1e-12  # the decrease of the deviance that one more step promises
MOST_STEPS = 100
WIDEST = 35.0  # a logarithm of a ratio of variances beyond which one of them has vanished
FLAT = 1e-7  # a curvature of the deviance by such a logarithm that tells nothing


@dataclass(frozen=True)
class HeterogeneousFit:
    """A fitted linear mixed model with a residual variance for each level.

    Parameters
    ----------
    fit : LinearFit
        With rows weighted by the first level's variance over their own; its residual standard deviation is
        that of the first level.
    equal : LinearFit
        With one residual variance.
    strata : int array, shape (n,)
        The level of each row.
    levels : tuple of str, length g
        Such as ``group[MS]``.
    log_ratios : float array, shape (g - 1,)
        Logarithms of residual variances relative to the first level's.
    gradient : float array, shape (g - 1,)
        Of the deviance by those, which vanishes.
    hessian : float array, shape (g - 1, g - 1)
        Which is positive definite.
    """

    fit: LinearFit
    equal: LinearFit
    strata: IntArray
    levels: tuple[str, ...]
    log_ratios: FloatArray
    gradient: FloatArray
    hessian: FloatArray

    @property
    def deviance(self) -> float:
        """Minus twice the log likelihood."""
        return self.fit.deviance

    @property
    def variable(self) -> str:
        """The name of the variable, which levels begin with: ``group[MS]``."""
        return self.levels[0].partition("[")[0]

    @property
    def ratios(self) -> FloatArray:
        """Each level's residual standard deviation relative to the first level's, shape (g,)."""
        return np.concatenate([[1.0], np.exp(self.log_ratios / 2)])

    @property
    def residual_sds(self) -> FloatArray:
        """The residual standard deviation at each level, of a row of weight 1, shape (g,)."""
        return self.fit.residual_sd * self.ratios

    @property
    def equal_variances(self) -> RatioTest:
        """The likelihood-ratio test against one residual variance.

        References: pinheiro2000.
        """
        found = max(self.equal.deviance - self.deviance, 0.0)
        return RatioTest(found, len(self.levels) - 1)

    def satterthwaite(self) -> Satterthwaite:
        """Return what degrees of freedom by Satterthwaite are made of; each level's variance is uncertain.

        References: kuznetsova2017, giesbrecht1985.
        """
        found, size = strata_detail(self.fit, self.strata, len(self.levels)), self.fit.size
        variance = found.squares / size
        slope = found.trace - found.quadratic / variance
        bent = 2 * found.bends / variance - found.traces
        _, curvature, jacobian = by_parameters(
            self.fit.optimum.theta, self.fit.model.design.layout.sizes, slope, bent
        )
        single = found.single.copy()
        single[: len(jacobian)] = np.einsum("axy,ak->kxy", found.single[: len(jacobian)], jacobian)
        slopes = variance * found.covariance @ single @ found.covariance
        weights = uncertainty(self.fit.optimum.theta, curvature)
        return Satterthwaite(self.fit, variance * found.covariance, slopes, weights)

    def kenward_roger(self) -> KenwardRoger:
        """Return the adjusted covariance of the coefficients; each level's variance is uncertain.

        References: kenward1997.
        """
        found = strata_detail(self.fit, self.strata, len(self.levels), restricted=True)
        return adjusted(self.fit, found.covariance, found.traces, found.single, found.double)


def fit_heterogeneous(
    data: MixedData, strata: IntArray, levels: tuple[str, ...], *, restricted: bool = True
) -> HeterogeneousFit:
    """Fit a linear mixed model whose residual variance differs between the levels of a variable.

    Parameters
    ----------
    data : MixedData
        Rows of weight w have the variance of their level, over w.
    strata : int array, shape (n,)
        The level of each row, from 0.
    levels : tuple of str, length g
        At least two.
    restricted : bool
        Restricted maximum likelihood, or full.

    Raises
    ------
    NotEstimableError
        If a level has no rows, the variance of one vanishes or is not told by its rows, or the model cannot
        be fitted with equal variances.

    References: pinheiro2000.
    """
    rows = np.bincount(strata, minlength=len(levels))
    empty = [name for name, count in zip(levels, rows, strict=True) if not count]
    if empty or len(levels) < 2:
        reason = f"{', '.join(map(repr, empty))} has no rows" if empty else f"there is only {levels[0]!r}"
        raise NotEstimableError(f"A residual variance for each level needs rows at two or more: {reason}.")
    equal = fit(data, restricted=restricted)
    base = np.ones(equal.rows) if data.weights is None else data.weights
    where, here = np.zeros(len(levels) - 1), equal
    for _ in range(MOST_STEPS):
        gradient, hessian = profiled_derivatives(here, strata_detail(here, strata, len(levels)))
        curves, axes = np.linalg.eigh(hessian)
        along = axes.T @ gradient
        sizes = np.maximum(np.abs(curves), 1e-9 * max(float(np.abs(curves).max()), 1.0))
        promised = float((along**2 / sizes).sum()) / 2
        step = -axes @ (along / sizes)
        if promised < DONE:  # the deviance cannot tell what one more step gains; the gradient can
            last = _at(data, base, strata, where + step, here) if promised > 0 else None
            if last is not None:
                where, here = where + step, last
                gradient, hessian = profiled_derivatives(here, strata_detail(here, strata, len(levels)))
            break
        length, moved = min(1.0, 3.0 / float(np.abs(step).max())), None
        while length > 1e-9:
            found = _at(data, base, strata, where + length * step, here)
            if found is not None and found.deviance < here.deviance:
                moved = found
                break
            length /= 2
        if moved is None:
            break
        where, here = where + length * step, moved
        _refuse_vanished(where, levels)
    if promised > SMALL or curves.min() < FLAT:
        at = int(np.abs(axes[:, 0]).argmax())
        raise NotEstimableError(
            f"The rows do not tell the residual variance at {levels[at + 1]!r} ({rows[at + 1]} rows) "
            f"relative to that at {levels[0]!r} ({rows[0]} rows). Join levels, or use one residual variance."
        )
    return HeterogeneousFit(here, equal, strata, levels, where, gradient, hessian)


def profiled_derivatives(fit: LinearFit, found: StrataDetail) -> tuple[FloatArray, FloatArray]:
    """Return gradient and Hessian of the deviance by the log variance ratios, with all else at its best."""
    size, left, t = fit.size, found.squares, len(fit.optimum.theta)
    slope = found.trace - size * found.quadratic / left
    both = np.outer(found.quadratic, found.quadratic)
    bent = size * (2 * found.bends / left - both / left**2) - found.traces
    gradient, hessian, _ = by_parameters(fit.optimum.theta, fit.model.design.layout.sizes, slope, bent)
    chosen = hessian[t + 1 :, t + 1 :] + np.diag(slope[t + 1 :])  # a variance is the exponential of its log
    curves, axes = np.linalg.eigh(hessian[:t, :t])
    kept = np.abs(curves) > 1e-9 * max(float(np.abs(curves).max()), 1.0)
    across = hessian[t + 1 :, :t] @ axes[:, kept]
    return gradient[t + 1 :], chosen - (across / curves[kept]) @ across.T


def by_parameters(
    theta: FloatArray, sizes: IntArray, slope: FloatArray, bent: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return gradient, Hessian and Jacobian by theta in place of the elements; the strata stay.

    Parameters
    ----------
    theta : float array, shape (t,)
    sizes : int array, shape (terms,)
        Columns of each random term.
    slope : float array, shape (t + g,)
    bent : float array, shape (t + g, t + g)
    """
    t = len(theta)
    gradient, hessian, jacobian = slope.copy(), bent.copy(), np.empty((t, t))
    own_gradient, own_hessian = np.empty(t), np.empty((t, t))
    by_theta(theta, sizes, slope[:t].copy(), bent[:t, :t].copy(), own_gradient, own_hessian, jacobian)
    gradient[:t], hessian[:t, :t] = own_gradient, own_hessian
    hessian[:t, t:] = jacobian.T @ bent[:t, t:]
    hessian[t:, :t] = hessian[:t, t:].T
    return gradient, hessian, jacobian


def _at(
    data: MixedData, base: FloatArray, strata: IntArray, log_ratios: FloatArray, near: LinearFit
) -> LinearFit | None:
    """Return the fit at these ratios; None where there is none."""
    weights = base / np.exp(np.concatenate([[0.0], log_ratios]))[strata]
    try:
        return fit(prepared(replace(data, weights=weights)), restricted=near.restricted, start=near.theta)
    except NotEstimableError:
        return None


def _refuse_vanished(log_ratios: FloatArray, levels: tuple[str, ...]) -> None:
    found = np.concatenate([[0.0], log_ratios])
    if np.ptp(found) > WIDEST:
        raise NotEstimableError(
            f"The residual variance at {levels[int(found.argmin())]!r} vanishes: the model fits its rows "
            "exactly. Join levels, or use one residual variance."
        )
