"""Data for any method, made from its roles alone, and what holds for any estimate of it."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import copysign, isinf, isnan
from typing import Any

import numpy as np
import pandas as pd

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.kind import Kind
from mmstats.registry import Method, Role

# What the response of a method's formula is, where it is not a measurement.
RESPONSES: dict[str, Kind] = {"logistic": Kind.BINARY, "glmm": Kind.BINARY}
# Options that have no default.
REQUIRED = {"low": -0.5, "high": 0.5, "term": "group", "coefficient": "covariate", "effect": 1.0}

# Choices that need other data than the example, by method, and where they are tested.
ELSEWHERE: dict[str, dict[str, str]] = {
    "gee": dict.fromkeys(("binomial", "poisson", "ar1"), "tests/methods/test_gee.py"),
    "meta_proportions": dict.fromkeys(
        ("reml", "dl", "pm", "sj", "common", "hartung-knapp", "hartung-knapp-ad-hoc"),
        "tests/methods/test_meta_proportions.py",  # they need a model with weights
    ),
    "meta_events": {"t": "tests/methods/test_meta_events.py"},  # it needs a model of counts
    "meta_rates": {"t": "tests/methods/test_meta_rates.py"},
}

# Methods that exchange whole participants: their rows are those of BY_PARTICIPANT.
EXCHANGING = {"lmm_permutation"}

FORMULA = "outcome ~ group + covariate"
MIXED_FORMULA = "outcome ~ group + covariate + (1 | unit)"
RESAMPLES = 199
FEWER = {"glmm": 99, "clmm": 99, "lmm_power": 99}  # a resample is a fit by iteration

Column = Callable[[str, Kind, float], pd.Series]  # of a name, a kind, and how far it is shifted


def numbers(n: int, shape: str, rng: np.random.Generator, shift: float) -> np.ndarray:
    made: dict[str, Callable[[], np.ndarray]] = {
        "normal": lambda: rng.normal(10 + shift, 2, n),
        "scores": lambda: rng.integers(0, 4, n) + np.rint(shift),
        "constant": lambda: np.full(n, 3.0),
        "separated": lambda: 10.0 * (np.arange(n) % 2) + shift,
        "floor_but_one": lambda: np.where(np.arange(n) == n - 1, 3.0 + shift, 0.0),
        "half_constant": lambda: np.where(np.arange(n) % 2 == 0, 0.1, rng.normal(shift, 1, n)),
        "one_alone": lambda: rng.normal(10 + shift, 2, n),
        "jitter": lambda: 1 + 2.3e-16 * rng.integers(0, 12, n),  # one value, but for rounding
        "signed_zeros": lambda: np.where(np.arange(n) % 3 == 0, -0.0, 0.0),
        "infinite": lambda: np.where(np.arange(n) == 0, np.inf, rng.normal(shift, 1, n)),
        "huge": lambda: rng.normal(shift, 1, n) * 1e200,
        "tiny": lambda: rng.normal(shift, 1, n) * 1e-200,
    }
    return made[shape]().astype(np.float64)


def categories(n: int, levels: list[str], shape: str, rng: np.random.Generator) -> pd.Series:
    made: dict[str, Callable[[], np.ndarray]] = {
        "constant": lambda: np.zeros(n, dtype=int),
        "separated": lambda: np.arange(n) % 2,
        "floor_but_one": lambda: np.arange(n) % 2,
        "half_constant": lambda: np.arange(n) % 2,
        "one_alone": lambda: np.minimum(np.arange(n), 1),
    }
    return coded(made.get(shape, lambda: rng.permutation(np.arange(n) % len(levels)))(), levels)


def coded(codes: np.ndarray, levels: list[str]) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(levels)))


# Columns of methods for several rows of each participant: three in one order, all in the same group.
BY_PARTICIPANT: dict[str, Callable[[int], pd.Series]] = {
    "participant": lambda n: coded(np.arange(n) // 3, [f"p{i}" for i in range(n // 3 + 1)]),
    "hand": lambda n: coded(np.arange(n) % 3, ["left", "right", "both"]),
    "group": lambda n: coded(np.arange(n) // 3 % 2, ["a", "b"]),
    "time": lambda n: pd.Series(np.arange(n) % 3 + 1.0),
    "unit": lambda n: coded(np.arange(n) // 3, [f"p{i}" for i in range(n // 3 + 1)]),
    "strata": lambda n: coded(np.arange(n) // 12, [f"s{i}" for i in range(n // 12 + 1)]),
}


# Columns of methods for studies, each with a row of its own.
BY_STUDY: dict[str, Callable[[int, np.random.Generator], pd.Series]] = {
    "study": lambda n, _: coded(np.arange(n), [f"study {i}" for i in range(n)]),
    "std_error": lambda n, rng: pd.Series(rng.uniform(0.5, 2.0, n)),
    "size": lambda n, rng: pd.Series(rng.integers(8, 60, n).astype(np.float64)),
    "unit": lambda n, _: coded(np.arange(n) // 2, [f"study {i}" for i in range(n // 2 + 1)]),
    **{
        f"{group}{part}": make
        for group in ("", "comparison_", "reference_")
        for part, make in {
            "events": lambda n, rng: pd.Series(rng.binomial(12, 0.3, n).astype(np.float64)),
            "total": lambda n, rng: pd.Series(rng.integers(12, 60, n).astype(np.float64)),
            "time": lambda n, rng: pd.Series(rng.uniform(20.0, 90.0, n)),
        }.items()
    },
}


def of_studies(method: Method) -> bool:
    """Return whether a method pools studies."""
    return "study" in method.roles or "std_error" in method.roles


def repeated(method: Method) -> bool:
    """Return whether a method is about participants, each with several rows."""
    by_role = "participant" in method.roles and "comparison" not in method.roles
    return by_role or method.name in EXCHANGING


def is_number(kind: Kind) -> bool:
    """Return whether a role of this kind receives numbers."""
    return Kind.CONTINUOUS in kind or Kind.COUNT in kind or kind == Kind.ORDINAL


def levels_of(kind: Kind) -> list[str]:
    """Return the levels of the categories that a role of this kind receives."""
    if kind == Kind.BINARY:
        return ["a", "b"]
    if Kind.NOMINAL in kind:
        return ["a", "b", "c"]
    raise AssertionError(f"The contract has no example of a {kind}; give it one.")


def given(
    method: Method, n: int, shape: str = "normal", *, seed: int = 0, optional: bool = False
) -> dict[str, Any]:
    """Return a value for each role, as the runner would hand them over."""
    rng = np.random.default_rng(seed)

    def column(name: str, kind: Kind, shift: float) -> pd.Series:
        if name == "covariate":
            return pd.Series(rng.normal(size=n))
        if name in BY_PARTICIPANT and repeated(method):
            return BY_PARTICIPANT[name](n)
        if name in BY_STUDY and of_studies(method):
            return BY_STUDY[name](n, rng)
        if name == "weights":  # positive, as what counts rows is
            return pd.Series(rng.integers(1, 4, n).astype(np.float64))
        if is_number(kind):
            return pd.Series(numbers(n, shape, rng, shift))
        return categories(n, levels_of(kind), shape, rng)

    return arguments(method, column, optional=optional)


def arguments(method: Method, column: Column, *, optional: bool = False) -> dict[str, Any]:
    """Return a value for each role, of the columns that `column` makes."""
    values = {}
    for place, (name, role) in enumerate(method.roles.items()):
        if role.optional and not optional:
            continue
        response = RESPONSES.get(method.name, Kind.CONTINUOUS)
        values[name] = argument(name, role, column, shift=-1.5 * place, response=response)
        if isinstance(values[name], pd.Series):
            values[name] = values[name].rename(name)
    return values


def argument(name: str, role: Role, column: Column, shift: float, response: Kind) -> Any:
    if role.formula:
        kinds = {"outcome": response, "group": Kind.BINARY, "covariate": Kind.CONTINUOUS}
        kinds |= {"unit": Kind.NOMINAL} if role.random else {}
        frame = pd.DataFrame({part: column(part, kinds[part], 0.0) for part in kinds})
        return ModelData.of(MIXED_FORMULA if role.random else FORMULA, frame)
    if name == "within":
        return pd.DataFrame({"hand": column("hand", role.kind, shift)})
    if role.many:
        return pd.DataFrame({f"x{i}": column(f"x{i}", role.kind, shift + i) for i in range(3)})
    values = column(name, role.kind, shift)
    if role.keeps_missing and len(values) > 2:
        values.iloc[1] = np.nan
    return values


def mapped(value: Any, change: Any) -> Any:
    """Apply a change of frames or columns to whatever a role holds."""
    if isinstance(value, pd.Series | pd.DataFrame):
        return change(value)
    groups = change(value.groups) if len(value.groups.columns) else value.groups
    return replace(value, frame=change(value.frame), groups=groups)


def options(method: Method, **wanted: Any) -> dict[str, Any]:
    """Return options this method has, with few resamples, a seed, and what it has no default for."""
    chosen = {"resamples": FEWER.get(method.name, RESAMPLES)} | wanted
    needed = {name: REQUIRED[name] for name, option in method.options.items() if option.required}
    found = {name: value for name, value in chosen.items() if name in method.options}
    return needed | found | ({"rng": np.random.default_rng(1)} if method.random else {})


def run(method: Method, values: dict[str, Any], **wanted: Any) -> list[Estimate]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return list(method.function(**values, **options(method, **wanted)))


def choices(method: Method) -> Iterator[dict[str, Any]]:
    """Return the defaults, then every other choice of each option that has choices."""
    yield {}
    left_out = ELSEWHERE.get(method.name, {})
    for name, option in method.options.items():
        others = (choice for choice in option.choices if choice != option.default)
        yield from ({name: choice} for choice in others if choice not in left_out)


def default_level(method: Method) -> float:
    """Return the level that the method's intervals have when none is asked for."""
    return method.options["level"].default if "level" in method.options else 0.95


