"""Bootstraps of linear mixed models: simulated from the fit, by drawing groups, and leaving groups out."""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np

from mmstats.compute import HERE, Place, each
from mmstats.effects.replicate_quantile import quantile, quantile_std_error
from mmstats.mixed.clusters import clusters_of, refit_groups
from mmstats.mixed.components import Component
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.parts import part_sizes, streams
from mmstats.mixed.refits import Arrays, Refits, fit_all, refits_of
from mmstats.mixed.simulation import simulated
from mmstats.mixed.structure import FloatArray

Kind = Literal["percentile", "basic", "studentized"]


@dataclass(frozen=True)
class BootstrapLimits:
    """Limits from replicates.

    Parameters
    ----------
    low, high : float
        Infinite where too few replicates are defined.
    mcse : float
        The larger Monte-Carlo standard error of the two.
    undefined : int
        Replicates without a value: no optimum was certain, or a correlation had a standard deviation of 0.
        They count as below all others for the lower limit, and above them for the upper.
    """

    low: float
    high: float
    mcse: float
    undefined: int


@dataclass(frozen=True)
class Bootstrap:
    """A fit and its refits to resamples.

    Parameters
    ----------
    fit : LinearFit
    refits : Refits
    """

    fit: LinearFit
    refits: Refits

    @property
    def failed(self) -> int:
        """The number of resamples for which no optimum was certain."""
        return int((~self.refits.certified).sum())

    def coefficient(
        self, contrast: FloatArray, *, level: float = 0.95, kind: Kind = "studentized"
    ) -> BootstrapLimits:
        """Return limits of a combination of fixed coefficients, shape (p,).

        Studentized limits divide by each resample's standard error, from its own variances.

        References: davison1997.
        """
        estimate = float(contrast @ self.fit.coefficients)
        if kind != "studentized":
            return _limits(self._values(contrast), estimate, level, kind, (-np.inf, np.inf))
        return _limits(self._reflected(contrast), estimate, level, "percentile", (-np.inf, np.inf))

    def p_value(self, contrast: FloatArray) -> float:
        """Return the alpha at which studentized limits of level 1 - alpha begin to leave out 0.

        It is at least twice the share of one resample among all and one.

        References: davison1997.
        """
        values = self._reflected(contrast)
        below, above = (np.sort(np.where(np.isnan(values), -np.inf, sign * values)) for sign in (1.0, -1.0))
        low, high = 1 / (len(values) + 1), 0.5
        for _ in range(50):
            tail = (low + high) / 2
            inside = quantile(below, tail) <= 0 <= -quantile(above, tail)
            low, high = (tail, high) if inside else (low, tail)
        return 2 * high

    def _values(self, contrast: FloatArray) -> FloatArray:
        return np.where(self.refits.certified, self.refits.coefficients @ contrast, np.nan)

    def _reflected(self, contrast: FloatArray) -> FloatArray:
        """Return what studentized limits are quantiles of."""
        estimate, errors = float(contrast @ self.fit.coefficients), self.refits.std_errors(contrast)
        own = float(self._itself.std_errors(contrast)[0])
        with np.errstate(invalid="ignore", divide="ignore"):
            pivots = (self._values(contrast) - estimate) / errors
            return np.asarray(estimate - own * pivots)

    @cached_property
    def _itself(self) -> Refits:
        """The fit as one refit, for its own standard errors."""
        return itself(self.fit)

    def component(
        self,
        component: Component,
        *,
        level: float = 0.95,
        kind: Literal["percentile", "basic"] = "percentile",
    ) -> BootstrapLimits:
        """Return limits of a standard deviation or a correlation.

        Basic limits beyond the parameter's range are put at its end, which loses no coverage.

        References: davison1997.
        """
        values = component.of(self.refits.covariances, self.refits.residual_sd)
        values = np.where(self.refits.certified, values, np.nan)
        estimate = float(component.of(self.fit.covariances, self.fit.residual_sd))
        return _limits(values, estimate, level, kind, component.bounds)


