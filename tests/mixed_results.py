"""Made-up results of mixed models for the tests of tables and figures: nobody was measured."""

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from mmstats.effects.coefficient import RESIDUAL_SD
from mmstats.effects.f_test import F_TEST
from mmstats.effects.repeated_anova import GREENHOUSE_GEISSER, MAUCHLY, PARTIAL_ETA_SQUARED
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Kind
from mmstats.mixed.quantities import (
    CONDITIONAL_MODE,
    CONTRAST,
    COOKS_DISTANCE,
    FITTED_VALUE,
    MARGINAL_MEAN,
    PROFILE,
    R2_CONDITIONAL,
    R2_MARGINAL,
    RANDOM_CORRELATION,
    RANDOM_SD,
    RESIDUAL,
)  # fmt: skip
from mmstats.plan import Analysis
from mmstats.results import Result, Results
from mmstats.schema import Variable
from tests.display_results import COEFFICIENT, estimate, results

PEOPLE = 24
FORMULA = "taps ~ group * hand + (1 + hand | participant_id)"

VARIABLES = {
    v.name: v
    for v in (
        Variable(name="participant_id", kind=Kind.ID, label="Participant"),
        Variable(
            name="hand",
            kind=Kind.BINARY,
            label="Hand",
            levels={"right": "Right hand", "left": "Left hand"},
        ),
        Variable(
            name="task",
            kind=Kind.NOMINAL,
            label="Task",
            levels={"tap": "Finger tapping", "fist": "Making a fist", "turn": "Turning the forearm"},
        ),
        Variable(name="day", kind=Kind.COUNT, label="Day", unit="d"),
        Variable(name="taps", kind=Kind.CONTINUOUS, label="Finger taps", unit="per 10 s"),
    )
}


def rows() -> pd.DataFrame:
    """Return made-up rows: both hands and three tasks of each participant, in the order that is saved."""
    rng = np.random.default_rng(8)
    who = np.repeat(np.arange(1.0, PEOPLE + 1), 6)
    hand, task = np.tile(np.repeat([0, 1], 3), PEOPLE), np.tile([0, 1, 2], 2 * PEOPLE)
    group = (who > 10).astype(int)
    taps = 50 - 6 * group - 3 * hand - 2 * task + rng.normal(0, 4, PEOPLE)[who.astype(int) - 1]
    return pd.DataFrame(
        {
            "group": pd.Categorical.from_codes(group, pd.Index(["HC", "MS"])),
            "hand": pd.Categorical.from_codes(hand, pd.Index(["right", "left"])),
            "task": pd.Categorical.from_codes(task, pd.Index(["tap", "fist", "turn"])),
            "day": np.tile([0.0, 2, 7, 7, 9, 14], PEOPLE),
            "taps": (taps + rng.normal(0, 2, len(who))).round(1),
            "participant_id #": who,
        }
    )


def model(
    id: str, formula: str, estimates: tuple[Estimate, ...], method: str = "lmm", **more: object
) -> Result:
    values = {"title": "Linear mixed model", "tested": 0, "n": 144, "participants": PEOPLE, **more}
    options = values.pop("options", {"df_method": "kenward-roger", "contrasts": "treatment"})
    return Result(
        analysis=Analysis(id=id, method=method, arguments={"formula": formula}, rows="trials"),
        options=options,  # type: ignore[arg-type]
        estimates=estimates,
        **values,  # type: ignore[arg-type]
    )


