"""The worked examples of the metafor paper, as `docs/validation/metafor_paper.md` lists them with pages."""

import re
from collections.abc import Callable
from math import exp, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mmstats.meta.heterogeneity_interval import q_profile
from mmstats.meta.influence import influence, leave_one_out
from mmstats.meta.measures import effect_sizes
from mmstats.meta.permutation import permutation_test
from mmstats.meta.pooling import Pooled, pool
from mmstats.meta.shrunken import shrunken_effects
from mmstats.meta.small_study import classical_test
from mmstats.meta.trim_and_fill import trim_and_fill

PAGE = Path(__file__).parents[2] / "docs" / "validation" / "metafor_paper.md"
LINE = re.compile(r"\| (\d+) \| (.+?) \| ([-\d. ]+) \| (same|[-\d. ]+) \|")
LINES = [
    (int(page), what, (printed if ours == "same" else ours).split())
    for page, what, printed, ours in LINE.findall(PAGE.read_text("utf-8"))
]


class Trials:
    """The 13 trials, and the models of the paper."""

    def __init__(self, references: Path) -> None:
        rows = pd.read_csv(references / "reference" / "data" / "bcg.csv")
        columns = {
            "comparison_events": rows["tpos"],
            "comparison_n": rows["tpos"] + rows["tneg"],
            "reference_events": rows["cpos"],
            "reference_n": rows["cpos"] + rows["cneg"],
        }
        found = effect_sizes("risk_ratio", columns)
        self.y, self.v, self.rows = found.effects, found.variances, rows
        self.sizes = rows[["tpos", "tneg", "cpos", "cneg"]].sum(axis=1).to_numpy(dtype=float)
        self.allocated = {
            name: (rows["alloc"] == name).to_numpy(float) for name in ("random", "alternate", "systematic")
        }
        self.latitude, self.year = rows["ablat"].to_numpy(float), rows["year"].to_numpy(float)

    def model(self, *columns: np.ndarray, **options: str) -> Pooled:
        design = np.column_stack([np.ones(13), *columns])
        return self.of(design, **options)

    def of(self, design: np.ndarray, **options: str) -> Pooled:
        names = tuple(map(str, range(design.shape[1])))
        return pool(self.y, self.v, design, names, **{"tau2": "reml", "test": "z", **options})  # type: ignore[arg-type]

    def each(self) -> Pooled:
        return self.of(np.column_stack(list(self.allocated.values())))

    def allocation(self, *more: np.ndarray, **options: str) -> Pooled:
        return self.model(self.allocated["alternate"], self.allocated["systematic"], *more, **options)


def coefficient(found: Pooled, place: int) -> list[float]:
    value, error = float(found.coefficients[place]), float(found.std_errors[place])
    half, t = found.half_width(error, 0.95), value / error
    p = 2 * stats.t.sf(abs(t), found.df)
    return [value, error, t, float(p), value - half, value + half]


def without_p(found: Pooled) -> list[float]:
    return [value for place, value in enumerate(coefficient(found, 0)) if place != 3]


def predicted(found: Pooled, *row: float) -> list[float]:
    at = found.predict(np.array([1.0, *row]))
    return [exp(x) for x in (at.estimate, at.conf_low, at.conf_high, at.prediction_low, at.prediction_high)]


def without(found: Pooled, place: int) -> list[float]:
    left = leave_one_out(found)
    ends = [exp(x[place, 0]) for x in (left.coefficients, left.conf_low, left.conf_high)]
    return [*ends, *(float(x[place]) for x in (left.q, left.tau2, left.i2, left.h2))]


def criteria(found: Pooled) -> list[float]:
    likelihood, count = found.log_likelihood(restricted=False), len(found.names) + 1
    return [likelihood, 2 * count - 2 * likelihood, count * np.log(13) - 2 * likelihood, found.tau2]


def deleted(trials: Trials, place: int) -> list[float]:
    found = trials.model(trials.latitude, trials.year)
    left = leave_one_out(found)
    residual = float(trials.y[place] - found.design[place] @ left.coefficients[place])
    z = float(influence(found).studentised[place])
    return [residual, residual / z, z]


def best(trials: Trials, place: int) -> list[float]:
    found = shrunken_effects(trials.model())
    return [float(x[place]) for x in (found.effects, found.std_errors, found.low, found.high)]


def limits(found: Pooled, of: Callable[[float], float]) -> list[float]:
    ends = q_profile(found)
    return [of(ends.low), of(ends.high)]


def filled(trials: Trials) -> Pooled:
    return trim_and_fill(trials.model(tau2="common")).pooled


def ratio_test(t: Trials) -> list[float]:
    larger, smaller = t.model(t.latitude, tau2="ml"), t.model(tau2="ml")
    ratio = 2 * (larger.log_likelihood(restricted=False) - smaller.log_likelihood(restricted=False))
    return [ratio, float(stats.chi2.sf(ratio, 1))]


def by_size(t: Trials) -> list[float]:
    return coefficient(t.model(t.latitude, t.year, t.sizes), 3)[2:4]


def egger(t: Trials) -> list[float]:
    found = classical_test(t.y, t.v)
    return [found.statistic, found.p_value]


def exact(t: Trials) -> list[float]:
    found = permutation_test(t.model(), resamples=8192, rng=np.random.default_rng(1))
    assert found.exact
    assert found.count == 8192
    return [float(found.p_values[0])]


