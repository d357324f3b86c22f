"""Linear model: invariances, marginal means, and data that determine too little."""

from math import isnan
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.linear_model import linear_model


def frame(seed: int = 1, n: int = 24) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "y": rng.normal(10, 2, n).round(1),
            "age": rng.integers(20, 70, n).astype(float),
            "group": pd.Categorical(np.resize(["HC", "MS", "PS"], n), categories=["HC", "MS", "PS"]),
            "hand": pd.Categorical(np.resize(["L", "L", "R", "R", "R"], n), categories=["L", "R"]),
        }
    )


def analyse(text: str, data: pd.DataFrame, **options: Any) -> dict[str, Estimate]:
    found = linear_model(ModelData.of(text, data), **options)
    return {f"{e.quantity.name} {e.term}".strip(): e for e in found}


def test_the_first_term_is_the_main_result() -> None:
    names = list(analyse("y ~ group + age", frame()))
    assert names[:3] == ["f_test group", "coefficient group[MS]", "coefficient group[PS]"]
    assert (
        next(e for e in linear_model(ModelData.of("y ~ age", frame())) if not isnan(e.p_value)).term == "age"
    )


@given(seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=15)
def test_order_of_rows_does_not_matter(seed: int) -> None:
    data = frame(seed)
    order = np.random.default_rng(seed).permutation(len(data))
    assert analyse("y ~ group * age", data) == analyse("y ~ group * age", data.iloc[order])


@given(seed=st.integers(0, 10_000), shift=st.floats(-1e3, 1e3), scale=st.floats(0.01, 100))
@settings(deadline=None, max_examples=15)
def test_units_of_response_and_covariate(seed: int, shift: float, scale: float) -> None:
    data = frame(seed)
    here = analyse("y ~ group + age", data)
    there = analyse("y ~ group + age", data.assign(y=scale * data["y"] + shift))
    older = analyse("y ~ group + age", data.assign(age=scale * data["age"] + shift))
    for term in ("group[MS]", "age"):
        a, b = here[f"coefficient {term}"], there[f"coefficient {term}"]
        assert b.estimate == pytest.approx(scale * a.estimate, rel=1e-7, abs=1e-9)
        assert b.p_value == pytest.approx(a.p_value, rel=1e-6)
    assert older["coefficient age"].p_value == pytest.approx(here["coefficient age"].p_value, rel=1e-6)
    for name in ("adjusted_mean group[MS]", "r_squared", "f_test group"):
        assert older[name].estimate == pytest.approx(here[name].estimate, rel=1e-7)


def test_another_reference_reverses_the_sign() -> None:
    data = frame()
    other = data.assign(hand=data["hand"].cat.reorder_categories(["R", "L"]))
    here, there = analyse("y ~ hand + age", data), analyse("y ~ hand + age", other)
    a, b = here["coefficient hand[R]"], there["coefficient hand[L]"]
    assert (a.estimate, a.conf_low, a.p_value) == pytest.approx((-b.estimate, -b.conf_high, b.p_value))
    assert here["adjusted_mean hand[L]"].estimate == pytest.approx(there["adjusted_mean hand[L]"].estimate)


@pytest.mark.parametrize("covariance", ["hc3", "classical"])
def test_p_and_interval_agree_and_widen_with_level(covariance: str) -> None:
    for seed in range(20):
        narrow = analyse("y ~ group + age", frame(seed), covariance=covariance, level=0.8)
        wide = analyse("y ~ group + age", frame(seed), covariance=covariance, level=0.99)
        for name, e in narrow.items():
            if not isnan(e.conf_low) and not isnan(e.p_value):
                assert (e.conf_low <= 0 <= e.conf_high) == (e.p_value > 0.2)
                assert wide[name].conf_low < e.conf_low < e.conf_high < wide[name].conf_high


def test_difference_of_adjusted_means_is_the_coefficient_without_interaction() -> None:
    found = analyse("y ~ group + hand + age", frame())
    coefficient, difference = found["coefficient group[PS]"], found["adjusted_mean_difference group[PS]"]
    assert difference.estimate == pytest.approx(coefficient.estimate)
    assert difference.std_error == pytest.approx(coefficient.std_error)


def test_one_binary_term_without_covariates_is_students_t() -> None:
    from scipy import stats

    data = frame()
    a, b = (data.loc[data["hand"] == level, "y"] for level in "LR")
    e = analyse("y ~ hand", data, covariance="classical")["coefficient hand[R]"]
    assert e.p_value == pytest.approx(stats.ttest_ind(b, a).pvalue)


def test_a_main_effect_inside_an_interaction_has_no_f_test() -> None:
    names = set(analyse("y ~ group * age", frame()))
    assert "f_test group:age" in names
    assert "f_test group" not in names


