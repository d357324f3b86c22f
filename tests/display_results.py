"""Simulated results for the tests of tables and figures: no participant exists, no number is real."""

from collections.abc import Iterator
from math import nan, sqrt

import numpy as np
import pandas as pd

from mmstats.cohort import Step
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Kind
from mmstats.missing_counts import Missing
from mmstats.plan import Analysis
from mmstats.results import Result, Results
from mmstats.schema import Variable

MEAN_DIFFERENCE = Quantity("mean_difference", "Mean difference", null=0)
HEDGES_G = Quantity("hedges_g", "Hedges' g", null=0)
SUPERIORITY = Quantity("superiority", "Probability of superiority", null=0.5)
ODDS_RATIO = Quantity("odds_ratio", "Odds ratio", null=1, ratio=True)
RHO = Quantity("spearman_rho", "Spearman's ρ", null=0)
COEFFICIENT = Quantity("coefficient", "Coefficient", null=0)

VARIABLES = {
    v.name: v
    for v in (
        Variable(
            name="group",
            kind=Kind.BINARY,
            label="Group",
            levels={"HC": "Healthy control", "MS": "Multiple sclerosis"},
        ),
        Variable(name="age", kind=Kind.CONTINUOUS, label="Age", unit="years"),
        Variable(name="sex", kind=Kind.BINARY, label="Sex", levels={"m": "Male", "f": "Female"}),
        Variable(
            name="course",
            kind=Kind.NOMINAL,
            label="Disease course",
            levels={"none": "None", "rr": "Relapsing-remitting", "pp": "Primary progressive"},
        ),
        Variable(
            name="mm_max",
            kind=Kind.ORDINAL,
            label="Mirror movements, stronger hand",
            unit="0–4",
            allowed=(0, 1, 2, 3, 4),
        ),
        Variable(name="fsmc", kind=Kind.CONTINUOUS, label="Fatigue Scale for Motor and Cognitive Functions"),
        Variable(name="pegs", kind=Kind.CONTINUOUS, label="Nine-Hole Peg Test", unit="s"),
    )
}


def results() -> Results:
    """Return the results of a made-up study of 20 controls and 34 patients."""
    points = simulated_points()
    items = (
        *(described(points, name) for name in ("age", "sex", "course", "mm_max", "fsmc", "pegs")),
        Result(
            analysis=Analysis(
                id="fsmc-by-group",
                method="welch",
                arguments={"outcome": "fsmc", "group": "group"},
                family="primary",
            ),
            title="Welch's t test",
            estimates=(
                estimate(MEAN_DIFFERENCE, 14.63, 6.2, 23.1, p_value=0.00117, statistic=3.49, df=37.62),
                estimate(HEDGES_G, 0.93, 0.35, 1.51, interval="noncentral-t"),
            ),
            tested=0,
            p_adjusted=0.00234,
            n=52,
        ),
        Result(
            analysis=Analysis(
                id="mm-by-group",
                method="brunner_munzel",
                arguments={"outcome": "mm_max", "group": "group"},
                family="primary",
            ),
            title="Brunner-Munzel test",
            estimates=(
                estimate(
                    SUPERIORITY, 0.66, 0.52, 0.8, p_value=0.0312, statistic=2.23, df=41.3, interval="bm"
                ),
            ),
            tested=0,
            p_adjusted=0.0312,
            n=54,
        ),
        Result(
            analysis=Analysis(
                id="sex-by-group", method="two_by_two", arguments={"outcome": "sex", "group": "group"}
            ),
            title="Fisher's exact test",
            estimates=(estimate(ODDS_RATIO, 1.6, 0.44, 5.8, p_value=0.5523, n=54),),
            tested=0,
            n=54,
        ),
        Result(
            analysis=Analysis(
                id="pegs-by-group", method="welch", arguments={"outcome": "pegs", "group": "group"}
            ),
            title="Welch's t test",
            status="not estimable",
            reason="Each level of group needs at least 2 values: 'HC' has 1.",
        ),
        *correlations(),
        Result(
            analysis=Analysis(
                id="fsmc-model",
                method="linear_model",
                arguments={"formula": "fsmc ~ age + group"},
                label="Fatigue by age and group",
            ),
            title="Linear model",
            estimates=(
                estimate(COEFFICIENT, 30.1, 10.2, 50.0, p_value=0.004, term="intercept", df=49),
                estimate(COEFFICIENT, 0.31, -0.12, 0.74, p_value=0.153, term="age", std_error=0.214, df=49),
                estimate(COEFFICIENT, 13.9, 5.4, 22.4, p_value=0.0019, term="group[MS]", df=49),
            ),
            tested=0,
            n=52,
        ),
    )
    return Results(
        title="A simulated study",
        items=items,
        variables=VARIABLES,
        families={"primary": "holm"},
        flow=(
            Step("Read clinical.csv", 60, 0, {"HC": 22, "MS": 38}),
            Step("Excluded: under 18", 57, 3, {"HC": 21, "MS": 36}),
            Step("Excluded: another disease that explains the mirror movements", 54, 3, {"HC": 20, "MS": 34}),
        ),
        missing=(
            Missing("fsmc", "not done", "MS", 1),
            Missing("fsmc", "refused", "HC", 1),
            Missing("pegs", "empty", "HC", 19),
        ),
        points=points,
        group="group",
        note="These data are simulated.",
    )


