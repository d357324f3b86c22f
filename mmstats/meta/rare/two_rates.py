"""Pooled ratios of rates from counts, given each study's events."""

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.rare.common import ChiSquared
from mmstats.meta.rare.one_group import POINTS
from mmstats.meta.rare.pooled import CountsPooled, Test, check_count, typical_variance
from mmstats.meta.rare.tables import Rates, Tables
from mmstats.meta.rare.two_groups import given_totals, given_totals_ratio
from mmstats.mixed.generalised.build import binomial_model
from mmstats.mixed.generalised.fit import fit_generalised


def pool_rate_ratios(rates: Rates, *, test: Test = "z", points: int = POINTS) -> CountsPooled:
    """Pool ratios of rates, log ratios being normal between studies.

    Given a study's events, those of the comparison group are binomial if both are Poisson, so that the rate
    of the reference group needs no model. Studies without events say nothing and are left out.

    Parameters
    ----------
    rates : Rates
    test : {"z", "t"}
    points : int
        Of adaptive Gauss-Hermite quadrature.

    Raises
    ------
    NotEstimableError
        If fewer than two studies have events, or one group has none of them.

    References: stijnen2010.

    Examples
    --------
    >>> from mmstats.meta.rare.tables import rates
    >>> found = pool_rate_ratios(rates([4, 9, 2], [50, 80, 41], [9, 10, 8], [52, 77, 40]))
    >>> round(found.estimate, 3), round(found.tau2, 3)
    (-0.599, 0.0)
    """
    which = (rates.x1 + rates.x2) > 0
    kept = Tables(rates.x1[which], rates.t1[which], rates.x2[which], rates.t2[which])
    check_count(len(kept.a))
    if not kept.a.any() or not kept.c.any():
        raise NotEstimableError(
            f"The {'reference' if kept.a.any() else 'comparison'} group has no event in any study: the "
            "log rate ratio is infinite. Give an exact test of all events."
        )
    if ((kept.a == 0) | (kept.c == 0)).all():
        raise NotEstimableError(
            "In each study only one of the groups has events: nothing tells how much studies differ. Take a "
            "common rate ratio, such as Mantel and Haenszel's."
        )
    fit = fit_generalised(binomial_model(given_totals(kept)), points)
    half = np.where((kept.a == 0) | (kept.c == 0), 0.5, 0.0)
    homogeneity = ChiSquared(max(0.0, given_totals_ratio(kept)), len(kept.a) - 1)
    left = tuple(int(i) + 1 for i in np.flatnonzero(~which))
    spread = typical_variance(1 / (kept.a + half) + 1 / (kept.c + half))
    return CountsPooled(fit, 0, 0, len(kept.a), left, homogeneity, spread, test)
