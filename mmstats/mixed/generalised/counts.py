"""Counts with a variance above their mean: negative binomial, or Poisson where that is not so."""

import numpy as np

from mmstats.mixed.generalised.build import negative_binomial_model, poisson_model
from mmstats.mixed.generalised.fit import GeneralisedFit, fit_generalised
from mmstats.mixed.generalised.marginal import Marginal
from mmstats.mixed.structure import MixedData

NEARLY_POISSON = 8.0  # the log size at which the slope of the likelihood tells whether it rises to infinity


def fit_negative_binomial(data: MixedData, points: int = 1, *, penalised: bool = False) -> GeneralisedFit:
    """Return the negative binomial fit, or the Poisson one if the size would be infinite.

    At the Poisson maximum the likelihood either rises or falls with the dispersion 1 / size, as the score
    test of overdispersion has it. If it falls, the maximum is there.

    Parameters
    ----------
    data : MixedData
        The response is the count.
    points : int
    penalised : bool

    Raises
    ------
    NotEstimableError
        As `fit_generalised`, and if responses are not counts.

    References: dean1992.
    """
    model = negative_binomial_model(data)
    poisson = fit_generalised(poisson_model(data), points, penalised=penalised)
    p = len(poisson.model.names)
    near = np.insert(poisson.parameters, p, NEARLY_POISSON)
    if Marginal(model, points)(near)[1][p] >= 0:
        return poisson
    return fit_generalised(model, points, penalised=penalised, start=np.insert(poisson.parameters, p, 1.0))
