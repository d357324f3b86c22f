"""Correlations: what holds for each of them, and data at the edge."""

from collections.abc import Callable, Iterator
from itertools import permutations
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mmstats.effects.kendall_tau import kendall_tau
from mmstats.effects.pearson_r import exact_interval, fisher_z_std_error, pearson_r
from mmstats.effects.rank_correlation import orders
from mmstats.effects.spearman_rho import spearman_rho
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.kendall import kendall
from mmstats.methods.partial_correlation import partial_correlation
from mmstats.methods.pearson import Choice, pearson
from mmstats.methods.spearman import spearman

Method = Callable[..., Iterator[Estimate]]
PAIRWISE = [pearson, spearman, kendall]
scores = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=5, max_size=14)


def series(values: Any) -> pd.Series:
    return pd.Series(np.asarray(values, dtype=np.float64))


def only(found: Iterator[Estimate]) -> Estimate:
    (estimate,) = found
    return estimate


@pytest.mark.parametrize("method", PAIRWISE)
@given(rows=scores, random=st.randoms())
@settings(deadline=None, max_examples=30)
def test_rows_swap_sign_and_scale(method: Method, rows: list[tuple[int, int]], random: Any) -> None:
    x, y = map(series, zip(*rows, strict=True))
    assume(x.nunique() > 1 and y.nunique() > 1)
    here = only(method(x, y))
    order = list(range(len(x)))
    random.shuffle(order)
    assert repr(only(method(x.iloc[order], y.iloc[order]))) == repr(here)
    fields = ("estimate", "conf_low", "conf_high", "p_value")
    swapped, scaled, reversed_ = only(method(y, x)), only(method(3 * x + 1e3, y)), only(method(-x, y))
    for field in fields:
        assert getattr(swapped, field) == pytest.approx(getattr(here, field), abs=1e-9, nan_ok=True)
        assert getattr(scaled, field) == pytest.approx(getattr(here, field), abs=1e-9, nan_ok=True)
    assert reversed_.estimate == pytest.approx(-here.estimate)
    assert reversed_.conf_low == pytest.approx(-here.conf_high, abs=1e-9, nan_ok=True)
    assert reversed_.p_value == pytest.approx(here.p_value, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("interval", ["exact", "fisher-z"])
@given(rows=scores, level=st.floats(0.5, 0.99))
@settings(deadline=None, max_examples=30)
def test_pearson_p_and_interval_agree(interval: Choice, rows: list[tuple[int, int]], level: float) -> None:
    x, y = map(series, zip(*rows, strict=True))
    assume(x.nunique() > 1 and y.nunique() > 1)
    e = only(pearson(x, y, level=level, interval=interval))
    assume(not isnan(e.p_value) and abs(e.p_value - (1 - level)) > 1e-8)
    assert (e.conf_low <= 0 <= e.conf_high) == (e.p_value > 1 - level)
    assert e.conf_low < e.estimate < e.conf_high
    wider = only(pearson(x, y, level=0.995, interval=interval))
    assert wider.conf_high > e.conf_high


@pytest.mark.parametrize("method", PAIRWISE)
@pytest.mark.parametrize("interval", ["bca-bootstrap", "percentile-bootstrap"])
def test_bootstrap_p_and_interval_agree(method: Method, interval: str) -> None:
    rng = np.random.default_rng(7)
    for slope in (0.0, 0.5, 1.0):
        x = rng.normal(size=16)
        e = only(
            method(
                series(x),
                series(slope * x + rng.normal(size=16)),
                interval=interval,
                resamples=999,
                rng=np.random.default_rng(1),
            )
        )
        assert e.conf_low < e.estimate < e.conf_high
        assert (e.conf_low <= 0 <= e.conf_high) == (e.p_value >= 0.05)
        assert e.resamples == 999
        assert e.mcse > 0
        assert e.interval == interval


def test_studentized_bootstrap_stays_inside_and_repeats() -> None:
    rng = np.random.default_rng(3)
    x = series(rng.normal(size=12))
    y = 3 * x + series(rng.normal(size=12))
    first, second = (
        only(pearson(x, y, interval="studentized-bootstrap", resamples=999, rng=np.random.default_rng(5)))
        for _ in range(2)
    )
    assert first == second
    assert -1 < first.conf_low < first.estimate < first.conf_high < 1


def test_fisher_z_std_error_is_that_of_a_normal_sample() -> None:
    rng = np.random.default_rng(11)
    x = rng.normal(size=40_000)
    y = 0.6 * x + 0.8 * rng.normal(size=40_000)
    # In a normal population the variance of z is 1/n; 2 % is three standard errors of the estimate here.
    assert fisher_z_std_error(x, y) * 200 == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("method", PAIRWISE)
def test_constants_and_too_few_pairs_are_refused(method: Method) -> None:
    with pytest.raises(NotEstimableError, match="'x' and 'y' are constant"):
        list(method(series([1, 1, 1]).rename("x"), series([0.1 + 0.2, 0.3, 0.3]).rename("y")))
    with pytest.raises(NotEstimableError, match="At least 3"):
        list(method(series([1, 2]), series([2, 1])))


@pytest.mark.parametrize("method", PAIRWISE)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_perfect_correlation_has_no_interval(method: Method, sign: int) -> None:
    x = series(range(60))
    e = only(method(x, sign * x))
    assert e.estimate == pytest.approx(sign)
    assert isnan(e.conf_low)
    assert e.note
    assert method is pearson or 0 < e.p_value < 1e-70


def test_perfect_correlation_of_few() -> None:
    assert only(spearman(series([1, 2, 3, 4]), series([1, 2, 3, 4]))).p_value == pytest.approx(2 / 24)
    assert only(kendall(series([1, 2, 3, 4]), series([4, 3, 2, 1]))).p_value == pytest.approx(2 / 24)
    # One tie at the bottom: 2 orders are as good, and none mirrors it.
    tied = series([1, 1, 2, 3])
    assert only(spearman(tied, tied)).p_value == pytest.approx(2 / 24)


@given(rows=scores.filter(lambda rows: len(rows) <= 6))
@settings(deadline=None, max_examples=20)
def test_exact_p_counts_every_order(rows: list[tuple[int, int]]) -> None:
    x, y = (np.array(side, dtype=np.float64) for side in zip(*rows, strict=True))
    assume(np.ptp(x) > 0 and np.ptp(y) > 0)
    every = np.array(list(permutations(y)))
    for method, statistic in ((spearman, spearman_rho), (kendall, kendall_tau)):
        values = np.abs(statistic(np.broadcast_to(x, every.shape), every))
        share = np.mean(values >= abs(statistic(x, y)) - 1e-9)
        assert only(method(series(x), series(y))).p_value == pytest.approx(share)


def test_orders_are_all_permutations() -> None:
    assert {tuple(row) for row in orders(5)} == set(permutations(range(5)))


@pytest.mark.parametrize("n", [3, 4, 10, 200, 5_000])
@pytest.mark.parametrize("r", [-0.999999, -0.5, 0.0, 0.3, 0.9999999])
def test_exact_interval_everywhere(r: float, n: int) -> None:
    low, high = exact_interval(r, n, level=0.95)
    assert -1 <= low < r < high <= 1
    mirrored = exact_interval(-r, n, level=0.95)
    assert (low, high) == pytest.approx((-mirrored[1], -mirrored[0]), rel=1e-8)


def test_extreme_values_do_not_overflow() -> None:
    x = np.array([1.0, 2, 4, 3])
    assert pearson_r(x * 1e200, x[::-1] * 1e-200) == pytest.approx(pearson_r(x, x[::-1]))
    assert pearson_r(x + 1e9, x[::-1]) == pytest.approx(pearson_r(x, x[::-1]))


COVARIATES = pd.DataFrame({"age": [1.0, 5, 2, 8, 3, 9, 4, 7], "dose": [2.0, 2, 5, 1, 1, 3, 9, 4]})
X, Y = series([3, 1, 4, 1, 5, 9, 2, 6]), series([2, 7, 1, 8, 2, 8, 1, 8])


@pytest.mark.parametrize("correlation", ["pearson", "spearman"])
def test_partial_correlation_ignores_the_covariates_scale_and_order(correlation: Any) -> None:
    here = only(partial_correlation(X, Y, COVARIATES, correlation=correlation))
    there = only(partial_correlation(X, Y, 10 * COVARIATES[["dose", "age"]] + 5, correlation=correlation))
    for field in ("estimate", "conf_low", "conf_high", "p_value"):
        assert getattr(there, field) == pytest.approx(getattr(here, field))
    assert here.df == len(X) - 4


def test_partial_correlation_p_and_interval_agree() -> None:
    e = only(partial_correlation(X, Y, COVARIATES))
    for level in (0.999 * (1 - e.p_value), 1.001 * (1 - e.p_value)):
        found = only(partial_correlation(X, Y, COVARIATES, level=level))
        assert (found.conf_low <= 0 <= found.conf_high) == (e.p_value > 1 - level)


def test_partial_correlation_bootstrap() -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(size=20)
    x, y = series(z + rng.normal(size=20)), series(z + rng.normal(size=20))
    frame = pd.DataFrame({"z": z})
    e = only(
        partial_correlation(
            x, y, frame, interval="bca-bootstrap", resamples=999, rng=np.random.default_rng(1)
        )
    )
    assert -1 < e.conf_low < e.estimate < e.conf_high < 1


@pytest.mark.parametrize(
    "covariates",
    [COVARIATES.assign(x2=2 * X + 1), COVARIATES.assign(sum=COVARIATES["age"] + COVARIATES["dose"])],
    ids=["x", "each other"],
)
def test_what_the_covariates_determine_is_refused(covariates: pd.DataFrame) -> None:
    with pytest.raises(NotEstimableError, match="determine"):
        list(partial_correlation(X, Y, covariates))


def test_partial_correlation_needs_rows() -> None:
    with pytest.raises(NotEstimableError, match="At least 5 complete rows"):
        list(partial_correlation(X[:4], Y[:4], COVARIATES[:4]))
