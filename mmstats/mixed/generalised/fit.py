"""Fit a generalised mixed model: joint maximum over all parameters, with its certificate."""

from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite, nan, sqrt

import numpy as np
from scipy import linalg

from mmstats.effects.likelihood import Recession
from mmstats.errors import NotEstimableError
from mmstats.mixed.generalised.density import FloatArray
from mmstats.mixed.generalised.marginal import Marginal
from mmstats.mixed.generalised.model import GeneralisedModel
from mmstats.mixed.generalised.modes import Modes
from mmstats.mixed.generalised.optimum import Objective, Optimum, curvature, maximise
from mmstats.mixed.generalised.penalty import information, soft_penalty

FLAT = 1e-7  # an eigenvalue of the scaled Hessian that is none
BOUNDARY = 1e-4  # a random effect's scaled standard deviation that is none
ENDLESS = 8.0  # latent standard deviations between groups, at which each answers always the same
UNSTEADY = 1e-3  # a gradient, in standard errors, at which no maximum is


@dataclass(frozen=True)
class GeneralisedFit:
    """A generalised mixed model at its maximum.

    Parameters
    ----------
    model : GeneralisedModel
    marginal : Marginal
    penalised : bool
    scale : float array, shape (size, size)
        Parameters are `scale` times the scaled ones, in which the search is made.
    optimum : Optimum
        Of the scaled parameters; its bend is that of the penalised likelihood.
    """

    model: GeneralisedModel
    marginal: Marginal
    penalised: bool
    scale: FloatArray
    optimum: Optimum

    @cached_property
    def parameters(self) -> FloatArray:
        """The parameters, shape (size,): those of the predictors, then the Cholesky factors'."""
        return self.scale @ self.optimum.point

    @cached_property
    def log_likelihood(self) -> float:
        """The marginal log likelihood, with its constants and without the penalty."""
        return self.marginal(self.parameters)[0]

    @property
    def gradient_norm(self) -> float:
        """The gradient at the maximum in standard errors."""
        return self.optimum.gradient_norm

    @cached_property
    def eigenvalues(self) -> FloatArray:
        """Those of minus the scaled Hessian, ascending: all positive at a maximum that is a point."""
        return np.asarray(np.linalg.eigvalsh(self.optimum.bend))

    @cached_property
    def covariance(self) -> FloatArray:
        """The parameters' covariance, from the Hessian of the marginal likelihood, shape (size, size).

        Without the penalty, if there is one. Directions in which the likelihood is flat are left out.
        """
        bend = self.optimum.bend
        if self.penalised:
            plain = scaled_objective(self.marginal, self.scale, penalised=False)
            bend = curvature(plain, self.optimum.point, np.eye(len(bend)))
        sizes, axes = np.linalg.eigh(bend)
        kept = sizes > FLAT * max(1.0, float(sizes.max()))
        inverse = (axes[:, kept] / sizes[kept]) @ axes[:, kept].T
        return np.asarray(self.scale @ inverse @ self.scale.T)

    @cached_property
    def information(self) -> FloatArray:
        """Minus the Hessian of the penalised likelihood by the parameters, shape (size, size)."""
        back = np.linalg.inv(self.scale)
        return np.asarray(back.T @ self.optimum.bend @ back)

    def std_error(self, contrast: FloatArray) -> float:
        """Return the standard error of a combination of the parameters, shape (size,); NaN if separated."""
        if self.end(contrast) != 0:
            return nan
        return sqrt(max(0.0, float(contrast @ self.covariance @ contrast)))

    @cached_property
    def recession(self) -> Recession:
        """That of the model without random effects: this one is separated if that one is."""
        return Recession(np.empty((0, len(self.model.names))) if self.penalised else self._cone())

    def _cone(self) -> FloatArray:
        p = len(self.model.names)
        rows = self.model.family.cone(self.model.columns) @ self.scale[:p, :p]
        return np.asarray(rows / np.maximum(np.abs(rows).max(initial=1e-300), 1e-300))

    @property
    def separated(self) -> bool:
        """Whether the likelihood grows for ever in some direction of the fixed parameters."""
        return self.far and self.recession.separated

    @cached_property
    def far(self) -> bool:
        """Whether the fixed part drives some row so far that it may be separated: it does if it is."""
        p = len(self.model.names)
        fixed = np.einsum("jnp,p->jn", self.model.columns, self.parameters[:p]) + self.model.offset
        return self.model.family.far(fixed)

    def end(self, contrast: FloatArray) -> float:
        """Return where the likelihood drives a combination of parameters: inf, -inf, 0 (it stays) or NaN."""
        if not self.separated:
            return 0.0
        p = len(self.model.names)
        scaled = self.scale[:p, :p].T @ contrast[:p]
        return self.recession.end(scaled) if scaled.any() else 0.0

    def value(self, contrast: FloatArray) -> float:
        """Return the estimate of a combination of parameters; infinite or NaN if separated."""
        end = self.end(contrast)
        return float(contrast @ self.parameters) if end == 0 else end

    @cached_property
    def factors(self) -> list[FloatArray]:
        """Each random term's Cholesky factor, with diagonals from 0, shape (k, k)."""
        found = self.model.factors(self.parameters[len(self.model.names) :])
        return [factor * np.where(np.diag(factor) < 0, -1.0, 1.0) for factor in found]

    @property
    def covariances(self) -> list[FloatArray]:
        """Each random term's covariance matrix, shape (k, k)."""
        return [factor @ factor.T for factor in self.factors]

    @cached_property
    def singular(self) -> tuple[bool, ...]:
        """For each random term, whether its covariance matrix is at the boundary of what one can be."""
        found = []
        for term, factor in zip(self.model.random, self.factors, strict=True):
            size = np.sqrt((term.matrix**2).mean(axis=0))
            found.append(bool(np.linalg.svd(size[:, None] * factor, compute_uv=False)[-1] < BOUNDARY))
        return tuple(found)

    @cached_property
    def endless(self) -> bool:
        """Whether some random effect's deviation is so large that the likelihood hardly knows it any more."""
        spread = sqrt(self.model.latent_variance) if self.model.latent_variance > 0 else 1.0
        return any(
            bool((np.sqrt((term.matrix**2).mean(axis=0) * np.diag(found)) > ENDLESS * spread).any())
            for term, found in zip(self.model.random, self.covariances, strict=True)
        )

    @cached_property
    def modes(self) -> Modes:
        """The conditional modes of the standard random effects."""
        found = self.marginal.modes(self.parameters)
        assert found is not None, "the maximum has a density"
        return found

    def conditional(self, term: int) -> tuple[FloatArray, FloatArray]:
        """Return a term's conditional modes, shape (levels, k), and their variances, shape (levels, k, k).

        The variances are given the parameters, as if these were known.
        """
        layout, k = self.model.layout, self.model.random[term].size
        at = layout.units[term][:, None] + np.arange(k)
        cluster, slots = at // layout.width, at % layout.width
        inverse = np.linalg.inv(self.modes.hessian)[
            cluster[:, :1, None], slots[:, :, None], slots[:, None, :]
        ]
        factor = self.model.factors(self.parameters[len(self.model.names) :])[term]
        return self.modes.effects.ravel()[at] @ factor.T, factor @ inverse @ factor.T

    def objective(self) -> Objective:
        """Return the penalised log likelihood of scaled parameters, as the search took it."""
        return scaled_objective(self.marginal, self.scale, penalised=self.penalised)


