from math import isnan
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.effects.t_interval import with_t
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.gee import gee
from tests.examples import check

FAMILIES = {"gaussian": "taps", "binomial": "relapse", "poisson": "falls"}


def table(people: int = 16, seed: int = 1) -> pd.DataFrame:
    """Up to four visits of each participant, some of them missing, in two groups and three centres."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"who": np.repeat(np.arange(people), 4), "visit": np.tile([0.0, 1, 2, 3], people)})
    own = rng.normal(size=people)[frame.who]
    frame["group"] = pd.Categorical.from_codes(frame.who % 2, pd.Index(["HC", "MS"]))
    frame["centre"] = pd.Categorical.from_codes(rng.permutation(frame.who % 3), pd.Index(["x", "y", "z"]))
    frame["age"] = rng.normal(40, 8, people)[frame.who].round()
    frame["taps"] = 50 + 2 * own + rng.normal(size=len(frame))
    chance = rng.random(len(frame)) + own / 5 < 0.5
    frame["relapse"] = pd.Categorical.from_codes(chance.astype(int), pd.Index(["no", "yes"]))
    frame["falls"] = rng.poisson(np.exp(0.3 + own / 2)).astype(float)
    frame["who"] = "p" + frame.who.astype(str)
    return frame[rng.random(len(frame)) < 0.9].reset_index(drop=True)


def rows(frame: pd.DataFrame, formula: str, *, timed: bool = False, **options: Any) -> dict[str, Estimate]:
    data = ModelData.of(formula, frame)
    found = gee(data, frame.who, frame.visit if timed else None, **options)
    return {f"{e.quantity.name} {e.term}".strip(): e for e in found}


every_family = pytest.mark.parametrize("family", FAMILIES)


@every_family
@pytest.mark.parametrize("correlation", ["exchangeable", "independence", "ar1"])
@pytest.mark.parametrize("correction", ["kauermann-carroll", "mancl-derouen", "fay-graubard", "robust"])
def test_the_order_of_rows_does_not_matter(family: str, correlation: str, correction: str) -> None:
    frame, formula = table(), f"{FAMILIES[family]} ~ group + centre + age"
    options: dict[str, Any] = {
        "distribution": family,
        "correlation": correlation,
        "covariance": correction,
        "timed": True,
    }
    moved = frame.sample(frac=1, random_state=2).reset_index(drop=True)
    for df_method in ("participants", "satterthwaite"):
        before = rows(frame, formula, **options, df_method=df_method)
        after = rows(moved, formula, **options, df_method=df_method)
        assert repr(before) == repr(after)
        for e in before.values():
            check(e, len(frame), 0.95)
            assert e.p_value > 0 or isnan(e.p_value)


@every_family
def test_p_and_interval_agree_and_intervals_nest(family: str) -> None:
    for seed in range(8):
        formula, last = f"{FAMILIES[family]} ~ group + age", None
        for level in (0.5, 0.8, 0.95):
            found = rows(table(14, seed), formula, distribution=family, level=level)
            for e in found.values():
                if not isnan(e.p_value):
                    assert (e.p_value < 1 - level) == (not e.conf_low < e.quantity.null < e.conf_high)
            if last:
                for a, b in zip(last.values(), found.values(), strict=True):
                    assert isnan(a.conf_low) or b.conf_low < a.conf_low < a.conf_high < b.conf_high
            last = found


@every_family
@pytest.mark.parametrize("correction", ["kauermann-carroll", "fay-graubard"])
def test_exchanging_the_groups_and_moving_a_covariate_change_nothing_else(
    family: str, correction: str
) -> None:
    frame, formula = table(), f"{FAMILIES[family]} ~ group + age"
    moved = frame.assign(group=frame.group.cat.reorder_categories(["MS", "HC"]), age=3 * frame.age + 1000)
    before = rows(frame, formula, distribution=family, covariance=correction)
    after = rows(moved, formula, distribution=family, covariance=correction)
    for key, other in (("group[MS]", "group[HC]"), ("age", "age")):
        (a,) = (e for name, e in before.items() if name.endswith(key))
        (b,) = (e for name, e in after.items() if name.endswith(other))
        assert b.p_value == pytest.approx(a.p_value, rel=1e-7)
        if key != "age" and a.quantity.ratio:
            assert 1 / b.estimate == pytest.approx(a.estimate)


def test_the_unit_of_time_only_changes_its_name() -> None:
    frame = table()
    before = rows(frame, "taps ~ group", timed=True, correlation="ar1")
    after = rows(frame.assign(visit=frame.visit * 0.3 - 7), "taps ~ group", timed=True, correlation="ar1")
    for key, e in before.items():
        assert after[key].estimate == pytest.approx(e.estimate)
    assert before["working_correlation"].note == "Of two rows 1 apart in visit."
    assert after["working_correlation"].note == "Of two rows 0.3 apart in visit."


def test_times_that_are_no_multiples_have_powers_between() -> None:
    frame = table()
    frame["visit"] = frame.visit.map({0.0: 0.0, 1.0: 1.0, 2.0: 2.5, 3.0: 6.2})
    found = rows(frame, "taps ~ group", timed=True, correlation="ar1")
    assert 0 < found["working_correlation"].estimate < 1


def test_powers_of_a_negative_correlation_need_whole_distances() -> None:
    frame = table()
    frame["taps"] = (
        np.where(frame.visit % 2 == 0, 1.0, -1.0) + np.random.default_rng(1).normal(size=len(frame)) / 3
    )
    found = rows(frame, "taps ~ group", timed=True, correlation="ar1")["working_correlation"]
    assert found.estimate < -0.5
    frame["visit"] = frame.visit.map({0.0: 0.0, 1.0: 1.0, 2.0: 2.4, 3.0: 3.9})
    with pytest.raises(NotEstimableError, match="need a positive correlation"):
        rows(frame, "taps ~ group", timed=True, correlation="ar1")


def test_ids_may_be_numbers_text_or_categories() -> None:
    frame = table()
    text = repr(rows(frame, "taps ~ group"))
    ids = frame.who.str[1:].astype(int).map("{:03d}".format)
    frame["who"] = frame.who.astype("category")
    assert repr(rows(frame, "taps ~ group")) == text
    frame["who"] = ids
    for key, e in rows(frame, "taps ~ group").items():
        assert f"{e.estimate:.10f}" in f"{rows(table(), 'taps ~ group')[key].estimate:.10f}"


def test_without_a_correction_few_participants_look_surer() -> None:
    frame = table(10)
    sizes = [
        rows(frame, "taps ~ group + age", covariance=c)["coefficient group[MS]"].std_error
        for c in ("robust", "kauermann-carroll", "mancl-derouen")
    ]
    assert sizes[0] < sizes[1] < sizes[2]


def test_says_who_was_counted_and_that_they_are_few() -> None:
    found = rows(table(16), "taps ~ group + age")["coefficient age"].note
    assert found.startswith("16 participants with 56 rows; covariance with the correction of Kauermann and")
    assert "Fewer than 10 participants per coefficient" in found
    assert "Fewer" not in rows(table(20), "taps ~ group")["coefficient group[MS]"].note


def test_a_test_of_several_coefficients_is_t_squared_for_one() -> None:
    frame = table(24)
    found = rows(frame, "taps ~ centre")
    f = found["f_test centre"]
    assert (f.df, f.df2) == (2, 24 - 3 - 1)
    inside = rows(frame, "taps ~ centre * age")
    assert "f_test centre" not in inside
    assert inside["f_test centre:age"].df2 == 24 - 6 - 1


def test_the_limits_of_a_ratio_are_those_of_its_logarithm() -> None:
    e = rows(table(), "falls ~ group", distribution="poisson")["rate_ratio group[MS]"]
    log = np.log([e.estimate, e.conf_low, e.conf_high])
    base = Estimate(
        quantity=e.quantity, estimate=log[0], std_error=log[0] / e.statistic, statistic=e.statistic, n=e.n
    )
    want = with_t(base, e.df, level=0.95, interval="")
    assert (want.conf_low, want.conf_high, want.p_value) == pytest.approx((log[1], log[2], e.p_value))


def test_the_only_participant_of_a_level_leaves_the_correction_undefined() -> None:
    frame = table()
    frame["centre"] = pd.Categorical.from_codes((frame.who == "p3").astype(int), pd.Index(["x", "y"]))
    e = rows(frame, "taps ~ group + centre")["coefficient centre[y]"]
    assert np.isfinite(e.estimate)
    assert isnan(e.conf_low)
    assert "1 participant is the only one to inform some coefficient" in e.note
    group = rows(frame, "taps ~ group + centre", covariance="fay-graubard")["coefficient group[MS]"]
    assert np.isfinite(group.conf_low)


@pytest.mark.parametrize(
    ("change", "formula", "options", "message"),
    [
        (lambda f: f.assign(who="p1"), "taps ~ group", {}, "2 coeff.* more than 2 participants.*is 1"),
        (lambda f: f[f.who.isin(["p1", "p2"])], "taps ~ group", {}, "there are 2"),
        (lambda f: f, "taps ~ group", {"correlation": "ar1"}, "needs the role 'time'"),
        (lambda f: f.assign(visit=1.0), "taps ~ age", {"correlation": "ar1", "timed": True}, "at the same"),
        (lambda f: f.drop_duplicates("who"), "taps ~ group", {}, "Nobody has two rows"),
        (lambda f: f, "taps ~ group", {"distribution": "binomial"}, "two levels; 'taps' has numbers"),
        (lambda f: f, "centre ~ group", {"distribution": "binomial"}, "two levels; 'centre' has 3"),
        (lambda f: f, "taps ~ group", {"distribution": "poisson"}, "counts: 'taps' has other values"),
        (lambda f: f, "relapse ~ group", {"distribution": "poisson"}, "counts: 'relapse' has other values"),
        (lambda f: f, "log(falls) ~ group", {"distribution": "poisson"}, "as it is: write it without log"),
        (lambda f: f.assign(falls=0.0), "falls ~ group", {"distribution": "poisson"}, "Every row has"),
        (lambda f: f.assign(taps=1.0), "taps ~ group", {}, "fits every row exactly"),
        (
            lambda f: f.assign(relapse=f.group.cat.rename_categories(["no", "yes"])),
            "relapse ~ group", {"distribution": "binomial"}, "separated: the formula's variables tell events",
        ),
        (
            lambda f: f.assign(falls=f.falls * (f.group == "MS")),
            "falls ~ group", {"distribution": "poisson"}, "variables tell rows with a count",
        ),
        (
            lambda f: f[f.groupby("who").who.transform("size") == 4].assign(taps=lambda g: g.age),
            "taps ~ group", {}, "no correlation matrix",
        ),
    ],
)  # fmt: skip
def test_says_why_there_is_no_answer(change, formula, options, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotEstimableError, match=message):
        rows(change(table()), formula, **options)
