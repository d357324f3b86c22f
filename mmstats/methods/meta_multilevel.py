"""Meta-analysis of dependent effects: several of one study, cohort or laboratory."""

from collections.abc import Iterator
from typing import Annotated

from mmstats.dependent_design import DependentDesign
from mmstats.dependent_rows import DependentRows, DependentTest
from mmstats.estimate import Estimate
from mmstats.formula import MixedFormula
from mmstats.kind import Numeric
from mmstats.meta.multilevel import pool_multilevel
from mmstats.meta.quantities import EFFECT, EFFECT_RATIO
from mmstats.meta.sampling_covariance import sampling_covariance
from mmstats.registry import Between, Level, method
from mmstats.study_effects import Scale


@method(
    title="Meta-analysis of dependent effects",
    references=(
        "konstantopoulos2011",
        "cheung2014",
        "hardy1996",
        "higgins2009",
        "bell2002",
        "tipton2015",
        "tipton2015a",
        "pustejovsky2018",
    ),
)
def meta_multilevel(
    formula: MixedFormula,
    std_error: Numeric,
    *,
    scale: Scale = "as-given",
    rho: Annotated[float, Between(-1, 1)] = 0.0,
    test: DependentTest = "t",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Average effect where studies give several effects each: outcomes, times, arms or subgroups.

    Effects of one study are alike for two reasons. Their true values share what the study shares: that is
    the random part, ``(1 | study/row)``, with a variance between studies and one between rows of a study.
    And their sampling errors correlate where the same people were measured: that is `rho`, which papers
    seldom tell, so try several. Treating such rows as independent makes intervals too short. Variances are
    estimated by restricted maximum likelihood; standard errors are known.

    ``t`` takes as many degrees of freedom as the coarsest level at which a column does not vary has, less
    the coefficients; ``z`` takes variances for known, and is too sure with few studies. ``cluster-robust``
    does not need the random part or `rho` to be right: standard errors come from how whole studies differ
    (CR2), with Satterthwaite's degrees of freedom, and factors are tested by Hotelling's T squared (HTZ).
    Below 4 degrees of freedom it is not reliable, which a note says.

    What comes back, in this order:

    - without moderators, ``effect`` (``effect_ratio`` of logarithms) without a term, and ``prediction``:
      where the true effect of a new row of a new study lies;
    - with moderators, for each term its ``f_test`` (type III) and the ``coefficient`` of its columns, the
      intercept last; then, for each level of a categorical one, ``effect`` and ``prediction``, with numeric
      moderators at their means;
    - for each random part, ``tau2`` and ``tau`` with profile-likelihood intervals, and ``i2``, its share of
      the variation of effects; ``i2`` of all without a term, and ``cochran_q``;
    - without moderators, each row's ``effect`` with a normal interval, and its ``study_weight``: its share of
      the average in percent, as generalised least squares weigh it. Rows of one study share what the study
      weighs, and one that repeats what others say can weigh less than nothing if `rho` is large. Terms such
      as ``study[rossi2010]:outcome[gait]`` tell rows apart; where no group does, their number does.

    Parameters
    ----------
    formula : ModelData
        Effects, moderators and levels with the rows of their variables: ``motor ~ 1 + (1 | study/row)`` or
        ``motor ~ dose + (1 | study) + (1 | study:arm)``. Random parts have an intercept only.
    std_error : Series of float, shape (n,)
        Of each effect.
    scale : {"as-given", "logarithms"}
        Whether effects are logarithms of ratios: averages come back as ratios, coefficients as they are.
    rho : float
        The correlation of sampling errors within the outermost group, as that with the fewest levels is
        called.
    test : {"t", "z", "cluster-robust"}
        Clusters are the outermost group.
    level : float

    Raises
    ------
    NotEstimableError
        If a standard error is not above 0, a group has one level, a random part has slopes, columns depend
        on each other, clusters are no more than coefficients, or no optimum is found.

    Notes
    -----
    References: konstantopoulos2011, cheung2014, hardy1996, higgins2009, bell2002, tipton2015, tipton2015a,
    pustejovsky2018.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmstats.formula import ModelData
    >>> frame = pd.DataFrame({"motor": [0.1, 0.3, 0.9, 0.7, 0.2, 0.6, 0.4, 0.5]})
    >>> frame["study"] = pd.Categorical(list("AABBCCDD"))
    >>> frame["row"] = pd.Categorical(list("12121212"))
    >>> error = pd.Series([0.1, 0.12, 0.15, 0.1, 0.1, 0.2, 0.1, 0.15])
    >>> for e in meta_multilevel(ModelData.of("motor ~ 1 + (1 | study/row)", frame), error):
    ...     if e.interval and "[" not in e.term:
    ...         name = f"{e.quantity.name} {e.term}".strip()
    ...         print(f"{name}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    effect: 0.43 (0.02 to 0.83)
    prediction: 0.43 (-0.46 to 1.31)
    tau2 study: 0.05 (0.00 to 0.55)
    tau study: 0.23 (0.00 to 0.74)
    tau2 study:row: 0.01 (0.00 to 0.15)
    tau study:row: 0.09 (0.00 to 0.38)
    """
    material = DependentDesign.of(formula, std_error, scale)
    sampling = sampling_covariance(material.variances, material.outermost.outer, rho)
    found = pool_multilevel(
        material.effects,
        sampling,
        material.terms,
        material.columns,
        material.design.names,
        test="containment" if test == "t" else "z",
    )
    quantity = EFFECT_RATIO if scale == "logarithms" else EFFECT
    rows = DependentRows(found, material, test, quantity, level)
    yield from rows.fixed_part()
    yield from rows.variation()
    yield from rows.each_effect()
