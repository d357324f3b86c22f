"""What is pooled of two cohorts: conditions, tests, cohorts that cannot take part, methods of each."""

from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from mmstats.errors import BundleError, NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.harmonise.each import _with_error
from mmstats.pooled_study import PooledStudy
from mmstats.results import Results
from tests.harmonise import study as parts
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


def test_a_cohort_of_two_is_left_out_of_both_stages_and_counted_in_none(tmp_path: Path) -> None:
    folder = make(
        tmp_path / "two", PLAN.replace('[scales.score]\nway = "standardise"\n', "").replace("MFIS", "FSMC")
    )
    plan = (folder / "plan.toml").read_text()
    third = plan[plan.index("[cohorts.south]") : plan.index("[[analysis]]")]
    third = third.replace("cohorts.south", "cohorts.west").replace("data/south", "data/west")
    units = (folder / "data_schemas/shared.toml").read_text().replace('unit = "SD"', 'unit = "points"')
    (folder / "data_schemas/shared.toml").write_text(units)
    (folder / "plan.toml").write_text(plan.replace("[[analysis]]", third + "[[analysis]]"))
    south(90).iloc[[70, 81]].to_csv(folder / "data/west.csv", index=False)
    results = PooledStudy.find(folder).compute()
    found = results["age-score"]
    assert [result.n for result in results] == [84, 84]
    assert {e.n for e in found.estimates if e.term == "one-stage" and e.quantity.name == "effect"} == {84}
    said = "3 coefficients need more than 3 rows; there are 2."
    assert f"west, in one stage: {said}" in found.warnings
    assert f"west, in two stages: {said}" in found.warnings


class TestWithoutTheOutcome:
    ABSENT = ('score = { from = "total", instrument = "FSMC" }', 'score = { absent = "never asked" }')

    def test_a_cohort_is_left_out_by_name(self, tmp_path: Path) -> None:
        results = pooled(tmp_path / "two", self.ABSENT)
        said = "south is left out: score is not in this cohort (never asked)."
        assert said in results["age-score"].warnings

    def test_its_site_shares_what_it_has(self, tmp_path: Path) -> None:
        more = '\n[[analysis]]\nid = "age-group"\nformula = "age ~ group"\nterm = "group[MS]"\n'
        study = PooledStudy.find(make(tmp_path / "two", PLAN.replace(*self.ABSENT) + more))
        assert [path.name for path in study.summarise("south")] == ["age-group.json"]
        assert study.not_shared("south") == {"age-score": "score is not in this cohort (never asked)"}

    def test_it_has_nothing_to_share(self, tmp_path: Path) -> None:
        study = PooledStudy.find(make(tmp_path / "two", PLAN.replace(*self.ABSENT)))
        with pytest.raises(BundleError, match="has the variables of no analysis"):
            study.summarise("south")
        assert not (study.folder / "bundles").exists()


SESSIONS = """
[cohorts.south.tables.visits]
source = "data/visits.csv"
schema = "visits"
summarise = [{ name = "total_mean", value = "total", by = "mean" }]
"""
VISITS = """
table = "visits"
key = ["code", "visit"]
[columns.code]
kind = "id"
[columns.visit]
kind = "count"
[columns.total]
kind = "continuous"
unit = "points"
"""


def with_sessions(folder: Path, extra: str = "") -> PooledStudy:
    """Return the study in which the south has its scores twice, in a table of their own."""
    plan = PLAN.replace('from = "total"', 'from = "total_mean"').replace(
        "[scales.score]", f"{SESSIONS}{extra}\n[scales.score]"
    )
    schema = parts.SOUTH.replace('[columns.total]\nkind = "continuous"\nunit = "points"\n', "")
    people = south()
    made = make(
        folder, plan, second=people.drop(columns="total"), schemas={"south": schema, "visits": VISITS}
    )
    rows = [
        {"code": code, "visit": visit, "total": round(total + step, 2)}
        for code, total in zip(people["code"], people["total"], strict=True)
        for visit, step in ((1, 3), (2, -3))
    ]
    pd.DataFrame(rows).to_csv(made / "data" / "visits.csv", index=False)
    return PooledStudy.find(made)


def test_sessions_are_a_further_table_of_a_cohort(tmp_path: Path) -> None:
    """Scores three above and three below those of one session have the same mean."""
    twice = with_sessions(tmp_path / "twice").compute()
    once = PooledStudy.find(make(tmp_path / "once")).compute()
    for one, two in zip(once["age-score"].estimates, twice["age-score"].estimates, strict=True):
        assert two.estimate == pytest.approx(one.estimate, rel=1e-9)
    sources = {(h.variable, h.cohort): h.source for h in twice.harmonisation}
    assert sources["score", "south"] == "total_mean = mean of total"
    assert [table["name"] for table in twice.provenance["tables"]] == [
        "north",
        "south",
        "south.tables.visits",
    ]


def test_a_further_table_is_called_by_its_place_in_the_plan(tmp_path: Path) -> None:
    study = with_sessions(tmp_path / "twice", 'derive = { a = "total" }\nscore = ["fsm"]')
    problems = "\n".join(study.declared.problems)
    assert "In [cohorts.south.tables.visits]: Unknown key 'derive'" in problems
    assert "'fsm'" in problems
    assert "[tables." not in problems
