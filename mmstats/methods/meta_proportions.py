"""Meta-analysis of frequencies."""

from collections.abc import Iterator

import numpy as np

from mmstats.counted_studies import CountedStudies
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.frequency_rows import Frequencies, Model, Tau2
from mmstats.kind import Categorical, Numeric
from mmstats.meta.pooling import Test
from mmstats.meta.rare.tables import shares
from mmstats.registry import Level, method


@method(
    title="Meta-analysis of frequencies",
    references=(
        "hamza2008",
        "stijnen2010",
        "schwarzer2019",
        "clopper1934",
        "freeman1950",
        "miller1978",
        "higgins2009",
    ),
)
def meta_proportions(
    study: Categorical,
    events: Numeric,
    total: Numeric,
    subgroup: Categorical | None = None,
    *,
    model: Model = "glmm",
    tau2: Tau2 = "by-model",
    test: Test = "t",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Frequency pooled over studies that each count events among people.

    ``glmm`` takes events as binomial, and log odds as normal between studies; its likelihood is integrated by
    adaptive quadrature, and studies without any event count as they are. The others pool proportions by
    inverse variance: log odds (``logit``, with 1/2 added where a study has no event or nothing else), as they
    are (``raw``), or by arcsines. The ``double-arcsine`` depends on a number of people chosen to go back; its
    note says how much.

    The pooled frequency is that of a study whose log odds (arcsine) are average, not the average over people.

    Yields each study's ``proportion`` with its exact interval, and ``study_weight`` where the model has
    weights; the pooled ``proportion`` without a term, and ``prediction_proportion``: where the frequency of a
    new study lies. Then how much studies differ: a likelihood-ratio test (``heterogeneity_lr``) or
    ``cochran_q``, ``tau2``, ``tau``, ``i2`` and ``h2`` on the scale of the model. With one study, or where
    nobody or everybody has the event, the pooled row has the exact interval of all people together.

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    events : Series of float, shape (k,)
    total : Series of float, shape (k,)
        People, with and without the event.
    subgroup : Series of category, shape (k,), optional
        Each level is pooled by itself, and ``subgroup_difference`` tests that their averages are equal.
    model : {"glmm", "logit", "raw", "arcsine", "double-arcsine"}
    tau2 : {"by-model", "reml", "ml", "dl", "pm", "sj", "common"}
        How tau squared is estimated: by maximum likelihood in ``glmm``, which has no other way, and otherwise
        by restricted maximum likelihood unless told.
    test : {"z", "t", "hartung-knapp", "hartung-knapp-ad-hoc"}
        Where intervals come from; those by Hartung and Knapp need a model with weights.
    level : float

    Raises
    ------
    NotEstimableError
        If a study is there twice, counts cannot be, or an option is for another model; with every problem.

    Notes
    -----
    References: hamza2008, stijnen2010, schwarzer2019, clopper1934, freeman1950, miller1978, higgins2009.

    Examples
    --------
    >>> import pandas as pd
    >>> study = pd.Series(pd.Categorical(["A", "B", "C", "D"]))
    >>> events, total = pd.Series([0.0, 3, 1, 9]), pd.Series([41.0, 60, 25, 102])
    >>> for e in meta_proportions(study, events, total):
    ...     if not e.term and "proportion" in e.quantity.name:
    ...         print(f"{e.quantity.name}: {e.estimate:.3f} ({e.conf_low:.3f} to {e.conf_high:.3f})")
    proportion: 0.051 (0.012 to 0.189)
    prediction_proportion: 0.051 (0.009 to 0.246)
    """
    if model == "glmm":
        _check_glmm(tau2, test)
    studies = CountedStudies.of(study)
    x, n = shares(studies.column(events), studies.column(total), studies.called)
    found = Frequencies(studies.terms, x, n, model, tau2, test, level)
    yield from found.each_study()
    yield from found.whole()
    if subgroup is not None:
        known = subgroup.cat.remove_unused_categories()
        terms = [f"{subgroup.name}[{name}]" for name in known.cat.categories]
        yield from found.subgroups(terms, np.asarray(known.cat.codes, dtype=np.intp)[studies.order])


def _check_glmm(tau2: Tau2, test: Test) -> None:
    problems = []
    if tau2 not in ("by-model", "ml"):
        problems.append(
            f"tau2 = {tau2!r} is for models with weights; the model of counts has maximum likelihood alone."
        )
    if test not in ("z", "t"):
        problems.append(f"test = {test!r} is for models with weights; the model of counts has 'z' and 't'.")
    if problems:
        raise NotEstimableError("model = 'glmm' has no weights:", problems)
