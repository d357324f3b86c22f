"""Numbers worked out from what papers print, against the samples that they would have been printed of."""

from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from mmstats.errors import MmstatsError
from mmstats.meta.measures import effect_sizes
from mmstats.meta.printed.arms import combined_events, combined_means
from mmstats.meta.printed.converted import t_from_p
from mmstats.meta.printed.intervals import (
    difference_from_interval,
    log_ratio_from_interval,
    variance_from_p,
    variance_from_standard_error,
)
from mmstats.meta.printed.quartiles import Method, mean_and_sd_from_median
from mmstats.meta.printed.standard_deviation import (
    correlation_from_sd_of_change,
    sd_from_difference_interval,
    sd_from_f,
    sd_from_interval,
    sd_from_p,
    sd_from_standard_error,
    sd_from_t,
    sd_of_change,
)
from mmstats.meta.printed.standardised import standardised_from_f, standardised_from_p, standardised_from_t


@pytest.fixture
def samples() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.normal(12, 3, 14), rng.normal(9, 3, 19)


def test_one_groups_standard_deviation(samples: tuple[np.ndarray, np.ndarray]) -> None:
    values = samples[0]
    n, sd = len(values), values.std(ddof=1)
    assert sd_from_standard_error(stats.sem(values), n).value == pytest.approx(sd, rel=1e-13)
    for level in (0.9, 0.95):
        low, high = stats.t.interval(level, n - 1, values.mean(), stats.sem(values))
        assert sd_from_interval(low, high, n, level=level).value == pytest.approx(sd, rel=1e-12)


def test_two_groups_standard_deviation(samples: tuple[np.ndarray, np.ndarray]) -> None:
    """SciPy's t test and F go back to the pooled standard deviation, whichever is printed."""
    one, two = samples
    n1, n2 = len(one), len(two)
    pooled = sqrt(((n1 - 1) * one.var(ddof=1) + (n2 - 1) * two.var(ddof=1)) / (n1 + n2 - 2))
    difference = one.mean() - two.mean()
    test = stats.ttest_ind(one, two)
    interval = test.confidence_interval()
    found = [
        sd_from_t(difference, test.statistic, n1, n2),
        sd_from_t(-difference, -test.statistic, n1, n2),
        sd_from_f(difference, stats.f_oneway(one, two).statistic, n1, n2),
        sd_from_f(-difference, stats.f_oneway(one, two).statistic, n1, n2),
        sd_from_p(difference, test.pvalue, n1, n2),
        sd_from_p(-difference, test.pvalue, n1, n2),
        sd_from_p(
            difference,
            stats.ttest_ind(one, two, alternative="greater").pvalue,
            n1,
            n2,
            alternative="greater",
        ),
        sd_from_p(
            -difference, stats.ttest_ind(two, one, alternative="less").pvalue, n1, n2, alternative="less"
        ),
        sd_from_difference_interval(interval.low, interval.high, n1, n2),
    ]
    assert [each.value for each in found] == pytest.approx([pooled] * len(found), rel=1e-10)


def test_standardised_differences(samples: tuple[np.ndarray, np.ndarray]) -> None:
    one, two = samples
    n1, n2 = len(one), len(two)
    direct = effect_sizes(
        "SMD",
        {
            "comparison_mean": one.mean(),
            "comparison_sd": one.std(ddof=1),
            "comparison_n": n1,
            "reference_mean": two.mean(),
            "reference_sd": two.std(ddof=1),
            "reference_n": n2,
        },
    )
    test = stats.ttest_ind(one, two)
    greater, less = (stats.ttest_ind(one, two, alternative=way).pvalue for way in ("greater", "less"))
    square = test.statistic**2
    for found in (
        standardised_from_t(test.statistic, n1, n2),
        standardised_from_f(square, n1, n2, direction="positive"),
        standardised_from_p(test.pvalue, n1, n2, direction="positive"),
        standardised_from_p(greater, n1, n2, direction="positive", alternative="greater"),
        standardised_from_p(less, n1, n2, direction="positive", alternative="less"),
    ):
        assert found[0].value == pytest.approx(direct.effects[0], rel=1e-9)
        assert found[1].value == pytest.approx(direct.variances[0], rel=1e-9)
    assert standardised_from_f(square, n1, n2, direction="negative")[0].value < 0


