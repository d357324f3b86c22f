"""Results about a meta-analysis for the tests of figures: small studies, influence, events, moderators."""

from dataclasses import replace

import numpy as np

from mmstats.estimate import Estimate, Quantity
from mmstats.meta.influence import influence, leave_one_out
from mmstats.meta.pooling import pool
from mmstats.meta.quantities import LEFT_OUT, STUDY_WEIGHT
from mmstats.plan import Analysis
from mmstats.results import Result, Results
from tests.pooled_results import bcg, trials


def bias(results: Results, *, filled: int = 3, predictor: str = "std-error") -> Results:
    """Return results with an analysis of small-study effects of the first, with made-up studies filled in."""
    slope = Quantity("egger_classical", "Egger's regression, weighted: slope", null=0)
    ratio = results.items[0].estimates[0].quantity.ratio
    limit = Quantity("adjusted_effect_ratio" if ratio else "adjusted_effect", "Adjusted", ratio=ratio)
    one = {"conf_low": 0.1, "conf_high": 3.0, "conf_level": 0.95, "n": 13}
    made = [
        Estimate(quantity=slope, estimate=-1.2, p_value=0.03, **one),  # type: ignore[arg-type]
        Estimate(quantity=limit, term="Egger, weighted", estimate=0.7, **one),  # type: ignore[arg-type]
        *(
            Estimate(
                quantity=Quantity("filled_effect", "Effect of a study filled in", null=0),
                term=f"filled[{i + 1}]",
                estimate=0.4 + 0.3 * i,
                std_error=0.3 + 0.1 * i,
                n=13,
            )
            for i in range(filled)
        ),
    ]
    analysis = Analysis(id="bias", method="meta_small_study", arguments={"study": "trial"}, label="Bias")
    result = Result(analysis=analysis, options={"predictor": predictor}, estimates=tuple(made), n=13)
    return replace(results, items=(*results.items, result))


def influence_of(results: Results) -> Results:
    """Return results with what each study of the first analysis does to it, as the engine computes it."""
    first = results.items[0]
    named = next(e.quantity for e in first.estimates if e.quantity.name.startswith("effect"))
    frame = results.points
    if "std_error" in frame:
        effects, errors = frame["effect"].to_numpy(), frame["std_error"].to_numpy()
    else:
        effects = frame["effect"].to_numpy()
        errors = np.array([e.std_error for e in first.estimates if e.quantity == named and e.term])
    found = pool(effects, errors**2, tau2="reml", test="hartung-knapp")
    own, left = influence(found), leave_one_out(found)
    ratio = Quantity("effect_without_ratio", "Ratio without the study", null=1, ratio=True)
    out = ratio if named.ratio else LEFT_OUT
    made: list[Estimate] = []
    shown = np.exp if named.ratio else np.asarray
    for place, level in enumerate(frame["trial"]):
        term = f"trial[{level}]"
        made.append(
            Estimate(
                quantity=out,
                term=term,
                estimate=float(shown(left.coefficients[place, 0])),
                conf_low=float(shown(left.conf_low[place, 0])),
                conf_high=float(shown(left.conf_high[place, 0])),
                conf_level=0.95,
                n=len(frame),
            )
        )
        values = {
            "cooks_distance": own.cooks_distance,
            "dffits": own.dffits,
            "baujat_x": own.baujat_x,
            "baujat_y": own.baujat_y,
            "influential": own.influential(1).astype(float),
        }
        made += [
            Estimate(quantity=Quantity(name, name), term=term, estimate=float(value[place]), n=len(frame))
            for name, value in values.items()
        ]
    analysis = Analysis(
        id="influence",
        method="meta_influence",
        arguments=first.analysis.arguments,
        label=first.analysis.label,
    )
    result = Result(analysis=analysis, options=first.options, estimates=tuple(made), n=len(frame))
    return replace(results, items=(*results.items, result))


def events(measure: str = "risk_ratio") -> Results:
    """Return the trials of BCG vaccine as counts, with a made-up pooled effect of a measure."""
    frame = trials()
    name = {"risk_ratio": "Risk ratio", "odds_ratio": "Odds ratio", "risk_difference": "Risk difference"}
    ratio = measure != "risk_difference"
    quantity = Quantity(measure, name[measure], null=float(ratio), ratio=ratio)
    risks = frame["events_bcg"] / frame["n_bcg"], frame["events_none"] / frame["n_none"]
    own = [
        Estimate(
            quantity=quantity,
            term=f"trial[{level}]",
            estimate=float(one / other if ratio else one - other),
            n=1,
        )
        for level, one, other in zip(frame["trial"], *risks, strict=True)
    ]
    pooled = 0.5 if ratio else -0.01
    arguments = {
        "study": "trial",
        "comparison_events": "events_bcg",
        "comparison_total": "n_bcg",
        "reference_events": "events_none",
        "reference_total": "n_none",
    }
    analysis = Analysis(id="events", method="meta_events", arguments=arguments, label="Tuberculosis")
    result = Result(
        analysis=analysis, estimates=(*own, Estimate(quantity=quantity, estimate=pooled, n=13)), n=len(frame)
    )
    return replace(bcg(), items=(result,), points=frame)


def regression(formula: str, *, predicted: bool = False) -> Results:
    """Return a regression of the trials of BCG vaccine on latitude or allocation, by the engine."""
    frame = trials()
    kinds = list(frame["allocation"].cat.categories)
    columns = {"intercept": np.ones(len(frame))}
    if "latitude" in formula:
        columns["latitude"] = frame["latitude"].to_numpy()
    if "allocation" in formula:
        for kind in kinds[1:]:
            columns[f"allocation[{kind}]"] = (frame["allocation"] == kind).to_numpy(dtype=float)
    effects, errors = frame["effect"].to_numpy(), frame["std_error"].to_numpy()
    found = pool(effects, errors**2, np.column_stack(list(columns.values())), tuple(columns), tau2="reml")
    coefficient = Quantity("coefficient", "Coefficient", null=0)
    made = [
        Estimate(
            quantity=coefficient,
            term=name,
            estimate=float(value),
            conf_low=float(value - 2 * error),
            conf_high=float(value + 2 * error),
            conf_level=0.95,
            n=13,
        )
        for name, value, error in zip(columns, found.coefficients, found.std_errors, strict=True)
    ]
    made += [
        Estimate(quantity=STUDY_WEIGHT, term=f"trial[{level}]", estimate=float(weight), n=13)
        for level, weight in zip(frame["trial"], found.weights_percent, strict=True)
    ]
    if predicted:
        for value in np.linspace(13, 55, 15):
            at = found.predict(np.array([1.0, value]), level=0.95)
            made.append(
                Estimate(
                    quantity=Quantity("predicted_effect", "Average effect"),
                    term=f"latitude={value:g}",
                    estimate=at.estimate,
                    conf_low=at.conf_low,
                    conf_high=at.conf_high,
                    conf_level=0.95,
                    n=13,
                )
            )
    arguments = {"formula": formula, "std_error": "std_error", "study": "trial"}
    analysis = Analysis(id="regression", method="meta_regression", arguments=arguments, label="Latitude")
    result = Result(analysis=analysis, estimates=tuple(made), n=13)
    base = bcg()
    label = replace(base.variables["effect"], label="Log risk ratio of tuberculosis")
    return replace(base, items=(result,), points=frame, variables={**base.variables, "effect": label})