@pytest.mark.parametrize("interval", ["bca-bootstrap", "percentile-bootstrap"])
def test_bootstrap(interval: str) -> None:
    first, second = (
        analyse("y ~ hand + age", frame(), interval=interval, resamples=499, rng=np.random.default_rng(4))
        for _ in range(2)
    )
    assert first == second
    for name in ("coefficient hand[R]", "adjusted_mean hand[L]"):
        e = first[name]
        assert e.conf_low < e.estimate < e.conf_high
        assert e.resamples == 499
        assert e.mcse > 0
    e = first["coefficient hand[R]"]
    assert (e.conf_low <= 0 <= e.conf_high) == (e.p_value >= 0.05)
    t = analyse("y ~ hand + age", frame())["coefficient hand[R]"]
    assert e.conf_high - e.conf_low == pytest.approx(t.conf_high - t.conf_low, rel=0.4)


def test_a_row_with_leverage_1() -> None:
    data = frame(n=12)
    data["alone"] = pd.Categorical(["yes"] + ["no"] * 11, categories=["no", "yes"])
    e = analyse("y ~ alone + age", data)["coefficient age"]
    assert isnan(e.conf_low)
    assert "leverage 1" in e.note
    assert not analyse("y ~ alone + age", data, covariance="classical")["coefficient age"].note


def test_an_exact_fit() -> None:
    data = frame()
    found = analyse("y ~ age", data.assign(y=2 * data["age"] + 0.1))
    e = found["coefficient age"]
    assert e.estimate == pytest.approx(2)
    assert isnan(e.p_value)
    assert "exactly" in e.note
    assert found["r_squared"].estimate == pytest.approx(1)


@pytest.mark.parametrize("constant", [0.1, 1 / 3, 1e6 / 7])
def test_a_group_without_spread_has_no_robust_standard_error(constant: float) -> None:
    # Rounding would leave one of about 1e-17, and a p value of 1e-140.
    data = frame(n=12)
    data["group"] = pd.Categorical(["HC", "MS", "SP"] * 4, categories=["HC", "MS", "SP"])
    for still in (["HC"], ["HC", "SP"]):
        y = np.where(data["group"].isin(still), constant, data["y"])
        found = analyse("y ~ group", data.assign(y=y))
        e = found["adjusted_mean group[HC]"]
        assert e.estimate == pytest.approx(constant)
        assert isnan(e.conf_low)
        assert "standard error is 0" in e.note
        assert found["adjusted_mean group[MS]"].std_error > 0
    assert isnan(found["adjusted_mean_difference group[SP]"].p_value)
    assert "standard error of 0" in found["f_test group"].note


def test_a_large_offset_of_the_response_costs_no_digits() -> None:
    data = frame()
    data["y"] = np.rint(256 * data["y"]) / 256  # so that adding the offset rounds nothing
    near, far = analyse("y ~ group * age", data), analyse("y ~ group * age", data.assign(y=data["y"] + 2**34))
    for name, e in near.items():
        shift = 2**34 if "adjusted_mean " in name or name.endswith("intercept") else 0
        assert far[name].estimate - shift == pytest.approx(e.estimate, rel=1e-9, abs=1e-5 if shift else 0)
        assert far[name].std_error == pytest.approx(e.std_error, rel=1e-10, nan_ok=True)


def test_a_constant_response() -> None:
    found = analyse("y ~ age", frame().assign(y=3.0))
    assert found["coefficient age"].estimate == pytest.approx(0, abs=1e-12)
    assert "constant" in found["r_squared"].note


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("y ~ age + age2", "age2 follows from others, age2 from age"),
        ("y ~ age + same", "same is the same in every row"),
        ("y ~ group + hand:group", "determined"),
        ("y ~ empty", r"empty\[c\] is the same in every row"),
    ],
)
def test_columns_that_are_not_determined_are_named(text: str, says: str) -> None:
    data = frame()
    data = data.assign(
        age2=2 * data["age"] + 1,
        same=3.0,
        empty=pd.Categorical(np.resize(["a", "b"], len(data)), categories=["a", "b", "c"]),
    )
    data = data[~((data["group"] == "MS") & (data["hand"] == "R"))]
    with pytest.raises(NotEstimableError, match=says):
        analyse(text, data)


def test_too_few_rows() -> None:
    with pytest.raises(NotEstimableError, match="2 coefficients need more than 2 rows; there are 2"):
        analyse("y ~ age", frame().iloc[:2])
    with pytest.raises(NotEstimableError, match="neither"):
        analyse("y ~ 0", frame())
