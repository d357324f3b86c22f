"""Fleiss's kappa."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import nan
from typing import Literal

import numpy as np
from scipy import stats

from mmstats.effects import fleiss_kappa as effect
from mmstats.effects.t_interval import transformed_limits
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import SeveralCategorical
from mmstats.registry import Level, Random, ResamplesOrAuto, method
from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.attach import with_bootstrap
from mmstats.resampling.statistic import Function
from mmstats.samples import on_one_scale

Choice = Literal["jackknife", "bca-bootstrap", "percentile-bootstrap"]


@method(title="Fleiss's kappa", references=("fleiss1971", "fleiss1979", "fleiss2003"))
def fleiss_kappa(
    ratings: SeveralCategorical,
    *,
    level: Level = 0.95,
    interval: Choice = "jackknife",
    resamples: ResamplesOrAuto = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Agreement of several raters on categories, beyond what their frequencies alone would give.

    Yields kappa over all categories, with an empty term, and of each category against the rest. Raters are
    taken as exchangeable, so they need not be the same for every subject; an order of the categories does
    not count.

    p is that of chance agreement, from the variance kappa then has (Fleiss, Nee and Landis 1979, which
    corrects Fleiss 1971). The jackknife leaves out each subject in turn; its interval is that of t on the
    scale of Fisher's z, and may disagree with p close to 1 - level. With a bootstrap of subjects, p belongs
    to the interval.

    Parameters
    ----------
    ratings : DataFrame of category, shape (n, k)
        A row for each subject, a column for each rating, all on one scale.
    level : float
        Confidence level.
    interval : {"jackknife", "bca-bootstrap", "percentile-bootstrap"}
        How the intervals are made.
    resamples : int or 'auto'
        How many resamples of the subjects a bootstrap draws; ``auto`` goes on until its limits are stable.
    rng : numpy.random.Generator
        What a bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 subjects or 2 ratings of each, the scales differ, or only one category was
        ever used.

    Notes
    -----
    References: fleiss1971, fleiss1979, fleiss2003.

    Examples
    --------
    >>> import pandas as pd
    >>> kinds = pd.CategoricalDtype(["none", "congenital", "acquired"])
    >>> a = pd.Series(["none", "none", "acquired", "acquired", "congenital", "none", "none", "acquired"])
    >>> b = pd.Series(["none", "none", "acquired", "none", "congenital", "none", "none", "acquired"])
    >>> c = pd.Series(["none", "none", "acquired", "acquired", "acquired", "none", "none", "acquired"])
    >>> found = next(fleiss_kappa(pd.DataFrame({"a": a, "b": b, "c": c}).astype(kinds)))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f}), p = {found.p_value:.5f}"
    '0.70 (0.03 to 0.94), p = 0.00003'
    """
    places = on_one_scale({str(name): column for name, column in ratings.items()})
    n, raters = places.shape
    if raters < 2:
        raise NotEstimableError("Agreement needs at least 2 ratings of each subject.")
    categories = [str(name) for name in ratings.iloc[:, 0].cat.categories]
    table = np.stack([(places == place).sum(axis=1) for place in range(len(categories))], axis=1)
    table = table[np.lexsort(table.T[::-1])].astype(np.float64)
    used = table.any(axis=0)
    if used.sum() < 2:
        raise NotEstimableError(
            f"Every rating is {categories[int(places[0, 0])]!r}: there is nothing to tell apart."
        )
    parts: list[tuple[str, FloatArray, Function]] = [("", table[:, used], effect.fleiss_kappa)]
    of_category = partial(effect.of_category, raters=raters)
    parts += [(name, table[:, [place]], of_category) for place, name in enumerate(categories)]
    for term, counts, statistic in parts:
        columns = tuple(counts.T)
        whole = counts if not term else np.column_stack([counts, raters - counts])
        if not counts.any():
            note = "No rating is in this category."
            yield Estimate(quantity=effect.FLEISS_KAPPA, term=term, estimate=nan, n=n, note=note)
            continue
        kappa = float(statistic(*columns))
        base = Estimate(quantity=effect.FLEISS_KAPPA, term=term, estimate=kappa, n=n)
        if interval == "jackknife":
            yield _jackknife(base, columns, statistic, effect.null_std_error(whole), level=level)
        else:
            yield with_bootstrap(
                base,
                columns,
                statistic,
                interval=interval,
                level=level,
                resamples=resamples,
                rng=rng,
                paired=True,
                null=0,
            )


def _jackknife(
    base: Estimate,
    columns: tuple[FloatArray, ...],
    statistic: Function,
    null_std_error: float,
    *,
    level: float,
) -> Estimate:
    """Return `base` with the jackknife's t interval, and the p value of chance agreement."""
    n, z = base.n, base.estimate / null_std_error
    left_out = statistic(*(effect.leave_one_out(column) for column in columns))
    spread = float(np.sqrt((n - 1) * np.var(left_out)))
    std_error = 0.0 if spread <= effect.ROUNDING else spread
    note = ""
    if np.isnan(std_error):
        note = "The interval is not estimable: without one of the subjects only one category is left."
    elif std_error == 0:
        note = "Leaving out any subject changes nothing, so nothing is known about the uncertainty."
        std_error = nan
    limits = transformed_limits(base.estimate, std_error, n - 1, level=level) if not note else (nan, nan)
    return replace(
        base,
        std_error=std_error,
        conf_low=limits[0],
        conf_high=limits[1],
        conf_level=level,
        interval="jackknife",
        statistic=z,
        p_value=float(2 * stats.norm.sf(abs(z))),
        note=note,
    )
