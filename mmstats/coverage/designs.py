"""The studies that are simulated: two groups, pairs, and two variables; their data and their truth.

A method belongs to a design by the names of its roles; its estimates are judged where the design knows the
true value of their quantity.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import ndtr

from mmstats.coverage import repeated
from mmstats.coverage.shapes import EFFECTS, SCORES, SHAPES, FloatArray
from mmstats.effects.biweight import biweight
from mmstats.effects.percentage_bend import percentage_bend
from mmstats.kind import Kind
from mmstats.registry import Method

SIZES = (8, 10, 12, 15, 20, 30, 50)
GRID = 4_001  # points at which distributions are held for their truth
DRAWN = 2_000_000  # pairs drawn for the truth of a correlation
CORRELATIONS = {"none": 0.0, "medium": 0.4, "large": 0.8}  # of the normal variables beneath


@dataclass(frozen=True)
class Design:
    """A kind of study.

    Parameters
    ----------
    roles : frozenset of str
        Those of the methods that it is for; none if these are named.
    effects : tuple of str
    draw : callable
        Takes a shape's name, an effect, n and a random generator; returns what each role receives, and the
        options that such data need.
    truth : callable
        Takes a shape's name and an effect; returns the true value of each quantity by its name, and its term
        where it has one.
    sizes : tuple of int
        The n simulated.
    methods : frozenset of str
        The methods that it is for, if not all those of its roles.
    shapes : tuple of str
        The kinds of data simulated.
    """

    roles: frozenset[str]
    effects: tuple[str, ...]
    draw: Callable[[str, str, int, np.random.Generator], dict[str, Any]]
    truth: Callable[[str, str], Mapping[str, float]]
    sizes: tuple[int, ...] = SIZES
    methods: frozenset[str] = frozenset()
    shapes: tuple[str, ...] = tuple(SHAPES)


def design_of(method: Method) -> str:
    """Return the name of the design that a method belongs to, or an empty string."""
    needed = {name: role for name, role in method.roles.items() if not role.optional}
    fits = all(
        role.kind == Kind.BINARY if name == "group" else Kind.CONTINUOUS in role.kind
        for name, role in needed.items()
    )
    by_name = (name for name, design in DESIGNS.items() if method.name in design.methods)
    by_roles = (name for name, design in DESIGNS.items() if design.roles == needed.keys() and fits)
    return next(by_name, "") or next(by_roles, "")


def _two_groups(score: str) -> Callable[[str, str, int, np.random.Generator], dict[str, Any]]:
    def draw(shape: str, effect: str, n: int, rng: np.random.Generator) -> dict[str, Any]:
        one = SHAPES[shape]
        values = np.concatenate([one.reference(rng.random(n)), one.comparison[effect](rng.random(n))])
        return {score: pd.Series(values), "group": _group(n)}

    return draw


@lru_cache(maxsize=16)
def _group(n: int) -> pd.Series:
    return pd.Series(pd.Categorical(np.repeat(["reference", "comparison"], n), ["reference", "comparison"]))


@lru_cache(maxsize=64)
def _truth_of_groups(shape: str, effect: str) -> Mapping[str, float]:
    u = (np.arange(GRID) + 0.5) / GRID
    x, y = SHAPES[shape].comparison[effect](u), SHAPES[shape].reference(u)
    fine = (np.arange(2_000_001) + 0.5) / 2_000_001
    means, variances, trimmed = zip(
        *(
            _moments(quantile(fine))
            for quantile in (SHAPES[shape].comparison[effect], SHAPES[shape].reference)
        ),
        strict=True,
    )
    if shape == "heavy-tailed":  # whose variance a grid of quantiles falls short of
        scale = 2.0 if effect == "unequal spread" else 1.0
        variances = (3.0 * scale**2, 3.0)
    gaps = np.sort((x[:, None] - y).ravel())
    below = np.searchsorted(gaps, [-1e-9, 1e-9])
    superiority = 1 - float(below.mean()) / len(gaps)
    return {
        "mean_difference": means[0] - means[1],
        "hedges_g": (means[0] - means[1]) / float(np.sqrt((variances[0] + variances[1]) / 2)),
        "trimmed_mean_difference": trimmed[0] - trimmed[1],
        "median_difference": float(np.median(x) - np.median(y)),
        "hodges_lehmann": float(np.median(gaps)),
        "superiority": superiority,
        "cliffs_delta": 2 * superiority - 1,
        "auc": superiority,
    }


def _moments(values: FloatArray) -> tuple[float, float, float]:
    middle = values[int(0.2 * len(values)) : len(values) - int(0.2 * len(values))]
    return float(values.mean()), float(values.var()), float(middle.mean())


def _pairs(shape: str, effect: str, n: int, rng: np.random.Generator) -> dict[str, Any]:
    """Draw two measurements of the same people, which correlate at 0.6 on the normal scale beneath."""
    first, second = _correlated(0.6, n, rng)
    one = SHAPES[shape]
    return {
        "comparison": pd.Series(one.comparison[effect](ndtr(first))),
        "reference": pd.Series(one.reference(ndtr(second))),
    }


def _correlated(rho: float, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    first, other = rng.standard_normal((2, n))
    return first, rho * first + np.sqrt(1 - rho**2) * other


@lru_cache(maxsize=64)
def _truth_of_pairs(shape: str, effect: str) -> Mapping[str, float]:
    first, second = _correlated(0.6, DRAWN, np.random.default_rng(1))
    x, y = SHAPES[shape].comparison[effect](ndtr(first)), SHAPES[shape].reference(ndtr(second))
    gaps = x - y
    fixed = _truth_of_groups(shape, effect)
    grid = np.sort(gaps)[:: len(gaps) // GRID]
    return {
        "mean_difference": fixed["mean_difference"],
        "hedges_g_z": fixed["mean_difference"] / float(gaps.std()),
        "hedges_g_rm": fixed["mean_difference"]
        / float(gaps.std())
        * float(np.sqrt(2 * (1 - np.corrcoef(x, y)[0, 1]))),
        "hedges_g_av": fixed["hedges_g"],
        "hedges_g_reference": fixed["mean_difference"] / float(y.std()),
        "hodges_lehmann": float(np.median(np.add.outer(grid, grid)) / 2),
    }


def _variables(shape: str, effect: str, n: int, rng: np.random.Generator) -> dict[str, Any]:
    first, second = _correlated(CORRELATIONS[effect], n, rng)
    quantile = SHAPES[shape].reference
    return {"x": pd.Series(quantile(ndtr(first))), "y": pd.Series(quantile(ndtr(second)))}


@lru_cache(maxsize=64)
def _truth_of_variables(shape: str, effect: str) -> Mapping[str, float]:
    drawn = _variables(shape, effect, DRAWN, np.random.default_rng(2))
    x, y = (drawn[name].to_numpy() for name in ("x", "y"))
    rho = CORRELATIONS[effect]
    truth = {
        "pearson_r": float(np.corrcoef(x, y)[0, 1]),
        "percentage_bend_correlation": float(percentage_bend(x, y, beta=0.2)),
    }
    if SHAPES[shape].scores or shape == "zero-inflated":
        truth["spearman_rho"] = float(stats.spearmanr(x, y).statistic)
        truth["kendall_tau_b"] = float(stats.kendalltau(x[:400_000], y[:400_000]).statistic)
    else:
        truth["biweight_midcorrelation"] = float(biweight(x, y))  # which needs fewer than half to be equal
        truth["spearman_rho"] = float(6 / np.pi * np.arcsin(rho / 2))
        truth["kendall_tau_b"] = float(2 / np.pi * np.arcsin(rho))
    return truth


DESIGNS = {
    "two groups": Design(frozenset({"outcome", "group"}), EFFECTS, _two_groups("outcome"), _truth_of_groups),
    "score and group": Design(frozenset({"score", "group"}), EFFECTS, _two_groups("score"), _truth_of_groups),
    "pairs": Design(
        frozenset({"comparison", "reference"}), ("none", "medium", "large"), _pairs, _truth_of_pairs
    ),
    "two variables": Design(frozenset({"x", "y"}), tuple(CORRELATIONS), _variables, _truth_of_variables),
    "repeated measures": Design(
        frozenset(),
        ("no effects", "missing cells"),
        repeated.linear,
        repeated.truth_of_linear,
        sizes=(8, 12, 16, 24),
        methods=frozenset({"lmm"}),
    ),
    "repeated measures, complete": Design(
        frozenset(),
        ("no effects", "missing cells", "unequal correlation"),
        repeated.analysed,
        repeated.truth_of_analysed,
        sizes=(8, 12, 16, 24),
        methods=frozenset({"rm_anova"}),
    ),
    "repeated measures, population": Design(
        frozenset(),
        (*repeated.EFFECTS, "unequal correlation"),
        repeated.averaged,
        repeated.truth_of_averaged,
        sizes=(12, 16, 24, 40),
        methods=frozenset({"gee"}),
        shapes=(*SHAPES, *repeated.EVENTS),
    ),
    "repeated measures, events and counts": Design(
        frozenset(),
        repeated.EFFECTS,
        repeated.generalised,
        repeated.truth_of_generalised,
        sizes=(12, 16, 24, 40),
        methods=frozenset({"glmm"}),
        shapes=(*repeated.EVENTS, "counts"),
    ),
    "repeated measures, scores": Design(
        frozenset(),
        repeated.EFFECTS,
        repeated.generalised,
        repeated.truth_of_generalised,
        sizes=(12, 16, 24, 40),
        methods=frozenset({"clmm"}),
        shapes=tuple(SCORES),
    ),
}