def taps() -> tuple[Estimate, ...]:
    """Return what a linear mixed model of taps by group and hand might give."""
    kr = {"interval": "kenward-roger", "n": 144}

    def mean(term: str, value: float) -> Estimate:
        return estimate(MARGINAL_MEAN, value, value - 2.1, value + 2.1, term=term, df=25.3, **kr)

    return (
        estimate(COEFFICIENT, 48.2, 46.0, 50.4, term="intercept", df=24.1, p_value=0.0001, **kr),
        estimate(COEFFICIENT, -5.91, -8.8, -3.02, term="group[MS]", df=24.1, p_value=0.0003, **kr),
        estimate(COEFFICIENT, -2.8, -4.1, -1.5, term="hand[left]", df=22, p_value=0.0002, **kr),
        estimate(COEFFICIENT, 0.35, -1.4, 2.1, term="group[MS]:hand[left]", df=22, p_value=0.684, **kr),
        Estimate(quantity=F_TEST, term="group", estimate=17.9, df=1, df2=22, p_value=3e-4, n=144),
        Estimate(quantity=F_TEST, term="hand", estimate=39.6, df=1, df2=22, p_value=1e-6, n=144),
        Estimate(
            quantity=F_TEST, term="group:hand", estimate=0.17, statistic=0.17, df=1, df2=21.96, p_value=0.684,
            n=144,
        ),
        estimate(RANDOM_SD, 3.9, 2.8, 5.4, term="intercept | participant_id", interval="profile", n=144),
        estimate(RANDOM_SD, 0.0, 0.0, 1.2, term="hand[left] | participant_id", interval="profile", n=144,
                 note="No variance was found: the estimate is at its boundary"),
        Estimate(quantity=RANDOM_CORRELATION, term="intercept, hand[left] | participant_id",
                 estimate=nan, n=144, note="A coefficient that does not vary has no correlation"),
        estimate(RESIDUAL_SD, 2.05, 1.8, 2.36, interval="profile", n=144),
        mean("group[HC]:hand[right]", 48.2), mean("group[HC]:hand[left]", 45.4),
        mean("group[MS]:hand[right]", 42.3), mean("group[MS]:hand[left]", 39.8),
        estimate(CONTRAST, 2.8, 1.5, 4.1, term="group[HC]:hand[right] - group[HC]:hand[left]", df=22,
                 p_value=0.0002, **kr),
        estimate(CONTRAST, 2.45, 1.3, 3.6, term="group[MS]:hand[right] - group[MS]:hand[left]", df=22,
                 p_value=0.0001, **kr),
        Estimate(quantity=R2_MARGINAL, estimate=0.311, n=144),
        Estimate(quantity=R2_CONDITIONAL, estimate=0.84, n=144),
    )  # fmt: skip


def additive() -> tuple[Estimate, ...]:
    """Return what a model without interaction might give, with time and another random part."""
    kr = {"interval": "satterthwaite", "n": 144}
    return (
        estimate(COEFFICIENT, 48.0, 45.9, 50.1, term="intercept", df=23, p_value=0.0001, **kr),
        estimate(COEFFICIENT, -5.7, -8.5, -2.9, term="group[MS]", df=22, p_value=0.0005, **kr),
        estimate(COEFFICIENT, -0.013, -0.04, 0.014, term="log(day)", df=118, p_value=0.34, **kr),
        estimate(RANDOM_SD, 3.9, 2.8, 5.4, term="intercept | participant_id", interval="profile", n=144),
        estimate(RESIDUAL_SD, 2.11, 1.9, 2.4, interval="profile", n=144),
        Estimate(quantity=Quantity("icc", "Intraclass correlation"), estimate=0.774, n=144),
        estimate(MARGINAL_MEAN, 46.7, 44.9, 48.5, term="task[tap]", n=144),
        estimate(MARGINAL_MEAN, 45.1, 43.3, 46.9, term="task[fist]", n=144),
        estimate(MARGINAL_MEAN, 42.4, 40.6, 44.2, term="task[turn]", n=144),
    )


def ratios() -> tuple[Estimate, ...]:
    """Return what a logistic mixed model might give."""
    odds = Quantity("odds_ratio", "Odds ratio", null=1, ratio=True)
    wald = {"interval": "profile", "n": 140}
    test = Quantity("likelihood_ratio", "Likelihood-ratio test")
    return (
        estimate(odds, 2.4, 1.1, 5.6, term="group[MS]", p_value=0.03, **wald),
        Estimate(quantity=test, term="task", estimate=6.1, statistic=6.1, df=2, p_value=0.047, n=140),
        estimate(odds, 0.61, 0.3, 1.2, term="task[fist]", p_value=0.16, **wald),
        estimate(odds, 1.45, 0.7, 3.1, term="task[turn]", p_value=0.33, **wald),
        estimate(Quantity("log_odds", "Log odds", null=0), -1.2, -2.0, -0.4, term="intercept", **wald),
        estimate(RANDOM_SD, 1.12, 0.5, 2.0, term="intercept | participant_id", **wald),
    )


