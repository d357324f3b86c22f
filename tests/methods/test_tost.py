"""Equivalence: the interval lies within the bounds exactly when the larger one-sided p is below alpha."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import MmstatsError, PlanError
from mmstats.estimate import Estimate
from mmstats.methods import METHODS as REGISTERED
from mmstats.methods.tost_correlation import tost_correlation
from mmstats.methods.tost_means import tost_means
from mmstats.methods.tost_paired_means import tost_paired_means
from mmstats.methods.tost_proportions import tost_proportions
from mmstats.notebook import analyze

METHODS = [tost_means, tost_paired_means, tost_proportions, tost_correlation]


def columns(method: Any, seed: int) -> tuple[pd.Series, pd.Series]:
    rng, n = np.random.default_rng(seed), 12 + seed
    group = pd.Series(pd.Categorical.from_codes(np.arange(2 * n) % 2, pd.Index(["a", "b"])))
    if method is tost_means:
        return pd.Series(rng.normal(size=2 * n)), group
    if method is tost_proportions:
        return pd.Series(pd.Categorical.from_codes(rng.integers(0, 2, 2 * n), pd.Index(["no", "yes"]))), group
    return pd.Series(rng.normal(size=n)), pd.Series(rng.normal(size=n))


def every() -> Iterator[tuple[list[Estimate], float, tuple[float, float]]]:
    for method in METHODS:
        for seed in range(12):
            for level in (0.5, 0.8, 0.9, 0.95):
                bounds = (-0.2 - seed / 30, 0.3)
                found = list(method(*columns(method, seed), low=bounds[0], high=bounds[1], level=level))
                yield found, level, bounds


def test_interval_within_the_bounds_exactly_when_p_is_below_alpha() -> None:
    seen = set()
    for (whole, above, below), level, (low, high) in every():
        alpha = (1 - level) / 2
        assert whole.p_value == max(above.p_value, below.p_value)
        assert (whole.p_value < alpha) == (low < whole.conf_low and whole.conf_high < high)
        assert (above.p_value < alpha) == (low < whole.conf_low)
        assert (below.p_value < alpha) == (whole.conf_high < high)
        assert (above.term, below.term) == (f"above {low:g}", f"below {high:g}")
        seen.add(whole.p_value < alpha)
    assert seen == {True, False}


@pytest.mark.parametrize("method", METHODS)
def test_exchange_reflects(method: Any) -> None:
    first, second = columns(method, 3)
    here = list(method(first, second, low=-0.4, high=0.3))
    if method in (tost_means, tost_proportions):
        second = second.cat.reorder_categories(["b", "a"])
    elif method is tost_correlation:
        second = -second
    else:
        first, second = second, first
    there = list(method(first, second, low=-0.3, high=0.4))
    for a, b in zip(here, [there[0], there[2], there[1]], strict=True):
        assert b.p_value == pytest.approx(a.p_value, rel=1e-9)
        assert b.estimate == pytest.approx(-a.estimate)


@pytest.mark.parametrize("method", METHODS)
def test_bounds_are_asked_for(method: Any) -> None:
    first, second = columns(method, 1)
    roles: dict[str, Any] = dict(zip(REGISTERED[method.__name__].roles, ("first", "second"), strict=True))
    with pytest.raises(PlanError) as error:
        analyze(pd.DataFrame({"first": first, "second": second}), method.__name__, **roles, low=-0.3)
    takes = "a number between -1 and 1" if method in (tost_proportions, tost_correlation) else "a number"
    title = REGISTERED[method.__name__].title
    assert error.value.problems == (f"In analysis 'analysis': {title} needs its option 'high': {takes}.",)
    for low, high in ((0.2, 0.1), (-0.1, float("nan")), (float("nan"), 0.1)):
        with pytest.raises(MmstatsError, match="low below high"):
            list(method(*columns(method, 1), low=low, high=high))
    if method in (tost_proportions, tost_correlation):
        with pytest.raises(MmstatsError, match="both between -1 and 1"):
            list(method(*columns(method, 1), low=-0.1, high=1))


def test_all_or_nobody_has_an_event() -> None:
    group = pd.Series(pd.Categorical(["a", "b"] * 20))
    outcome = pd.Series(pd.Categorical(["no"] * 40, categories=["no", "yes"]))
    whole, *_ = tost_proportions(outcome, group, low=-0.2, high=0.2)
    assert whole.estimate == 0
    assert whole.p_value < 0.05
    assert -0.2 < whole.conf_low < 0 < whole.conf_high < 0.2
