"""New responses from a fitted model, and statistics of models refitted to them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.generalised.counts import fit_negative_binomial
from mmstats.mixed.generalised.density import FloatArray
from mmstats.mixed.generalised.fit import GeneralisedFit, fit_generalised
from mmstats.mixed.generalised.model import GeneralisedModel
from mmstats.mixed.generalised.negative_binomial import NegativeBinomial
from mmstats.mixed.generalised.random import components


def simulate(fit: GeneralisedFit, rng: np.random.Generator) -> FloatArray:
    """Return responses drawn from the fitted model with new random effects, shape (n,).

    Categories of an ordinal response are given by their scores, events as shares of trials.
    """
    model, p = fit.model, len(fit.model.names)
    entries = model.entries(fit.parameters[p:])
    effects = rng.standard_normal((model.layout.clusters, model.layout.width))
    moved = (entries * effects.ravel()[model.layout.flat]).sum(axis=1)
    fixed = np.einsum("wnp,p->wn", model.wide, fit.parameters[:p]) + model.wide_offset
    drawn = model.family.simulated(fixed + model.wide_direction[:, None] * moved, rng)
    return np.unique(model.data.response)[drawn.astype(np.int64)] if model.levels else drawn


def refit(fit: GeneralisedFit, response: FloatArray) -> GeneralisedFit:
    """Return the same model fitted to another response.

    Raises
    ------
    NotEstimableError
        If it cannot be.
    """
    old, data = fit.model, replace(fit.model.data, response=response)
    if isinstance(old.family, NegativeBinomial):
        return fit_negative_binomial(data, fit.marginal.points, penalised=fit.penalised)
    model = old.rebuild(data)
    at = None if fit.separated else _places(model, old)
    start, bend = (None, None) if at is None else (fit.parameters[at], fit.information[np.ix_(at, at)])
    return fit_generalised(
        model, fit.marginal.points, penalised=fit.penalised, start=start, bend=bend, certify=False
    )


def _places(model: GeneralisedModel, old: GeneralisedModel) -> list[int] | None:
    """Return which of the old parameters stand for the new ones; None if some do not.

    A category that nobody has any more takes a threshold with it.
    """
    found = []
    for name in model.names:
        lower = name.partition("|")[0]
        if name in old.names:
            found.append(old.names.index(name))
        elif lower in old.levels[:-1]:
            found.append(old.levels.index(lower))
        else:
            return None
    return [*found, *range(len(old.names), old.size)]


def estimates(fit: GeneralisedFit) -> dict[str, float]:
    """Return every parameter by its name, infinite if separated, and what the random terms are.

    Standard deviations are named ``sd intercept | group``, correlations ``cor a, b | group``.
    """
    units = np.eye(fit.model.size)
    found = {name: fit.value(units[j]) for j, name in enumerate(fit.model.names)}
    for part in components(fit):
        kind = "sd" if len(part.names) == 1 else "cor"
        found[f"{kind} {', '.join(part.names)} | {part.group}"] = part.value
    return found


def bootstrapped(
    fit: GeneralisedFit,
    resamples: int,
    rng: np.random.Generator,
    statistics: Callable[[GeneralisedFit], dict[str, float]] = estimates,
) -> dict[str, FloatArray]:
    """Return statistics of the model refitted to responses drawn from it: the parametric bootstrap.

    Parameters
    ----------
    fit : GeneralisedFit
    resamples : int
    rng : Generator
    statistics : callable
        Gives named numbers of a fit, among them those of `fit` itself.

    Returns
    -------
    dict of float arrays, shape (resamples,)
        NaN where a drawn response has no fit, or its fit not that number.
    """
    found = {name: np.full(resamples, np.nan) for name in statistics(fit)}
    for place in range(resamples):
        response = simulate(fit, rng)
        try:
            refitted = statistics(refit(fit, response))
        except NotEstimableError:  # stays NaN, which limits count as the worst case
            continue
        for name in found.keys() & refitted.keys():
            found[name][place] = refitted[name]
    return found
