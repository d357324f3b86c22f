"""Cumulative meta-analysis: the pooled effect after each study."""

from collections.abc import Iterator

import numpy as np

from mmstats.estimate import Estimate
from mmstats.influence_rows import InfluenceRows
from mmstats.kind import Categorical, Numeric
from mmstats.meta.pooling import Tau2Method, Test, pool
from mmstats.meta.quantities import EFFECT, EFFECT_RATIO
from mmstats.pooled_rows import PooledRows
from mmstats.registry import Level, method
from mmstats.samples import measured
from mmstats.study_effects import Scale, StudyEffects, refuse_one


@method(
    title="Cumulative meta-analysis",
    references=("lau1992", "viechtbauer2005", "knapp2003"),
)
def meta_cumulative(
    study: Categorical,
    effect: Numeric,
    std_error: Numeric,
    order: Numeric,
    *,
    scale: Scale = "as-given",
    tau2: Tau2Method = "reml",
    test: Test = "hartung-knapp",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Pooled effect after each study, in the order of a variable such as the year.

    Studies are pooled as by `meta_effects`, with tau squared estimated anew each time. The p values and
    intervals are those of single analyses: who looked after every study would be wrong more often than they
    say.

    What comes back: the pooled ``effect`` of all studies (``effect_ratio`` of logarithms); then, in the order
    of the variable, ``cumulative_effect`` (``cumulative_ratio``) of the studies up to and with each, whose
    ``n`` counts them; and ``cumulative_tau2``. The first study alone has no average, unless its effect is
    common to all (``tau2`` = ``common``, ``test`` = ``z``).

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    effect : Series of float, shape (k,)
        On the scale on which they are pooled: logarithms of ratios.
    std_error : Series of float, shape (k,)
    order : Series of float, shape (k,)
        From the smallest; studies that share a value follow in the order of their levels.
    scale : {"as-given", "logarithms"}
        Whether effects are logarithms of ratios, which come back as ratios, without standard errors.
    tau2 : {"reml", "ml", "dl", "dl2", "he", "he2", "hs", "hsk", "sj", "eb", "pm", "pmm", "common"}
        How tau squared is estimated.
    test : {"hartung-knapp", "hartung-knapp-ad-hoc", "t", "z"}
    level : float

    Raises
    ------
    NotEstimableError
        If there are fewer than two studies, one is there twice, an effect is not finite, or a standard error
        is not above 0; with every problem.

    Notes
    -----
    References: lau1992, viechtbauer2005, knapp2003.

    Examples
    --------
    >>> import pandas as pd
    >>> study = pd.Series(pd.Categorical(["A", "B", "C", "D"]), name="study")
    >>> effect, error = pd.Series([0.1, 0.5, 0.4, 0.9]), pd.Series([0.2, 0.15, 0.22, 0.3])
    >>> year = pd.Series([2012.0, 2004, 2009, 2019])
    >>> for e in meta_cumulative(study, effect, error, year, tau2="common", test="z"):
    ...     if e.quantity.name == "cumulative_effect":
    ...         print(f"{e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    study[B]: 0.50 (0.21 to 0.79)
    study[C]: 0.47 (0.23 to 0.71)
    study[A]: 0.37 (0.16 to 0.57)
    study[D]: 0.42 (0.23 to 0.62)
    """
    studies = StudyEffects.of(study, effect, std_error, scale)
    refuse_one(studies)
    values = measured(order, "the order")[studies.order]
    found = pool(studies.effects, studies.variances, tau2=tau2, test=test)
    ratio = scale == "logarithms"
    quantity = EFFECT_RATIO if ratio else EFFECT
    yield next(PooledRows(found, studies.terms, [0] * studies.count, quantity, level).whole())
    yield from InfluenceRows(found, studies.terms, ratio, level).one_by_one(np.argsort(values, kind="stable"))