def repeated() -> Result:
    """Return what a repeated-measures analysis of variance gives."""
    e: dict[str, Any] = {
        "n": 144,
        "note": "24 participants with all 6 cells. Degrees of freedom by Greenhouse and Geisser.",
    }
    return Result(
        analysis=Analysis(
            id="anova",
            method="rm_anova",
            arguments={
                "outcome": "taps", "participant": "participant_id", "within": ["task"], "group": "group",
            },
            rows="trials",
        ),
        title="Repeated-measures analysis of variance",
        estimates=(
            Estimate(quantity=F_TEST, term="group", estimate=4.2, df=1, df2=22, p_value=0.052, **e),
            Estimate(quantity=PARTIAL_ETA_SQUARED, term="group", estimate=0.16, n=144),
            Estimate(quantity=F_TEST, term="task", estimate=18.41, df=1.52, df2=33.6, p_value=1e-5, **e),
            Estimate(quantity=PARTIAL_ETA_SQUARED, term="task", estimate=0.456, n=144),
            Estimate(quantity=GREENHOUSE_GEISSER, term="task", estimate=0.76, n=144),
            Estimate(quantity=MAUCHLY, term="task", estimate=0.69, p_value=0.04, n=144),
            Estimate(quantity=F_TEST, term="group:task", estimate=nan, n=144, note="Nothing varies"),
        ),
        tested=0,
        n=144,
        participants=PEOPLE,
    )  # fmt: skip


def diagnosed() -> Result:
    """Return what diagnostics of a model might be."""
    return model(
        "checks",
        FORMULA,
        tuple(_diagnoses()),
        method="lmm_diagnostics",
        title="Diagnostics of a linear mixed model",
    )


def _diagnoses() -> Iterator[Estimate]:
    rng = np.random.default_rng(3)
    for column, sd in (("intercept", 3.9), ("hand[left]", 1.1)):
        modes = np.sort(rng.normal(0, sd, PEOPLE))
        for k, mode in enumerate(modes, 1):
            yield estimate(
                CONDITIONAL_MODE, float(mode), float(mode) - 1.6, float(mode) + 1.6,
                term=f"{column} | participant_id #{k}",
                statistic=float(stats.norm.ppf((k - 0.5) / PEOPLE)), interval="conditional", n=144,
            )  # fmt: skip
    for k, residual in enumerate(np.sort(rng.standard_t(6, 144)), 1):
        quantile = float(stats.norm.ppf((k - 0.5) / 144))
        yield Estimate(quantity=RESIDUAL, term=f"#{k}", estimate=float(residual), statistic=quantile, n=144)
        yield Estimate(quantity=FITTED_VALUE, term=f"#{k}", estimate=float(rng.normal(44, 5)), n=144)
    for k, distance in enumerate(np.sort(rng.exponential(0.08, PEOPLE))[::-1], 1):
        yield Estimate(quantity=COOKS_DISTANCE, term=f"participant_id #{k}", estimate=float(distance), n=144)
    for term, middle, size, least in (
        ("intercept | participant_id", 3.9, 0.6, 0.0), ("hand[left] | participant_id", 0.5, 0.6, 0.0),
        ("intercept, hand[left] | participant_id", 0.2, 0.35, -1.0), ("residual", 2.05, 0.14, 0.0),
        ("intercept", 48.2, 1.1, -np.inf), ("group[MS]", -5.9, 1.45, -np.inf),
    ):  # fmt: skip
        for k, root in enumerate(np.linspace(-3.2, 3.2, 17), 1):
            value = middle + size * root + 0.04 * size * root**2
            if value < least:
                continue
            ends: dict[str, Any] = {}
            if abs(root) < 1e-9:
                low = max(least, middle + size * (-1.96 + 0.04 * 1.96**2))
                ends = {
                    "conf_low": low,
                    "conf_high": middle + size * (1.96 + 0.04 * 1.96**2),
                    "conf_level": 0.95,
                }
                ends["interval"] = "profile"
            yield Estimate(
                quantity=PROFILE,
                term=f"{term} #{k}",
                estimate=float(value),
                statistic=float(root),
                n=144,
                **ends,
            )


def mixed_results() -> Results:
    """Return results of several mixed models with the rows behind them."""
    noted = "The random part is singular: a coefficient does not vary between participants."
    items = (
        model("taps", FORMULA, taps(), warnings=(noted,)),
        model("tasks", "taps ~ group + log(day) + task + (1 | participant_id)", additive()),
        model("marked", "marked ~ group + task + (1 | participant_id)", ratios(), method="glmm", n=140,
              title="Generalised linear mixed model", excluded={"task is missing": 4}),
        model("absent", "taps ~ day + (1 | participant_id)", (), status="not estimable", n=0, tested=-1,
              reason="There are 2 rows for 3 fixed coefficients."),
        repeated(),
        diagnosed(),
    )  # fmt: skip
    base = results()
    variables = {**base.variables, **VARIABLES}
    return replace(base, items=items, variables=variables, row_points={"trials": rows()}, families={})