BOTH = "latitude and year: "
EACH = "allocation, a coefficient for each: "
KNAPP = "allocation and latitude, Hartung-Knapp: "
COMPUTED: dict[str, Callable[[Trials], list[float]]] = {
    "log risk ratio and variance, trial 1": lambda t: [t.y[0], t.v[0]],
    "log risk ratio and variance, trial 8": lambda t: [t.y[7], t.v[7]],
    "tau squared by REML, its standard error, tau": lambda t: [
        t.model().tau2, float(t.model().between.std_error[0]), sqrt(t.model().tau2)
    ],
    "I squared and H squared": lambda t: [t.model().i2(), t.model().h2()],
    "Q and its degrees of freedom": lambda t: [t.model().q, t.model().residual_df],
    "average: estimate, standard error, z, limits": lambda t: without_p(t.model()),
    "average risk ratio and limits": lambda t: predicted(t.model())[:3],
    "Q-profile limits of tau squared": lambda t: limits(t.model(), float),
    "Q-profile limits of tau": lambda t: limits(t.model(), sqrt),
    "Q-profile limits of I squared": lambda t: limits(t.model(), t.model().i2),
    "Q-profile limits of H squared": lambda t: limits(t.model(), t.model().h2),
    f"{BOTH}tau squared, its standard error": lambda t: [
        t.model(t.latitude, t.year).tau2, float(t.model(t.latitude, t.year).between.std_error[0])
    ],
    f"{BOTH}residual Q and p": lambda t: [
        t.model(t.latitude, t.year).q, t.model(t.latitude, t.year).q_p_value
    ],
    f"{BOTH}test of both": lambda t: list(t.model(t.latitude, t.year).moderators()[::3]),
    f"{BOTH}intercept": lambda t: coefficient(t.model(t.latitude, t.year), 0),
    f"{BOTH}latitude": lambda t: coefficient(t.model(t.latitude, t.year), 1),
    f"{BOTH}year": lambda t: coefficient(t.model(t.latitude, t.year), 2),
    "share of tau squared explained, in percent": lambda t: [t.model(t.latitude, t.year).r2],
    "risk ratio at latitude 10 in 1970: estimate, limits, prediction limits": lambda t: predicted(
        t.model(t.latitude, t.year), 10, 1970
    ),
    "risk ratio at latitude 40 in 1970: estimate, limits, prediction limits": lambda t: predicted(
        t.model(t.latitude, t.year), 40, 1970
    ),
    f"{EACH}random": lambda t: coefficient(t.each(), 0),
    f"{EACH}alternate": lambda t: coefficient(t.each(), 1),
    f"{EACH}systematic": lambda t: coefficient(t.each(), 2),
    "allocation: test of differences": lambda t: list(t.allocation().moderators()[::3]),
    f"{KNAPP}tau squared, its standard error": lambda t: [
        t.allocation(t.latitude).tau2, float(t.allocation(t.latitude).between.std_error[0])
    ],
    f"{KNAPP}F and p": lambda t: list(t.allocation(t.latitude, test="hartung-knapp").moderators()[::3]),
    f"{KNAPP}latitude": lambda t: coefficient(t.allocation(t.latitude, test="hartung-knapp"), 3),
    "average risk ratio: estimate, limits, prediction limits": lambda t: predicted(t.model()),
    "deleted residual of trial 7: residual, standard error, z": lambda t: deleted(t, 6),
    "deleted residual of trial 13: residual, standard error, z": lambda t: deleted(t, 12),
    "without trial 4: risk ratio, limits, Q, tau squared, I squared, H squared": lambda t: without(
        t.model(), 3
    ),
    "without trial 8: risk ratio, limits, Q, tau squared, I squared, H squared": lambda t: without(
        t.model(), 7
    ),
    "Egger's test, classical: t and p": egger,
    "test by sample size beside latitude and year: z and p": by_size,
    "trim and fill of a common effect: studies filled in, Q": lambda t: [filled(t).count - 13, filled(t).q],
    "trim and fill of a common effect: estimate, standard error, z, limits": lambda t: without_p(filled(t)),
    "latitude by ML: log likelihood, AIC, BIC, tau squared": lambda t: criteria(
        t.model(t.latitude, tau2="ml")
    ),
    "no features by ML: log likelihood, AIC, BIC, tau squared": lambda t: criteria(t.model(tau2="ml")),
    "likelihood-ratio test of latitude and p": ratio_test,
    "exact permutation test of the average: p": exact,
    "best prediction of trial 1's effect: value, standard error, limits": lambda t: best(t, 0),
    "best prediction of trial 13's effect: value, standard error, limits": lambda t: best(t, 12),
}  # fmt: skip


def test_every_line_of_the_page_is_computed() -> None:
    assert len(LINES) >= 40
    assert {what for _, what, _ in LINES} == COMPUTED.keys()


@pytest.mark.parametrize(("page", "what", "said"), LINES, ids=[f"{page}: {what}" for page, what, _ in LINES])
def test_is_what_the_page_says(references: Path, page: int, what: str, said: list[str]) -> None:
    found = COMPUTED[what](Trials(references))
    assert len(found) == len(said)
    for ours, printed in zip(found, said, strict=True):
        decimals = len(printed.partition(".")[2])
        assert abs(ours - float(printed)) <= 0.5000001 * 10.0**-decimals, (page, what)


def test_drawn_permutations_of_two_features(references: Path) -> None:
    trials = Trials(references)
    found = permutation_test(
        trials.model(trials.latitude, trials.year), resamples=10_000, rng=np.random.default_rng(2)
    )
    for ours, printed in zip(found.p_values[1:], (0.0224, 0.8950), strict=True):
        assert abs(ours - printed) < 4 * sqrt(2 * printed * (1 - printed) / 10_000)
