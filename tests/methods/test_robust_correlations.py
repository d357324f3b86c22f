"""Percentage bend, biweight and skipped correlations: outliers, and data at the edge."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.effects.biweight import biweight as biweight_of
from mmstats.effects.percentage_bend import percentage_bend as percentage_bend_of
from mmstats.effects.skipped import outliers
from mmstats.effects.skipped import skipped as skipped_of
from mmstats.errors import NotEstimableError
from mmstats.methods.biweight import biweight
from mmstats.methods.percentage_bend import percentage_bend
from mmstats.methods.skipped import skipped

RNG = np.random.default_rng(3)
STATISTICS: dict[str, Callable[..., Any]] = {
    "percentage_bend": lambda x, y: percentage_bend_of(x, y, beta=0.2),
    "biweight": biweight_of,
    "skipped": lambda x, y: skipped_of(x, y, correlation="spearman"),
}


def series(values: Any) -> pd.Series:
    return pd.Series(np.asarray(values, dtype=np.float64))


@pytest.mark.parametrize("name", STATISTICS)
def test_one_wild_value_hardly_matters(name: str) -> None:
    x = np.arange(20.0)
    y = x + RNG.normal(size=20)
    clean = STATISTICS[name](x, y)
    y[3] = 1e6
    assert STATISTICS[name](x, y) == pytest.approx(clean, abs=0.2)
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.5


@pytest.mark.parametrize("name", STATISTICS)
def test_units_and_signs(name: str) -> None:
    x, y = RNG.normal(size=(2, 17))
    here = STATISTICS[name](x, y)
    assert STATISTICS[name](1e-8 * x + 3, 7 * y) == pytest.approx(here, abs=1e-7)
    assert STATISTICS[name](x + 1e9, y) == pytest.approx(here, abs=1e-5)
    assert STATISTICS[name](-x, y) == pytest.approx(-here)
    assert STATISTICS[name](y, x) == pytest.approx(here)


@pytest.mark.parametrize("name", STATISTICS)
def test_many_samples_at_once_are_those_one_by_one(name: str) -> None:
    x, y = RNG.integers(0, 6, size=(2, 40, 15)).astype(float)
    together = STATISTICS[name](x, y)
    alone = [float(STATISTICS[name](a, b)) for a, b in zip(x, y, strict=True)]
    assert together == pytest.approx(np.array(alone), nan_ok=True)


@pytest.mark.parametrize("method", [percentage_bend, biweight, skipped])
def test_mostly_equal_values_have_a_reason(method: Callable[..., Any]) -> None:
    flat = series([1.0] * 9 + [2.0])
    with pytest.raises(NotEstimableError, match="of x or y"):
        next(method(flat, series(range(10)), rng=np.random.default_rng(1)))


def test_outliers_are_removed_anew_in_each_resample() -> None:
    x = np.arange(12.0)
    y = x + np.array([0.4, -0.3, 0.2, -0.5, 0.1, 0.6, -0.2, 0.3, -0.4, 0.5, -0.1, -40])
    assert outliers(x, y).tolist() == [False] * 11 + [True]
    e = next(skipped(series(x), series(y), resamples=1999, rng=np.random.default_rng(1)))
    assert e.note.startswith("1 outlier of 12 points removed.")
    assert e.estimate == 1
    assert e.conf_low < 1


def test_the_clean_cloud_keeps_all_its_points() -> None:
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    assert not outliers(np.cos(angle), np.sin(angle)).any()


def test_the_bend_is_where_wilcox_has_it() -> None:
    x, y = np.arange(1.0, 7.0), np.array([1.0, 3, 2, 5, 4, 60])
    assert percentage_bend_of(x, y, beta=0.2) == pytest.approx(0.8857142857)  # pingouin 0.7: 0.789
