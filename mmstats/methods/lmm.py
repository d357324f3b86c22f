"""Linear mixed model."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from mmstats.effects.intraclass_correlation import ICC
from mmstats.estimate import Estimate
from mmstats.formula import Contrasts, MixedFormula
from mmstats.kind import Categorical, Numeric
from mmstats.mixed.determined import refuse_undetermined
from mmstats.mixed.explained import explained
from mmstats.mixed.heterogeneous import fit_heterogeneous
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.quantities import R2_CONDITIONAL, R2_MARGINAL
from mmstats.mixed_design import mixed_design
from mmstats.mixed_rows import Choice, DfMethod, MixedRows
from mmstats.registry import Level, Random, Resamples, method


@method(
    title="Linear mixed model",
    references=(
        "bates2015",
        "kenward1997",
        "halekoh2014",
        "kuznetsova2017",
        "searle1980",
        "nakagawa2013",
        "johnson2014",
        "davison1997",
        "pinheiro2000",
    ),
)
def lmm(
    formula: MixedFormula,
    weights: Numeric | None = None,
    offset: Numeric | None = None,
    residual_by: Categorical | None = None,
    *,
    df_method: DfMethod = "kenward-roger",
    tests: Literal["type-3", "type-2"] = "type-3",
    contrasts: Contrasts = "treatment",
    level: Level = 0.95,
    interval: Choice = "t",
    resamples: Resamples = 1_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Coefficients that all groups of rows share, and how much groups differ in them.

    Rows of one participant, rater or site are alike; random effects, `(1 + hand | participant_id)`, say in
    what. Variances and correlations are estimated by restricted maximum likelihood. Tests and t intervals of
    the fixed part have denominator degrees of freedom by ``kenward-roger``, which also corrects standard
    errors for the uncertainty of the variances and holds its level with as few as eight participants, or by
    ``satterthwaite``. Standard deviations and correlations of the random part have profile-likelihood
    intervals (of full maximum likelihood, which is what profiles compare).

    ``profile`` gives the fixed part such intervals too; p is then the likelihood ratio's. Bootstraps give
    all parts theirs: ``parametric-bootstrap`` simulates from the fit, ``cluster-bootstrap`` draws the groups
    of the outermost factor, which must not be crossed with another. Fixed parts then have studentized
    limits, and the p value is the level at which 0 begins to be left out; the others have percentile limits.
    F tests stay those of `df_method`.

    A variance of 0, or a correlation of 1, is an answer: a note says that the fit is singular, and which
    simpler random part fits as well.

    What comes back, in this order:

    - for each term of the formula, ``f_test`` (its hypothesis of type III says that marginal means, or
      slopes, are equal, whatever the contrasts; of type II, that it adds nothing to the terms that do not
      contain it), then ``coefficient`` of its columns; the intercept comes last;
    - ``random_sd`` and ``random_correlation`` of each random part, and ``residual_sd``;
    - for each categorical variable, and each two that interact, ``marginal_mean`` at every level or
      combination: predictions with numeric variables at their means, averaged over the levels of other
      variables with equal weights; for each categorical variable also ``contrast``, the later level minus
      the earlier, with p values that are not adjusted for their number;
    - ``r2_marginal``, ``r2_conditional`` and ``icc`` (adjusted for the fixed part).

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables, such as ``score ~ group * hand + (1 | participant_id)``.
    weights : Series of float, shape (n,), optional
        A row has the residual variance over its weight.
    offset : Series of float, shape (n,), optional
        Added to predictions as it is.
    residual_by : Series of category, shape (n,), optional
        Each of its levels has a residual standard deviation of its own, which tests allow for. Intervals are
        then by t whatever `interval` says, and those of the random part are not given.
    df_method : {"kenward-roger", "satterthwaite"}
        How degrees of freedom are found.
    tests : {"type-3", "type-2"}
        What F tests of terms are about.
    contrasts : {"treatment", "sum", "helmert", "polynomial"}
        Of categorical variables.
    level : float
        Confidence level.
    interval : {"t", "profile", "parametric-bootstrap", "cluster-bootstrap"}
        How intervals are made.
    resamples : int
        How many resamples a bootstrap draws.
    rng : numpy.random.Generator
        What a bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If columns depend on each other, a random part has as many coefficients as there are rows or its
        group one level only, the data do not determine its variances, the response is constant or fitted
        exactly, values are infinite, or no optimum of the likelihood is found.

    Notes
    -----
    References: bates2015, kenward1997, halekoh2014, kuznetsova2017, searle1980, nakagawa2013, johnson2014,
    davison1997, pinheiro2000.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmstats.formula import ModelData
    >>> hand = pd.Categorical(["left", "right"] * 6)
    >>> person = pd.Categorical([number // 2 for number in range(12)])
    >>> taps = [41.0, 45, 38, 39, 52, 57, 44, 50, 47, 46, 36, 41]
    >>> frame = pd.DataFrame({"taps": taps, "hand": hand, "person": person})
    >>> for e in lmm(ModelData.of("taps ~ hand + (1 | person)", frame)):
    ...     if e.quantity.name == "coefficient":
    ...         print(f"{e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    hand[right]: 3.33 (0.47 to 6.20)
    intercept: 43.00 (36.64 to 49.36)
    """
    data, design = mixed_design(formula, contrasts=contrasts, weights=weights, offset=offset)
    uneven = None
    if residual_by is not None:
        codes = np.asarray(residual_by.cat.codes, dtype=np.int64)
        levels = tuple(f"{residual_by.name}[{level}]" for level in residual_by.cat.categories)
        uneven = fit_heterogeneous(data, codes, levels)
    found = fit(data) if uneven is None else uneven.fit
    refuse_undetermined(found)
    rows = MixedRows(found, design, formula.frame, df_method, level, interval, resamples, rng, uneven)
    yield from rows.fixed_part(tests)
    yield from rows.variation()
    yield from rows.marginal_means()
    yield from _explained(found)


def _explained(found: LinearFit) -> Iterator[Estimate]:
    parts = explained(found)
    for quantity, value in (
        (R2_MARGINAL, parts.r2_marginal),
        (R2_CONDITIONAL, parts.r2_conditional),
        (ICC, parts.icc),
    ):
        yield Estimate(quantity=quantity, estimate=value, n=found.rows)
