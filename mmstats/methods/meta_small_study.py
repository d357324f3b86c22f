"""Whether small studies find other effects than large ones, and what is left if they are allowed for."""

from collections.abc import Iterator

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Categorical, Numeric
from mmstats.meta.pooling import Tau2Method, Test, pool
from mmstats.meta.quantities import ADJUSTED_EFFECT, ADJUSTED_EFFECT_RATIO, EFFECT, EFFECT_RATIO
from mmstats.meta.small_study import Predictor
from mmstats.meta.trim_and_fill import Estimator
from mmstats.pooled_rows import PooledRows
from mmstats.registry import Level, method
from mmstats.small_study_rows import Side, SmallStudyRows
from mmstats.study_effects import Scale, StudyEffects

LEAST = 3


@method(
    title="Small-study effects",
    references=(
        "egger1997",
        "sterne2005",
        "begg1994",
        "stanley2014",
        "stanley2017",
        "duval2000",
        "henmi2010",
        "rosenthal1979",
        "orwin1983",
        "rosenberg2005",
        "ioannidis2007",
    ),
)
def meta_small_study(
    study: Categorical,
    effect: Numeric,
    std_error: Numeric,
    size: Numeric | None = None,
    *,
    scale: Scale = "as-given",
    predictor: Predictor = "std-error",
    tau2: Tau2Method = "reml",
    test: Test = "hartung-knapp",
    estimator: Estimator = "l0",
    side: Side = "auto",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Whether small studies find other effects than large ones, by several tests and adjusted estimates.

    Small studies without a clear result may stay unpublished; but small studies may also differ in whom they
    treat, and in how well. No test tells these apart, and below 10 studies none has power worth the name,
    which their notes say.

    Egger's regression has two forms. The classical one, of 1997, weights by 1 / variance and multiplies the
    variance by what the residuals ask for; the mixed-effects one adds tau squared to the variances, by `tau2`
    and `test`. Both extrapolate to a study without sampling error.

    What comes back, in this order; what cannot be had says why:

    - ``egger_classical`` and ``egger_mixed``: the slope on the predictor, 0 if small studies find the same;
      each is followed by the ``adjusted_effect`` at a predictor of 0 (``adjusted_effect_ratio`` of
      logarithms);
    - ``begg_tau``: Begg and Mazumdar's rank correlation of effects and variances;
    - ``effect`` (``effect_ratio``): the average as it is, by `tau2` and `test`, to compare with;
    - ``adjusted_effect`` by ``PET`` and ``PEESE`` (Egger's classical form on the standard error and on the
      variance), by ``PET-PEESE`` (PEESE if PET finds an effect at a two-sided 0.10), and by ``Henmi-Copas``:
      the common effect's weights, in which small studies count little, with an interval that allows for
      heterogeneity;
    - trim and fill: ``filled_studies``, the ``adjusted_effect`` with them, and of each its ``filled_effect``
      with its standard error, for a funnel plot, on the scale on which effects are pooled;
    - ``fail_safe_n``: how many studies without an effect would undo the result (Rosenthal, Orwin, Rosenberg);
    - ``significant_studies``, ``observed`` and ``expected``, and ``excess_significance``, their ratio, with
      Ioannidis and Trikalinos' test.

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    effect : Series of float, shape (k,)
        On the scale on which they are pooled: logarithms of ratios.
    std_error : Series of float, shape (k,)
    size : Series of float, shape (k,), optional
        Participants, for predictors by size.
    scale : {"as-given", "logarithms"}
        Whether effects are logarithms of ratios, which come back as ratios.
    predictor : {"std-error", "variance", "inverse-size", "inverse-root-size"}
        What effects are regressed on; by size, 1 over it or over its root, where the standard error of an
        effect depends on the effect itself, as that of an odds ratio does.
    tau2 : {"reml", "ml", "dl", "dl2", "he", "he2", "hs", "hsk", "sj", "eb", "pm", "pmm", "common"}
        How tau squared is estimated.
    test : {"hartung-knapp", "hartung-knapp-ad-hoc", "t", "z"}
        Of the average, of the mixed-effects regression, and of trim and fill.
    estimator : {"l0", "r0", "q0"}
        How trim and fill counts what is missing.
    side : {"auto", "left", "right"}
        Where studies are missing: by default, where small studies lean away from.
    level : float

    Raises
    ------
    NotEstimableError
        If there are fewer than three studies, one is there twice, or a standard error is not above 0; with
        every problem.

    Notes
    -----
    References: egger1997, sterne2005, begg1994, stanley2014, stanley2017, duval2000, henmi2010,
    rosenthal1979, orwin1983, rosenberg2005, ioannidis2007.

    Examples
    --------
    >>> import pandas as pd
    >>> study = pd.Series(pd.Categorical(["A", "B", "C", "D", "E", "F"]))
    >>> effect = pd.Series([1.2, 0.3, 0.5, 0.65, 0.2, 0.28])
    >>> error = pd.Series([0.4, 0.3, 0.2, 0.15, 0.1, 0.08])
    >>> for e in meta_small_study(study, effect, error):
    ...     if e.quantity.name in ("egger_classical", "egger_mixed"):
    ...         print(f"{e.quantity.name}: {e.estimate:.2f}, p = {e.p_value:.3f}")
    ...     if e.term in ("PET-PEESE", "Henmi-Copas", "trim and fill"):
    ...         print(f"{e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    egger_classical: 2.10, p = 0.122
    egger_mixed: 2.05, p = 0.125
    PET-PEESE: 0.09 (-0.30 to 0.49)
    Henmi-Copas: 0.34 (0.03 to 0.64)
    trim and fill: 0.37 (0.04 to 0.70)
    """
    found = StudyEffects.of(study, effect, std_error, scale)
    sizes = None if size is None else np.array(found.sizes(size), dtype=np.float64)
    if found.count < LEAST:
        raise NotEstimableError(
            f"With {found.count} {'study' if found.count == 1 else 'studies'} there is no small-study effect "
            f"to see; {LEAST} are needed at least, and 10 for tests that have some power."
        )
    logarithms = scale == "logarithms"
    pooled = pool(found.effects, found.variances, tau2=tau2, test=test)
    rows = SmallStudyRows(pooled, ADJUSTED_EFFECT_RATIO if logarithms else ADJUSTED_EFFECT, level)
    yield from rows.regressions(predictor, sizes)
    yield rows.ranks()
    plain = PooledRows(pooled, found.terms, (), EFFECT_RATIO if logarithms else EFFECT, level)
    yield next(plain.whole())
    yield from rows.extrapolated()
    yield from rows.filled(estimator, side)
    yield from rows.fail_safe()
    yield from rows.excess()
