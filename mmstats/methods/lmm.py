"""Linear mixed model."""

from collections.abc import Iterator
from itertools import combinations
from typing import Literal

import numpy as np

from mmstats.adjusted_rows import Adjustment
from mmstats.comparisons import own_comparisons
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import Contrasts, Design, MixedFormula
from mmstats.kind import Categorical, Numeric
from mmstats.mixed.determined import refuse_undetermined
from mmstats.mixed.heterogeneous import fit_heterogeneous
from mmstats.mixed.linear import fit
from mmstats.mixed_design import mixed_design
from mmstats.mixed_rows import Choice, DfMethod, MixedRows
from mmstats.random_rows import RandomTests, random_effect_tests, shares
from mmstats.reference_grid import categorical
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
        "self1987",
        "stram1994",
        "crainiceanu2004",
        "kish1965",
        "holm1979",
        "hothorn2008",
        "tukey1953",
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
    random_tests: RandomTests = "mixture",
    contrasts: Contrasts = "treatment",
    comparisons: str = "",
    adjust: Adjustment = "none",
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

    A variance cannot be negative, so that p of a random effect is not chi-squared's. The ``mixture`` of two
    chi-squared distributions is right in large samples of groups, mostly too large a p in small ones, and
    holds for one column whose fellows vary. ``simulated`` draws `resamples` statistics from the fit without
    the effect; where it is the only one, from their exact distribution.

    A variance of 0, or a correlation of 1, is an answer: a note says that the fit is singular, and which
    simpler random part fits as well.

    What comes back, in this order:

    - for each term of the formula, ``f_test`` (its hypothesis of type III says that marginal means, or
      slopes, are equal, whatever the contrasts; of type II, that it adds nothing to the terms that do not
      contain it), then ``coefficient`` of its columns; the intercept comes last;
    - ``random_sd`` and ``random_correlation`` of each random part, and ``residual_sd``; with `residual_by`,
      one for each level, and the ``likelihood_ratio`` test that they are equal, whose term is the variable;
    - ``random_effect_test`` of each random intercept that stands alone, and of each random slope that is no
      part of another: by how much the restricted deviance grows without it and its correlations (not with
      `residual_by`);
    - for each categorical variable, and each two that interact, ``marginal_mean`` at every level or
      combination: predictions with numeric variables at their means, averaged over the levels of other
      variables with equal weights; for each categorical variable also ``contrast``, the later level minus
      the earlier; and the ``contrast`` of each of the `comparisons`;
    - ``r2_marginal``, ``r2_conditional`` and ``icc`` (adjusted for the fixed part; of each group, too, if
      there are several), and for each group the ``design_effect``, by which it multiplies the variance of a
      mean.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables, such as ``score ~ group * hand + (1 | participant_id)``.
    weights : Series of float, shape (n,), optional
        A row has the residual variance over its weight.
    offset : Series of float, shape (n,), optional
        Added to predictions as it is.
    residual_by : Series of category, shape (n,), optional
        Each of its levels has a residual standard deviation of its own, which tests allow for. Where
        `interval` asks for a bootstrap, intervals are then by t, and by profile likelihood for standard
        deviations and correlations, which a note says.
    df_method : {"kenward-roger", "satterthwaite"}
        How degrees of freedom are found.
    tests : {"type-3", "type-2"}
        What F tests of terms are about.
    random_tests : {"mixture", "simulated"}
        How p values of random effects are found.
    contrasts : {"treatment", "sum", "helmert", "polynomial"}
        Of categorical variables.
    comparisons : str
        Combinations of marginal means, such as ``left = hand[left]:group[MS] - hand[left]:group[HC]``,
        separated by ``;`` or line breaks. Cells name some of the categorical variables of the fixed part, and
        are averaged over the others; numbers or fractions stand in front, ``1/2 * task[a]``, and add up to 0.
    adjust : {"none", "holm", "single-step", "tukey"}
        How p values of ``contrast`` allow for their number. The differences of each categorical variable are
        one family, and `comparisons` another; a family of the plan would adjust again. ``holm`` takes p
        values of any `interval`, and leaves intervals as they are. The others need intervals by t, and change
        them too: ``single-step`` by the multivariate t distribution of the estimates, each judged at its own
        degrees of freedom where these differ, and ``tukey`` by the studentized range, for all pairs of
        equally precise means only.
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
        exactly, values are infinite, or no optimum of the likelihood is found; or if `comparisons` are wrong,
        with everything that is, or `adjust` does not go with `interval` or `comparisons`.

    Notes
    -----
    References: bates2015, kenward1997, halekoh2014, kuznetsova2017, searle1980, nakagawa2013, johnson2014,
    davison1997, pinheiro2000, self1987, stram1994, crainiceanu2004, kish1965, holm1979, hothorn2008,
    tukey1953.

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

    Comparisons of one's own:

    >>> taps = [41.0, 47, 44, 38, 45, 45, 52, 55, 57, 36, 44, 41, 45, 46, 50, 40, 49, 48]
    >>> frame = pd.DataFrame({"taps": taps, "hand": pd.Categorical(["left", "right", "both"] * 6)})
    >>> frame["person"] = pd.Categorical([number // 3 for number in range(18)])
    >>> asked = "both = hand[both] - 1/2 * hand[left] - 1/2 * hand[right]; sides = hand[right] - hand[left]"
    >>> for e in lmm(ModelData.of("taps ~ hand + (1 | person)", frame), comparisons=asked, adjust="holm"):
    ...     if e.term in ("both", "sides"):
    ...         print(f"{e.term}: {e.estimate:.2f}, t({e.df:.0f}) = {e.statistic:.2f}, p = {e.p_value:.4f}")
    both: 2.67, t(10) = 2.90, p = 0.0159
    sides: 5.67, t(10) = 5.33, p = 0.0007
    """
    if adjust in ("single-step", "tukey") and interval != "t":
        raise NotEstimableError(
            f"The adjustment {adjust!r} is by t, for intervals too, and {interval!r} intervals are not. Use "
            "'holm', which adjusts p values however they were made, or interval = 't'."
        )
    if adjust == "tukey" and comparisons.strip():
        raise NotEstimableError(
            "Tukey's adjustment is for all pairs of means, and not for comparisons of one's own. Use "
            "'single-step' or 'holm'."
        )
    data, design = mixed_design(formula, contrasts=contrasts, weights=weights, offset=offset)
    own = own_comparisons(comparisons, design, formula.frame, taken=_pairs(design))
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
    if uneven is None:
        yield from random_effect_tests(found, random_tests, resamples, rng)
    yield from rows.marginal_means(adjust)
    yield from rows.comparisons(own, adjust)
    yield from shares(found)


def _pairs(design: Design) -> set[str]:
    """Return what the differences of the marginal means are called."""
    return {
        f"{name}[{later}] - {name}[{earlier}]"
        for name in categorical(design)
        for earlier, later in combinations(design.levels[name], 2)
    }
