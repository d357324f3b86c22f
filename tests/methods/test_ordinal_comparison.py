from math import inf, isnan

import numpy as np
import pytest

from mmstats.effects.cumulative_logit import cumulative_logit_fit
from mmstats.estimate import Estimate
from mmstats.methods.mann_whitney import mann_whitney
from mmstats.methods.ordinal_comparison import ordinal_comparison
from tests.methods.test_welch import two

HC, MS = [0.0, 0, 0, 1, 0, 1, 2, 0], [1.0, 0, 2, 3, 1, 4, 2, 0]


def rows(reference: list[float], comparison: list[float]) -> dict[str, Estimate]:
    found = ordinal_comparison(*two(reference, comparison))
    return {f"{e.quantity.name} {e.term}".strip(): e for e in found}


def test_the_score_of_the_odds_ratio_is_the_rank_sum() -> None:
    values, group = np.array(HC + MS), np.repeat([-0.5, 0.5], 8)
    _, codes = np.unique(values, return_inverse=True)
    fit = cumulative_logit_fit(codes, group[:, None])
    _, gradient, _ = fit.likelihood(fit.start)  # at an odds ratio of 1
    u = next(mann_whitney(*two(HC, MS))).statistic
    assert gradient[:-1] == pytest.approx(np.zeros(4), abs=1e-12)
    assert gradient[-1] == pytest.approx(2 / 16 * (u - 8 * 8 / 2), rel=1e-12)


def test_the_first_row_is_the_exact_rank_test() -> None:
    assert rows(HC, MS)["superiority"] == next(mann_whitney(*two(HC, MS)))


def test_the_share_that_reaches_each_step() -> None:
    found = rows(HC, MS)
    assert found["proportion ≥ 1 | HC"].estimate == 3 / 8
    assert found["proportion ≥ 4 | MS"].estimate == 1 / 8
    assert [row for row in found if "≥ 0" in row] == []


def test_separated_groups() -> None:
    found = rows([0.0] * 8, [1.0, 2, 1, 3, 2, 1, 4, 1])
    assert found["odds_ratio"].estimate == found["generalised_odds_ratio"].estimate == inf
    assert 1 < found["odds_ratio"].conf_low < inf
    assert isnan(found["generalised_odds_ratio"].conf_low)
    assert "without" in found["generalised_odds_ratio"].note


def test_everybody_at_the_floor() -> None:
    found = rows([0.0] * 5, [0.0] * 6)
    assert list(found) == ["superiority", "odds_ratio", "generalised_odds_ratio"]
    assert found["superiority"].p_value == 1
    assert "same value" in found["odds_ratio"].note