def itself(found: LinearFit) -> Refits:
    """Return a fit as a refit of its own response."""
    optima = fit_all(
        found.model.design.compiled,
        found.moments,
        found.optimum.theta,
        found.rows,
        restricted=found.restricted,
    )
    return refits_of(found.model, optima, found.scale, found.along, restricted=found.restricted)


def parametric_bootstrap(
    found: LinearFit, resamples: int, rng: np.random.Generator, *, on: str | Place = HERE
) -> Bootstrap:
    """Refit the model to responses simulated from it, new random effects and residuals each time.

    What the likelihood depends on is simulated itself, so that time depends neither on the number of rows
    nor, in a balanced design, on that of groups.

    Parameters
    ----------
    found : LinearFit
    resamples : int
    rng : Generator
        Gives each part of the resamples its own stream.
    on : str or Place
        Where, as `mmstats.compute.each` takes it; the answer is the same.

    References: efron1979, bates2015.
    """
    sizes = part_sizes(found.model.design.compiled, resamples)
    items = list(zip(sizes, streams(rng, len(sizes)), strict=True))
    parts = each(partial(_refitted_to_simulated, found), items, on=on)
    return Bootstrap(found, Refits.joined(found.model, parts, restricted=found.restricted))


def _refitted_to_simulated(found: LinearFit, part: tuple[int, np.random.SeedSequence]) -> Arrays:
    model, theta = found.model, found.optimum.theta
    drawn = simulated(model.design, found.rows, theta, part[0], np.random.default_rng(part[1]))
    optima = fit_all(model.design.compiled, drawn, theta, found.rows, restricted=found.restricted)
    along = model.triangle @ found.coefficients
    return refits_of(model, optima, found.residual_sd, along, restricted=found.restricted).arrays


def cluster_bootstrap(
    found: LinearFit, resamples: int, rng: np.random.Generator, *, on: str | Place = HERE
) -> Bootstrap:
    """Refit the model to as many groups of the outermost factor as there are, drawn with replacement.

    A group drawn twice counts as two groups.

    Parameters
    ----------
    found : LinearFit
    resamples : int
    rng : Generator
    on : str or Place
        Where, as `mmstats.compute.each` takes it; the answer is the same.

    Raises
    ------
    NotEstimableError
        If factors are crossed.

    References: davison1997.
    """
    clusters = clusters_of(found)
    groups = len(clusters.rows)
    draws = rng.integers(0, groups, (resamples, groups)) + groups * np.arange(resamples)[:, None]
    counts = np.bincount(draws.ravel(), minlength=resamples * groups).reshape(resamples, groups)
    return Bootstrap(found, refit_groups(found, clusters, counts, on=on))


def leave_one_group_out(found: LinearFit) -> Refits:
    """Refit the model without each group of the outermost factor in turn, in the order of its levels.

    Raises
    ------
    NotEstimableError
        If factors are crossed.
    """
    clusters = clusters_of(found)
    groups = len(clusters.rows)
    return refit_groups(found, clusters, 1 - np.eye(groups, dtype=np.int64))


def _limits(
    values: FloatArray, estimate: float, level: float, kind: Kind, bounds: tuple[float, float]
) -> BootstrapLimits:
    """Return the limits from replicates; basic ones are those of the replicates reflected."""
    if kind == "basic":
        values = 2 * estimate - values
    undefined = int(np.isnan(values).sum())
    ends, errors = [], []
    tail = (1 - level) / 2
    for sign in (1.0, -1.0):
        ordered = np.sort(np.where(np.isnan(values), -np.inf, sign * values))
        ends.append(sign * quantile(ordered, tail))
        with np.errstate(invalid="ignore"):
            errors.append(quantile_std_error(ordered, tail, float(np.sqrt(tail * (1 - tail) / len(values)))))
    low, high = np.clip(ends, *bounds)
    return BootstrapLimits(float(low), float(high), max(errors), undefined)
