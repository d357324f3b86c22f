"""Cumulative-link mixed model."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from mmstats.comparisons import own_comparisons
from mmstats.effects.coefficient import COEFFICIENT
from mmstats.effects.cumulative_logit import PROPORTIONALITY
from mmstats.effects.odds_ratio import ODDS_RATIO
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.formula import Design, MixedFormula, ModelData
from mmstats.generalised_rows import (
    HolmOrNone,
    Inference,
    MixedInterval,
    Penalty,
    Points,
    compared,
    in_order,
    orthogonal,
    ratio_tested,
)
from mmstats.mixed.generalised.build import cumulative_model
from mmstats.mixed.generalised.fit import GeneralisedFit, fit_generalised
from mmstats.mixed.structure import MixedData
from mmstats.mixed_design import mixed_design
from mmstats.registry import Level, Random, Resamples, method

THRESHOLD = Quantity("threshold", "Threshold")


@method(
    title="Cumulative-link mixed model",
    references=("mccullagh1980", "pinheiro1995", "peterson1990", "sterzinger2023", "searle1980", "holm1979"),
)
def clmm(
    formula: MixedFormula,
    *,
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
    """Odds ratios of an ordinal outcome in rows that share a participant or a site.

    P(outcome <= k) is F(threshold_k - fixed - random), with a threshold of its own between any two
    neighbouring levels: an odds ratio above 1 speaks for higher levels, alike at every threshold
    (proportional odds). Only the order of the outcome's values counts. Levels that nobody has have no
    threshold; if the outcome declares them, a note names them. Ratios are those of one group, not of the
    population. Categorical variables have treatment contrasts: each level against the first.

    The maximum of the marginal likelihood over all parameters at once, with the random effects
    integrated out by Laplace's approximation (``points = 1``, any random terms), or by adaptive
    Gauss-Hermite quadrature with so many points in each dimension (one random term of at most two columns).
    Intervals, penalty, separation and variances of 0 are as `glmm` has them.

    Yields for each term ``odds_ratio`` (``coefficient`` of other links than logit) of its columns, preceded
    by ``likelihood_ratio`` (all are null) if it has several, which a term inside an interaction has not; what
    the columns have of each of the `comparisons`; the ``threshold`` between each two levels; for each random
    term ``random_sd`` and ``random_correlation``; the ``icc`` of the latent variable if the random part is
    one intercept; for each term the ``proportional_odds_test``, the likelihood ratio (without penalty)
    against the model in which that term alone has coefficients of its own at every threshold.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables: ``severity ~ group * hand + (1 | participant_id)``.
    link : {"logit", "probit", "cloglog"}
        The inverse of F, the distribution of the latent variable: logistic, normal, or 1 - exp(-exp(x)),
        that of proportional hazards.
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
        If the outcome has one value only, the formula has no intercept, columns depend on each other,
        groups have one row each, several points are asked for where they cannot be had, no maximum of the
        likelihood is found, or `comparisons` are wrong, with everything that is.

    Notes
    -----
    References: mccullagh1980, pinheiro1995, peterson1990, sterzinger2023, searle1980, holm1979.

    Examples
    --------
    >>> score = [0.0, 1, 0, 2, 1, 1, 0, 0, 1, 2, 3, 1, 2, 2, 1, 3, 0, 1, 0, 1]
    >>> group = pd.Categorical(["HC", "MS"] * 10)
    >>> frame = pd.DataFrame({"score": score, "group": group, "person": np.repeat(np.arange(5.0), 4)})
    >>> for e in clmm(ModelData.of("score ~ group + (1 | person)", frame)):
    ...     print(f"{e.quantity.name} {e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    odds_ratio group[MS]: 6.73 (1.07 to 57.78)
    threshold 0|1: -0.29 (-2.54 to 1.79)
    threshold 1|2: 2.33 (0.30 to 5.20)
    threshold 2|3: 4.12 (1.78 to 7.72)
    random_sd intercept | person: 1.32 (0.00 to 3.84)
    icc : 0.34 (0.00 to 0.82)
    proportional_odds_test group: 1.89 (nan to nan)
    """
    scores, labels, note = _scores(formula)
    whole, design = mixed_design(scores)
    if not design.formula.intercept:
        raise NotEstimableError("Leave out '0 +': thresholds stand in the place of the intercept.")
    own = own_comparisons(comparisons, design, scores.frame)
    whole = in_order(whole)
    data, contrasts = orthogonal(whole, design)
    first = contrasts[0]
    data, slopes = replace(data, fixed=data.fixed[:, 1:], names=data.names[1:]), contrasts[1:, 1:]
    model = cumulative_model(data, link)
    fit = fit_generalised(model, points, penalised=penalty == "soft")
    names = {
        name: dict(zip(data.names, row, strict=True))
        for name, row in zip(design.names[1:], slopes, strict=True)
    }
    names |= compared(own, slopes, data.names)
    cuts = model.names[: len(model.levels) - 1]
    # an intercept of 0 is a combination of the orthogonal columns, the first among them
    shift = dict(zip(data.names, -first[1:], strict=True))
    names |= {cut: {cut: 1.0, **shift} for cut in cuts}
    inference = Inference(fit, names, level, interval, resamples, rng, note)
    quantity = ODDS_RATIO if link == "logit" else COEFFICIENT
    yield from inference.terms(design, quantity)
    yield from inference.comparisons(own, quantity, adjust)
    for cut in cuts:
        found = inference.combination(THRESHOLD, cut, test=False)
        yield replace(found, term="|".join(labels.get(side, side) for side in cut.split("|")))
    yield from inference.random_terms()
    plain = fit if penalty == "none" else fit_generalised(model, points)
    yield from _proportionality(inference, plain, whole, design, link)


def _proportionality(
    inference: Inference, fit: GeneralisedFit, data: MixedData, design: Design, link: str
) -> Iterator[Estimate]:
    """Yield for each term the test that its coefficients are the same at every threshold."""
    columns = data.fixed[:, 1:]
    columns = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    scaled = replace(data, fixed=columns, names=design.names[1:])
    others = len(fit.model.levels) - 2
    for place, term in enumerate(design.formula.terms):
        free = [name for name, of in zip(design.names, design.term_of, strict=True) if of == place]

        def ratio(free: list[str] = free) -> float:
            if not others:
                raise NotEstimableError(
                    "The outcome has two values, so there is one threshold, and nothing to compare."
                )
            needed = fit.model.size + others * len(free)
            if needed >= fit.model.rows:
                raise NotEstimableError(
                    f"Coefficients at every threshold need more than {needed} rows; "
                    f"there are {fit.model.rows}."
                )
            apart = fit_generalised(cumulative_model(scaled, link, free), fit.marginal.points)
            return max(0.0, 2 * (apart.optimum.value - fit.optimum.value))

        base = inference.base(PROPORTIONALITY, ":".join(map(str, term)))
        yield ratio_tested(base, ratio, others * len(free))


def _scores(formula: ModelData) -> tuple[ModelData, dict[str, str], str]:
    """Return the data with a numeric response, the names of its scores, and what to say of empty levels."""
    response = formula.formula.response
    values = formula.frame[response.variable]
    if response.transformation:
        raise NotEstimableError(f"Only the order of the outcome counts: write it without {response}.")
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return formula, {}, ""
    codes = values.cat.codes.to_numpy()
    empty = [str(level) for code, level in enumerate(values.cat.categories) if code not in codes]
    note = f"Nobody has {' or '.join(empty)}, so that no threshold is there." if empty else ""
    labels = {f"{code:g}": str(level) for code, level in enumerate(values.cat.categories)}
    numeric = formula.frame.assign(**{response.variable: np.where(codes < 0, np.nan, codes)})
    return replace(formula, frame=numeric), labels, note
