"""Intraclass correlations."""

from collections.abc import Iterator
from math import nan

import numpy as np

from mmstats.effects.intraclass_correlation import ICC, ROUNDING, forms, mean_squares
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import SeveralOrdered
from mmstats.registry import Level, method
from mmstats.samples import table


@method(title="Intraclass correlation", references=("shrout1979", "mcgraw1996"))
def icc(ratings: SeveralOrdered, *, level: Level = 0.95) -> Iterator[Estimate]:
    """Agreement of raters, or of repeated measurements, on a scale of numbers.

    Yields the six forms of Shrout and Fleiss, the first number naming the model and the second whether it is
    about one rating or the mean of all k:

    - ``ICC(1,1)``, ``ICC(1,k)``: each subject has raters of its own, drawn at random (one-way).
    - ``ICC(2,1)``, ``ICC(2,k)``: the same raters see everybody and stand for others; that one gives more
      than another is an error (McGraw and Wong's ICC(A,1): agreement).
    - ``ICC(3,1)``, ``ICC(3,k)``: the same raters see everybody and nobody else will; that one gives more
      than another does not count (ICC(C,1): consistency). ICC(3,k) is Cronbach's alpha.

    Which one is wanted has to be said before the data are seen: for raters at the bedside it is ICC(2,1).
    p is two-sided, twice that of the usual one-sided F test, so that it belongs to the interval; for form 2
    its second degrees of freedom are Satterthwaite's, as the interval's are. Estimates below zero are given
    as they are: ratings of one subject then differ more than those of different subjects.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n, k)
        A row for each subject, a column for each rater; only subjects rated by everybody count.
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 subjects or 2 raters, or all ratings are equal.

    Notes
    -----
    References: shrout1979, mcgraw1996.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [[9.0, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> for e in icc(pd.DataFrame(rows)):
    ...     print(f"{e.term} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    ICC(1,1) 0.17 (-0.13 to 0.72)
    ICC(2,1) 0.29 (0.02 to 0.76)
    ICC(3,1) 0.71 (0.34 to 0.95)
    ICC(1,k) 0.44 (-0.88 to 0.91)
    ICC(2,k) 0.62 (0.07 to 0.93)
    ICC(3,k) 0.91 (0.68 to 0.99)
    """
    values = table(ratings, at_least=2)
    n, k = values.shape
    if k < 2:
        raise NotEstimableError("Agreement needs the ratings of at least 2 raters.")
    if np.ptp(values) <= ROUNDING * np.abs(values).max():
        raise NotEstimableError("All ratings are equal: subjects that do not differ cannot be told apart.")
    squares = mean_squares(values)
    if squares.within == 0 or squares.subjects == 0:
        estimate = 1.0 if squares.within == 0 else nan
        note = (
            "All raters agree on every subject, so nothing is known about the uncertainty."
            if squares.within == 0
            else "The subjects' mean ratings are all equal: there is no variation between subjects."
        )
        for rater in ("1", "k"):
            for form in "123":
                yield Estimate(
                    quantity=ICC,
                    term=f"ICC({form},{rater})",
                    estimate=estimate,
                    conf_level=level,
                    interval="F",
                    n=n,
                    note=note,
                )
        return
    for found in forms(squares, level=level):
        perfect = np.isnan(found.f) and found.estimate == 1
        yield Estimate(
            quantity=ICC,
            term=found.term,
            estimate=found.estimate,
            conf_low=nan if perfect else found.low,
            conf_high=nan if perfect else found.high,
            conf_level=level,
            interval="F",
            statistic=found.f,
            df=found.df,
            df2=found.df2,
            p_value=found.p_value,
            n=n,
            note="Raters differ by constants only, so nothing is known about the uncertainty."
            if perfect
            else "",
        )