def test_changes() -> None:
    rng = np.random.default_rng(3)
    before = rng.normal(20, 4, 25)
    after = before + rng.normal(-2, 3, 25)
    sd0, sd1, sd = (each.std(ddof=1) for each in (before, after, after - before))
    r = np.corrcoef(before, after)[0, 1]
    assert sd_of_change(sd0, sd1, r).value == pytest.approx(sd, rel=1e-12)
    assert correlation_from_sd_of_change(sd0, sd1, sd).value == pytest.approx(r, rel=1e-12)
    assert sd_of_change(2, 2, 1).value == 0
    with pytest.raises(MmstatsError, match=r"imply a correlation of -3\.416"):
        correlation_from_sd_of_change(1, 2, 4.32)


def expected_range(n: int) -> float:
    """Return the mean range of n standard normal values, by its integral (Tippett 1925)."""

    def height(x: float) -> float:
        return float(1 - stats.norm.cdf(x) ** n - stats.norm.sf(x) ** n)

    return float(integrate.quad(height, -12, 12, epsabs=1e-12, points=[0])[0])


@pytest.mark.parametrize("n", [10, 25, 50, 100, 400])
def test_the_range_against_its_expectation(n: int) -> None:
    """Wan and others take Blom's approximation of the expected extremes: it is good to 1 %."""
    half = expected_range(n) / 2
    _, sd = mean_and_sd_from_median(0, n, extremes=(-half, half))
    assert sd.value == pytest.approx(1, rel=0.01)


def test_the_expected_range_is_that_of_the_published_table() -> None:
    """Wan 2014, Table 1."""
    for n, published in ((5, 2.326), (10, 3.078), (25, 3.931), (50, 4.498)):
        assert expected_range(n) == pytest.approx(published, abs=6e-4)


