"""Selection models: the effect, if results with small p values are published more often."""

from collections.abc import Iterator

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Categorical, Numeric
from mmstats.meta.pooling import pool
from mmstats.meta.quantities import ADJUSTED_EFFECT, ADJUSTED_EFFECT_RATIO, EFFECT, EFFECT_RATIO
from mmstats.registry import Level, method
from mmstats.selection_rows import Alternative, SelectionRows, read_steps
from mmstats.study_effects import Scale, StudyEffects


@method(
    title="Selection models",
    references=("hedges1992", "vevea1995", "vevea2005", "mcshane2016", "hardy1996"),
)
def meta_selection(
    study: Categorical,
    effect: Numeric,
    std_error: Numeric,
    *,
    scale: Scale = "as-given",
    steps: str = "0.025",
    alternative: Alternative = "greater",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Average effect of all studies, published or not, where the chance of publication hangs on p.

    The chance is constant between `steps`, p values, and 1 below the first; effects are normal around their
    average with the variance tau squared. All of it is estimated together, by maximum likelihood. With one
    step this is the three-parameter model. It takes many studies on both sides of each step, and supposes
    that p decides, and nothing else that goes with being small. Where the studies do not tell, supposed
    selection says how far the answer could move.

    What comes back, in this order:

    - ``adjusted_effect`` (``adjusted_effect_ratio`` of logarithms) without a term, with its normal interval;
      ``tau2``, and the ``selection_weight`` of each stretch of p values, relative to the first, with
      profile-likelihood intervals; ``likelihood_ratio``, the test that all weights are 1. Where they cannot
      be had, as when a stretch has no study, the reason stands in their place;
    - ``effect`` (``effect_ratio``): the average by maximum likelihood without selection;
    - ``adjusted_effect`` under selection as Vevea and Woods suppose it, moderate or severe, of one tail or of
      both; those of one tail only if `alternative` has a direction. They are examples, not findings.

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    effect : Series of float, shape (k,)
        On the scale on which they are pooled: logarithms of ratios.
    std_error : Series of float, shape (k,)
    scale : {"as-given", "logarithms"}
        Whether effects are logarithms of ratios, which come back as ratios.
    steps : str
        p values, ascending, with commas between them: ``0.025, 0.5``.
    alternative : {"greater", "less", "two-sided"}
        Which results are favoured: effects above 0, below 0, or both. p values are one-sided to that side,
        or two-sided; so 0.025 of the first is 0.05 of the last.
    level : float

    Raises
    ------
    NotEstimableError
        If the studies cannot be pooled, or steps are not ascending p values; with every problem.

    Notes
    -----
    References: hedges1992, vevea1995, vevea2005, mcshane2016, hardy1996.

    Examples
    --------
    >>> import pandas as pd
    >>> study = pd.Series(pd.Categorical(list("ABCDEFGHIJ")))
    >>> effect = pd.Series([0.9, 0.7, 0.6, 0.55, 0.5, 0.3, 0.1, 0.2, 0.45, 0.05])
    >>> error = pd.Series([0.4, 0.3, 0.29, 0.25, 0.2, 0.12, 0.1, 0.15, 0.3, 0.2])
    >>> for e in meta_selection(study, effect, error):
    ...     if e.interval:
    ...         name = f"{e.quantity.name} {e.term}".strip()
    ...         print(f"{name}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    adjusted_effect: 0.10 (-0.07 to 0.26)
    tau2: 0.00 (0.00 to 0.02)
    selection_weight 0.025 < p <= 1: 0.05 (0.01 to 0.38)
    effect: 0.31 (0.17 to 0.44)
    adjusted_effect moderate, one-tailed: 0.27 (0.12 to 0.41)
    adjusted_effect severe, one-tailed: 0.24 (0.09 to 0.38)
    adjusted_effect moderate, two-tailed: 0.28 (0.13 to 0.43)
    adjusted_effect severe, two-tailed: 0.24 (0.10 to 0.38)
    """
    asked = read_steps(steps, alternative)
    found = StudyEffects.of(study, effect, std_error, scale)
    if found.count < 2:
        raise NotEstimableError("One study does not tell of selection; two are needed at least.")
    logarithms = scale == "logarithms"
    plain = pool(found.effects, found.variances, tau2="ml", test="z")
    adjusted = ADJUSTED_EFFECT_RATIO if logarithms else ADJUSTED_EFFECT
    rows = SelectionRows(plain, asked, alternative, adjusted, level)
    yield from rows.estimated()
    yield rows.as_they_are(EFFECT_RATIO if logarithms else EFFECT)
    yield from rows.under_supposed_selection()
