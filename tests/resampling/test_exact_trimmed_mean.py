"""Exact moments of a resampled trimmed mean, against listing every resample."""

from itertools import product

import numpy as np
import pytest

from mmstats.resampling.exact_trimmed_mean import bootstrap_trimmed_mean


@pytest.mark.parametrize("trim", [0.0, 0.1, 0.2, 0.34, 0.45])
@pytest.mark.parametrize(
    "sample", [[0.3, 1.0, 1.0, 4.0, 9.0, 2.5], [2.0, 2.0, 2.0], [-1.0, 7.0, 0.0, 0.0, 3.0]]
)
def test_moments_are_those_of_all_resamples(sample: list[float], trim: float) -> None:
    n = len(sample)
    aside = int(trim * n)
    means = [np.sort(drawn)[aside : n - aside].mean() for drawn in product(sample, repeat=n)]
    found = bootstrap_trimmed_mean(np.array(sample), trim)
    assert found == pytest.approx((np.mean(means), np.var(means)), rel=1e-12, abs=1e-13)


def test_without_trimming_they_are_the_means_of_a_sample_of_any_size() -> None:
    sample = np.random.default_rng(1).gamma(1.0, size=150)
    assert bootstrap_trimmed_mean(sample, 0.0) == pytest.approx(
        (sample.mean(), sample.var() / 150), rel=1e-10
    )


def test_a_large_sample_with_half_set_aside_nears_the_asymptotic_variance_of_a_median() -> None:
    sample = np.linspace(0, 1, 201)
    _, variance = bootstrap_trimmed_mean(sample, 0.4999)
    assert variance == pytest.approx(1 / (4 * 201), rel=0.02)