# Intervals that need not hold the estimate beside them, and why.
APART = {
    "abc": "It leaves out a biased estimate.",
    "q-profile": "It holds what Q does not reject, which is the estimate of Paule and Mandel, not any other.",
    "generalised-q": "As q-profile.",
}


COUNTED = ("size", "total", "comparison_total", "reference_total")


def people(values: dict[str, Any]) -> int:
    """Return how many participants, or else events, the studies have, where the method is told."""
    sizes = [values[name] for name in COUNTED if name in values]
    sizes = sizes or [value for name, value in values.items() if name.endswith("events")]
    return sum(int(size.to_numpy()[np.isfinite(size)].clip(0).sum()) for size in sizes)


def check(e: Estimate, rows: int, level: float, people: int = 0) -> None:
    """Check what holds for any estimate of any method; what pools studies counts their participants."""
    where = f"{e.quantity.name} {e.term}"
    assert isinstance(e, Estimate), where
    assert 0 <= e.n <= max(rows * 3, people), where
    assert isnan(e.p_value) or 0 <= e.p_value <= 1, where
    assert not e.std_error < 0, where
    assert bool(e.interval) is not isnan(e.conf_level), where
    assert isnan(e.conf_level) or e.conf_level == level, where
    assert not e.conf_low > e.conf_high, where
    for field in ("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value"):
        value = getattr(e, field)
        assert value != 0 or copysign(1, value) > 0, f"{where}: {field} is -0"
    assert not isinf(e.std_error), where
    assert not isinf(e.statistic), where
    # Where one of the rows differs in its last digits, the standard error is that difference over the rows.
    assert not 0 < e.std_error * rows <= 5e-16 * abs(e.estimate), f"{where}: an error that is rounding"
    assert (e.resamples > 0) or isnan(e.mcse), where
    if e.resamples == 0 and e.interval not in APART:  # a bootstrap interval may leave out a biased estimate
        assert not e.conf_low > e.estimate + 1e-9 * abs(e.estimate), where
        assert not e.conf_high < e.estimate - 1e-9 * abs(e.estimate), where


def attempt(method: Method, values: dict[str, Any], **wanted: Any) -> list[Estimate]:
    """Return the estimates, or none where the method says with a reason that there are none."""
    try:
        return run(method, values, **wanted)
    except NotEstimableError as error:
        if len(str(error)) < 10:
            raise
        return []
