"""Bland-Altman analyses: the published peak flows, repeated pairs, coverage, and data without spread."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mmstats.effects.limits_of_agreement import exact_reach
from mmstats.effects.noncentral_t import noncentral_t_quantile
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.bland_altman import bland_altman
from mmstats.methods.bland_altman_repeated import bland_altman_repeated

WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
WRIGHT_AGAIN = [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421]
MINI_AGAIN = [525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443]


def column(values: Any) -> pd.Series:
    return pd.Series(np.asarray(values, dtype=np.float64))


def people(names: Any) -> pd.Series:
    return pd.Series(pd.Categorical([str(name) for name in names]))


def keyed(found: Any) -> dict[str, Estimate]:
    return {f"{e.quantity.name} {e.term}".strip(): e for e in found}


def test_peak_flow_of_bland_and_altman_1986() -> None:
    found = keyed(bland_altman(column(WRIGHT), column(MINI)))
    bias = found["mean_difference"]
    assert round(bias.estimate, 1) == -2.1
    assert (round(bias.conf_low, 1), round(bias.conf_high, 1)) == (-22.0, 17.8)
    spread = (found["upper_limit_of_agreement"].estimate - bias.estimate) / stats.norm.isf(0.025)
    assert round(spread, 1) == 38.8


def test_replicates_of_bland_and_altman_1986() -> None:
    who = people([*range(17), *range(17)])
    x, y = column(WRIGHT + WRIGHT_AGAIN), column(MINI + MINI_AGAIN)
    found = keyed(bland_altman_repeated(x, y, who, true_value="constant"))
    bias = found["mean_difference"]
    spread = (found["upper_limit_of_agreement"].estimate - bias.estimate) / stats.norm.isf(0.025)
    assert round(spread, 1) == 37.7


def test_exchanging_the_measurements_reflects_everything() -> None:
    here, there = (
        keyed(bland_altman(*pair))
        for pair in ((column(WRIGHT), column(MINI)), (column(MINI), column(WRIGHT)))
    )
    for one, other in (
        ("mean_difference", "mean_difference"),
        ("lower_limit_of_agreement", "upper_limit_of_agreement"),
        ("proportional_bias", "proportional_bias"),
    ):
        assert there[other].estimate == pytest.approx(-here[one].estimate)
        assert there[other].conf_low == pytest.approx(-here[one].conf_high)


def test_the_slope_is_pitman_and_morgans_test_of_equal_spread() -> None:
    x, y = column(WRIGHT), column(MINI)
    slope = keyed(bland_altman(x, y))["proportional_bias"]
    assert slope.p_value == pytest.approx(float(stats.pearsonr(x - y, x + y).pvalue))


def test_exact_limits_hold_their_level() -> None:
    rng = np.random.default_rng(7)
    inner, outer = exact_reach(8, level=0.9)
    draws = rng.normal(size=(40_000, 8))
    middle, spread = draws.mean(axis=1), draws.std(axis=1, ddof=1)
    limit = stats.norm.isf(0.025)
    covered = (middle + inner * spread <= limit) & (limit <= middle + outer * spread)
    assert covered.mean() == pytest.approx(0.9, abs=0.006)


@pytest.mark.parametrize("shift", [0.0, 3.0, 60.0])
@pytest.mark.parametrize("probability", [0.001, 0.025, 0.5, 0.975])
def test_quantiles_of_the_noncentral_t(shift: float, probability: float) -> None:
    found = noncentral_t_quantile(probability, 12, shift)
    z = np.random.default_rng(3).normal(shift, 1, 400_000)
    draws = z / np.sqrt(np.random.default_rng(4).chisquare(12, 400_000) / 12)
    assert np.mean(draws <= found) == pytest.approx(probability, abs=0.003)
    if shift == 0:
        assert found == pytest.approx(float(stats.t.ppf(probability, 12)), abs=1e-9)


def test_equal_differences_leave_nothing_to_say_about_uncertainty() -> None:
    found = keyed(bland_altman(column([0.3, 0.5, 0.9]), column([0.2, 0.4, 0.8])))
    assert found["lower_limit_of_agreement"].estimate == pytest.approx(0.1)
    assert np.isnan(found["lower_limit_of_agreement"].conf_low)
    assert "equal" in found["mean_difference"].note
    assert np.isnan(found["proportional_bias"].estimate)


def test_two_pairs_have_limits_but_no_slope() -> None:
    found = keyed(bland_altman(column([1, 2]), column([1, 3])))
    assert found["upper_limit_of_agreement"].conf_high > 10
    assert "3 pairs" in found["proportional_bias"].note


def test_repeated_pairs_count_people_and_not_pairs() -> None:
    rng = np.random.default_rng(2)
    own, who = np.repeat(rng.normal(0, 2, 6), 8), np.repeat(np.arange(6), 8)
    x, y = column(10 + own + rng.normal(0, 0.3, 48)), column(10 + rng.normal(0, 0.3, 48))
    repeated = keyed(bland_altman_repeated(x, y, people(who)))
    naive = keyed(bland_altman(x, y))
    for key in ("lower_limit_of_agreement", "upper_limit_of_agreement", "mean_difference"):
        wide, short = repeated[key], naive[key]
        assert wide.conf_high - wide.conf_low > 1.5 * (short.conf_high - short.conf_low)
    assert repeated["mean_difference"].df == 5


def test_pairs_of_different_people_belong_to_the_plain_analysis() -> None:
    with pytest.raises(NotEstimableError, match="use bland_altman"):
        list(bland_altman_repeated(column([1, 2, 3]), column([1, 3, 2]), people("abc")))
    with pytest.raises(NotEstimableError, match="at least 2 participants; there are 1"):
        list(bland_altman_repeated(column([1, 2, 3]), column([1, 3, 2]), people("aaa")))
