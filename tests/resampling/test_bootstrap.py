import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmstats.effects.mean_difference import mean, mean_difference, mean_std_error, welch_std_error
from mmstats.errors import MmstatsError
from mmstats.resampling import statistics
from mmstats.resampling.bootstrap import Bootstrap, bootstrap_interval
from mmstats.resampling.design import clusters

ROOT = Path(__file__).parents[2]
EVERY = pytest.mark.parametrize("interval", get_args(Bootstrap))
X, Y = np.array([6.0, 8, 7, 10, 11, 9, 30]), np.array([4.0, 7, 8, 6, 3, 2])


def run(samples: Any, interval: Any, seed: int = 1, **options: Any) -> Any:
    chosen: dict[str, Any] = {
        "statistic": statistics.MEAN_DIFFERENCE,
        "level": 0.9,
        "resamples": 999,
    } | options
    return bootstrap_interval(samples, interval=interval, rng=np.random.default_rng(seed), **chosen)


def correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x, y = (v - v.mean(axis=-1, keepdims=True) for v in (x, y))
    with np.errstate(invalid="ignore"):
        found: np.ndarray = (x * y).sum(axis=-1) / np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
        return found


@EVERY
@settings(max_examples=10)
@given(seed=st.integers(0, 1_000))
def test_the_order_of_rows_changes_no_bit(interval: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert run((X, Y), interval) == run((rng.permutation(X), rng.permutation(Y)), interval)
    rows = rng.permutation(6)
    pairs: dict[str, Any] = {"statistic": statistics.FISHER_Z, "paired": True}
    assert run((X[:6], Y), interval, **pairs) == run((X[:6][rows], Y[rows]), interval, **pairs)


@EVERY
def test_the_same_seed_gives_the_same_answer_and_another_seed_another(interval: str) -> None:
    assert run((X, Y), interval) == run((X, Y), interval)
    assert (run((X, Y), interval).low != run((X, Y), interval, seed=2).low) is (interval != "abc")


@EVERY
def test_the_error_it_states_is_the_error_it_has(interval: str) -> None:
    if interval == "abc":
        assert np.isnan(run((X, Y), interval).mcse)  # it draws nothing
        return
    data = (X, Y)
    if interval == "calibrated-bootstrap":  # to first order only, which an outlier such as X's is beyond
        data = (np.arange(15.0) ** 1.2, np.arange(12.0))
    found = [run(data, interval, seed) for seed in range(100)]
    spread = max(np.std([f.low for f in found]), np.std([f.high for f in found]))
    assert np.mean([f.mcse for f in found]) == pytest.approx(spread, rel=0.25)


@EVERY
def test_without_a_generator_it_says_how_to_give_one(interval: Any) -> None:
    with pytest.raises(MmstatsError, match=r"rng=numpy\.random\.default_rng"):
        bootstrap_interval([X], mean, interval=interval, level=0.9, resamples=99, rng=None)


def test_a_studentized_interval_finds_a_standard_error_where_there_is_no_formula() -> None:
    nested, formula = (
        run((X, Y), "studentized-bootstrap", statistic=mean_difference, std_error=e)
        for e in (None, welch_std_error)
    )
    width = formula.high - formula.low
    assert nested.low == pytest.approx(formula.low, abs=0.25 * width)
    assert nested.high == pytest.approx(formula.high, abs=0.25 * width)


@EVERY
def test_constant_data_have_no_interval_but_a_reason(interval: str) -> None:
    found = run((np.full(5, 2.0), np.full(4, 1.0)), interval)
    assert np.isnan(found.low)
    assert np.isnan(found.high)
    assert any(words in found.note for words in ("zero", "same value", "no spread"))


def test_resamples_without_spread_are_infinitely_far_and_can_leave_no_limit() -> None:
    # Of three values, one resample in nine is constant: its t is infinite, and the 5 % point with it.
    found = run((np.array([1.0, 2, 4]),), "studentized-bootstrap", statistic=mean, std_error=mean_std_error)
    assert np.isnan(found.low)
    assert "do not reach" in found.note


def test_undefined_resamples_are_counted_in_the_note_and_widen() -> None:
    x, y = np.array([0.0, 0, 0, 1, 2, 3]), np.array([2.0, 1, 4, 3, 5, 7])
    options: dict[str, Any] = {"statistic": correlation, "paired": True, "resamples": 1_999}
    found = run((x, y), "percentile-bootstrap", **options)
    kept = run(
        (x, y),
        "percentile-bootstrap",
        **options | {"statistic": lambda a, b: np.nan_to_num(correlation(a, b), nan=0.9)},
    )
    assert "resamples leave it undefined" in found.note
    assert int(found.note.split()[0]) == pytest.approx(1_999 * 0.5**6, rel=0.4)
    assert found.low < kept.low
    too_many = run((x, y), "percentile-bootstrap", **options | {"level": 0.99})
    assert np.isnan(too_many.low)
    assert "do not reach" in too_many.note


def distinct(x: np.ndarray) -> np.ndarray:
    found: np.ndarray = 1.0 + (np.diff(np.sort(x, axis=-1)) > 0).sum(axis=-1)
    return found


def test_a_statistic_that_every_resample_falls_short_of_has_no_bca_interval() -> None:
    found = run((np.arange(20.0),), "bca-bootstrap", statistic=distinct)
    assert np.isnan(found.low)
    assert "one side" in found.note


def test_too_few_resamples_for_the_level_are_said() -> None:
    found = run((X, Y), "percentile-bootstrap", resamples=99, level=0.999)
    assert np.isnan(found.low)
    assert "too few" in found.note


@EVERY
def test_shifting_and_scaling_the_data_shifts_and_scales_the_interval(interval: str) -> None:
    one, two = (
        run((X,), interval, statistic=statistics.MEAN),
        run((4 * X + 16,), interval, statistic=statistics.MEAN),
    )
    # Averages of standard errors over bins may change a little with the rounding of ties.
    assert (two.low, two.high) == pytest.approx((4 * one.low + 16, 4 * one.high + 16), rel=1e-5)


def test_claridge_correlation_agrees_with_boot_within_monte_carlo_error(references: Path) -> None:
    data = np.loadtxt(references / "data/boot/claridge.csv", delimiter=",", skiprows=1)
    reference = json.loads(
        (ROOT / "tests" / "reference" / "bootstrap_limits.json").read_text(encoding="utf-8")
    )
    (want,) = (case for case in reference["cases"] if case["name"] == "claridge")
    dnan, hand = data[:, 1], data[:, 2]
    for interval, key in (("percentile-bootstrap", "percentile"), ("bca-bootstrap", "bca")):
        found = run((dnan, hand), interval, statistic=correlation, paired=True, level=0.95, resamples=9_999)
        assert (found.low, found.high) == pytest.approx(want[key], abs=4 * found.mcse)
        assert found.mcse < 0.02


def test_abc_agrees_with_boot() -> None:
    reference = json.loads(
        (ROOT / "tests" / "reference" / "bootstrap_limits.json").read_text(encoding="utf-8")
    )
    (want,) = (case for case in reference["cases"] if case["name"] == "abc")
    hours, x, y = (np.array(sample) for sample in want["samples"])
    columns = [np.array(column) for column in want["columns"]]
    for samples, statistic, key in (
        ([hours], statistics.MEAN, "mean"),
        ([x, y], statistics.MEAN_DIFFERENCE, "difference"),
        (columns, statistics.PEARSON_R, "correlation"),
    ):
        found = run(samples, "abc", statistic=statistic, level=want["level"], paired=key == "correlation")
        # Second derivatives are differences over steps of 0.001 / n, where boot's n counts all groups.
        assert (found.low, found.high) == pytest.approx(want[key], rel=1e-5)
        assert found.resamples == 0


def test_auto_draws_until_the_limits_are_stable() -> None:
    found = run((X, Y), "percentile-bootstrap", statistic=statistics.MEAN_DIFFERENCE, resamples="auto")
    assert found.resamples > 9_999
    assert found.mcse <= 0.003 * (found.high - found.low)


def test_what_is_not_smooth_has_no_abc_interval() -> None:
    with pytest.raises(MmstatsError, match="smooth"):
        run((X, Y), "abc", statistic=statistics.MEDIAN_DIFFERENCE)


@EVERY
@pytest.mark.parametrize(
    "statistic", [statistics.MEAN_DIFFERENCE, statistics.HEDGES_G, statistics.SUPERIORITY]
)
def test_exchanging_the_groups_mirrors_the_interval_to_the_last_bit(interval: Any, statistic: Any) -> None:
    if statistic is statistics.SUPERIORITY and interval in ("abc", "bayesian-bootstrap"):
        return  # not smooth
    one, two = (run(samples, interval, statistic=statistic, null=0.0) for samples in ((X, Y), (Y, X)))
    if statistic is statistics.SUPERIORITY:  # about one half, which rounds
        assert (one.low, one.high) == pytest.approx((1 - two.high, 1 - two.low), rel=1e-12, nan_ok=True)
    elif interval in ("abc", "stabilized-bootstrap"):  # sums in another order
        assert (one.low, one.high) == pytest.approx((-two.high, -two.low), rel=1e-6)
    else:
        assert np.array_equal((one.low, one.high), (-two.high, -two.low), equal_nan=True)


def test_clusters_are_drawn_whole() -> None:
    labels, values = np.repeat(np.arange(8), 3), np.repeat(np.array([1.0, 2, 4, 3, 7, 5, 6, 9]), 3)
    values = values + np.tile([-0.1, 0, 0.1], 8)
    by_row = run((values,), "percentile-bootstrap", statistic=statistics.MEAN)
    whole = run((values,), "percentile-bootstrap", statistic=statistics.MEAN, design=clusters(labels))
    of_means = run((values[1::3],), "percentile-bootstrap", statistic=statistics.MEAN)
    assert whole.high - whole.low > 1.4 * (by_row.high - by_row.low)
    assert (whole.low, whole.high) == pytest.approx((of_means.low, of_means.high), abs=0.15)


def test_strata_keep_their_sizes() -> None:
    strata, values = np.repeat([0, 1], 6), np.repeat([0.0, 100.0], 6) + np.tile(np.arange(6.0), 2)
    design = clusters(np.arange(12), strata)
    found = run((values,), "percentile-bootstrap", statistic=statistics.MEAN, design=design)
    assert 50 < found.low < found.high < 55
