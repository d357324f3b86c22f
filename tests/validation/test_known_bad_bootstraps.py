"""Where a well-known bootstrap is wrong, ours against a truth found by formula or by every resample there is.

What a package said is quoted with its version and the lines that gave it.
"""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from mmstats.resampling.bootstrap import bootstrap_interval
from mmstats.resampling.design import groups
from mmstats.resampling.jackknife import acceleration, influences
from mmstats.resampling.statistics import MEAN, MEAN_DIFFERENCE


def skewness_of_influence(x: np.ndarray, y: np.ndarray) -> float:
    """Return a sixth of the skewness of each value's influence on the difference of means, by formula."""
    influence = np.concatenate([(x - x.mean()) / len(x), -(y - y.mean()) / len(y)])
    return float(np.sum(influence**3) / (6 * np.sum(influence**2) ** 1.5))


@pytest.mark.parametrize(
    ("x", "y", "others"),
    [
        # arch 8.0.0, IndependentSamplesBootstrap(y, x)._bca_acceleration(difference, None), and with x
        # reversed: row i is left out of both groups at once. Groups of unequal size are refused.
        ([1, 2, 3, 4, 6, 20], [1, 2, 2, 3, 4, 5], (0.11730582, 0.09086573)),
        # dabest 2025.10.20, _calc_accel(compute_meandiff_jackknife(y, x, None, "mean_diff")), and with x
        # reversed: rows are paired until the smaller group ends, so 10 of 13 values are left out.
        ([1, 1, 2, 3, 3, 4, 6, 20], [1, 2, 2, 3, 4], (0.02771113, 0.11514463)),
    ],
)
def test_acceleration_of_two_groups(x: list[float], y: list[float], others: tuple[float, float]) -> None:
    first, second = np.array(x, dtype=float), np.array(y, dtype=float)
    truth = skewness_of_influence(first, second)
    for rows in (first, first[::-1]):
        samples = [rows, second]
        found = acceleration(influences(MEAN_DIFFERENCE.bind(samples), groups(samples)))
        assert found == pytest.approx(truth, rel=1e-12)
    assert others[0] != pytest.approx(others[1], rel=0.1)  # the order of rows decides
    assert all(abs(other - truth) > 0.05 * truth for other in others)


def every_mean(sample: np.ndarray) -> np.ndarray:
    """Return the means of all resamples there are."""
    found: np.ndarray = np.array(list(product(sample, repeat=len(sample)))).mean(axis=1)
    return found


def test_bca_limits_of_a_mean() -> None:
    # bayestestR 0.13.0, bcai(m, ci = 0.9) of all 46,656 means m: 1.4167 to 5.75. Its acceleration is the
    # skewness of the resampled means over the root of how many there are, and so vanishes as they get more;
    # its bias is taken from their own mean.
    sample = np.array([0.3, 1.1, 1.7, 2.6, 3.4, 9.7])
    means, distances = every_mean(sample), sample - sample.mean()
    below, equal = means < sample.mean() - 1e-12, np.abs(means - sample.mean()) < 1e-12
    bias = stats.norm.ppf(below.mean() + equal.mean() / 2)
    skewness = np.sum(distances**3) / (6 * np.sum(distances**2) ** 1.5)
    z = bias + stats.norm.ppf([0.05, 0.95])
    places = stats.norm.cdf(bias + z / (1 - skewness * z))
    found = bootstrap_interval(
        [sample], MEAN, interval="bca-bootstrap", level=0.9, resamples=99_999, rng=np.random.default_rng(1)
    )
    # Among 99,999 resamples a limit's place is known to 4 standard errors: its own, and that of the bias.
    for limit, place, other in zip((found.low, found.high), places, (1.4167, 5.75), strict=True):
        slack = 4 * np.sqrt(place * (1 - place) / 99_999) + 4 * np.sqrt(np.pi / 2 / 99_999) * 0.3
        lowest, highest = np.quantile(means, [place - slack, place + slack], method="inverted_cdf")
        assert lowest - 1e-12 <= limit <= highest + 1e-12
        assert not lowest - 1e-3 <= other <= highest + 1e-3


def test_limits_of_small_numbers() -> None:
    # pingouin 0.7.0, compute_bootci(x, func="mean", method="per", n_boot=9999, seed=1): 0.00 to 0.01. It
    # rounds to 2 decimals unless told otherwise, here to an interval that says nothing.
    sample = np.array([0.001, 0.002, 0.002, 0.004, 0.009])
    truth = np.quantile(every_mean(sample), [0.025, 0.975])
    found = bootstrap_interval(
        [sample], MEAN, interval="percentile-bootstrap", level=0.95, resamples=99_999,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert (found.low, found.high) == pytest.approx(truth, abs=4 * found.mcse + 1e-15)
    assert np.abs(truth - [0.0, 0.01]).min() > 1e-3
