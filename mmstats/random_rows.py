"""How tests of random effects, and how alike rows of a group are, become rows of results."""

from collections.abc import Iterator
from dataclasses import replace
from math import isnan, nan
from typing import Literal

import numpy as np

from mmstats.effects.intraclass_correlation import ICC
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.mixed.exact_random_test import exact_random_test
from mmstats.mixed.explained import alike, explained
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.quantities import DESIGN_EFFECT, R2_CONDITIONAL, R2_MARGINAL, RANDOM_EFFECT_TEST
from mmstats.mixed.random_tests import random_test, simulated_random_test

RandomTests = Literal["mixture", "simulated"]
MOST_GROUPS = 1_000  # for the exact distribution, which takes the eigenvalues of a matrix of groups by groups
FAILED = "{failed} of {resamples} simulated statistics have no certain optimum; p counts them as larger."


def random_effect_tests(
    found: LinearFit, kind: RandomTests, resamples: int, rng: np.random.Generator | None
) -> Iterator[Estimate]:
    """Yield the test of each part of the random terms that can be left out while the rest stays.

    Parameters
    ----------
    found : LinearFit
        By restricted maximum likelihood.
    kind : {"mixture", "simulated"}
    resamples : int
        How many statistics are simulated.
    rng : Generator, optional
    """
    drawing = np.random.default_rng() if rng is None else rng
    for place, term in enumerate(found.data.random):
        for name, dropped in term.removable().items():
            base = Estimate(
                quantity=RANDOM_EFFECT_TEST,
                term=f"{name} | {term.group}",
                estimate=nan,
                n=found.rows,
                note="Not compared.",
            )
            try:
                if kind == "mixture":
                    yield _by_mixture(base, found, place, dropped)
                else:
                    yield _simulated(base, found, place, dropped, resamples, drawing)
            except NotEstimableError as problem:
                yield replace(base, note=problem.message)


def _by_mixture(base: Estimate, found: LinearFit, place: int, dropped: tuple[int, ...]) -> Estimate:
    test = random_test(found, place, dropped)
    way_out = 'random_tests = "simulated" gives the p value.'
    return replace(
        base,
        estimate=test.statistic,
        statistic=test.statistic,
        p_value=test.p_value,
        note=f"{test.note} {way_out}" if isnan(test.p_value) else "",
    )


def _simulated(
    base: Estimate,
    found: LinearFit,
    place: int,
    dropped: tuple[int, ...],
    resamples: int,
    rng: np.random.Generator,
) -> Estimate:
    terms = found.data.random
    if len(terms) == 1 and terms[0].size == 1 and len(terms[0].levels) <= MOST_GROUPS:
        test = exact_random_test(found, resamples=resamples, rng=rng)
    else:
        test = simulated_random_test(found, place, dropped, resamples=resamples, rng=rng)
    return replace(
        base,
        estimate=test.statistic,
        statistic=test.statistic,
        p_value=test.p_value,
        resamples=resamples,
        mcse=test.mcse,
        note=FAILED.format(failed=test.failed, resamples=resamples) if test.failed else "",
    )


def shares(found: LinearFit) -> Iterator[Estimate]:
    """Yield the shares of variation that the parts explain, and how alike rows of each group are."""
    parts, groups = explained(found), alike(found)
    yield Estimate(quantity=R2_MARGINAL, estimate=parts.r2_marginal, n=found.rows)
    yield Estimate(quantity=R2_CONDITIONAL, estimate=parts.r2_conditional, n=found.rows)
    yield Estimate(quantity=ICC, estimate=parts.icc, n=found.rows)
    if len(groups) > 1:
        for group in groups:
            yield Estimate(quantity=ICC, term=group.group, estimate=group.icc, n=found.rows, note=group.note)
    for group in groups:
        yield Estimate(
            quantity=DESIGN_EFFECT,
            term=group.group,
            estimate=group.design_effect,
            n=found.rows,
            note=group.note,
        )
