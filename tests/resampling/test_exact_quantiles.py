from itertools import product

import numpy as np
import pytest

from mmstats.resampling.exact_quantiles import Difference, Discrete, bootstrap_quantile


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_it_is_the_share_of_all_resamples(n: int, share: float) -> None:
    for sample in (np.random.default_rng(n).normal(size=n), np.array([0.1, 0.4, 0.2, 0.4, 0.3])[:n]):
        found = bootstrap_quantile(sample, share)
        every = np.quantile(np.array(list(product(sample, repeat=n))), share, axis=1)
        assert found.probabilities.sum() == pytest.approx(1, abs=1e-13)
        assert found.mean == pytest.approx(every.mean(), abs=1e-12)
        assert found.variance == pytest.approx(every.var(), abs=1e-12)
        for value, probability in zip(found.values, found.probabilities, strict=True):
            assert np.mean(np.abs(every - value) < 1e-9) == pytest.approx(probability, abs=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_the_difference_is_that_of_all_pairs_of_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = (
        rng.integers(0, 5, size).astype(float) * 0.1 if seed % 2 else rng.normal(size=size) for size in (6, 5)
    )
    found = Difference(bootstrap_quantile(x, 0.5), bootstrap_quantile(y, 0.3))
    gaps = np.subtract.outer(found.comparison.values, found.reference.values).ravel()
    chances = np.multiply.outer(found.comparison.probabilities, found.reference.probabilities).ravel()
    order = np.argsort(gaps)
    starts = np.flatnonzero(np.diff(gaps[order], prepend=-np.inf) > 1e-11)
    values, chances = gaps[order][starts], np.add.reduceat(chances[order], starts)
    middle = np.cumsum(chances) - chances / 2
    for probability in (0.3, 0.1, 0.025, 0.005):
        expected = values[np.searchsorted(middle, probability)]
        assert found.percentile(probability) == pytest.approx(expected, abs=1e-10)
    upto = middle[values <= 1e-11]
    assert found.tail(0.0) == pytest.approx(upto[-1] if len(upto) else middle[0], abs=1e-12)
    assert found.tail(-np.inf) == pytest.approx(middle[0])
    mean = values @ chances
    assert found.std_dev == pytest.approx(np.sqrt((values - mean) ** 2 @ chances))


def test_hundreds_of_values() -> None:
    rng = np.random.default_rng(1)
    for n in (499, 500):
        median = bootstrap_quantile(rng.normal(size=n), 0.5)
        assert median.probabilities.sum() == pytest.approx(1, abs=1e-12)
        found = Difference(median, bootstrap_quantile(rng.normal(size=n), 0.5))
        assert 0.9 < found.std_dev / np.sqrt(np.pi / n) < 1.1
        assert found.percentile(0.025) < found.percentile(0.5) < -found.reversed.percentile(0.025)


def test_a_single_value_is_certain() -> None:
    found = bootstrap_quantile(np.array([3.0, 3.0, 3.0]), 0.5)
    assert (list(found.values), list(found.probabilities)) == ([3], [pytest.approx(1)])
    certain = Discrete(np.array([2.0]), np.array([1.0]))
    assert Difference(found, certain).percentile(0.025) == 1
