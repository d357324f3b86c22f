"""What every method promises; a new method is covered the moment its file exists.

Data are made from the roles alone. Where a promise does not apply to a method, the method is named below
with the reason, and nothing is skipped otherwise.
"""

import inspect
from itertools import pairwise
from math import isfinite, isnan
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.kind import Kind
from mmstats.methods import METHODS
from mmstats.plan_file import RESERVED
from mmstats.registry import Method
from tests.examples import (
    REQUIRED,
    RESPONSES,
    attempt,
    check,
    choices,
    default_level,
    given,
    mapped,
    of_studies,
    people,
    run,
)

# Intervals that do not invert the test beside them, and why.
TWO_TESTS = {
    "bonett-wright": "It is about the rank correlation; the p value beside it is exact under independence.",
    "jackknife-z": "It is about tau-b, whatever the distribution; the p value beside it is of independence.",
    "max-t": "Its p values are step-down; intervals that hold together can only be single-step.",
    "holm": "Its p values are step-down; the intervals that hold together are Bonferroni's.",
    **dict.fromkeys(
        ("transformed-t", "fleiss-cohen-everitt", "jackknife"),
        "The p value of a kappa is that of independent raters, whose variance is known; what the interval "
        "inverts rejects twice too often below 30 subjects.",
    ),
}
# Methods whose p values may change when all measurements are scaled and shifted alike, and why.
NOT_AFFINE: dict[str, str] = dict.fromkeys(
    ("tost_means", "tost_paired_means"), "Their bounds are in the unit of the measurements."
) | dict.fromkeys(
    (name for name, method in METHODS.items() if of_studies(method)),
    "Effects and counts of studies have a 0 of their own, from which they cannot be moved.",
)
# Quantities without a direction: exchanging the groups leaves them as they are.
UNSIGNED: set[str] = {"cramers_v", "bayes_factor"}

SHAPES = ("normal", "scores", "constant", "separated")
DEGENERATE = (
    *SHAPES,
    "floor_but_one",
    "half_constant",
    "one_alone",
    "jitter",
    "signed_zeros",
    "infinite",
    "huge",
    "tiny",
)

every = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
by_shape = pytest.mark.parametrize("shape", SHAPES)


@every
def test_a_plan_can_give_every_role_and_option(method: Method) -> None:
    """A name that means something else in a plan, or to `analyze`, never reaches the method."""
    taken = {*RESERVED, "frame", "seed", "schema"}
    assert not taken & {*method.roles, *method.options}


def close(value: Any, slack: float = 1e-9) -> Any:
    return pytest.approx(value, rel=1e-7, abs=slack, nan_ok=True)


def test_the_exceptions_are_still_there_to_be_made() -> None:
    choices = {c for m in METHODS.values() for option in m.options.values() for c in option.choices}
    assert choices >= TWO_TESTS.keys()
    assert METHODS.keys() >= NOT_AFFINE.keys() | RESPONSES.keys()
    assert {name for m in METHODS.values() for name, o in m.options.items() if o.required} == REQUIRED.keys()


