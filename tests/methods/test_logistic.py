from math import inf, isnan, log
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.effects.likelihood import maximise
from mmstats.effects.logistic import logistic_fit
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.logistic import logistic


def rows(frame: pd.DataFrame, formula: str, **options: Any) -> dict[str, Estimate]:
    found = logistic(ModelData.of(formula, frame), **options)
    return {f"{e.quantity.name} {e.term}": e for e in found}


def table(a: int, b: int, c: int, d: int) -> pd.DataFrame:
    """Events and others of the comparison, then of the reference."""
    event = np.repeat(["yes", "no", "yes", "no"], [a, b, c, d])
    group = np.repeat(["MS", "MS", "HC", "HC"], [a, b, c, d])
    return pd.DataFrame(
        {"event": pd.Categorical(event, ["no", "yes"]), "group": pd.Categorical(group, ["HC", "MS"])}
    )


@pytest.mark.parametrize("cells", [(3, 5, 2, 9), (4, 0, 1, 6), (5, 0, 0, 7)])
def test_for_a_table_the_penalty_adds_half_to_every_cell(cells: tuple[int, int, int, int]) -> None:
    a, b, c, d = (cell + 0.5 for cell in cells)
    found = rows(table(*cells), "event ~ group")["odds_ratio group[MS]"]
    assert found.estimate == pytest.approx(a * d / (b * c), rel=1e-10)
    assert found.note == ""


def test_gradient_and_hessian_are_those_of_the_value() -> None:
    rng = np.random.default_rng(1)
    columns = np.column_stack([np.ones(12), rng.normal(size=(12, 2))])
    fit = logistic_fit(columns, rng.integers(0, 2, 12).astype(float), firth=True)
    at, step = np.array([0.3, -0.4, 0.8]), 1e-6 * np.eye(3)
    _, gradient, hessian = fit.likelihood(at)
    both = [(fit.likelihood(at + s), fit.likelihood(at - s)) for s in step]
    assert gradient == pytest.approx([(up[0] - down[0]) / 2e-6 for up, down in both], rel=1e-7)
    assert hessian.ravel() == pytest.approx(
        np.array([(up[1] - down[1]) / 2e-6 for up, down in both]).ravel(), rel=1e-6
    )
    assert fit.maximum.definite
    assert fit.maximum.gradient_norm < 1e-9


def test_separation_is_found_and_said() -> None:
    found = rows(table(4, 0, 1, 6), "event ~ group", penalty="none")["odds_ratio group[MS]"]
    assert (found.estimate, found.conf_high) == (inf, inf)
    assert 1 < found.conf_low < inf
    best = log(1 / 7) + 6 * log(6 / 7)
    assert found.statistic == pytest.approx(2 * (best - 5 * log(5 / 11) - 6 * log(6 / 11)), rel=1e-9)
    assert "separated" in found.note


def test_a_variable_apart_from_the_separation_keeps_its_estimate() -> None:
    frame = table(5, 0, 4, 6).assign(age=[3.0, 5, 4, 2, 8, 1, 4, 2, 6, 5, 3, 7, 9, 8, 4])
    plain = rows(frame, "event ~ group + age", penalty="none")
    alone = rows(frame[frame["group"] == "HC"], "event ~ age", penalty="none")
    assert plain["odds_ratio group[MS]"].estimate == inf
    for row, within in (("odds_ratio age", plain), ("log_odds intercept", plain)):
        assert within[row].estimate == pytest.approx(alone[row].estimate, rel=1e-6)
        assert within[row].note == ""
    assert plain["odds_ratio age"].p_value == pytest.approx(alone["odds_ratio age"].p_value, rel=1e-6)


def test_separated_in_two_ways() -> None:
    frame = table(5, 0, 0, 5).assign(age=[6.0, 7, 8, 9, 10, 1, 2, 3, 4, 5])
    found = rows(frame, "event ~ group + age", penalty="none")["odds_ratio age"]
    assert isnan(found.estimate)
    assert (found.conf_low, found.conf_high) == (0, inf)
    assert found.p_value == pytest.approx(1, abs=1e-4)
    penalised = rows(frame, "event ~ group + age")["odds_ratio age"]
    assert 0 < penalised.conf_low < penalised.estimate < penalised.conf_high < inf


def test_units_change_the_odds_ratio_alone() -> None:
    frame = table(5, 3, 4, 6).assign(age=np.arange(18.0) % 7)
    one, other = rows(frame, "event ~ age"), rows(frame.assign(age=1e6 + frame["age"] / 8), "event ~ age")
    first, second = one["odds_ratio age"], other["odds_ratio age"]
    assert second.estimate == pytest.approx(first.estimate**8, rel=1e-7)
    assert second.p_value == pytest.approx(first.p_value, rel=1e-7)


def test_without_two_outcomes_there_is_a_reason() -> None:
    with pytest.raises(NotEstimableError, match="same event, 'no'"):
        rows(table(0, 3, 0, 4), "event ~ group")
    with pytest.raises(NotEstimableError, match="two levels; 'age' has numbers"):
        rows(table(2, 3, 1, 4).assign(age=1.0), "age ~ group")


def test_a_likelihood_that_is_flat_everywhere_has_no_definite_maximum() -> None:
    found = maximise(lambda at: (0.0, np.zeros(2), np.zeros((2, 2))), np.ones(2))
    assert (found.value, found.gradient_norm, found.definite) == (0.0, 0.0, False)


def test_steps_that_do_not_end_are_refused() -> None:
    with pytest.raises(NotEstimableError, match="No maximum"):
        maximise(lambda at: (float(at[0]), np.ones(1), -1e-9 * np.ones((1, 1))), np.zeros(1))
