"""Meta-analysis of effects and their standard errors."""

from collections.abc import Iterator

from mmstats.estimate import Estimate
from mmstats.heterogeneity_rows import IntervalOfTau2
from mmstats.kind import Categorical, Numeric
from mmstats.meta.pooling import Prediction, Tau2Method, Test, pool
from mmstats.meta.quantities import EFFECT, EFFECT_RATIO
from mmstats.pooled_rows import PooledRows
from mmstats.pooled_subgroups import Subgroups, SubgroupTau2
from mmstats.registry import Level, method
from mmstats.study_effects import Scale, StudyEffects, refuse_one


@method(
    title="Meta-analysis of published effects",
    references=(
        "viechtbauer2005",
        "hartung2001",
        "knapp2003",
        "viechtbauer2007",
        "higgins2002",
        "higgins2009",
        "hardy1996",
        "jackson2013",
        "borenstein2009",
    ),
)
def meta_effects(
    study: Categorical,
    effect: Numeric,
    std_error: Numeric,
    size: Numeric | None = None,
    subgroup: Categorical | None = None,
    *,
    scale: Scale = "as-given",
    tau2: Tau2Method = "reml",
    test: Test = "hartung-knapp",
    tau2_interval: IntervalOfTau2 = "q-profile",
    prediction: Prediction = "as-tested",
    subgroup_tau2: SubgroupTau2 = "own",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Pooled effect of studies that each give an effect and its standard error.

    True effects differ between studies with the variance tau squared; what is pooled is their average.
    Weights are 1 / (squared standard error + tau squared). The prediction interval says where the true
    effect of a new study lies. ``common`` supposes one true effect.

    ``hartung-knapp`` multiplies the squared standard error by the mean weighted square of the residuals, and
    takes t with k - 1 degrees of freedom; ``hartung-knapp-ad-hoc`` never makes it smaller. ``z`` and ``t``
    take tau squared for known.

    One study is refused, unless it is shown alone (``tau2`` and ``test`` as said below); two are pooled, with
    a note of how little that says. A common effect has no prediction interval, and no tau squared.

    Yields the pooled ``effect`` without a term (``effect_ratio`` of logarithms), with its ``prediction``;
    each study's ``effect`` and ``study_weight``, in the order of levels; ``cochran_q``, ``tau2``, ``tau``,
    ``i2`` and ``h2``. Of subgroups: ``effect``, ``prediction`` and heterogeneity of each, and
    ``subgroup_difference``: Q of the subgroups' averages, or with one tau squared for all, the test of the
    regression on subgroups. Ratios have no standard error: that of the logarithm is had from the limits.

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    effect : Series of float, shape (k,)
        On the scale on which they are pooled: logarithms of ratios.
    std_error : Series of float, shape (k,)
    size : Series of float, shape (k,), optional
        Participants. Rows of effects then count these, and studies otherwise.
    subgroup : Series of category, shape (k,), optional
        What kind of study it is, or who took part.
    scale : {"as-given", "logarithms"}
        Whether effects are logarithms of ratios, which come back as ratios.
    tau2 : {"reml", "ml", "dl", "dl2", "he", "he2", "hs", "hsk", "sj", "eb", "pm", "pmm", "common"}
        How tau squared is estimated; ``common`` with the test ``z`` also shows a single study.
    test : {"hartung-knapp", "hartung-knapp-ad-hoc", "t", "z"}
    tau2_interval : {"q-profile", "profile", "generalised-q"}
        Of tau squared: what Q does not reject; what the likelihood (``reml``, ``ml``) holds; what a Q with
        weights that do not depend on tau squared does not reject.
    prediction : {"as-tested", "riley"}
        Degrees of freedom of the prediction interval: those of the test, or k - 2.
    subgroup_tau2 : {"own", "common"}
        Whether each subgroup has a tau squared of its own.
    level : float

    Raises
    ------
    NotEstimableError
        If there are too few studies, one is there twice, an effect is not finite, or a standard error is not
        above 0; with every problem.

    Notes
    -----
    References: viechtbauer2005, hartung2001, knapp2003, viechtbauer2007, higgins2002, higgins2009, hardy1996,
    jackson2013, borenstein2009.

    Examples
    --------
    >>> import pandas as pd
    >>> study = pd.Series(pd.Categorical(["A", "B", "C", "D"]))
    >>> effect, error = pd.Series([0.1, 0.5, 0.4, 0.9]), pd.Series([0.2, 0.15, 0.22, 0.3])
    >>> for e in meta_effects(study, effect, error):
    ...     if not e.term and e.interval:
    ...         print(f"{e.quantity.name}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    effect: 0.43 (-0.03 to 0.90)
    prediction: 0.43 (-0.29 to 1.15)
    tau2: 0.03 (0.00 to 1.45)
    tau: 0.17 (0.00 to 1.20)
    i2: 40.88 (0.00 to 97.13)
    h2: 1.69 (1.00 to 34.88)
    """
    studies = StudyEffects.of(study, effect, std_error, scale)
    sizes = studies.sizes(size)
    if not (tau2 == "common" and test == "z"):
        refuse_one(studies, 'To show it alone: tau2 = "common" and test = "z".')
    found = pool(studies.effects, studies.variances, tau2=tau2, test=test)
    quantity = EFFECT_RATIO if scale == "logarithms" else EFFECT
    rows = PooledRows(found, studies.terms, sizes, quantity, level, prediction, tau2_interval)
    yield from rows.whole()
    yield from rows.each_study()
    yield from rows.heterogeneity()
    if subgroup is not None:
        yield from Subgroups(
            studies,
            sizes,
            subgroup,
            quantity,
            tau2,
            test,
            level,
            prediction,
            tau2_interval,
            subgroup_tau2,
        ).rows()