def estimate(  # like Estimate, with what is always the same
    quantity: Quantity, value: float, low: float = nan, high: float = nan, **more: object
) -> Estimate:
    """Return an estimate with a 95 % interval."""
    extra = {"n": 52, "interval": "welch", "conf_level": 0.95, **more}
    return Estimate(quantity=quantity, estimate=value, conf_low=low, conf_high=high, **extra)  # type: ignore[arg-type]


def simulated_points() -> pd.DataFrame:
    """Return one row per made-up participant."""
    rng = np.random.default_rng(20)
    group = np.repeat(["HC", "MS"], [20, 34])
    patient = group == "MS"
    frame = pd.DataFrame(
        {
            "group": pd.Categorical(group, categories=["HC", "MS"]),
            "age": rng.normal(43, 11, 54).round(),
            "sex": pd.Categorical(rng.choice(["m", "f"], 54, p=[0.35, 0.65]), categories=["m", "f"]),
            "course": pd.Categorical(
                np.where(patient, rng.choice(["rr", "pp"], 54, p=[0.8, 0.2]), "none"),
                categories=["none", "rr", "pp"],
            ),
            "mm_max": rng.binomial(4, np.where(patient, 0.35, 0.1)).astype(float),
            "fsmc": rng.normal(np.where(patient, 58, 42), 15).round().clip(20, 100),
            "pegs": rng.lognormal(3.1, 0.25, 54).round(1),
        }
    )
    frame.loc[[3, 40], "fsmc"] = nan
    frame.loc[1:19, "pegs"] = nan
    return frame


def described(points: pd.DataFrame, name: str) -> Result:
    """Return what a description of a variable by group saves."""
    analysis = Analysis(
        id=f"describe-{name}", method="describe", arguments={"outcome": name, "group": "group"}
    )
    return Result(
        analysis=analysis, title="Description", estimates=tuple(descriptions(points, name)), n=len(points)
    )


def descriptions(points: pd.DataFrame, name: str) -> Iterator[Estimate]:
    def one(quantity: str, value: float, term: str) -> Estimate:
        words = quantity.replace("_", " ").capitalize()
        note = "" if value == value else "Fewer than 2 values."
        return Estimate(quantity=Quantity(quantity, words), estimate=float(value), term=term, n=54, note=note)

    for term in ("HC", "MS", ""):
        values = points[name][points["group"] == term] if term else points[name]
        known = values.dropna()
        yield one("n", len(known), term)
        yield one("missing", len(values) - len(known), term)
        if isinstance(values.dtype, pd.CategoricalDtype):
            for level in values.cat.categories:
                own = f"{level} | {term}" if term else str(level)
                yield one("count", (known == level).sum(), own)
                yield one("proportion", (known == level).mean(), own)
        else:
            yield one("mean", known.mean(), term)
            yield one("standard_deviation", known.std(), term)
            for quantity, q in (("median", 0.5), ("first_quartile", 0.25), ("third_quartile", 0.75)):
                yield one(quantity, float(known.quantile(q)), term)
            yield one("minimum", known.min(), term)
            yield one("maximum", known.max(), term)


def correlations() -> Iterator[Result]:
    made = {
        ("mm_max", "fsmc"): 0.42,
        ("mm_max", "age"): -0.08,
        ("fsmc", "age"): 0.21,
        ("mm_max", "pegs"): 0.55,
    }
    for (x, y), rho in made.items():
        half = 1.96 / sqrt(49)
        yield Result(
            analysis=Analysis(id=f"{x}-{y}", method="spearman", arguments={"x": x, "y": y}),
            title="Spearman's rank correlation",
            estimates=(estimate(RHO, rho, rho - half, rho + half, p_value=max(0.0004, 0.9 - 2 * abs(rho))),),
            tested=0,
            n=52,
        )
