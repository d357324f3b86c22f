"""Every method under data made to break it: an estimate that is sound, or a reason why there is none."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmstats.kind import Kind
from mmstats.methods import METHODS
from mmstats.registry import Method
from tests import examples
from tests.examples import (
    BY_PARTICIPANT,
    BY_STUDY,
    arguments,
    attempt,
    check,
    choices,
    default_level,
    is_number,
    levels_of,
    mapped,
    of_studies,
    people,
    repeated,
)
from tests.test_contract import NOT_AFFINE

# A column of numbers is a pattern of small ones, scaled and shifted, with one value replaced now and then.
PATTERNS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "tied": lambda rng, n: rng.integers(0, 3, n),
    "decimals": lambda rng, n: rng.integers(-20, 20, n) / 10,
    "skewed": lambda rng, n: rng.lognormal(sigma=4, size=n),
    "one apart": lambda rng, n: np.where(rng.permutation(n) == 0, 1.0, 0.0),
    "constant": lambda rng, n: np.ones(n),
    "zeros": lambda rng, n: rng.choice([0.0, -0.0], n),
}
SCALES = (1.0, 1.0, 1.0, 1.0, 1e15, 1e-15, 0.1, 1e55, 1e-55, 1e160, 5e-324)
OFFSETS = (0.0, 0.0, 0.0, 1e9, -1e12, 1 / 3)
REPLACEMENTS = (1e6, -1e6, np.inf, -np.inf, np.nan, 5e-324, -0.0)
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def often(draw: st.DrawFn, times: int) -> bool:
    """Return true all but one of so many times."""
    return draw(st.integers(1, times)) > 1


@st.composite
def numbers(draw: st.DrawFn, n: int) -> np.ndarray:
    pattern = "normal" if draw(st.booleans()) else draw(st.sampled_from(sorted(PATTERNS)))
    values: np.ndarray = PATTERNS[pattern](draw(seeds), n).astype(np.float64)
    values = values * draw(st.sampled_from(SCALES)) + draw(st.sampled_from(OFFSETS))
    if n and not often(draw, 8):
        values[draw(st.integers(0, n - 1))] = draw(st.sampled_from(REPLACEMENTS))
    return values


@st.composite
def codes(draw: st.DrawFn, n: int, levels: int) -> np.ndarray:
    """Balanced, drawn, all in one level, one alone, or in order, so that a sorted outcome is separated."""
    kind = draw(st.sampled_from(["balanced", "balanced", "drawn", "one", "alone", "in order"]))
    rng = draw(seeds)
    made: dict[str, Callable[[], np.ndarray]] = {
        "balanced": lambda: rng.permutation(np.arange(n) % levels),
        "drawn": lambda: rng.integers(0, levels, n),
        "one": lambda: np.full(n, rng.integers(0, levels)),
        "alone": lambda: np.minimum(np.arange(n), 1),
        "in order": lambda: np.arange(n) * levels // max(n, 1),
    }
    return made[kind]()


@st.composite
def hostile(draw: st.DrawFn, method: Method) -> dict[str, object]:
    """Return a value for each role; a column of numbers may be ordered, or a line through an earlier one."""
    n = draw(st.integers(6, 12) if often(draw, 3) else st.integers(0, 12))
    earlier: list[np.ndarray] = []

    def column(name: str, kind: Kind, shift: float) -> pd.Series:
        if name in BY_PARTICIPANT and repeated(method) and often(draw, 4):
            return BY_PARTICIPANT[name](n)
        if name in BY_STUDY and of_studies(method) and often(draw, 4):
            return BY_STUDY[name](n, draw(seeds))
        if not is_number(kind):
            levels = levels_of(kind)
            made = pd.Series(pd.Categorical.from_codes(draw(codes(n, len(levels))), pd.Index(levels)))
            # A level that nobody has stays where a plan's would: in a binary variable, and in a scale.
            keeps = kind == Kind.BINARY or any(role.keeps_levels for role in method.roles.values())
            return made if keeps else made.cat.remove_unused_categories()
        way = draw(st.sampled_from(["plain", "plain", "own", "own", "ordered", "line"]))
        if way == "line" and earlier:
            with np.errstate(over="ignore", invalid="ignore"):
                values = earlier[0] * draw(st.sampled_from([1.0, -1.0, 3.0])) + draw(st.sampled_from(OFFSETS))
        else:
            values = draw(seeds).normal(size=n) if way == "plain" else draw(numbers(n))
            values = np.sort(values) if way == "ordered" else values
        earlier.append(values)
        return pd.Series(values)

    return arguments(method, column, optional=draw(st.booleans()))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_an_answer_or_a_reason(method: Method) -> None:
    others = list(choices(method))

    @settings(max_examples=30)
    @given(values=hostile(method), other=st.sampled_from(others))
    def holds(values: dict[str, Any], other: dict[str, object]) -> None:
        rows = max(len(getattr(value, "frame", value)) for value in values.values())
        for choice in [{}, other] if other else [{}]:
            for e in attempt(method, values, **choice):
                check(e, rows, default_level(method), people(values))

    holds()


@pytest.mark.parametrize("unit", [(1.0, 2.0**30), (2.0**-30, 0.0)], ids=["offset", "small"])
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_a_large_offset_or_a_small_unit_changes_no_p_value(method: Method, unit: tuple[float, float]) -> None:
    if method.name in NOT_AFFINE:
        return

    def sixty_fourths(values: pd.Series) -> pd.Series:  # so that nothing is rounded when they are moved
        return values if isinstance(values.dtype, pd.CategoricalDtype) else (64 * values).round() / 64

    def moved(values: pd.Series) -> pd.Series:
        return values if isinstance(values.dtype, pd.CategoricalDtype) else unit[0] * values + unit[1]

    for shape in ("normal", "scores"):
        near = {k: mapped(v, by_column(sixty_fourths)) for k, v in examples.given(method, 14, shape).items()}
        far = {k: mapped(v, by_column(moved)) for k, v in near.items()}
        for choice in choices(method):
            for a, b in zip(attempt(method, near, **choice), attempt(method, far, **choice), strict=True):
                if a.term != "intercept":  # which does move
                    assert b.p_value == pytest.approx(a.p_value, rel=1e-6, abs=1e-9, nan_ok=True), choice


def by_column(change: Callable[[pd.Series], pd.Series]) -> Callable[[Any], Any]:
    return lambda value: value.apply(change) if isinstance(value, pd.DataFrame) else change(value)
