"""Meta-analysis of effects and their standard errors."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Categorical, Numeric
from mmstats.meta.pooling import Prediction, Tau2Method, Test, pool
from mmstats.meta.quantities import EFFECT, EFFECT_RATIO
from mmstats.pooled_rows import PooledRows
from mmstats.registry import Level, method


@method(
    title="Meta-analysis of published effects",
    references=(
        "viechtbauer2005",
        "hartung2001",
        "knapp2003",
        "viechtbauer2007",
        "higgins2002",
        "higgins2009",
    ),
)
def meta_effects(
    study: Categorical,
    effect: Numeric,
    std_error: Numeric,
    size: Numeric | None = None,
    *,
    scale: Literal["as-given", "logarithms"] = "as-given",
    tau2: Tau2Method = "reml",
    test: Test = "hartung-knapp",
    prediction: Prediction = "as-tested",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Pooled effect of studies that each give an effect and its standard error.

    True effects differ between studies with the variance tau squared; what is pooled is their average.
    Weights are 1 / (squared standard error + tau squared). The prediction interval says where the true
    effect of a new study lies. ``common`` supposes one true effect.

    ``hartung-knapp`` multiplies the squared standard error by the mean weighted square of the residuals, and
    takes t with k - 1 degrees of freedom; ``hartung-knapp-ad-hoc`` never makes it smaller. ``z`` and ``t``
    take tau squared for known.

    Yields each study's ``effect`` (``effect_ratio`` of logarithms) and ``study_weight``; the pooled
    ``effect`` without a term, and ``prediction``; ``cochran_q``, ``tau2``, ``tau``, ``i2`` and ``h2``, with
    intervals that hold what Q does not reject.

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    effect : Series of float, shape (k,)
        On the scale on which they are pooled: logarithms of ratios.
    std_error : Series of float, shape (k,)
    size : Series of float, shape (k,), optional
        Participants.
    scale : {"as-given", "logarithms"}
        Whether effects are logarithms of ratios, which come back as ratios.
    tau2 : {"reml", "ml", "dl", "dl2", "he", "he2", "hs", "hsk", "sj", "eb", "pm", "pmm", "common"}
        How tau squared is estimated.
    test : {"hartung-knapp", "hartung-knapp-ad-hoc", "t", "z"}
    prediction : {"as-tested", "riley"}
        Degrees of freedom of the prediction interval: those of the test, or k - 2.
    level : float

    Raises
    ------
    NotEstimableError
        If there are too few studies, one is there twice, or a standard error is not above 0; with every
        problem.

    Notes
    -----
    References: viechtbauer2005, hartung2001, knapp2003, viechtbauer2007, higgins2002, higgins2009.

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
    names = [str(name) for name in study]
    twice = sorted({name for name in names if names.count(name) > 1})
    wrong = [
        f"Study {name!r}: its standard error is {error:g}; it must be above 0."
        for name, error in zip(names, std_error, strict=True)
        if not error > 0
    ]
    problems = [f"Study {name!r} is there {names.count(name)} times." for name in twice] + wrong
    if problems:
        raise NotEstimableError("The studies cannot be pooled:", problems)
    effects, errors = effect.to_numpy(dtype=np.float64), std_error.to_numpy(dtype=np.float64)
    found = pool(effects, errors**2, tau2=tau2, test=test)
    sizes = [0] * len(names) if size is None else [int(value) for value in size]
    quantity = EFFECT_RATIO if scale == "logarithms" else EFFECT
    terms = [f"{study.name}[{name}]" for name in names]
    rows = PooledRows(found, terms, sizes, quantity, level, prediction)
    yield from rows.each_study()
    yield from rows.whole()
    yield from rows.heterogeneity()
