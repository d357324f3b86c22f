"""Proportional odds regression."""

from collections.abc import Iterator
from dataclasses import replace
from math import sqrt

import numpy as np
import pandas as pd

from mmstats.effects.cumulative_logit import (
    PROPORTIONALITY,
    IntArray,
    cumulative_logit_fit,
    proportionality_test,
)
from mmstats.effects.least_squares import fit as decompose
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import Design, ModelData, ModelFormula
from mmstats.methods.logistic import term_rows
from mmstats.registry import Level, method
from mmstats.samples import measured


@method(
    title="Proportional odds regression",
    references=("mccullagh1980", "peterson1990", "albert1984", "konis2007"),
)
def proportional_odds(formula: ModelFormula, *, level: Level = 0.95) -> Iterator[Estimate]:
    """Odds ratios of an ordinal outcome, each alike at every cut between its levels.

    The cumulative logit model with a threshold of its own between any two neighbouring levels, by maximum
    likelihood. An odds ratio above 1 speaks for higher levels. Rows are independent; categorical
    variables have treatment contrasts: each level against the first. Intervals hold what the
    likelihood-ratio test, whose p is given, does not reject. Only the order of the outcome's values counts.
    Levels that nobody has change nothing; if the outcome declares them, a note names them.

    Separation is found by linear programming: an odds ratio that it drives to 0 or infinity is given as
    such, with the limit and the p value that the likelihood still has, and a note.

    Yields for each term ``odds_ratio`` of its columns, preceded by ``likelihood_ratio`` (all its odds ratios
    are 1) if it has several, which a term inside an interaction has not. Then, for each term, the
    ``proportional_odds_test``: the likelihood ratio against the model in which that term alone has
    odds ratios of its own at every cut. It is approximate where levels are rare; not to
    reject does not show that odds are proportional.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables, such as ``edss_step ~ group + age``.
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If the outcome has one value only, the formula has no term or no intercept, columns depend on each
        other, there are no more rows than coefficients, values are infinite, or no maximum of the
        likelihood is found.

    Notes
    -----
    References: mccullagh1980, peterson1990, albert1984, konis2007.

    Examples
    --------
    >>> group = pd.Categorical(["HC"] * 8 + ["MS"] * 8)
    >>> score = [0.0, 0, 0, 1, 0, 1, 2, 0, 1, 0, 2, 3, 1, 4, 2, 0]
    >>> frame = pd.DataFrame({"score": score, "group": group})
    >>> for e in proportional_odds(ModelData.of("score ~ group", frame), level=0.9):
    ...     print(f"{e.quantity.name} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    odds_ratio 6.20 (1.25 to 36.64)
    proportional_odds_test 0.89 (nan to nan)
    """
    codes, note, data = _codes(formula)
    for name, values in data.frame.items():
        if not isinstance(values.dtype, pd.CategoricalDtype):
            measured(values, str(name))
    design = Design.of(data)
    if not (design.formula.intercept and design.formula.terms):
        raise NotEstimableError(
            "The formula needs a term and no '0 +': thresholds stand in the place of the intercept."
        )
    matrix = design.matrix(data.frame)
    order = np.lexsort((*matrix.T[::-1], codes))  # one order of rows, whatever the order given
    matrix, codes = matrix[order], codes[order]
    parts = decompose(matrix, codes.astype(float), design.names, intercept=True, covariance="classical")
    root = sqrt(len(codes))
    columns = root * parts.q[:, 1:]  # the first is the intercept's
    fit = cumulative_logit_fit(codes, columns)
    slopes = root * parts.directions(np.eye(len(design.names)))[:, 1:]
    contrasts = np.concatenate([np.zeros((len(slopes), int(codes.max()))), slopes], axis=1)
    for e in term_rows(design, fit, contrasts, level=level, interval="profile-likelihood"):
        yield replace(e, note=" ".join(filter(None, (e.note, note))))
    places = np.array(design.term_of)
    for place, term in enumerate(design.formula.terms):
        base = Estimate(quantity=PROPORTIONALITY, term=":".join(map(str, term)), estimate=0, n=len(codes))
        apart = matrix[:, places == place]
        free = (apart - apart.mean(axis=0)) / apart.std(axis=0)
        yield proportionality_test(base, fit, codes, columns, free)


def _codes(formula: ModelData) -> tuple[IntArray, str, ModelData]:
    """Return each row's level from 0, what to say of empty levels, and the data with a numeric response."""
    response = formula.formula.response
    values = formula.frame[response.variable]
    if response.transformation:
        raise NotEstimableError(f"Only the order of the outcome counts: write it without {response}.")
    note = ""
    if isinstance(values.dtype, pd.CategoricalDtype):
        found, codes = np.unique(values.cat.codes.to_numpy(), return_inverse=True)
        empty = [str(level) for code, level in enumerate(values.cat.categories) if code not in found]
        note = f"Nobody has {' or '.join(empty)}." if empty else ""
    else:
        found, codes = np.unique(measured(values, "the outcome"), return_inverse=True)
    if len(found) < 2:
        raise NotEstimableError(f"Everybody has the same {response.variable}.")
    numeric = formula.frame.assign(**{response.variable: codes.astype(float)})
    return codes.astype(np.intp), note, ModelData(formula.formula, numeric)