def scaled_objective(marginal: Marginal, scale: FloatArray, *, penalised: bool) -> Objective:
    """Return the log likelihood, penalised or not, as a function of scaled parameters."""

    def objective(point: FloatArray) -> tuple[float, FloatArray]:
        parameters = scale @ point
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # so far out, derivatives are no numbers: undefined
            value, gradient = marginal(parameters)
        if not np.isfinite(gradient).all():
            return -inf, np.zeros(len(point))
        if penalised and isfinite(value):
            more, slope = soft_penalty(marginal.model, parameters)
            value, gradient = value + more, gradient + slope
        if not isfinite(value):
            return -inf, np.zeros(len(point))
        return value, scale.T @ gradient

    return objective


def fit_generalised(
    model: GeneralisedModel,
    points: int = 1,
    *,
    penalised: bool = False,
    start: FloatArray | None = None,
    bend: FloatArray | None = None,
    certify: bool = True,
) -> GeneralisedFit:
    """Return the fit of a generalised mixed model.

    Parameters
    ----------
    model : GeneralisedModel
    points : int
        Quadrature points by dimension; 1 is Laplace's approximation.
    penalised : bool
        Whether the likelihood is softly penalised, so that every estimate is finite.
    start : float array, shape (size,), optional
        Parameters near the maximum.
    bend : float array, shape (size, size), optional
        A guess of minus the Hessian of the parameters.
    certify : bool
        Whether the Hessian is computed at the maximum, and the maximum checked.

    Raises
    ------
    NotEstimableError
        If no maximum is found, or it is not a point although nothing is separated.

    References: bates2015, pinheiro1995, sterzinger2023.
    """
    marginal, scale = Marginal(model, points), _scaling(model)
    objective = scaled_objective(marginal, scale, penalised=penalised)
    diagonal = model.places[:, 1] == model.places[:, 2]
    theta = np.where(diagonal, np.diag(scale)[len(model.names) :], 0.0)
    first = np.concatenate([model.start, theta]) if start is None else start
    guess = None if bend is None else scale.T @ bend @ scale
    optimum = maximise(objective, np.asarray(np.linalg.solve(scale, first)), bend=guess, certify=certify)
    fit = GeneralisedFit(model, marginal, penalised, scale, optimum)
    if certify:
        _check(fit)
    return fit


