from math import inf
from typing import Any

import numpy as np
import pytest

from mmstats.effects.least_squares import Covariance, LeastSquares, fit
from mmstats.errors import MmstatsError
from mmstats.resampling.bootstrap import Interval
from mmstats.resampling.wild import wild_interval

SLOPE = np.array([0.0, 1.0])


def model(n: int, covariance: Covariance = "hc3") -> LeastSquares:
    rng = np.random.default_rng(7)
    x = rng.normal(size=n)
    y = 1 + x / 2 + rng.normal(size=n)
    columns = np.column_stack([np.ones(n), x])
    return fit(columns, y, ["intercept", "x"], intercept=True, covariance=covariance)


def wild(found: LeastSquares, **options: Any) -> Interval:
    defaults: dict[str, Any] = {
        "level": 0.95,
        "resamples": 9_999,
        "rng": np.random.default_rng(1),
        "null": 0.0,
    }
    return wild_interval(
        found.residuals,
        found.q,
        found.shares(SLOPE),
        found.error_weights(SLOPE),
        estimate=float(found.coefficients[1]),
        **(defaults | options),
    )


@pytest.mark.parametrize("covariance", ["hc3", "hc4", "classical"])
def test_weights_give_the_standard_error(covariance: Covariance) -> None:
    found = model(12, covariance)
    again = np.linalg.norm(found.error_weights(SLOPE) * found.residuals)
    assert again == pytest.approx(found.std_errors(SLOPE[None])[0], rel=1e-12)


def test_draws_come_close_to_all_patterns() -> None:
    found = model(14)
    exact, drawn = wild(found), wild(found, resamples=8_000)
    assert exact.resamples == 0
    assert drawn.resamples == 8_000
    for field in ("low", "high", "p_value"):
        assert abs(getattr(drawn, field) - getattr(exact, field)) < 4 * drawn.mcse


def test_p_is_the_level_at_which_the_interval_leaves_the_null_out() -> None:
    found = model(13)
    p = wild(found).p_value
    for level in (0.5, 0.8, 0.9, 0.95, 0.99):
        interval = wild(found, level=level)
        assert (p > 1 - level) == (interval.low <= 0 <= interval.high)


def test_few_rows_leave_the_interval_open() -> None:
    found = wild(model(5))
    assert (found.low, found.high) == (-inf, inf)
    assert "Too few patterns" in found.note


def test_draws_need_a_generator() -> None:
    assert wild(model(10), rng=None).p_value == wild(model(10)).p_value
    with pytest.raises(MmstatsError, match="draws random numbers"):
        wild(model(20), rng=None)
