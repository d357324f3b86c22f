"""Tests of random effects as `lmm` gives them: what is tested, by which p, and what is said without one."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.lmm import lmm
from mmstats.mixed.exact_random_test import exact_random_test
from mmstats.mixed.linear import fit
from mmstats.mixed.structure import MixedData, RandomTerm

PEOPLE, TIMES = 12, 4


def rows(seed: int = 3, person: float = 1.0, slope: float = 0.5) -> pd.DataFrame:
    """Return both hands of each person at four times."""
    rng = np.random.default_rng(seed)
    people = np.repeat(np.arange(PEOPLE), 2 * TIMES)
    time = np.tile(np.repeat(np.arange(TIMES, dtype=np.float64), 2), PEOPLE)
    score = rng.standard_normal(len(people)) + person * rng.standard_normal(PEOPLE)[people]
    score += slope * time * rng.standard_normal(PEOPLE)[people]
    return pd.DataFrame(
        {
            "score": score,
            "time": time,
            "hand": pd.Categorical(np.tile(["left", "right"], PEOPLE * TIMES)),
            "task": pd.Categorical(np.tile(["a", "b", "c", "c", "b", "a"], len(people) // 6)),
            "person": pd.Categorical([f"P{one:02}" for one in people]),
            "site": pd.Categorical([f"S{one // 4}" for one in people]),
        }
    )


def effects(formula: str, frame: pd.DataFrame, **options: Any) -> dict[str, Estimate]:
    found = lmm(ModelData.of(formula, frame), rng=np.random.default_rng(1), **options)
    return {e.term: e for e in found if e.quantity.name == "random_effect_test"}


@pytest.mark.parametrize(
    ("part", "terms"),
    [
        ("(1 | person)", ["intercept | person"]),
        ("(1 + time | person)", ["time | person"]),
        ("(1 + time || person)", ["intercept | person", "time | person"]),
        ("(1 + hand * time | person)", ["hand:time | person"]),
        ("(1 + hand + time | person)", ["hand | person", "time | person"]),
        ("(0 + hand | person)", ["hand | person"]),
        ("(1 | site / person)", ["intercept | site", "intercept | site:person"]),
        ("(1 + task | person)", ["task | person"]),
    ],
)
def test_what_can_be_left_out_is_tested(part: str, terms: list[str]) -> None:
    found = effects(f"score ~ time + hand + {part}", rows())
    assert list(found) == terms
    for e in found.values():
        assert e.estimate >= 0
        assert not np.isnan(e.p_value) or 'random_tests = "simulated"' in e.note


def test_a_categorical_slope_is_left_out_whole_so_its_coding_does_not_matter() -> None:
    frame = rows()
    one = effects("score ~ task + (1 + task | person)", frame)["task | person"]
    two = effects("score ~ task + (1 + task | person)", frame, contrasts="sum")["task | person"]
    assert one.estimate == pytest.approx(two.estimate, abs=1e-7)
    assert "2 variances at once" in one.note


def test_units_and_order_do_not_matter() -> None:
    frame = rows()
    first = effects("score ~ time + (1 + time | person)", frame)["time | person"]
    other = frame.sample(frac=1, random_state=1).assign(score=lambda d: 1e4 - 37 * d["score"])
    other["time"] = 3 * other["time"] - 40
    again = effects("score ~ time + (1 + time | person)", other)["time | person"]
    assert again.estimate == pytest.approx(first.estimate, abs=1e-6)
    assert again.p_value == pytest.approx(first.p_value, rel=1e-5)


def test_simulated_p_values_agree_with_the_f_test_of_a_balanced_design() -> None:
    """The likelihood ratio of a balanced one-way layout grows with F, whose p value is exact."""
    frame = rows(seed=8, person=0.42, slope=0.0)
    e = effects("score ~ 1 + (1 | person)", frame, random_tests="simulated", resamples=20_000)
    groups = [part["score"].to_numpy() for _, part in frame.groupby("person", observed=True)]
    exact = float(stats.f_oneway(*groups).pvalue)
    found = e["intercept | person"]
    assert 0.001 < exact < 0.3
    assert found.p_value == pytest.approx(exact, abs=4 * found.mcse)
    assert found.resamples == 20_000


def test_without_variance_p_is_one() -> None:
    frame = rows(person=0.0, slope=0.0)
    frame["score"] -= frame.groupby("person", observed=True)["score"].transform("mean")
    for kind in ("mixture", "simulated"):
        found = effects("score ~ time + (1 | person)", frame, random_tests=kind, resamples=99)
        assert found["intercept | person"].estimate == pytest.approx(0, abs=1e-9)
        assert found["intercept | person"].p_value == 1


def test_several_variances_have_a_p_by_simulation() -> None:
    found = effects("score ~ task + (1 + task | person)", rows(), random_tests="simulated", resamples=199)
    assert 0 < found["task | person"].p_value <= 1


def test_what_is_removable_by_default_is_each_column_but_the_intercept() -> None:
    one = np.ones((4, 3))
    term = RandomTerm("person", ("intercept", "x", "z"), one, np.array([0, 0, 1, 1]), ("A", "B"))
    assert term.removable() == {"x": (1,), "z": (2,)}


def test_the_design_effect_and_each_group_of_a_nested_design() -> None:
    frame = rows()
    found = list(lmm(ModelData.of("score ~ time + (1 | site / person)", frame)))
    alike = {(e.quantity.name, e.term): e.estimate for e in found}
    for group, size in (("site", 32), ("site:person", 8)):
        assert alike["design_effect", group] == pytest.approx(1 + (size - 1) * alike["icc", group])
    assert alike["icc", "site:person"] == pytest.approx(alike["icc", ""])
    assert 0 <= alike["icc", "site"] <= alike["icc", "site:person"]


def test_a_variance_that_the_fixed_part_leaves_nothing_of_has_no_exact_distribution() -> None:
    codes = np.arange(12) // 2
    fixed = np.eye(6)[codes]
    people = RandomTerm("person", ("intercept",), np.ones((12, 1)), codes, tuple("ABCDEF"))
    data = MixedData(np.random.default_rng(1).standard_normal(12), fixed, tuple("abcdef"), (people,))
    with pytest.raises(NotEstimableError, match="takes up all that levels of 'person' could differ in"):
        exact_random_test(fit(data), resamples=99, rng=np.random.default_rng(2))
