"""What is pooled of two cohorts: conditions, tests, cohorts that cannot take part, methods of each."""

from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.harmonise.each import _with_error
from mmstats.pooled_study import PooledStudy
from mmstats.results import Results
from tests.harmonise.study import PLAN, make, north, south

WELCH = '[[analysis]]\nid = "each"\nmethod = "welch"\noutcome = "age"\ngroup = "group"\n'


def pooled(folder: Path, *changes: tuple[str, str], more: str = "") -> Results:
    plan = PLAN
    for old, new in changes:
        assert old in plan
        plan = plan.replace(old, new, 1)
    return PooledStudy.find(make(folder, plan + more)).compute()


def test_the_plan_chooses_how_two_stages_test(tmp_path: Path) -> None:
    results = pooled(tmp_path / "two", ('term = "age"', 'term = "age"\ntest = "z"\ntau2 = "common"'))
    found = results["age-score"].estimate("effect")
    rows = [e for e in results["age-score"].estimates if e.quantity.name == "effect" and "[" in e.term]
    weights = np.array([e.std_error**-2 for e in rows])
    assert found.interval == "z"
    assert found.estimate == pytest.approx(np.average([e.estimate for e in rows], weights=weights))
    assert found.std_error == pytest.approx(weights.sum() ** -0.5)


def test_a_condition_holds_in_every_cohort(tmp_path: Path) -> None:
    results = pooled(tmp_path / "two", ('term = "age"', 'term = "age"\nwhere = "age >= 40"'))
    old = (north()["months"] / 12 >= 40).sum() + (south()["age"] >= 40).sum()
    assert results["age-score"].n == old
    assert results["age-score"].excluded == {"condition does not hold": 84 - old}


def test_without_random_slopes_one_stage_has_a_common_one(tmp_path: Path) -> None:
    """Residual variances are by cohort: weighted least squares at these give the same slope."""
    results = pooled(tmp_path / "two", ('term = "age"', 'term = "age"\nrandom = false'))
    model = results["age-score.one-stage"]
    assert not [e for e in model.estimates if e.quantity.name == "random_sd"]
    spread = {e.term: e.estimate for e in model.estimates if e.quantity.name == "residual_sd"}
    blocks, outcome, weights = [], [], []
    for place, (name, table, age, ill, score) in enumerate(
        (
            ("north", north(), north()["months"] / 12, north()["arm"] == "ill", north()["points"]),
            ("south", south(), south()["age"], south()["group"] == "MS", south()["total"]),
        )
    ):
        block = np.zeros((len(table), 5))
        block[:, 2 * place], block[:, 2 * place + 1], block[:, 4] = 1, ill, age
        blocks.append(block)
        outcome.append((score - score.mean()) / score.std())
        weights += [spread[f"cohort[{name}]"] ** -2] * len(table)
    fitted = sm.WLS(np.concatenate(outcome), np.concatenate(blocks), weights=weights).fit()
    ours = results["age-score"].estimate("effect", "one-stage")
    assert ours.estimate == pytest.approx(fitted.params[-1], rel=1e-9)


def test_a_cohort_of_one_group_cannot_stand_alone(tmp_path: Path) -> None:
    well = south()
    well["group"] = "HC"
    plan = PLAN.replace('term = "age"', 'term = "group[MS]"')
    (result, *_) = PooledStudy.find(make(tmp_path / "two", plan, second=well)).compute().items
    told = " ".join((*result.warnings, result.reason))
    assert "In two stages: The studies cannot be pooled" in told
    assert "1 study" in told
    assert not [e for e in result.estimates if e.quantity.name == "effect" and not e.term]


def test_what_nothing_is_known_of_is_not_estimable(tmp_path: Path) -> None:
    results = pooled(tmp_path / "two", ('term = "age"', 'term = "age"\nwhere = "age > 99"'))
    assert results["age-score"].status == "not estimable"
    assert "No participant has" in " ".join(results["age-score"].warnings)


def test_a_method_of_each_cohort_is_pooled(tmp_path: Path) -> None:
    result = pooled(tmp_path / "two", more=WELCH)["each"]
    for name, table, age, ill in (
        ("north", north(), north()["months"] / 12, north()["arm"] == "ill"),
        ("south", south(), south()["age"].astype(float), south()["group"] == "MS"),
    ):
        own = result.estimate("effect", f"cohort[{name}]")
        assert own.estimate == pytest.approx(age[ill].mean() - age[~ill].mean())
        error = np.sqrt(age[ill].var() / ill.sum() + age[~ill].var() / (~ill).sum())
        assert own.std_error == pytest.approx(error)
        assert own.n == len(table)
    assert result.estimate("effect").n == 84


def test_what_is_tested_must_be_there(tmp_path: Path) -> None:
    result = pooled(tmp_path / "two", more=WELCH + 'tested = "odds"\n')["each"]
    assert result.status == "not estimable"
    assert any("Unknown estimate to be tested 'odds'" in text for text in result.warnings)


def test_ratios_are_weighted_by_their_logarithms() -> None:
    ratio = Quantity("odds_ratio", "Odds ratio", null=1, ratio=True)
    half = 1.959963984540054 * 0.3
    limits: dict[str, Any] = {
        "conf_low": exp(log(2) - half),
        "conf_high": exp(log(2) + half),
        "conf_level": 0.95,
    }
    assert _with_error(Estimate(quantity=ratio, estimate=2.0, n=40, **limits)) == pytest.approx((log(2), 0.3))
    with pytest.raises(NotEstimableError, match="no finite limits above 0"):
        _with_error(Estimate(quantity=ratio, estimate=2.0, n=40))


def test_the_order_of_rows_changes_no_digit(tmp_path: Path) -> None:
    turned = south().iloc[::-1]
    one = PooledStudy.find(make(tmp_path / "one")).compute()
    two = PooledStudy.find(make(tmp_path / "two", second=turned)).compute()
    for first, second in zip(one["age-score"].estimates, two["age-score"].estimates, strict=True):
        assert first.estimate == pytest.approx(second.estimate, rel=1e-12)