@every
class TestEveryMethod:
    def test_says_what_it_is(self, method: Method) -> None:
        text = inspect.getdoc(method.function) or ""
        assert method.title
        assert method.references
        assert method.summary.endswith(".")
        assert "References:" in text
        assert ">>>" in text
        for name in (*method.roles, *method.options):
            assert name in text, f"{name} is not described"

    def test_has_options_that_are_valid_by_default(self, method: Method) -> None:
        with_default = [option for option in method.options.values() if not option.required]
        assert all(option.problem(option.default) == "" for option in with_default)

    @pytest.mark.parametrize("optional", [False, True])
    @pytest.mark.parametrize("shape", ["normal", "scores"])
    def test_yields_sound_estimates_by_every_choice(self, method: Method, shape: str, optional: bool) -> None:
        for choice in choices(method):
            values = given(method, 24, shape, optional=optional)
            found = run(method, values, **choice)
            assert found
            for e in found:
                check(e, 24, default_level(method), people(values))
            keys = [(e.quantity.name, e.term) for e in found]
            assert len(set(keys)) == len(keys)

    @pytest.mark.parametrize("shape", DEGENERATE)
    @pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 6, 9])
    def test_has_an_answer_or_a_reason_for_few_and_for_degenerate_data(
        self, method: Method, n: int, shape: str
    ) -> None:
        for choice in choices(method):
            values = given(method, n, shape)
            for e in attempt(method, values, **choice):
                check(e, n, default_level(method), people(values))

    @by_shape
    def test_order_of_rows_does_not_matter(self, method: Method, shape: str) -> None:
        values, order = given(method, 20, shape), np.random.default_rng(5).permutation(20)
        moved = {name: mapped(value, lambda v: v.iloc[order]) for name, value in values.items()}
        for choice in choices(method):
            before, after = attempt(method, values, **choice), attempt(method, moved, **choice)
            assert len(before) == len(after)
            for a, b in zip(before, after, strict=True):
                assert (a.quantity, a.term, a.n, a.note) == (b.quantity, b.term, b.n, b.note)
                for field in ("estimate", "conf_low", "conf_high", "p_value", "statistic"):
                    assert getattr(b, field) == close(getattr(a, field)), field

    def test_gives_the_same_answer_twice_and_leaves_its_data_alone(self, method: Method) -> None:
        values = given(method, 20, "scores")
        kept = {name: mapped(value, lambda v: v.copy()) for name, value in values.items()}
        for choice in choices(method):
            assert repr(run(method, values, **choice)) == repr(run(method, values, **choice))
        for name, value in values.items():
            assert_same(value, kept[name])

    @pytest.mark.parametrize("shape", ["normal", "scores"])
    def test_a_higher_level_gives_a_wider_interval(self, method: Method, shape: str) -> None:
        if "level" not in method.options:
            assert all(isnan(e.conf_level) for e in run(method, given(method, 20, shape)))
            return
        for choice in choices(method):
            values = given(method, 20, shape)
            nested = [run(method, values, level=level, **choice) for level in (0.5, 0.8, 0.9, 0.95)]
            for narrow, wide in pairwise(nested):
                for a, b in zip(narrow, wide, strict=True):
                    slack = 1e-9 * (1 + abs(a.conf_low) + abs(a.conf_high)) if isfinite(a.conf_low) else 0
                    assert not b.conf_low > a.conf_low + slack, a.quantity.name
                    assert not b.conf_high < a.conf_high - slack, a.quantity.name

    @pytest.mark.parametrize("seed", range(12))
    @pytest.mark.parametrize("level", [0.8, 0.95])
    def test_p_and_interval_agree(self, method: Method, level: float, seed: int) -> None:
        values = given(method, 10 + seed, ("normal", "scores")[seed % 2], seed=seed)
        for choice in choices(method):
            for e in attempt(method, values, level=level, **choice):
                null, alpha = e.quantity.null, 1 - level
                if any(map(isnan, (null, e.p_value, e.conf_low))) or e.interval in TWO_TESTS:
                    continue  # nothing to agree with, or no need to
                if abs(e.p_value - alpha) < 1e-8:
                    continue  # p is alpha itself
                if e.p_value < alpha:
                    assert not e.conf_low < null < e.conf_high, e.quantity.name
                else:
                    assert e.conf_low <= null <= e.conf_high, e.quantity.name

    @pytest.mark.parametrize("seed", range(4))
    def test_exchanging_the_groups_reflects_the_estimates(self, method: Method, seed: int) -> None:
        role = method.roles.get("group")
        if role is None or role.kind != Kind.BINARY:
            return  # there is no pair of groups to exchange
        values = given(method, 15 + seed, ("normal", "scores")[seed % 2], seed=seed)
        swapped = values | {"group": values["group"].cat.reorder_categories(["b", "a"])}
        for a, b in zip(attempt(method, values), attempt(method, swapped), strict=True):
            if isnan(a.quantity.null):
                continue
            slack = 6 * a.mcse if a.resamples else 1e-9  # other groups draw from other streams
            assert (b.estimate, b.conf_low, b.conf_high) == close(reflection(a), slack)
            assert b.p_value == close(a.p_value, slack)

    def test_scaling_all_measurements_alike_leaves_p_alone(self, method: Method) -> None:
        if method.name in NOT_AFFINE:
            return

        def rescaled(value: Any) -> Any:
            if isinstance(value, pd.DataFrame):
                return value.apply(rescaled)
            return value if isinstance(value.dtype, pd.CategoricalDtype) else 4 * value + 16

        values = given(method, 18)
        moved = {name: mapped(value, rescaled) for name, value in values.items()}
        for a, b in zip(run(method, values), run(method, moved), strict=True):
            if a.term != "intercept":  # which does move
                assert b.p_value == close(a.p_value), a.quantity.name


def reflection(e: Estimate) -> tuple[float, float, float]:
    """Return estimate and limits as they are seen from the other group."""
    if e.quantity.name in UNSIGNED:
        return e.estimate, e.conf_low, e.conf_high
    if e.quantity.ratio:
        with np.errstate(divide="ignore"):
            values = 1 / np.array([e.estimate, e.conf_high, e.conf_low])
    else:
        values = 2 * e.quantity.null - np.array([e.estimate, e.conf_high, e.conf_low])
    return float(values[0]), float(values[1]), float(values[2])


def assert_same(value: Any, kept: Any) -> None:
    if isinstance(value, ModelData):
        assert_same(value.frame, kept.frame)
        assert_same(value.groups, kept.groups)
    elif isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(value, kept)
    else:
        pd.testing.assert_series_equal(value, kept)
