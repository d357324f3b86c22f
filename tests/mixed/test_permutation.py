"""Whole participants exchanged: against rebuilt data, known tests, and the level that is asked for."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mmstats.errors import MmstatsError, NotEstimableError, PlanError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.lmm_permutation import lmm_permutation
from mmstats.mixed.arrangements import MOST_ENUMERATED, exchanges, flips
from mmstats.mixed.likelihood_ratio import likelihood_ratio_test
from mmstats.mixed.linear import fit
from mmstats.mixed_design import mixed_design


def study(
    people: int = 7, *, seed: int = 1, effect: float = 0.0, between: float = 1.0, uneven: bool = True
) -> pd.DataFrame:
    """Return people with 2 to 6 rows each (or 4), of two groups, and a covariate of rows."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 7, people) if uneven else np.full(people, 4)
    who = np.repeat(np.arange(people), sizes)
    ill = who % 2
    frame = pd.DataFrame({
        "who": pd.Categorical([f"p{i:02d}" for i in who]),
        "group": pd.Categorical(np.where(ill, "MS", "HC"), categories=["HC", "MS"]),
        "x": rng.standard_normal(len(who)),
        "age": rng.integers(20, 60, people)[who].astype(float),
        "centre": pd.Categorical(np.where(who < people // 2, "n", "s")),
    })  # fmt: skip
    noise = rng.standard_normal(len(who))
    frame["y"] = 5 + effect * ill + frame["x"] + between * rng.standard_normal(people)[who] + noise
    return frame


def permuted(formula: str, frame: pd.DataFrame, term: str, **options: Any) -> Estimate:
    (found,) = lmm_permutation(ModelData.of(formula, frame), term=term, **options)
    return found


def ratio(formula: str, frame: pd.DataFrame, places: list[int]) -> float:
    data, _ = mixed_design(ModelData.of(formula, frame))
    return likelihood_ratio_test(fit(data), np.eye(len(data.names))[places]).statistic


def test_age_exchanged_among_people_is_every_order_of_rebuilt_data() -> None:
    frame, formula = study(5, seed=3), "y ~ age + x + (1 | who)"
    codes = frame["who"].cat.codes.to_numpy()
    ages = frame.groupby("who", observed=True)["age"].first().to_numpy()
    assert len(set(ages)) == 5
    all_ = np.array(
        [ratio(formula, frame.assign(age=np.array(order)[codes]), [1]) for order in permutations(ages)]
    )
    found = permuted(formula, frame, "age")
    assert found.statistic == pytest.approx(ratio(formula, frame, [1]), abs=1e-7)
    assert found.p_value == pytest.approx(np.mean(all_ >= found.statistic - 1e-7))
    assert "Every exchange is counted" in found.note


def test_without_a_variance_between_it_is_the_permutation_test_of_means() -> None:
    frame = study(8, seed=5, uneven=False, between=2.0)
    found = permuted("y ~ group + (1 | who)", frame, "group")
    means = frame.groupby("who", observed=True)["y"].mean().to_numpy()
    labels = np.arange(8) % 2
    exact = stats.permutation_test(
        (means[labels == 1], means[labels == 0]), lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        vectorized=True, n_resamples=np.inf,
    )  # fmt: skip
    assert found.p_value == pytest.approx(exact.pvalue)


def test_levels_exchanged_within_people_are_the_signs_of_their_differences() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({
        "who": pd.Categorical(np.repeat(np.arange(9), 2)),
        "hand": pd.Categorical(np.tile(["left", "right"], 9)),
    })  # fmt: skip
    frame["y"] = 3 * rng.standard_normal(9)[frame["who"].cat.codes] + rng.standard_normal(18)
    found = permuted("y ~ hand + (1 | who)", frame, "hand")
    gaps = frame["y"].to_numpy()[1::2] - frame["y"].to_numpy()[::2]
    exact = stats.permutation_test(
        (gaps,), np.mean, permutation_type="samples", n_resamples=np.inf, axis=0
    ).pvalue
    assert found.p_value == pytest.approx(exact)


def test_drawn_exchanges_agree_with_all_of_them() -> None:
    frame, formula = study(7, seed=9, effect=1.0), "y ~ group + x + (1 | who)"
    exact = permuted(formula, frame, "group")
    labels = np.arange(7) % 2
    every, all_ = exchanges(labels, np.zeros(7, dtype=np.int64), 99, None)
    assert all_
    assert len(every) == len({tuple(row) for row in every.tolist()}) == 35
    assert every[0].tolist() == labels.tolist()
    larger = study(18, seed=9, effect=1.0)
    one, two = (
        permuted(formula, larger, "group", resamples=999, rng=np.random.default_rng(s)) for s in (1, 2)
    )
    assert one.resamples == 999
    assert exact.resamples == 0
    assert one.p_value == pytest.approx(two.p_value, abs=5 * (one.mcse + two.mcse))
    assert 1000 * one.p_value == pytest.approx(round(1000 * one.p_value))  # (b + 1) / (B + 1)
    assert "they are drawn" in one.note


def test_exchanges_stay_within_strata_and_are_counted_as_expected() -> None:
    labels, strata = np.array([0, 1, 1, 0, 2, 2, 0]), np.array([0, 0, 0, 1, 1, 1, 1])
    every, exact = exchanges(labels, strata, 99, None)
    assert exact
    assert len({tuple(row) for row in every.tolist()}) == len(every) == 3 * 6
    for row in every:
        for stratum in (0, 1):
            assert sorted(row[strata == stratum]) == sorted(labels[strata == stratum])
    labels = np.arange(30) % 2
    drawn, exact = exchanges(labels, np.arange(30) // 15, 50, np.random.default_rng(1))
    assert not exact
    assert len(drawn) == 51
    assert (drawn[:, :15].sum(axis=1) == labels[:15].sum()).all()
    assert flips(14, 99, None)[1]
    assert 2**15 > MOST_ENUMERATED > 2**14
    assert not flips(15, 99, np.random.default_rng(1))[1]
    draws: tuple[Callable[[], object], ...] = (
        lambda: flips(15, 99, None),
        lambda: exchanges(labels, 0 * labels, 99, None),
    )
    for draw in draws:
        with pytest.raises(MmstatsError, match="more than 20,000 exchanges, of which some are drawn"):
            draw()


def test_neither_names_nor_units_nor_the_order_of_rows_matter() -> None:
    frame, formula = study(8, seed=2, effect=1.0), "y ~ group * x + (1 | who)"
    one = permuted(formula, frame, "group")
    moved = frame.sample(frac=1, random_state=3)
    moved = moved.assign(y=1e9 + 64 * moved["y"], group=moved["group"].cat.reorder_categories(["MS", "HC"]))
    two = permuted(formula, moved, "group")
    assert two.statistic == pytest.approx(one.statistic, rel=1e-5)  # an offset of 1e9 takes 7 digits
    assert two.p_value == one.p_value


def test_a_confounded_exchange_has_no_ratio_and_counts_as_larger() -> None:
    frame = study(6, seed=6)
    codes = frame["who"].cat.codes.to_numpy()
    frame["first"] = pd.Categorical(np.array(["a", "a", "b", "b", "b", "b"])[codes])
    frame["group"] = pd.Categorical(np.array(["HC", "MS", "MS", "HC", "HC", "HC"])[codes])
    found = permuted("y ~ group + first + (1 | who)", frame, "group")
    assert "1 gave no certain optimum" in found.note
    assert "keep their first" in found.note
    assert found.p_value >= 2 / 15


@pytest.mark.parametrize("between", [0.0, 1.0])
def test_the_level_is_held_with_eight_people_of_uneven_layouts(between: float) -> None:
    """Of 70 exchanges, each and its mirror image are equal: p is uniform on the multiples of 1/35."""
    p = np.array([
        permuted("y ~ group + x + (1 | who)", study(8, seed=seed, between=between), "group").p_value
        for seed in range(250)
    ])  # fmt: skip
    assert np.abs(35 * p - np.round(35 * p)).max() < 1e-9
    for alpha in (2 / 35, 5 / 35, 0.4, 0.8):
        share = np.mean(p <= alpha + 1e-9)
        assert share == pytest.approx(alpha, abs=3.5 * np.sqrt(alpha * (1 - alpha) / 250))


class TestRefusals:
    def test_an_unknown_term_names_the_nearest(self) -> None:
        with pytest.raises(PlanError, match=r"Unknown term of the fixed part 'grup'\. Did you mean 'group'"):
            permuted("y ~ group + x + (1 | who)", study(), "grup")

    def test_crossed_factors(self) -> None:
        frame = study(6, uneven=False)
        frame["rater"] = pd.Categorical(np.tile(["a", "b"], len(frame) // 2))
        with pytest.raises(NotEstimableError, match="are crossed: no groups are independent"):
            permuted("y ~ group + (1 | who) + (1 | rater)", frame, "group")

    def test_numbers_within_people(self) -> None:
        with pytest.raises(NotEstimableError, match=r"only one with two levels can be exchanged"):
            permuted("y ~ group + x + (1 | who)", study(), "x")

    def test_people_whose_rows_are_not_alike(self) -> None:
        frame = study()
        frame["hand"] = pd.Categorical(np.where(np.arange(len(frame)) % 2, "right", "left"))
        with pytest.raises(
            NotEstimableError, match="each would need the same rows, with equal values of 'x'"
        ):
            permuted("y ~ hand + x + (1 | who)", frame, "hand")
        with pytest.raises(
            NotEstimableError, match="Strata are for labels that are exchanged among groups by who"
        ):
            permuted("y ~ hand + (1 | who)", frame, "hand", strata=frame["centre"])

    def test_strata_within_people(self) -> None:
        frame = study()
        strata = pd.Series(pd.Categorical(np.arange(len(frame)) % 2)).rename("half")
        with pytest.raises(NotEstimableError, match="The strata, 'half', vary within groups by who"):
            permuted("y ~ group + (1 | who)", frame, "group", strata=strata)

    def test_labels_that_random_effects_have_too(self) -> None:
        frame = study(12)
        frame["site"] = pd.Categorical(frame["who"].cat.codes // 4)
        frame["arm"] = frame["site"]
        with pytest.raises(NotEstimableError, match="cannot be exchanged among participants"):
            permuted("y ~ group + (1 + group | who)", frame, "group")


def test_what_else_moves_is_said() -> None:
    frame = study(7)
    assert "moves group:x too" in permuted("y ~ group * x + (1 | who)", frame, "group").note
    assert "keep their age" in permuted("y ~ group + age + (1 | who)", frame, "group").note
    assert "exact if" not in permuted("y ~ group + x + (1 | who)", frame, "group").note
