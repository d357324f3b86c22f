"""Distance correlation: exact and drawn permutations, and what it sees that r does not."""

from math import isnan

import numpy as np
import pandas as pd
import pytest

from mmstats.effects.distance_correlation import bias_corrected
from mmstats.errors import MmstatsError
from mmstats.methods.distance_correlation import distance_correlation


def series(values: object) -> pd.Series:
    return pd.Series(np.asarray(values, dtype=np.float64))


def test_drawn_orders_come_close_to_all_orders() -> None:
    x, y = series([1, 2, 3, 4, 5, 6, 7]), series([2, 7, 1, 4, 3, 6, 6])
    every = next(distance_correlation(x, y))
    drawn = next(distance_correlation(x, y, resamples=4999, rng=np.random.default_rng(1)))
    assert (every.resamples, every.note, isnan(every.mcse)) == (0, "p is exact.", True)
    assert drawn.resamples == 4999  # fewer than the 5,040 orders
    assert drawn.p_value == pytest.approx(every.p_value, abs=4 * drawn.mcse)


def test_a_parabola_without_correlation_is_dependence() -> None:
    x = series(np.arange(-20.0, 21.0))
    y = x**2
    assert abs(np.corrcoef(x, y)[0, 1]) < 1e-10
    first, corrected = distance_correlation(x, y, resamples=999, rng=np.random.default_rng(1))
    assert first.p_value < 0.01
    assert first.p_value >= 1 / 1000
    assert corrected.estimate > 0


def test_the_corrected_one_is_about_0_without_dependence() -> None:
    rng = np.random.default_rng(8)
    found = [bias_corrected(*rng.normal(size=(2, 12))) for _ in range(400)]
    assert np.mean(found) == pytest.approx(0, abs=4 * float(np.std(found)) / 20)
    assert min(found) < 0


def test_drawing_needs_a_generator() -> None:
    with pytest.raises(MmstatsError, match="rng is None"):
        next(distance_correlation(series(range(12)), series(np.arange(12.0) ** 2)))
