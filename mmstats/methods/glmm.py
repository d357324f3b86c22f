"""Generalised linear mixed model."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from mmstats.comparisons import own_comparisons
from mmstats.effects.coefficient import COEFFICIENT
from mmstats.effects.odds_ratio import LOG_ODDS, ODDS_RATIO
from mmstats.effects.rate_ratio import LOG_RATE, RATE_RATIO
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import MixedFormula, ModelData
from mmstats.generalised_rows import (
    HolmOrNone,
    Inference,
    MixedInterval,
    Penalty,
    Points,
    compared,
    in_order,
    orthogonal,
)
from mmstats.kind import Numeric
from mmstats.mixed.generalised.build import binomial_model, poisson_model
from mmstats.mixed.generalised.counts import fit_negative_binomial
from mmstats.mixed.generalised.fit import fit_generalised
from mmstats.mixed_design import mixed_design
from mmstats.registry import Level, Random, Resamples, method


@method(
    title="Generalised linear mixed model",
    references=(
        "pinheiro1995",
        "skaug2006",
        "bates2015",
        "sterzinger2023",
        "dean1992",
        "nakagawa2010",
        "searle1980",
        "holm1979",
    ),
)
def glmm(
    formula: MixedFormula,
    weights: Numeric | None = None,
    offset: Numeric | None = None,
    *,
    distribution: Literal["binomial", "poisson", "negative-binomial"] = "binomial",
    link: Literal["logit", "probit", "cloglog"] = "logit",
    points: Points = 1,
    penalty: Penalty = "none",
    comparisons: str = "",
    adjust: HolmOrNone = "none",
    level: Level = 0.95,
    interval: MixedInterval = "profile",
    resamples: Resamples = 999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Odds or rate ratios of binary outcomes, shares or counts, in rows that share a participant or a site.

    The maximum of the marginal likelihood over all parameters at once, with the random effects
    integrated out by Laplace's approximation (``points = 1``, any random terms), or by adaptive
    Gauss-Hermite quadrature with so many points in each dimension (one random term of at most two columns).
    With few or binary rows by group, Laplace's approximation makes variances too small: several points
    show how much. Ratios are those of one group, not of the population's mean. Categorical
    variables have treatment contrasts: each level against the first.

    ``binomial`` takes an outcome of two levels, whose event is the second, or shares of events, whose
    weights are the trials. ``poisson`` and ``negative-binomial`` (variance mean + mean^2 / size) take counts;
    of an outcome of two levels, the event counts one. The logarithm of a time at risk is an offset.

    ``profile`` intervals hold what the likelihood-ratio test, whose p is given, does not reject. ``wald``
    has the standard error from the Hessian of the marginal likelihood, and normal quantiles (of a
    standard deviation by its logarithm, of a correlation by Fisher's z, whatever the interval).
    ``parametric-bootstrap`` refits responses drawn from the fitted model, with percentile limits.

    A soft penalty (Jeffreys' prior of the fixed part, and Huber losses of the random effects' Cholesky
    factor, times 2 sqrt(p / n)) keeps all estimates finite and variances from 0; it vanishes as rows grow.
    Without it, separation of the fixed part is found by linear programming; a ratio that it drives to 0 or
    infinity is given as such, with a note. A variance of 0 is a result, and said.

    Yields for each term ``odds_ratio`` (``rate_ratio`` of counts, ``coefficient`` of other links than logit)
    of its columns, preceded by ``likelihood_ratio`` (all are null) if it has several, which a term inside
    an interaction has not; the ``log_odds``, ``log_rate`` or ``coefficient`` of the intercept; what the
    columns have of each of the `comparisons`: a ratio of geometric means of odds or rates; for each
    random term ``random_sd`` and ``random_correlation``; the ``icc`` of the latent variable if the random
    part is one intercept (binomial); the ``negative_binomial_size``.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables: ``relapse ~ group + (1 | participant_id)``.
    weights : Series of float, shape (n,), optional
        Trials of each row (binomial), otherwise how often each row counts.
    offset : Series of float, shape (n,), optional
        Added to the linear predictor.
    distribution : {"binomial", "poisson", "negative-binomial"}
        What the outcome is.
    link : {"logit", "probit", "cloglog"}
        Of the binomial; counts have a logarithmic one.
    points : int
        Quadrature points in each dimension; 1 is Laplace's approximation.
    penalty : {"none", "soft"}
        Whether the likelihood is penalised.
    comparisons : str
        Combinations of marginal means, such as ``left = hand[left]:group[MS] - hand[left]:group[HC]``,
        separated by ``;`` or line breaks. Cells name some of the categorical variables of the fixed part, and
        are averaged over the others; numbers or fractions stand in front, ``1/2 * task[a]``, and add up to 0.
    adjust : {"none", "holm"}
        Whether p values of `comparisons` allow for their number; intervals do not.
    level : float
        Confidence level.
    interval : {"profile", "wald", "parametric-bootstrap"}
        How limits and p values are made.
    resamples : int
        Of the bootstrap.
    rng : Generator, optional
        Of the bootstrap.

    Raises
    ------
    NotEstimableError
        If the outcome does not fit the distribution or is the same in every row, columns depend on each
        other, groups cannot be told from rows, several points are asked for where they cannot be had, no
        maximum of the likelihood is found, or `comparisons` are wrong, with everything that is.

    Notes
    -----
    References: pinheiro1995, skaug2006, bates2015, sterzinger2023, dean1992, nakagawa2010, searle1980,
    holm1979.

    Examples
    --------
    >>> event = pd.Categorical(list("nnyn nyyn nnnn ynny yyyn nnyy yyyy ynyy".replace(" ", "")))
    >>> group = pd.Categorical(["HC"] * 16 + ["MS"] * 16)
    >>> frame = pd.DataFrame({"event": event, "group": group, "person": np.repeat(np.arange(8.0), 4)})
    >>> for e in glmm(ModelData.of("event ~ group + (1 | person)", frame)):
    ...     print(f"{e.quantity.name} {e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    odds_ratio group[MS]: 6.60 (1.50 to 46.63)
    log_odds intercept: -0.79 (-2.07 to 0.25)
    random_sd intercept | person: 0.00 (0.00 to 1.54)
    icc : 0.00 (0.00 to 0.42)
    """
    if distribution != "binomial" and link != "logit":
        raise NotEstimableError("Counts have a logarithmic link; links are for the binomial.")
    data, design = mixed_design(_numeric(formula, distribution), weights=weights, offset=offset)
    own = own_comparisons(comparisons, design, formula.frame)
    data, contrasts = orthogonal(in_order(data), design)
    penalised = penalty == "soft"
    if distribution == "negative-binomial":
        fit = fit_negative_binomial(data, points, penalised=penalised)
    else:
        model = binomial_model(data, link) if distribution == "binomial" else poisson_model(data)
        fit = fit_generalised(model, points, penalised=penalised)
    names = {
        name: dict(zip(data.names, row, strict=True))
        for name, row in zip(design.names, contrasts, strict=True)
    } | compared(own, contrasts, data.names)
    if "log size" in fit.model.names:
        names["log size"] = {"log size": 1.0}
    inference = Inference(fit, names, level, interval, resamples, rng)
    if distribution != "binomial":
        ratio, plain = RATE_RATIO, LOG_RATE
    else:
        ratio, plain = (ODDS_RATIO, LOG_ODDS) if link == "logit" else (COEFFICIENT, COEFFICIENT)
    yield from inference.terms(design, ratio)
    if design.formula.intercept:
        yield inference.combination(plain, "intercept")
    yield from inference.comparisons(own, ratio, adjust)
    yield from inference.random_terms()
    if distribution == "negative-binomial":
        yield inference.dispersion()


def _numeric(formula: ModelData, distribution: str) -> ModelData:
    """Return the data with events as 1 and 0, if the outcome has two levels."""
    response = formula.formula.response
    values = formula.frame[response.variable]
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return formula
    levels = list(values.cat.categories)
    if len(levels) != 2 or response.transformation:
        wanted = "two levels, or shares" if distribution == "binomial" else "counts, or two levels"
        raise NotEstimableError(f"The outcome has {wanted}; {str(response)!r} has {len(levels)} levels.")
    event = (values.cat.codes == 1).astype(np.float64)
    return replace(formula, frame=formula.frame.assign(**{response.variable: event}))
