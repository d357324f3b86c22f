"""Logistic regression."""

from collections.abc import Iterator
from dataclasses import replace
from math import sqrt
from typing import Literal

import numpy as np
import pandas as pd

from mmstats.effects.least_squares import fit as decompose
from mmstats.effects.likelihood import LikelihoodFit
from mmstats.effects.logistic import logistic_fit
from mmstats.effects.odds_ratio import LOG_ODDS, ODDS_RATIO
from mmstats.effects.profile_interval import likelihood_ratio_test, with_profile
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import Design, ModelData, ModelFormula
from mmstats.registry import Level, method
from mmstats.samples import FloatArray, measured


@method(title="Logistic regression", references=("firth1993", "heinze2002", "albert1984", "konis2007"))
def logistic(
    formula: ModelFormula, *, penalty: Literal["firth", "none"] = "firth", level: Level = 0.95
) -> Iterator[Estimate]:
    """Odds ratios of a binary outcome, by Firth's penalised likelihood.

    The event is the second level of the outcome. Rows are independent. Categorical variables have treatment
    contrasts: each level against the first. The penalty (half the log determinant of Fisher's
    information) takes off the bias away from 1 that odds ratios have in small samples, and gives a finite
    estimate also where the data are separated. Intervals are those of the profile penalised likelihood: they
    hold what its likelihood-ratio test, whose p is given, does not reject.

    With ``penalty = "none"`` it is plain maximum likelihood. Separation (a combination of variables that
    tells events from others without error, or that all but a tie do) is then found by linear
    programming; an odds ratio that it drives to 0 or infinity is given as such, with the limit and the
    p value that the likelihood still has, and a note.

    Yields for each term ``odds_ratio`` of its columns, preceded by ``likelihood_ratio`` (all its odds ratios
    are 1) if it has several, which a term inside an interaction has not; then the ``log_odds`` of the
    intercept, where all variables are 0 or at their first level. The odds ratio of a numeric variable is for
    one unit more.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables, such as ``relapse ~ group + age``.
    penalty : {"firth", "none"}
        Whether the likelihood is penalised.
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If the outcome has not two levels that both occur, columns depend on each other, there are no more
        rows than coefficients, values are infinite, or no maximum of the likelihood is found.

    Notes
    -----
    References: firth1993, heinze2002, albert1984, konis2007.

    Examples
    --------
    Nobody of the reference has the event, so the plain odds ratio is infinite:

    >>> group = pd.Categorical(["HC"] * 6 + ["MS"] * 6)
    >>> event = pd.Categorical(["no"] * 9 + ["yes"] * 3)
    >>> frame = pd.DataFrame({"event": event, "group": group})
    >>> for e in logistic(ModelData.of("event ~ group", frame)):
    ...     print(f"{e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f}), p = {e.p_value:.3f}")
    group[MS]: 13.00 (0.88 to 1954.19), p = 0.063
    intercept: -2.56 (-7.44 to -0.43), p = 0.014
    """
    event, data = _event(formula)
    for name, values in data.frame.items():
        if not isinstance(values.dtype, pd.CategoricalDtype):
            measured(values, str(name))
    design = Design.of(data)
    if not design.names:
        raise NotEstimableError("The formula has neither an intercept nor a term, so nothing is estimated.")
    matrix = design.matrix(data.frame)
    order = np.lexsort((*matrix.T[::-1], event))  # one order of rows, whatever the order given
    matrix, event = matrix[order], event[order]
    intercept = design.formula.intercept
    columns = decompose(matrix, event, design.names, intercept=intercept, covariance="classical")
    root = sqrt(len(event))
    fit = logistic_fit(root * columns.q, event, firth=penalty == "firth")
    contrasts = root * columns.directions(np.eye(len(design.names)))
    interval = "profile-penalised-likelihood" if penalty == "firth" else "profile-likelihood"

    yield from term_rows(design, fit, contrasts, level=level, interval=interval)
    if intercept:
        base = Estimate(quantity=LOG_ODDS, term="intercept", estimate=0, n=len(event))
        yield with_profile(base, fit, contrasts[0], level=level, interval=interval)


def term_rows(
    design: Design, fit: LikelihoodFit, contrasts: FloatArray, *, level: float, interval: str
) -> Iterator[Estimate]:
    """Yield for each term its odds ratios, preceded by the test of all of them if there are several.

    Parameters
    ----------
    design : Design
    fit : LikelihoodFit
    contrasts : float array, shape (columns of the design, parameters of the fit)
        The combination of parameters that is the coefficient of each column.
    level : float
    interval : str
        What the interval is called.
    """
    places = np.array(design.term_of)
    for place, term in enumerate(design.formula.terms):
        at = np.flatnonzero(places == place)
        inside = any(set(term) < set(other) for other in design.formula.terms)
        base = Estimate(quantity=ODDS_RATIO, estimate=0, n=fit.rows)
        if len(at) > 1 and not inside:
            yield likelihood_ratio_test(replace(base, term=":".join(map(str, term))), fit, contrasts[at])
        for column in at:
            one = replace(base, term=design.names[column])
            yield with_profile(one, fit, contrasts[column], level=level, interval=interval)


def _event(formula: ModelData) -> tuple[FloatArray, ModelData]:
    """Return who had the event as 1 and 0, and the data with it as a numeric response."""
    response = formula.formula.response
    values = formula.frame[response.variable]
    levels = list(values.cat.categories) if isinstance(values.dtype, pd.CategoricalDtype) else []
    if len(levels) != 2 or response.transformation:
        raise NotEstimableError(
            f"Logistic regression needs an outcome of two levels; {str(response)!r} has "
            f"{len(levels) if levels else 'numbers'}."
        )
    event = (values == levels[1]).to_numpy(dtype=np.float64)
    if len(event) and event.min() == event.max():
        level = levels[int(event[0])]
        raise NotEstimableError(f"Everybody has the same {response.variable}, {str(level)!r}.")
    return event, ModelData(formula.formula, formula.frame.assign(**{response.variable: event}))
