"""Power by simulation: its refits have the test of the package, and its data sets the pilot's layouts."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import MmstatsError, NotEstimableError, PlanError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.lmm_power import lmm_power
from mmstats.mixed import power as module
from mmstats.mixed.crossproducts import Moments, moments
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.layout import outermost
from mmstats.mixed.linear import fit
from mmstats.mixed.power import DfMethod, donors, power, recycled
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed.structure import MixedData
from tests.mixed.data import crossed, growth
from tests.mixed.test_linear import nested


@pytest.mark.parametrize("df_method", ["kenward-roger", "satterthwaite"])
@pytest.mark.parametrize("name", ["growth", "crossed", "nested", "weighted"])
def test_each_refit_has_the_test_that_a_fit_to_its_rows_has(
    name: str, df_method: DfMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"growth": growth(missing=5), "crossed": crossed(), "nested": nested()}.get(name, growth())
    if name == "weighted":
        weights = np.random.default_rng(2).uniform(0.5, 2, len(data.response))
        data = replace(data, weights=weights)
    pilot, contrast = fit(data), np.eye(data.fixed.shape[1])[1]
    truth = pilot.coefficients + 0.3
    response = data.response + np.random.default_rng(3).standard_normal(len(data.response))

    def given(*_: object) -> Moments:
        error = (response - data.fixed @ truth) / pilot.residual_sd
        return moments(pilot.model.design, (pilot.model.root_weights * error)[:, None])

    monkeypatch.setattr(module, "simulated", given)
    rng = np.random.default_rng(1)
    found = power(pilot, contrast, truth, df_method=df_method, resamples=1, rng=rng)
    made = kenward_roger if df_method == "kenward-roger" else satterthwaite
    expected = made(fit(data, response=response)).test(contrast[None]).p_value
    assert found.p_values[0] == pytest.approx(expected, rel=1e-6)
    assert 0 < expected < 1


def test_without_an_effect_it_is_the_level() -> None:
    pilot = fit(growth(people=10, slope=0.5))
    truth = pilot.coefficients * [1, 0, 1]
    found = power(pilot, np.eye(3)[1], truth, resamples=2_000, rng=np.random.default_rng(5))
    for alpha in (0.05, 0.2):
        error = np.sqrt(alpha * (1 - alpha) / 2_000)
        assert found.rejected(alpha) / 2_000 == pytest.approx(alpha, abs=4 * error)


def test_rows_of_participants_take_turns_and_levels_keep_their_share() -> None:
    levels = np.array([0, 1, 0, 1, 1])
    assert np.bincount(donors(levels, 20)).tolist() == [4, 4, 4, 4, 4]
    assert np.bincount(donors(levels, 5)).tolist() == [1, 1, 1, 1, 1]
    for count in range(2, 40):
        found = donors(levels, count)
        assert len(found) == count
        assert abs(levels[found].sum() - 0.6 * count) < 1
        for level in (0, 1):
            turns = np.bincount(found, minlength=5)[levels == level]
            assert turns.max() - turns.min() <= 1


@pytest.mark.parametrize("data", [growth(missing=5), nested()], ids=["growth", "nested"])
def test_a_study_of_the_same_size_is_the_same_and_twice_as_large_is_two(data: MixedData) -> None:
    groups = outermost(data).blocks
    once, twice = (recycled(data, np.zeros(groups, dtype=np.int64), n * groups) for n in (1, 2))
    assert fit(once).deviance == pytest.approx(fit(data).deviance, abs=1e-8)
    assert [len(term.levels) for term in twice.random] == [2 * len(term.levels) for term in data.random]

    assert fit(twice, restricted=False).theta == pytest.approx(fit(data, restricted=False).theta, abs=1e-6)
    assert fit(twice, restricted=False).deviance == pytest.approx(
        2 * fit(data, restricted=False).deviance, rel=1e-9
    )


def pilot_rows(people: int = 8, *, spread: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    who = np.repeat(np.arange(people), 3)
    return pd.DataFrame({
        "y": spread * rng.standard_normal(people)[who] + rng.standard_normal(len(who)),
        "group": pd.Categorical(np.where(who % 4 == 0, "MS", "HC"), categories=["HC", "MS"]),
        "rater": pd.Categorical(np.tile(["a", "b", "c"], people)),
        "who": pd.Categorical(who),
    })  # fmt: skip


def outcome(formula: str, rows: pd.DataFrame, **options: Any) -> Estimate:
    chosen: dict[str, Any] = {
        "coefficient": "group[MS]",
        "effect": 1.0,
        "resamples": 200,
        "rng": np.random.default_rng(1),
    }
    (found,) = lmm_power(ModelData.of(formula, rows), **(chosen | options))
    return found


def test_what_it_reports() -> None:
    rows, formula = pilot_rows(), "y ~ group + (1 | who)"
    small, large = (outcome(formula, rows, participants=n) for n in (8, 40))
    assert large.estimate > small.estimate
    assert small.conf_low < small.estimate < small.conf_high
    assert small.mcse == pytest.approx(np.sqrt(small.estimate * (1 - small.estimate) / 200))
    assert "Each data set has 120 rows, 40 groups by who; the true value is 1" in large.note
    assert "too high" in outcome(formula, pilot_rows(spread=0.0), effect=0.5).note
    strict, lenient = (outcome(formula, rows, alpha=alpha).estimate for alpha in (0.001, 0.5))
    assert strict < outcome(formula, rows).estimate < lenient
    one, other = (outcome(formula, rows, effect=effect).estimate for effect in (1.0, -1.0))
    assert one == pytest.approx(other, abs=0.15)  # the draws are the same, their distance from 0 is not


def test_crossed_factors_have_the_size_of_the_pilot() -> None:
    formula = "y ~ group + (1 | who) + (1 | rater)"
    assert 0 <= outcome(formula, pilot_rows()).estimate <= 1
    with pytest.raises(NotEstimableError, match="are crossed"):
        outcome(formula, pilot_rows(), participants=20)


def test_too_few_participants_and_wrong_names_are_refused() -> None:
    rows, formula = pilot_rows(), "y ~ group + (1 | who)"
    with pytest.raises(PlanError, match=r"Unknown coefficient 'group\[HC\]'\. Did you mean 'group\[MS\]'"):
        outcome(formula, rows, coefficient="group[HC]")
    with pytest.raises(NotEstimableError):
        outcome(formula, rows, participants=2)  # in proportion, all are of one group
    with pytest.raises(MmstatsError, match="rng is None"):
        outcome(formula, rows, rng=None)
