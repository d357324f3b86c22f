"""Fit a selection model by maximum likelihood."""

from dataclasses import dataclass, field
from functools import cached_property
from math import inf, nan, sqrt
from typing import Literal

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import Pooled, pool
from mmstats.meta.selection.likelihood import SelectionLikelihood
from mmstats.meta.selection.weights import Steps, Weight
from mmstats.meta.weighted import FloatArray
from mmstats.mixed.generalised.optimum import Objective, Optimum, curvature, maximise

Side = Literal["greater", "less"]
AT_ZERO = 1e-4  # scaled roots of tau squared, or of a parameter, below which it is 0
FLAT = 1e-6  # the smallest eigenvalue of the scaled information, relative to the largest one, that is none


@dataclass(frozen=True)
class Selected:
    """A selection model at its maximum.

    Parameters
    ----------
    likelihood : SelectionLikelihood
    unselected : Pooled
        The same studies without selection, by maximum likelihood.
    scale : float array, shape (2 + m,)
        Parameters of the search are `scale` times the scaled ones.
    optimum : Optimum
        By the mean, tau and the free forms of the weight's parameters, scaled.
    """

    likelihood: SelectionLikelihood
    unselected: Pooled
    scale: FloatArray = field(repr=False)
    optimum: Optimum = field(repr=False)

    @cached_property
    def _point(self) -> FloatArray:
        return self.scale * self.optimum.point

    @property
    def names(self) -> tuple[str, ...]:
        """Of the weight's parameters, length m."""
        return self.likelihood.weight.names

    @cached_property
    def at_zero(self) -> tuple[bool, ...]:
        """Whether tau squared, and each of the weight's parameters, is at 0, the end of what is possible."""
        chain = self.likelihood.weight.natural(self._point[2:])[1] / self.scale[2:]
        even = not isinstance(self.likelihood.weight, Steps)
        return (abs(self.optimum.point[1]) < AT_ZERO, *(bool(even and abs(c) < 2 * AT_ZERO) for c in chain))

    @property
    def estimate(self) -> float:
        """The mean of all true effects, published or not."""
        return float(self._point[0])

    @property
    def tau2(self) -> float:
        """The variance of true effects."""
        return 0.0 if self.at_zero[0] else float(self._point[1] ** 2)

    @property
    def parameters(self) -> FloatArray:
        """The weight's parameters, shape (m,)."""
        found = self.likelihood.weight.natural(self._point[2:])[0]
        return np.where(self.at_zero[1:], 0.0, found)

    @property
    def log_likelihood(self) -> float:
        """The log likelihood, with its constants."""
        return self.optimum.value

    @property
    def gradient_norm(self) -> float:
        """The gradient at the maximum in standard errors: 0 but for rounding."""
        return self.optimum.gradient_norm

    @cached_property
    def covariance(self) -> FloatArray:
        """Of the mean, tau squared and the weight's parameters, shape (2 + m, 2 + m).

        NaN for what is at 0; the others' is that of the model in which it stays there.
        """
        chain = np.concatenate(
            [[1.0, 2 * self._point[1]], self.likelihood.weight.natural(self._point[2:])[1]]
        )
        inside = ~np.array([False, *self.at_zero])
        free = np.eye(len(chain))[:, inside]
        objective = _scaled(self.likelihood, self.scale)
        once, twice = (curvature(objective, self.optimum.point, size * free) / size**2 for size in (1, 2))
        inverse = np.linalg.inv((4 * once - twice) / 3)
        turn = (self.scale * chain)[inside]
        found = np.full((len(chain), len(chain)), nan)
        found[np.ix_(inside, inside)] = turn[:, None] * inverse * turn
        return found

    @property
    def std_error(self) -> float:
        """Of the mean."""
        return sqrt(float(self.covariance[0, 0]))

    @property
    def tau2_std_error(self) -> float:
        """Of tau squared; NaN at 0."""
        return sqrt(float(self.covariance[1, 1]))

    @property
    def parameter_std_errors(self) -> FloatArray:
        """Of the weight's parameters, shape (m,); NaN at 0."""
        return np.sqrt(np.diag(self.covariance)[2:])

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the Wald interval of the mean."""
        half = float(stats.norm.isf((1 - level) / 2)) * self.std_error
        return self.estimate - half, self.estimate + half

    @property
    def p_value(self) -> float:
        """Of the mean, two-sided."""
        return float(2 * stats.norm.sf(abs(self.estimate / self.std_error)))

    @cached_property
    def selection_test(self) -> tuple[float, int, float]:
        """The likelihood-ratio statistic of no selection, its degrees of freedom and p.

        The chi-squared distribution is the usual one; for weights that can only fall with p it is too wide,
        as the hypothesis is at the end of what is possible.
        """
        ratio = max(0.0, 2 * (self.log_likelihood - self.unselected.log_likelihood(restricted=False)))
        return ratio, len(self.names), float(stats.chi2.sf(ratio, len(self.names)))

    @cached_property
    def heterogeneity_test(self) -> tuple[float, int, float]:
        """The likelihood-ratio statistic of tau squared = 0, given selection, its df and p."""
        ratio = max(0.0, 2 * (self.log_likelihood - self.held(1, 0.0).value))
        return ratio, 1, float(stats.chi2.sf(ratio, 1))

    def held(self, place: int, value: float, *near: FloatArray, thorough: bool = True) -> Optimum:
        """Return the maximum where one of (mean, tau, free forms) is held, scaled.

        Parameters
        ----------
        place : int
        value : float
            In the unit of the scaled parameters.
        *near : float arrays, shape (2 + m,)
            Where else to start a search.
        thorough : bool
            Whether to search from everywhere that `select` does, too.

        Raises
        ------
        NotEstimableError
            If no search comes to an end.
        """
        basis = np.delete(np.eye(len(self.scale)), place, axis=1)
        objective = _scaled(self.likelihood, self.scale)
        starts = [self.optimum.point, *near]
        if thorough:
            starts += _starts(self.unselected, self.likelihood.weight, self.scale)
        found, failed = [], None
        for start in starts:
            try:
                found.append(maximise(objective, np.where(basis.any(axis=1), start, value), basis))
            except NotEstimableError as error:
                failed = error
        if not found:
            raise NotEstimableError(
                "A search for the maximum of the selection model's likelihood, with one parameter held, does "
                "not come to an end."
            ) from failed
        return max(found, key=lambda one: one.value)


def select(
    effects: FloatArray, variances: FloatArray, *, weight: Weight | None = None, side: Side = "greater"
) -> Selected:
    """Return the pooled effect under a model of which results are published, by maximum likelihood.

    The three-parameter model, with one step at a one-sided p of 0.025, unless another weight function is
    given. It takes many studies to estimate one; with few, take it as a sensitivity analysis.

    Parameters
    ----------
    effects, variances : float array, shape (k,)
    weight : Weight, optional
    side : {"greater", "less"}
        Which effects are favoured: those above or below 0. p values are one-sided to that side.

    Raises
    ------
    NotEstimableError
        If the studies cannot be pooled, a stretch of p values has no study, or no maximum is found.

    References: hedges1992, vevea1995, citkowicz2017, preston2004, mcshane2016.

    Examples
    --------
    >>> effects = np.array([0.9, 0.7, 0.6, 0.55, 0.5, 0.3, 0.1, 0.2, 0.45, 0.05])
    >>> errors = np.array([0.4, 0.3, 0.29, 0.25, 0.2, 0.12, 0.1, 0.15, 0.3, 0.2])
    >>> found = select(effects, errors**2)
    >>> round(found.estimate, 3), round(float(found.parameters[0]), 3)
    (0.098, 0.051)
    """
    weight = weight or Steps()
    unselected = pool(effects, variances, tau2="ml", test="z")
    likelihood = SelectionLikelihood(
        unselected.effects, unselected.variances, 1 if side == "greater" else -1, weight
    )
    if isinstance(weight, Steps):
        _check_steps(weight, likelihood.z)
    scale = _scale(unselected, len(weight.names))
    objective = _scaled(likelihood, scale)
    try:  # there can be several maxima: the highest one counts
        found = [maximise(objective, start) for start in _starts(unselected, weight, scale)]
    except NotEstimableError as error:
        raise NotEstimableError(
            "A search for the maximum of the selection model's likelihood does not come to an end: the "
            "studies do not tell selection from the effect. Take a weight function with fewer parameters."
        ) from error
    selected = Selected(likelihood, unselected, scale, max(found, key=lambda one: one.value))
    _check_definite(selected)
    return selected


def _check_definite(selected: Selected) -> None:
    inside = ~np.array([False, *selected.at_zero])
    sizes = np.linalg.eigvalsh(selected.optimum.bend[np.ix_(inside, inside)])
    if sizes[0] < FLAT * sizes[-1] or selected.gradient_norm > 1e-5:
        raise NotEstimableError(
            "The selection model's likelihood is flat at its maximum: the studies do not tell selection from "
            "the effect. Take a weight function with fewer parameters."
        )


def _scaled(likelihood: SelectionLikelihood, scale: FloatArray) -> Objective:
    def objective(point: FloatArray) -> tuple[float, FloatArray]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, gradient = likelihood(scale * point)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return -inf, np.zeros(len(point))
        return value, gradient * scale

    return objective


def _scale(unselected: Pooled, parameters: int) -> FloatArray:
    spread = sqrt(unselected.tau2 + unselected.typical_variance)
    width = spread / sqrt(unselected.count)
    return np.concatenate([[float(unselected.std_errors[0]), width], np.ones(parameters)])


def _starts(unselected: Pooled, weight: Weight, scale: FloatArray) -> list[FloatArray]:
    mean = float(unselected.coefficients[0])
    taus = (sqrt(unselected.tau2 + 0.1 * unselected.typical_variance), 2 * sqrt(unselected.tau2) + scale[1])
    return [np.concatenate([[mean, tau], free]) / scale for free in weight.starts for tau in taus]


def _check_steps(weight: Steps, z: FloatArray) -> None:
    steps = np.array(weight.steps)
    if not len(steps) or (steps <= 0).any() or (steps >= 1).any() or (np.diff(steps) <= 0).any():
        raise NotEstimableError(
            f"Steps are one-sided p values within 0 and 1, ascending; given: {weight.steps}."
        )
    counts = np.bincount(weight.stretch(z).astype(np.int64), minlength=len(steps) + 1)
    names = (f"p <= {steps[0]:g}", *weight.names)
    problems = [f"No study has {name}." for name, count in zip(names, counts, strict=True) if not count]
    if problems:
        raise NotEstimableError(
            "The studies do not tell how likely each stretch of p values is to be published; leave out steps "
            "or turn the side:",
            problems,
        )
