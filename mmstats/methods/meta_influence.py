"""What each study does to a meta-analysis."""

from collections.abc import Iterator

from mmstats.estimate import Estimate
from mmstats.influence_rows import InfluenceRows
from mmstats.kind import Categorical, Numeric
from mmstats.meta.pooling import Tau2Method, Test, pool
from mmstats.meta.quantities import EFFECT, EFFECT_RATIO
from mmstats.pooled_rows import PooledRows
from mmstats.registry import Level, method
from mmstats.study_effects import Scale, StudyEffects, refuse_one


@method(
    title="Influence of single studies on a meta-analysis",
    references=("viechtbauer2010a", "baujat2002", "viechtbauer2005", "knapp2003", "raudenbush1985"),
)
def meta_influence(
    study: Categorical,
    effect: Numeric,
    std_error: Numeric,
    *,
    scale: Scale = "as-given",
    tau2: Tau2Method = "reml",
    test: Test = "hartung-knapp",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Pooled effect without each study in turn, and how far each study moves it.

    Studies are pooled as by `meta_effects`, with tau squared estimated anew each time. A study that is far
    from the others, or that moves the answer, is one to look into; it is no reason to leave it out.

    What comes back, in this order: the pooled ``effect`` of all studies (``effect_ratio`` of logarithms);
    then for each study

    - ``effect_without`` it (``effect_without_ratio``), ``tau2_without`` and ``q_without``;
    - ``hat``, its share of the weights; ``standardised_residual``; ``studentised_residual``, its distance
      from what the others predict in standard errors, with a p value, and a note where that is below 0.05, as
      one in 20 is by chance;
    - ``dffits``, ``cooks_distance``, ``covariance_ratio`` (without to with it) and ``dfbetas``;
    - ``baujat_x`` and ``baujat_y``, where it lies in Baujat's plot;
    - ``influential``: 1 if it is beyond one of Viechtbauer and Cheung's bounds, which the note names: DFFITS
      beyond 3 times the root of 1 / (k - 1), Cook's distance above the median of chi-squared, leverage above
      3 / k, DFBETAS beyond 1;
    - ``true_effect`` (``true_effect_ratio``): the best linear unbiased prediction of its true effect, drawn
      from its own towards the average the more, the larger its standard error, with tau squared as known.

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    effect : Series of float, shape (k,)
        On the scale on which they are pooled: logarithms of ratios.
    std_error : Series of float, shape (k,)
    scale : {"as-given", "logarithms"}
        Whether effects are logarithms of ratios: pooled effects come back as ratios, without standard
        errors; all else stays about logarithms.
    tau2 : {"reml", "ml", "dl", "dl2", "he", "he2", "hs", "hsk", "sj", "eb", "pm", "pmm", "common"}
        How tau squared is estimated.
    test : {"hartung-knapp", "hartung-knapp-ad-hoc", "t", "z"}
    level : float

    Raises
    ------
    NotEstimableError
        If there are fewer than three studies, one is there twice, an effect is not finite, or a standard
        error is not above 0; with every problem.

    Notes
    -----
    References: viechtbauer2010a, baujat2002, viechtbauer2005, knapp2003, raudenbush1985.

    Examples
    --------
    >>> import pandas as pd
    >>> study = pd.Series(pd.Categorical(["A", "B", "C", "D"]), name="study")
    >>> effect, error = pd.Series([0.1, 0.5, 0.4, 0.9]), pd.Series([0.2, 0.15, 0.22, 0.3])
    >>> for e in meta_influence(study, effect, error):
    ...     if e.quantity.name == "effect_without":
    ...         print(f"without {e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    without study[A]: 0.53 (0.05 to 1.01)
    without study[B]: 0.42 (-0.54 to 1.39)
    without study[C]: 0.46 (-0.47 to 1.39)
    without study[D]: 0.36 (-0.16 to 0.88)
    """
    studies = StudyEffects.of(study, effect, std_error, scale)
    refuse_one(studies)
    found = pool(studies.effects, studies.variances, tau2=tau2, test=test)
    ratio = scale == "logarithms"
    quantity = EFFECT_RATIO if ratio else EFFECT
    rows = InfluenceRows(found, studies.terms, ratio, level)
    measures = list(rows.without_each())  # refuses too few studies before anything is shown
    yield next(PooledRows(found, studies.terms, [0] * studies.count, quantity, level).whole())
    yield from measures
