"""Cumulative-link mixed model."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from mmstats.comparisons import own_comparisons
from mmstats.effects.coefficient import COEFFICIENT
from mmstats.effects.cumulative_logit import PROPORTIONALITY
from mmstats.effects.odds_ratio import ODDS_RATIO
from mmstats.errors import NotEstimableError, unknown
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
from mmstats.mixed.generalised.model import GeneralisedModel
from mmstats.mixed.structure import MixedData
from mmstats.mixed_design import mixed_design
from mmstats.reference_grid import Combination
from mmstats.registry import Level, Random, Resamples, method

THRESHOLD = Quantity("threshold", "Threshold")

Combinations = dict[str, dict[str, float]]


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
    varying: str = "",
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
    one intercept; for each term the ``proportional_odds_test``, the likelihood ratio (without penalty) of
    the models in which that term has coefficients of its own at every threshold, and in which it has not.

    Terms in `varying` have such coefficients (partial proportional odds), whose rows say at which threshold:
    ``group[MS] at 1|2``. Predictions may then cross, and do so somewhere beyond the data at hand.

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
    varying : str
        Terms of the formula without proportional odds, separated by commas: ``group, hand``. Then there are
        no `comparisons`.
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
        likelihood is found, `varying` names no terms of the formula, or `comparisons` are wrong, with
        everything that is.

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
    free = _varying(varying, design)
    if free and own:
        raise NotEstimableError(
            "Means differ from threshold to threshold where terms vary: leave `comparisons` or `varying` out."
        )
    model, names = _apart(whole, design, link, free) if free else _proportional(whole, design, link, own)
    fit = fit_generalised(model, points, penalised=penalty == "soft")
    cuts = model.names[: len(model.levels) - 1]
    said = {cut: "|".join(labels.get(side, side) for side in cut.split("|")) for cut in cuts}
    several = {name: [f"{name} at {said[cut]}" for cut in cuts] for name in free}
    names |= {
        shown: names.pop(f"{name} at {cut}")
        for name in free
        for cut, shown in zip(cuts, several[name], strict=True)
    }
    inference = Inference(fit, names, level, interval, resamples, rng, note)
    quantity = ODDS_RATIO if link == "logit" else COEFFICIENT
    yield from inference.terms(design, quantity, several)
    yield from inference.comparisons(own, quantity, adjust)
    for cut in cuts:
        yield replace(inference.combination(THRESHOLD, cut, test=False), term=said[cut])
    yield from inference.random_terms()
    plain = fit if penalty == "none" else fit_generalised(model, points)
    yield from _proportionality(inference, plain, whole, design, link, free)


def _varying(text: str, design: Design) -> list[str]:
    """Return the columns of the terms that a text names, separated by commas."""
    terms = [":".join(map(str, term)) for term in design.formula.terms]
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    problems = [unknown(one, terms, what="term of the formula") for one in wanted if one not in terms]
    if problems:
        raise NotEstimableError("`varying` is wrong:", problems)
    return [
        name for name, of in zip(design.names, design.term_of, strict=True) if of >= 0 and terms[of] in wanted
    ]


def _proportional(
    whole: MixedData, design: Design, link: str, own: Sequence[Combination]
) -> tuple[GeneralisedModel, Combinations]:
    """Return the model of orthogonal columns, and how its parameters make coefficients and thresholds."""
    data, contrasts = orthogonal(whole, design)
    first = contrasts[0]
    data, slopes = replace(data, fixed=data.fixed[:, 1:], names=data.names[1:]), contrasts[1:, 1:]
    model = cumulative_model(data, link)
    names = {
        name: dict(zip(data.names, row, strict=True))
        for name, row in zip(design.names[1:], slopes, strict=True)
    }
    names |= compared(own, slopes, data.names)
    # an intercept of 0 is a combination of the orthogonal columns, the first among them
    shift = dict(zip(data.names, -first[1:], strict=True))
    return model, names | {cut: {cut: 1.0, **shift} for cut in model.names[: len(model.levels) - 1]}


def _standardised(data: MixedData, design: Design) -> MixedData:
    """Return the data without the intercept, and with columns of mean 0 and standard deviation 1."""
    columns = data.fixed[:, 1:]
    columns = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return replace(data, fixed=columns, names=design.names[1:])


def _apart(
    whole: MixedData, design: Design, link: str, free: Sequence[str]
) -> tuple[GeneralisedModel, Combinations]:
    """Return the model in which some columns have a coefficient for each threshold, ``x at 1|2``."""
    columns = whole.fixed[:, 1:]
    sizes = dict(zip(design.names[1:], columns.std(axis=0), strict=True))
    means = dict(zip(design.names[1:], columns.mean(axis=0), strict=True))
    model = cumulative_model(_standardised(whole, design), link, free)
    cuts = model.names[: len(model.levels) - 1]
    names: Combinations = {name: {name: 1 / size} for name, size in sizes.items() if name not in free}
    for place, cut in enumerate(cuts):
        parts = {name: {name: 1.0} | ({f"{name} at {cut}": 1.0} if place else {}) for name in free}
        names |= {f"{name} at {cut}": dict.fromkeys(one, 1 / sizes[name]) for name, one in parts.items()}
        shift = {part: means[name] / sizes[name] for name in sizes for part in parts.get(name, {name: 1.0})}
        names[cut] = {cut: 1.0, **shift}
    return model, names


def _proportionality(
    inference: Inference,
    fit: GeneralisedFit,
    data: MixedData,
    design: Design,
    link: str,
    varying: Sequence[str],
) -> Iterator[Estimate]:
    """Yield for each term the test that its coefficients are the same at every threshold."""
    scaled = _standardised(data, design)
    others = len(fit.model.levels) - 2
    for place, term in enumerate(design.formula.terms):
        own = [name for name, of in zip(design.names, design.term_of, strict=True) if of == place]
        free = [name for name in varying if name not in own] if own[0] in varying else [*varying, *own]

        def ratio(own: list[str] = own, free: list[str] = free) -> float:
            if not others:
                raise NotEstimableError(
                    "The outcome has two values, so there is one threshold, and nothing to compare."
                )
            needed = fit.model.size + others * len(own)
            if len(free) > len(varying) and needed >= fit.model.rows:
                raise NotEstimableError(
                    f"Coefficients at every threshold need more than {needed} rows; "
                    f"there are {fit.model.rows}."
                )
            other = fit_generalised(cumulative_model(scaled, link, free), fit.marginal.points)
            sign = 1 if len(free) > len(varying) else -1
            return max(0.0, 2 * sign * (other.optimum.value - fit.optimum.value))

        base = inference.base(PROPORTIONALITY, ":".join(map(str, term)))
        yield ratio_tested(base, ratio, others * len(own))


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
