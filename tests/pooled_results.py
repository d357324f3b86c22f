"""Results of meta-analyses for the tests of their figures: made up, except the trials of BCG vaccine."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import exp, nan
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from mmstats.estimate import Estimate, Quantity
from mmstats.formula import ModelData
from mmstats.kind import Kind
from mmstats.meta.pooling import pool
from mmstats.meta.quantities import EFFECT, STUDY_WEIGHT
from mmstats.methods.meta_effects import meta_effects
from mmstats.methods.meta_multilevel import meta_multilevel
from mmstats.plan import Analysis
from mmstats.pooled_rows import PooledRows
from mmstats.results import Result, Results
from mmstats.schema import Variable

RARE = Path(__file__).parent / "meta" / "rare" / "rare.json"
NAMES = (
    "Aronson 1948", "Ferguson & Simes 1949", "Rosenthal et al. 1960", "Hart & Sutherland 1977",
    "Frimodt-Moller et al. 1973", "Stein & Aronson 1953", "Vandiviere et al. 1973", "TPT Madras 1980",
    "Coetzee & Berjak 1968", "Rosenthal et al. 1961", "Comstock et al. 1974", "Comstock & Webster 1969",
    "Comstock et al. 1976",
)  # fmt: skip
LATITUDE = (44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33)
ALLOCATION = "rrrraarrrssss"
LONG = "A multicentre trial with a name that is rather long and says where it was (follow-up report) 2011"
RISK = {"low": "Low risk", "some_concerns": "Some concerns", "high": "High risk"}
DOMAINS = {
    "rob_randomisation": "Randomisation process",
    "rob_deviations": "Deviations from intended interventions",
    "rob_missing": "Missing outcome data",
    "rob_measurement": "Measurement of the outcome",
    "rob_selection": "Selection of the reported result",
    "rob_overall": "Overall",
}


def trials() -> pd.DataFrame:
    """Return the 13 trials of BCG vaccine: counts, log risk ratios and their standard errors."""
    counts = pd.DataFrame(json.loads(RARE.read_text(encoding="utf-8"))["bcg"]["data"])
    names = [f"t{i:02}" for i in range(1, len(counts) + 1)]
    frame = counts.rename(columns={"a": "events_bcg", "n1": "n_bcg", "c": "events_none", "n2": "n_none"})
    frame["trial"] = pd.Categorical(names, categories=names)
    risks = frame["events_bcg"] / frame["n_bcg"], frame["events_none"] / frame["n_none"]
    frame["effect"] = np.log(risks[0] / risks[1])
    frame["std_error"] = np.sqrt(
        1 / frame["events_bcg"] - 1 / frame["n_bcg"] + 1 / frame["events_none"] - 1 / frame["n_none"]
    )
    frame["latitude"] = np.array(LATITUDE, dtype=float)
    kinds = {"r": "random", "a": "alternate", "s": "systematic"}
    frame["allocation"] = pd.Categorical([kinds[c] for c in ALLOCATION], categories=list(kinds.values()))
    return frame


def variables(names: Mapping[str, str]) -> dict[str, Variable]:
    """Return the dictionary of some studies."""
    made = (
        Variable(name="trial", kind=Kind.NOMINAL, label="Trial", levels=dict(names)),
        Variable(name="effect", kind=Kind.CONTINUOUS, label="Standardised mean difference"),
        Variable(name="std_error", kind=Kind.CONTINUOUS, label="Standard error"),
        Variable(name="latitude", kind=Kind.CONTINUOUS, label="Absolute latitude", unit="°"),
        Variable(
            name="allocation",
            kind=Kind.NOMINAL,
            label="Allocation",
            levels={"random": "Random", "alternate": "Alternate", "systematic": "Systematic"},
        ),
        Variable(name="n_bcg", kind=Kind.CONTINUOUS, label="n with BCG"),
        Variable(name="n_none", kind=Kind.CONTINUOUS, label="n without BCG"),
        *(
            Variable(name=name, kind=Kind.NOMINAL, label=label, levels=RISK)
            for name, label in DOMAINS.items()
        ),
    )
    return {one.name: one for one in made}


def bcg(*more: Result) -> Results:
    """Return the real meta-analysis of the trials of BCG vaccine, as risk ratios."""
    frame = trials()
    estimates = tuple(meta_effects(frame["trial"], frame["effect"], frame["std_error"], scale="logarithms"))
    arguments = {"study": "trial", "effect": "effect", "std_error": "std_error", "scale": "logarithms"}
    result = Result(
        analysis=Analysis(
            id="bcg", method="meta_effects", arguments=arguments, label="Tuberculosis after BCG vaccination"
        ),
        title="Meta-analysis of published effects",
        options={"scale": "logarithms"},
        estimates=estimates,
        n=len(frame),
    )
    levels = dict(zip(frame["trial"].cat.categories, NAMES, strict=True))
    return Results(title="BCG", items=(result, *more), variables=variables(levels), points=judged(frame))


def judged(frame: pd.DataFrame) -> pd.DataFrame:
    """Return studies with judgements of the risk of bias that nobody made."""
    rng = np.random.default_rng(7)
    for name in DOMAINS:
        drawn = rng.choice(list(RISK), len(frame), p=[0.5, 0.3, 0.2])
        frame[name] = pd.Categorical(drawn, categories=list(RISK))
    return frame


def made_up(
    k: int,
    *,
    quantity: Quantity = EFFECT,
    spread: float = 0.3,
    names: Sequence[str] = (),
    subgroups: bool = False,
    wide: Sequence[int] = (),
    absent: Sequence[int] = (),
) -> Results:
    """Return a meta-analysis of made-up studies: some with wide intervals, some without an estimate."""
    rng = np.random.default_rng(k)
    errors = np.sqrt(rng.uniform(0.01, 0.2, k))
    errors[list(wide)] = 4.0
    effects = rng.normal(0.4, spread, k) + errors * rng.normal(size=k)
    levels = [f"s{i}" for i in range(k)]
    printed = {level: names[i] if i < len(names) else f"Study {i + 1}" for i, level in enumerate(levels)}
    estimates = list(rows(effects, errors, levels, quantity))
    frame = pd.DataFrame({"trial": pd.Categorical(levels, categories=levels), "effect": effects})
    frame["n_bcg"] = rng.integers(8, 1200, k).astype(float)
    frame["latitude"] = rng.uniform(0, 60, k).round()
    kinds = ["random", "alternate", "systematic"]
    frame["allocation"] = pd.Categorical(rng.choice(kinds, k), categories=kinds)
    if subgroups:
        for kind in kinds:
            own = np.flatnonzero((frame["allocation"] == kind).to_numpy())
            if len(own):
                estimates += subgroup(effects[own], errors[own], f"allocation[{kind}]", quantity)
        between = Quantity("subgroup_difference", "Difference between subgroups")
        estimates.append(Estimate(quantity=between, estimate=3.21, statistic=3.21, df=2, p_value=0.201, n=k))
    gone = {f"trial[s{i}]" for i in absent}
    kept = [
        replace(e, estimate=nan, conf_low=nan, conf_high=nan, note="No events.") if e.term in gone else e
        for e in estimates
        if e.term not in gone or e.quantity is not STUDY_WEIGHT
    ]
    analysis = Analysis(
        id="made", method="meta_effects", arguments={"study": "trial", "effect": "effect"}, label="Walking"
    )
    result = Result(analysis=analysis, title="Meta-analysis", estimates=tuple(kept), n=k)
    return Results(title="Made up", items=(result,), variables=variables(printed), points=judged(frame))


def rows(
    effects: np.ndarray, errors: np.ndarray, levels: Sequence[str], quantity: Quantity
) -> Iterator[Estimate]:
    """Yield the rows of a pooling."""
    found = pool(effects, errors**2, tau2="dl" if len(effects) > 1 else "common", test="z")
    terms = [f"trial[{level}]" for level in levels]
    made = PooledRows(found, terms, [0] * len(terms), quantity, 0.95)
    yield from made.each_study()
    yield from made.whole()
    yield from made.heterogeneity()


def subgroup(effects: np.ndarray, errors: np.ndarray, term: str, quantity: Quantity) -> list[Estimate]:
    """Return what is pooled of one subgroup."""
    levels = [str(i) for i in range(len(effects))]
    return [
        replace(e, term=term)
        for e in rows(effects, errors, levels, quantity)
        if not e.term and e.quantity.name not in ("tau", "h2")
    ]


def proportions(k: int) -> Results:
    """Return a meta-analysis of made-up proportions."""
    rng = np.random.default_rng(k)
    of = rng.integers(12, 300, k)
    events = rng.binomial(of, 0.08) + 1
    logits, errors = np.log(events / (of - events)), np.sqrt(1 / events + 1 / (of - events))
    levels = [f"s{i}" for i in range(k)]
    quantity = Quantity("proportion", "Proportion")

    def back(value: float) -> float:
        return 1 / (1 + exp(-value))

    made = [
        replace(
            e,
            estimate=back(e.estimate),
            conf_low=back(e.conf_low),
            conf_high=back(e.conf_high),
            statistic=nan,
            p_value=nan,
        )
        if e.quantity.name in ("proportion", "prediction")
        else e
        for e in rows(logits, errors, levels, quantity)
    ]
    printed = {level: f"Cohort {i + 1}" for i, level in enumerate(levels)}
    analysis = Analysis(
        id="made", method="meta_proportions", arguments={"study": "trial"}, label="Mirror movements"
    )
    frame = pd.DataFrame({"trial": pd.Categorical(levels, categories=levels)})
    result = Result(analysis=analysis, title="Meta-analysis", estimates=tuple(made), n=k)
    return Results(title="Made up", items=(result,), variables=variables(printed), points=frame)


def published(
    *values: tuple[str, float, float, float, int], level: float = 0.95
) -> tuple[SimpleNamespace, ...]:
    """Return published pooled results."""
    names = ("label", "estimate", "conf_low", "conf_high", "studies")
    return tuple(SimpleNamespace(**dict(zip(names, one, strict=True)), conf_level=level) for one in values)


def with_one_stage(results: Results) -> Results:
    """Return results whose first analysis also has the effect pooled in one stage."""
    first = results.items[0]
    pooled = next(e for e in first.estimates if not e.term and e.quantity.name.startswith("effect"))
    one = replace(pooled, term="one-stage", estimate=pooled.estimate + 0.02)
    return replace(results, items=(replace(first, estimates=(*first.estimates, one)), *results.items[1:]))


def dependent(sizes: Sequence[int] = (3, 1, 4, 2, 2), *, named: bool = True, rho: float = 0.0) -> Results:
    """Return a meta-analysis of studies with several made-up effects each, whose outcomes may have names."""
    rng = np.random.default_rng(len(sizes))
    of = np.repeat(np.arange(len(sizes)), sizes)
    outcomes = ("gait", "balance", "speed", "mood")
    which = np.concatenate([np.arange(size) for size in sizes])
    frame = pd.DataFrame({"effect": 0.4 + rng.normal(0, 0.3, len(sizes))[of] + rng.normal(0, 0.2, len(of))})
    frame["std_error"] = np.sqrt(rng.uniform(0.01, 0.1, len(of)))
    frame["trial"] = pd.Categorical([f"s{i}" for i in of], categories=[f"s{i}" for i in range(len(sizes))])
    frame["row"] = pd.Categorical([str(i) for i in range(len(of))])
    names = outcomes if named else tuple(map(str, range(max(sizes))))
    frame["outcome"] = pd.Categorical([names[i] for i in which], categories=list(names))
    frame["week"] = 4.0 * which + of
    formula = f"effect ~ 1 + (1 | trial/{'outcome' if named else 'row'})"
    estimates = tuple(meta_multilevel(ModelData.of(formula, frame), frame["std_error"], rho=rho))
    known = variables({f"s{i}": f"Study {i + 1}" for i in range(len(sizes))})
    labels = {name: name.capitalize() for name in names}
    known["outcome"] = Variable(name="outcome", kind=Kind.NOMINAL, label="Outcome", levels=labels)
    known["week"] = Variable(name="week", kind=Kind.CONTINUOUS, label="Week")
    analysis = Analysis(
        id="made",
        method="meta_multilevel",
        arguments={"formula": formula, "std_error": "std_error"},
        label="Walking",
    )
    result = Result(analysis=analysis, title="Dependent effects", estimates=estimates, n=len(of))
    points = frame.drop(columns="row").sample(frac=1, random_state=1).reset_index(drop=True)
    return Results(title="Made up", items=(result,), variables=known, points=points)
