"""What is drawn at random, within 4 Monte-Carlo standard errors of what follows from every possibility."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import rankdata

from mmstats.resampling import permutation, splits, statistics
from mmstats.resampling.bootstrap import bootstrap_interval
from mmstats.resampling.design import groups
from mmstats.resampling.exact_quantiles import Difference, Discrete, bootstrap_quantile
from mmstats.resampling.null_distributions import signed_rank_sum
from mmstats.resampling.permutation import of_pairs, of_two_groups
from mmstats.resampling.statistic import Statistic

DRAWN = 99_999


def error(probability: np.ndarray | float) -> np.ndarray:
    """Return 4 standard errors of the share of draws that fall where the probability is this."""
    probability = np.asarray(probability)
    found: np.ndarray = 4 * np.sqrt(probability * (1 - probability) / DRAWN) + 1e-12
    return found


def drawn(samples: list[np.ndarray], statistic: Statistic, seed: int) -> np.ndarray:
    assert statistic.bind_drawn is not None
    seeds = groups(samples).seeds(np.random.default_rng(seed))
    found: np.ndarray = statistic.bind_drawn([np.sort(sample) for sample in samples])(
        seeds, 0, DRAWN, spread=False
    )[0]
    return found


def samples(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 4, n) * 0.1 if seed % 2 else rng.lognormal(size=n)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [4, 7, 12, 25])
def test_medians_fall_as_their_exact_distribution_says(n: int, seed: int) -> None:
    sample = samples(n, seed)
    exact = bootstrap_quantile(sample, 0.5)
    found = np.sort(drawn([sample], statistics.MEDIAN, seed))
    edges = np.append((exact.values[:-1] + exact.values[1:]) / 2, np.inf)
    shares = np.diff(np.searchsorted(found, edges), prepend=0) / DRAWN
    assert (np.abs(shares - exact.probabilities) <= error(exact.probabilities)).all()
    assert (
        np.abs(np.cumsum(shares) - exact.cumulative[1:]) <= error(np.minimum(exact.cumulative[1:], 1))
    ).all()


@pytest.mark.parametrize("seed", range(4))
def test_differences_of_medians_and_their_limits(seed: int) -> None:
    x, y = samples(9, seed), samples(12, seed + 10)
    exact = Difference(bootstrap_quantile(x, 0.5), bootstrap_quantile(y, 0.5))
    found = drawn([x, y], statistics.MEDIAN_DIFFERENCE, seed)
    for value in np.linspace(found.min(), found.max(), 13) + 1e-6:  # between possible ones
        assert abs(np.mean(found < value) - exact.middle(value)) <= error(exact.middle(value))
    interval = bootstrap_interval(
        [x, y], statistics.MEDIAN_DIFFERENCE, interval="percentile-bootstrap", level=0.9, resamples=DRAWN,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    gap = 1e-9
    for limit, place in ((interval.low, 0.05), (interval.high, 0.95)):
        assert exact.middle(limit - gap) - error(place) <= place <= exact.middle(limit + gap) + error(place)


def enumerated(sample: np.ndarray) -> Discrete:
    """Return the distribution of the mean over all resamples."""
    means = np.array(list(product(sample, repeat=len(sample)))).mean(axis=1).round(12)
    values, counts = np.unique(means, return_counts=True)
    return Discrete(values, counts / len(means))


@pytest.mark.parametrize("sample", [[0.3, 1.1, 1.7, 2.6, 9.4], [1.0, 2.0, 2.0, 4.0, 9.0]])
def test_means_of_five_and_their_percentile_limits(sample: list[float]) -> None:
    own = np.array(sample)
    exact = enumerated(own)
    found = drawn([own], statistics.MEAN, 1)
    middles = (exact.values[:-1] + exact.values[1:]) / 2
    shares = np.searchsorted(np.sort(found), middles) / DRAWN
    assert (np.abs(shares - exact.cumulative[1:-1]) <= error(exact.cumulative[1:-1])).all()
    for level in (0.5, 0.9, 0.95):
        interval = bootstrap_interval(
            [own], statistics.MEAN, interval="percentile-bootstrap", level=level, resamples=DRAWN,
            rng=np.random.default_rng(2), null=float(exact.values[len(exact.values) // 5]) + 1e-6,
        )  # fmt: skip
        for limit, place in ((interval.low, (1 - level) / 2), (interval.high, (1 + level) / 2)):
            below = exact.cumulative[np.searchsorted(exact.values, limit - 1e-9)]
            upto = exact.cumulative[np.searchsorted(exact.values, limit + 1e-9)]
            assert below - error(place) <= place <= upto + error(place)
    p_value = 2 * exact.cumulative[len(exact.values) // 5 + 1]
    assert interval.p_value == pytest.approx(p_value, abs=2 * float(error(p_value / 2)))


@pytest.mark.parametrize("welch", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_splits(seed: int, welch: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.normal(0.8, 1, 7)), np.sort(rng.normal(0, 2, 9))
    every = of_two_groups(x, y, welch=welch, resamples=DRAWN, rng=None)
    monkeypatch.setattr(splits, "MOST_ENUMERATED", 0)
    some = of_two_groups(x, y, welch=welch, resamples=DRAWN, rng=rng)
    assert (every.exact, some.exact) == (True, False)
    for shift in np.linspace(-1, 3, 9):
        p = every.p_value(shift)
        assert some.p_value(shift) == pytest.approx(p, abs=float(error(p)) + 2 / DRAWN)
    assert some.limits(0.05) == pytest.approx(every.limits(0.05), abs=4 * some.mcse(0.05))


@pytest.mark.parametrize("seed", range(3))
def test_signs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    d = np.sort(rng.normal(0.4, 1, 14))
    every = of_pairs(d, resamples=DRAWN, rng=None)
    monkeypatch.setattr(permutation, "MOST_ENUMERATED", 0)
    some = of_pairs(d, resamples=DRAWN, rng=rng)
    assert (every.exact, some.exact) == (True, False)
    for shift in np.linspace(-0.5, 1.5, 9):
        p = every.p_value(shift)
        assert some.p_value(shift) == pytest.approx(p, abs=float(error(p)) + 2 / DRAWN)
    assert some.limits(0.05) == pytest.approx(every.limits(0.05), abs=4 * some.mcse(0.05))


@pytest.mark.parametrize("seed", range(3))
def test_signs_of_ranks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    d = rng.integers(-4, 7, 30) + 0.5
    ranks = rankdata(np.abs(d))
    signed = np.sort(np.copysign(ranks, d))
    p = signed_rank_sum(ranks).p_value(abs(signed.sum()) / 2)
    counted = of_pairs(signed, resamples=DRAWN, rng=None)
    monkeypatch.setattr(permutation, "_counted_signs", lambda differences: None)
    some = of_pairs(signed, resamples=DRAWN, rng=rng)
    assert (counted.exact, some.exact) == (True, False)
    assert counted.p_value(0.0) == pytest.approx(p, rel=1e-9)
    assert some.p_value(0.0) == pytest.approx(p, abs=float(error(p)) + 2 / DRAWN)