@pytest.mark.parametrize("n", [101, 401])
def test_the_weights_are_where_the_spread_of_estimates_is_least(n: int) -> None:
    """The best weights of quartiles and range, found in 20,000 normal samples, are Luo's and Shi's.

    Their weights are approximations of the best, and sampling moves ours by about 0.01.
    """
    draws = np.sort(np.random.default_rng(5).normal(0, 1, (20_000, n)), axis=1)
    low, first, median, third, high = (draws[:, at] for at in (0, n // 4, n // 2, n - 1 - n // 4, n - 1))
    parts = np.column_stack([(low + high) / 2, (first + third) / 2, median])
    best = np.linalg.solve(np.cov(parts.T), np.ones(3))
    best /= best.sum()
    ours = [
        mean_and_sd_from_median(
            float(middle), n, quartiles=(-9 + 2 * hinge, 9.0), extremes=(-20 + 2 * outer, 20.0)
        )[0].value
        for outer, hinge, middle in np.eye(3)
    ]
    np.testing.assert_allclose(ours, best, atol=0.03)

    def spreads(at: float) -> float:
        """Return the standard deviation that a range adds when the quartiles are as good as equal."""
        return mean_and_sd_from_median(0, n, quartiles=(-1e-9, 1e-9), extremes=(-at, at))[1].value

    by_range = 1 / stats.norm.ppf((n - 0.375) / (n + 0.25))
    weight = spreads(1.0) / by_range
    ranges = (high - low) / (2 * stats.norm.ppf((n - 0.375) / (n + 0.25)))
    quarters = (third - first) / (2 * stats.norm.ppf((0.75 * n - 0.125) / (n + 0.25)))
    cov = np.cov(ranges, quarters)
    optimum = (cov[1, 1] - cov[0, 1]) / (cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])
    assert weight == pytest.approx(optimum, abs=0.03)


@pytest.mark.parametrize("method", ["luo-shi", "wan"])
@pytest.mark.parametrize("given", [("q",), ("e",), ("q", "e")])
def test_normal_samples_give_their_mean_and_spread_back(method: Method, given: tuple[str, ...]) -> None:
    """The average over 4,000 samples of 41, whose quartiles are order statistics, has no bias beyond 2 %."""
    draws = np.sort(np.random.default_rng(1).normal(50, 10, (4000, 41)), axis=1)
    found = [
        mean_and_sd_from_median(
            row[20],
            41,
            quartiles=(row[10], row[30]) if "q" in given else None,
            extremes=(row[0], row[40]) if "e" in given else None,
            method=method,
        )
        for row in draws
    ]
    means, sds = (np.array([each[at].value for each in found]) for at in (0, 1))
    assert means.mean() == pytest.approx(50, abs=5 * means.std() / sqrt(4000))
    assert sds.mean() == pytest.approx(10, rel=0.02)


def test_the_optimal_ones_are_nearer() -> None:
    """Their weights are there for smaller mean squares than Wan's, in normal samples of five numbers."""
    draws = np.sort(np.random.default_rng(2).normal(50, 10, (4000, 401)), axis=1)

    def squares(method: Method) -> tuple[float, float]:
        found = [
            mean_and_sd_from_median(
                row[200], 401, quartiles=(row[100], row[300]), extremes=(row[0], row[400]), method=method
            )
            for row in draws
        ]
        return (
            float(np.mean([(mean.value - 50) ** 2 for mean, _ in found])),
            float(np.mean([(sd.value - 10) ** 2 for _, sd in found])),
        )

    (mean, sd), (old_mean, old_sd) = squares("luo-shi"), squares("wan")
    assert mean < 0.9 * old_mean
    assert sd < 0.9 * old_sd


@given(
    st.lists(st.integers(-1000, 1000), min_size=5, max_size=5, unique=True),
    st.integers(5, 500),
    st.sampled_from(["luo-shi", "wan"]),
)
def test_five_numbers_in_another_unit_and_mirrored(numbers: list[int], n: int, method: Method) -> None:
    low, first, median, third, high = sorted(numbers)
    one = mean_and_sd_from_median(median, n, quartiles=(first, third), extremes=(low, high), method=method)
    moved = [3 - 2 * value for value in (median, third, first, high, low)]
    other = mean_and_sd_from_median(
        moved[0], n, quartiles=(moved[1], moved[2]), extremes=(moved[3], moved[4]), method=method
    )
    assert other[0].value == pytest.approx(3 - 2 * one[0].value, rel=1e-9, abs=1e-9)
    assert other[1].value == pytest.approx(2 * one[1].value, rel=1e-12)


def test_five_numbers_written_out() -> None:
    """The formulas of Wan and others (their scenarios S1 to S3) and Shi and others, one by one."""
    far, near = stats.norm.ppf((20 - 0.375) / 20.25), stats.norm.ppf((15 - 0.125) / 20.25)
    both: dict[str, Any] = {"quartiles": (8.0, 14.0), "extremes": (2.0, 25.0)}
    mean, sd = mean_and_sd_from_median(10, 20, **both, method="wan")
    assert mean.value == pytest.approx((2 + 16 + 20 + 28 + 25) / 8)
    assert sd.value == pytest.approx(23 / (4 * far) + 6 / (4 * near))
    _, sd = mean_and_sd_from_median(10, 20, **both)
    assert sd.value == pytest.approx(
        23 / ((2 + 0.14 * 20**0.6) * far) + 6 / ((2 + 2 / (0.07 * 20**0.6)) * near)
    )
    mean, sd = mean_and_sd_from_median(10, 20, quartiles=(8, 14), method="wan")
    assert (mean.value, sd.value) == pytest.approx((32 / 3, 6 / (2 * near)))
    mean, sd = mean_and_sd_from_median(10, 20, extremes=(2, 25), method="wan")
    assert (mean.value, sd.value) == pytest.approx((47 / 4, 23 / (2 * far)))


@given(st.floats(-3, 3), st.floats(0.05, 2), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_log_ratios_go_round(effect: float, error: float, level: float) -> None:
    half = float(stats.norm.isf((1 - level) / 2)) * error
    low, high = exp(effect - half), exp(effect + half)
    for found in (
        log_ratio_from_interval(low, high, ratio=exp(effect), level=level),
        log_ratio_from_interval(low, high, level=level),
    ):
        assert found[0].value == pytest.approx(effect, rel=1e-9, abs=1e-12)
        assert found[1].value == pytest.approx(error**2, rel=1e-9)
    turned = log_ratio_from_interval(1 / high, 1 / low, level=level)
    assert turned[0].value == pytest.approx(-effect, rel=1e-9, abs=1e-12)


def test_differences_go_round() -> None:
    for df in (np.inf, 17.0):
        half = float(stats.norm.ppf(0.975) if np.isinf(df) else stats.t.ppf(0.975, df)) * 0.7
        effect, variance = difference_from_interval(2 - half, 2 + half, df=df)
        assert (effect.value, variance.value) == pytest.approx((2, 0.49), rel=1e-12)
    assert variance_from_p(1.5, 2 * stats.norm.sf(3)).value == pytest.approx(0.25, rel=1e-12)
    assert variance_from_standard_error(0.5).value == 0.25


def test_arms_together(samples: tuple[np.ndarray, np.ndarray]) -> None:
    third = np.random.default_rng(8).normal(20, 2, 5)
    arms = [(len(each), each.mean(), each.std(ddof=1)) for each in (*samples, third)]
    whole = np.concatenate((*samples, third))
    n, mean, sd = combined_means(arms)
    assert n.value == len(whole)
    assert (mean.value, sd.value) == pytest.approx((whole.mean(), whole.std(ddof=1)), rel=1e-13)
    assert [each.value for each in combined_events([(3, 10), (0, 4), (5, 5)])] == [8, 19]


def test_every_record_says_what_it_was_had_from() -> None:
    effect, variance = log_ratio_from_interval(0.5, 2.0, ratio=1.1)
    assert effect.from_ == "log ratio from the ratio 1.1"
    assert effect.value == log(1.1)
    assert variance.from_ == "variance of the log ratio from the 95 % interval 0.5 to 2 (normal)"
    assert sd_from_p(2, 0.03, 10, 12, alternative="greater").from_ == (
        "standard deviation within groups from the difference of means 2 and its greater p = 0.03 "
        "(t, 20 df), n = 10 and 12"
    )
    assert combined_events([(3, 10), (4, 12)])[1].from_ == "n of 2 arms taken as one group (3 of 10; 4 of 12)"


@pytest.mark.parametrize(
    ("wrong", "texts"),
    [
        (lambda: sd_from_standard_error(-1, 0), ["the standard error is -1", "n is 0"]),
        (lambda: sd_from_interval(3, 1, 10), ["do not increase: low 3, high 1"]),
        (lambda: sd_from_interval(1, 1, 10), ["both limits are 1"]),
        (lambda: sd_from_interval(1, 2, 10, level=95), ["the level is 95"]),
        (lambda: sd_from_t(2, -1.5, 10, 10), ["the difference is 2, but t is -1.5: their signs differ"]),
        (lambda: sd_from_t(0, 0, 10, 10), ["t is 0", "the difference of means is 0"]),
        (lambda: sd_from_p(2, 0.0, 10, 10), ["p is 0; an exact p is above 0"]),
        (lambda: sd_from_p(2, 0.9, 10, 10, alternative="greater"), ["belongs to a negative effect"]),
        (lambda: sd_of_change(2, 0, 1.5), ["after is 0", "the correlation is 1.5"]),
        (lambda: standardised_from_t(2, 1, 2), ["four participants"]),
        (lambda: standardised_from_f(-1, 9, 9, direction="positive"), ["F is -1"]),
        (lambda: mean_and_sd_from_median(5, 20), ["a median alone has no spread"]),
        (
            lambda: mean_and_sd_from_median(5, 20, quartiles=(6, 9)),
            ["do not increase: first quartile 6, median 5"],
        ),
        (lambda: mean_and_sd_from_median(5, 20, extremes=(5, 5)), ["all these numbers are equal"]),
        (lambda: log_ratio_from_interval(-1, 2), ["the lower limit is -1"]),
        (lambda: log_ratio_from_interval(1, 2, ratio=3), ["do not increase: low 1, ratio 3, high 2"]),
        (lambda: difference_from_interval(1, 2, difference=3), ["low 1, difference 3, high 2"]),
        (lambda: variance_from_p(0, 0.04), ["the effect is 0"]),
        (lambda: combined_means([(10, 1, 0), (1, 2, 1)]), ["arm 1 is 0", "n of arm 2 is 1"]),
        (lambda: combined_events([(3, 2), (1, 2)]), ["arm 1 has 3 events, more than its n, 2"]),
        (lambda: combined_events([(1, 2)]), ["There is 1 arm"]),
        (
            lambda: t_from_p(0.2, 9, "less", "positive"),
            ["belongs to a negative effect, but the effect is positive"],
        ),
    ],
)
def test_errors_name_every_number(wrong, texts: list[str]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MmstatsError) as caught:
        wrong()
    for text in texts:
        assert text in str(caught.value)


def test_quartiles_in_the_wrong_order_are_not_called_equal() -> None:
    with pytest.raises(MmstatsError, match="these do not increase") as found:
        mean_and_sd_from_median(14, 16, quartiles=(18.0, 10.0))
    assert "equal" not in str(found.value)