def _check(fit: GeneralisedFit) -> None:
    """Raise unless the maximum is one."""
    if fit.separated:
        return
    sizes, axes = np.linalg.eigh(fit.optimum.bend)
    flat = sizes[0] < FLAT * max(1.0, sizes[-1]) and not any(fit.singular)
    if fit.gradient_norm > UNSTEADY or flat:
        fixed = int(np.abs(axes[:, 0]).argmax()) < len(fit.model.names)
        raise NotEstimableError(
            f"The likelihood is flat at its maximum, most so in the {'fixed' if fixed else 'random'} part, "
            "which the data do not determine: leave a term out."
        )


def _scaling(model: GeneralisedModel) -> FloatArray:
    """Return the matrix that turns scaled parameters, with standard errors near 1, into parameters."""
    p = len(model.names)
    found = np.zeros((model.size, model.size))
    sizes = [np.sqrt((term.matrix**2).mean(axis=0)) for term in model.random]
    for j, (r, a, _) in enumerate(model.places, start=p):
        found[j, j] = 1 / sizes[r][a]
    diagonal = model.places[:, 1] == model.places[:, 2]
    try:
        root = np.linalg.cholesky(_spread_information(model, np.where(diagonal, np.diag(found)[p:], 0.0)))
    except np.linalg.LinAlgError:
        raise NotEstimableError("Some coefficient is not determined by the data: leave a term out.") from None
    found[:p, :p] = linalg.solve_triangular(root, np.eye(p), lower=True).T
    return found


def _spread_information(model: GeneralisedModel, theta: FloatArray) -> FloatArray:
    """Return about what is known of the fixed parameters where random effects vary by `theta`, shape (p, p).

    What large counts say of a coefficient is not in their number, but in how groups differ.
    """
    layout, entries, weights = model.layout, model.entries(theta), model.family.information(model.typical)
    pulled = np.einsum("v,vwn->wn", model.wide_direction, weights)
    across = np.einsum("wn,wnp->np", pulled, model.wide)
    size = np.einsum("wn,w->n", pulled, model.wide_direction)
    within = np.eye(layout.width) + layout.paired(
        size[:, None, None] * entries[:, :, None] * entries[:, None, :]
    )
    cross = np.stack([layout.summed(entries * column[:, None]) for column in across.T], axis=2)
    shared = np.einsum("gap,gaq->pq", cross, np.linalg.solve(within, cross))
    return np.asarray(information(model, model.typical) - shared)
