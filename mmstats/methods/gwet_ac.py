"""Gwet's agreement coefficient."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mmstats.effects.cohen_kappa import Weights, agreement_weights
from mmstats.effects.gwet_ac import GWET_AC1, GWET_AC2
from mmstats.effects.gwet_ac import gwet_ac as coefficient
from mmstats.effects.t_interval import with_t
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import SeveralCategorical
from mmstats.registry import Level, method
from mmstats.samples import on_one_scale


@method(title="Gwet's agreement coefficient", references=("gwet2008", "gwet2014"))
def gwet_ac(
    ratings: SeveralCategorical, *, weights: Weights = "unweighted", level: Level = 0.95
) -> Iterator[Estimate]:
    """Agreement of two or more raters that does not collapse where nearly everybody is in one category.

    Yields ``gwet_ac1``, or with weights ``gwet_ac2``, whose term is the weights. Kappa takes most agreement
    for chance when nearly everybody is at the floor of a scale: raters who agree on 95 % can have a kappa
    near 0. This coefficient counts as chance only what raters would agree on if they guessed where they are
    unsure. It is no better kappa but another question, and its answer is usually higher: which one is asked
    has to be said before the data are seen. Levels of the scale that nobody was given count. The p value
    belongs to the interval, that of t, which is cut at 1.

    Parameters
    ----------
    ratings : DataFrame of category, shape (n, k)
        A row for each subject, a column for each rater, all on one scale.
    weights : {"unweighted", "linear", "quadratic"}
        How much a disagreement counts: all alike, by steps between the levels, or by their square.
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 subjects, raters or levels, or the scales differ.

    Notes
    -----
    References: gwet2008, gwet2014.

    Examples
    --------
    Of 20 people, 18 are rated 0 by both: 90 % agreement, a kappa of -0.05.

    >>> import pandas as pd
    >>> scale = pd.CategoricalDtype(["0", "1"], ordered=True)
    >>> both = pd.DataFrame({"a": list("0" * 18 + "01"), "b": list("0" * 18 + "10")}).astype(scale)
    >>> found = next(gwet_ac(both))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f})"
    '0.89 (0.71 to 1.00)'
    """
    places = on_one_scale({str(name): column for name, column in ratings.items()})
    n, raters = places.shape
    scale = ratings.iloc[:, 0].cat
    if raters < 2 or len(scale.categories) < 2:
        what = "ratings of each subject" if raters < 2 else "levels of the scale"
        raise NotEstimableError(f"Agreement needs at least 2 {what}.")
    table = np.stack([(places == place).sum(axis=1) for place in range(len(scale.categories))], axis=1)
    table = table[np.lexsort(table.T[::-1])].astype(np.float64)
    value, std_error = coefficient(table, agreement_weights(len(scale.categories), weights))
    unordered = weights != "unweighted" and not scale.ordered and len(scale.categories) > 2
    note = "The levels have no order; the weights take them in that of the dictionary." if unordered else ""
    base = Estimate(
        quantity=GWET_AC1 if weights == "unweighted" else GWET_AC2,
        term="" if weights == "unweighted" else weights,
        estimate=value,
        n=n,
        note=note,
    )
    if std_error == 0:
        reason = "The standard error is zero, so nothing is known about the uncertainty."
        yield replace(base, conf_level=level, interval="t", note=f"{reason} {note}".strip())
        return
    found = with_t(
        replace(base, std_error=std_error, statistic=value / std_error), n - 1, level=level, interval="t"
    )
    yield replace(found, conf_high=min(found.conf_high, 1.0))
