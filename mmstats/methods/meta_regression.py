"""Meta-regression: effects of studies explained by features of the studies."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mmstats.errors import MmstatsError, NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import Design, FormulaError, ModelFormula
from mmstats.heterogeneity_rows import IntervalOfTau2
from mmstats.kind import Categorical, Numeric
from mmstats.meta.pooling import Tau2Method, Test, pool
from mmstats.pooled_regression import RegressionRows, along
from mmstats.registry import Level, Random, Resamples, method
from mmstats.samples import measured
from mmstats.study_effects import StudyEffects


@method(
    title="Meta-regression",
    references=(
        "viechtbauer2005",
        "knapp2003",
        "viechtbauer2007",
        "hardy1996",
        "jackson2013",
        "higgins2004",
    ),
)
def meta_regression(
    formula: ModelFormula,
    std_error: Numeric,
    study: Categorical | None = None,
    *,
    tau2: Tau2Method = "reml",
    test: Test = "hartung-knapp",
    tau2_interval: IntervalOfTau2 = "q-profile",
    permutation: bool = False,
    level: Level = 0.95,
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Effects of studies regressed on features of the studies.

    The response is each study's effect (of ratios, the logarithm); each study has one row. Categorical
    moderators have treatment contrasts: each level against the first. What moderators leave unexplained is
    tau squared, the variance between true effects of studies with the same features; ``common`` supposes
    that there is none. Features of studies are not randomised: what they explain, other features may.

    ``hartung-knapp`` multiplies the covariance of the coefficients by the mean weighted square of the
    residuals, and takes t and F with k - p degrees of freedom; ``hartung-knapp-ad-hoc`` never makes it
    smaller. ``z`` (normal and chi-squared) and ``t`` take tau squared for known.

    What comes back, in this order: for each term of the formula, ``coefficient`` of its columns, preceded by
    ``moderators_test`` if it has several, not inside an interaction; the intercept; ``moderators_test`` of
    all moderators, without a term, and their ``variance_inflation``; with ``permutation``,
    ``permutation_test`` of all and of each column; ``cochran_q`` of the residuals, ``tau2``, ``tau``, ``i2``
    and ``h2``; ``tau2_explained``, by how much tau squared is smaller than without moderators (of a common
    effect, H squared); ``predicted_effect``, the average effect of studies with each level of a moderator, or
    at 21 values over its range, where other moderators are at their means, or averaged over levels with equal
    weights; each study's ``study_weight``, if studies have names.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables, such as ``effect ~ latitude + allocation``.
    std_error : Series of float, shape (k,)
        Of the effects.
    study : Series of category, shape (k,), optional
        Names; each study is there once.
    tau2 : {"reml", "ml", "dl", "dl2", "he", "he2", "hs", "hsk", "sj", "eb", "pm", "pmm", "common"}
        How tau squared is estimated.
    test : {"hartung-knapp", "hartung-knapp-ad-hoc", "t", "z"}
    tau2_interval : {"q-profile", "profile", "generalised-q"}
        Of tau squared, as for `meta_effects`.
    permutation : bool
        Whether moderators are also tested by giving the studies each other's features, effects and standard
        errors staying together: all permutations if there are no more than the resamples (with 9,999: up to
        7 studies), else as many drawn.
    level : float
    resamples : int
        How many permutations are drawn.
    rng : numpy.random.Generator
        What they are drawn from.

    Raises
    ------
    NotEstimableError
        If there are fewer studies than coefficients and one more, columns depend on each other, a study is
        there twice, or a standard error is not above 0.

    Notes
    -----
    References: viechtbauer2005, knapp2003, viechtbauer2007, hardy1996, jackson2013, higgins2004.

    Examples
    --------
    >>> from mmstats.formula import ModelData
    >>> frame = pd.DataFrame({
    ...     "effect": [0.1, 0.5, 0.4, 0.9, 0.8, 0.3],
    ...     "weeks": [2.0, 6, 4, 12, 8, 4],
    ... })
    >>> error = pd.Series([0.2, 0.15, 0.22, 0.3, 0.25, 0.18])
    >>> for e in meta_regression(ModelData.of("effect ~ weeks", frame), error):
    ...     if e.quantity.name == "coefficient":
    ...         print(f"{e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    weeks: 0.09 (0.05 to 0.12)
    intercept: -0.02 (-0.22 to 0.18)
    """
    if formula.formula.response.transformation:
        raise FormulaError(
            f"The response {str(formula.formula.response)!r} is transformed, but its standard error is not: "
            "derive both, and name the variable itself."
        )
    if permutation and rng is None:
        raise MmstatsError("The permutation test draws random numbers, and rng is None. Give it a generator.")
    for name, values in formula.frame.items():
        if not isinstance(values.dtype, pd.CategoricalDtype):
            measured(values, str(name))
    design = Design.of(formula)
    if all(place < 0 for place in design.term_of):
        raise NotEstimableError("The formula has no moderator: meta_effects pools without any.")
    matrix, response = design.matrix(formula.frame), design.response(formula.frame)
    named = _numbered(matrix, response, std_error) if study is None else study
    studies = StudyEffects.of(named, pd.Series(response, name=formula.formula.response.variable), std_error)
    columns = matrix[studies.order]
    found = pool(studies.effects, studies.variances, columns, design.names, tau2=tau2, test=test)
    terms = design.formula.terms
    margins = {i for i, term in enumerate(terms) if any(set(term) < set(other) for other in terms)}
    rows = RegressionRows(
        found,
        [":".join(map(str, term)) for term in terms],
        design.term_of,
        frozenset(margins),
        level,
        tau2_interval,
    )
    yield from rows.coefficients()
    yield from rows.moderators()
    if permutation and rng is not None:
        yield from rows.permutations(resamples, rng)
    yield from rows.heterogeneity()
    yield from rows.predicted(along(design, formula.frame))
    if study is not None:
        yield from rows.weights(studies.terms)


def _numbered(matrix: np.ndarray, response: np.ndarray, std_error: pd.Series) -> pd.Series:
    """Return numbers of rows as names, in an order that rows do not decide."""
    order = np.lexsort((std_error.to_numpy(), *matrix.T[::-1], response))
    names = pd.Index([f"row {row + 1}" for row in order], dtype=object)
    codes = np.empty(len(order), dtype=np.intp)
    codes[order] = np.arange(len(order))
    return pd.Series(pd.Categorical.from_codes(codes, names), name="row")
