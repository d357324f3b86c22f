"""Pooled frequencies: every model, studies without events, subgroups, and the shared reference."""

from itertools import product
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.effects.exact_binomial import clopper_pearson
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.meta_proportions import meta_proportions
from tests.examples import check
from tests.meta.shared import expected
from tests.meta.test_proportions import column

MODELS = {"logit": "PLO", "raw": "PR", "arcsine": "PAS", "double-arcsine": "PFT"}
EVENTS, PEOPLE = [4.0, 0, 11, 2, 6], [31.0, 18, 60, 44, 25]


def studies(events: list[float], people: list[float]) -> tuple[pd.Series, pd.Series, pd.Series]:
    names = [f"s{i}" for i in range(len(events))]
    return pd.Series(pd.Categorical(names, names), name="trial"), pd.Series(events), pd.Series(people)


def found(events: list[float], people: list[float], **options: Any) -> dict[str, Estimate]:
    rows = list(meta_proportions(*studies(events, people), **options))
    keys = [f"{e.quantity.name} {e.term}".strip() for e in rows]
    assert len(set(keys)) == len(keys)
    return dict(zip(keys, rows, strict=True))


@pytest.mark.parametrize(
    ("model", "tau2", "test"),
    [
        *product(
            MODELS,
            ("by-model", "reml", "ml", "dl", "pm", "sj", "common"),
            ("z", "t", "hartung-knapp", "hartung-knapp-ad-hoc"),
        )
    ],
)
def test_every_model_with_weights_takes_every_option(model: str, tau2: str, test: str) -> None:
    rows = found(EVENTS, PEOPLE, model=model, tau2=tau2, test=test)
    for e in rows.values():
        check(e, 5, 0.95, people=178)
    assert ("prediction_proportion" in rows) == (tau2 != "common")
    assert 0.05 < rows["proportion"].estimate < 0.2
    assert sum(e.estimate for e in rows.values() if e.quantity.name == "study_weight") == pytest.approx(100)


@pytest.mark.parametrize("name", ["pritz1997", "debruin2009"])
@pytest.mark.parametrize("model", MODELS)
def test_the_shared_reference_on_transformed_scales(references: Path, name: str, model: str) -> None:
    theirs = expected(references, "proportions")[name][MODELS[model]]
    x, n = column(references, name)
    rows = found(x.tolist(), n.tolist(), model=model, test="z")
    back = theirs.get("back") or theirs["back_hm"]
    pooled, new = rows["proportion"], rows["prediction_proportion"]
    ours = (pooled.estimate, pooled.conf_low, pooled.conf_high, new.conf_low, new.conf_high)
    # metafor's search for tau squared ends at a change of 1e-5; limits are cut at 0 and 1 here
    want = np.clip([back[key] for key in ("pred", "ci.lb", "ci.ub", "pi.lb", "pi.ub")], 0, 1)
    np.testing.assert_allclose(ours, want, rtol=5e-5)
    assert rows["cochran_q"].statistic == pytest.approx(theirs["QE"], rel=1e-10)
    assert rows["i2"].estimate == pytest.approx(theirs["I2"], rel=1e-4)
    assert ("outside 0 and 1" in new.note) == bool(back["pi.lb"] < 0 or back["pi.ub"] > 1)
    assert ("stands for no one proportion" in pooled.note) == (model == "double-arcsine")


@pytest.mark.parametrize("name", ["pritz1997", "debruin2009"])
def test_the_shared_count_model_is_near(references: Path, name: str) -> None:
    """The shared values are Laplace's, with an inner search that stops early: see docs/validation."""
    theirs = expected(references, "proportions")[name]["GLMM_PLO"]
    x, n = column(references, name)
    rows = found(x.tolist(), n.tolist(), test="z")
    assert rows["proportion"].estimate == pytest.approx(theirs["back"]["pred"], rel=5e-3)
    assert rows["tau2"].estimate == pytest.approx(theirs["tau2"], rel=5e-2)


@pytest.mark.parametrize("model", ["glmm", *MODELS])
def test_nobody_or_everybody_with_the_event_has_an_exact_interval(model: str) -> None:
    people = [20.0, 35, 12]
    none, everybody = found([0, 0, 0], people, model=model), found(people, people, model=model)
    assert none["proportion"].conf_high == clopper_pearson(0, 67, level=0.95)[1]
    assert everybody["proportion"].conf_low == clopper_pearson(67, 67, level=0.95)[0]
    assert none["proportion"].note.startswith("Nobody has the event in any study")
    assert everybody["proportion"].note.startswith("Everybody has the event in any study")
    assert set(none) == {"proportion", *(f"proportion trial[s{i}]" for i in range(3))}


@pytest.mark.parametrize("model", ["glmm", *MODELS])
def test_one_study_stands_for_itself(model: str) -> None:
    rows = found([3], [40], model=model)
    assert rows["proportion"].conf_low == rows["proportion trial[s0]"].conf_low
    assert "nothing is pooled" in rows["proportion"].note


def test_studies_that_are_all_or_none_have_a_reason_and_their_rows() -> None:
    rows = found([0, 12, 0, 30], [25, 12, 40, 30])
    assert isnan(rows["proportion"].estimate)
    assert "In each study everybody or nobody has the event" in rows["proportion"].note
    assert rows["proportion trial[s1]"].estimate == 1
    warned = found([0, 12, 0, 30], [25, 12, 40, 30], model="double-arcsine")["proportion"]
    assert "gives no other one" in warned.note


def test_subgroups_have_their_own_heterogeneity_and_a_reason_where_they_have_none() -> None:
    study, events, people = studies([4, 0, 11, 2, 6, 1, 3], [31, 18, 60, 44, 25, 90, 12])
    region = pd.Series(pd.Categorical(["n", "s", "n", "s", "n", "s", "e"], ["s", "n", "e"]), name="region")
    rows = {(e.quantity.name, e.term): e for e in meta_proportions(study, events, people, region)}
    north = found([4, 11, 6], [31, 60, 25])
    for name in ("proportion", "prediction_proportion", "tau2", "i2", "heterogeneity_lr"):
        assert rows[name, "region[n]"].estimate == north[name].estimate
    assert rows["proportion", "region[e]"].interval == "clopper-pearson"
    difference = rows["subgroup_difference", ""]
    assert difference.df == 1
    assert difference.note == "Without region[e], which no average is estimated of."


def test_problems_call_studies_by_name_and_come_together() -> None:
    study, events, people = studies([4, 7, 1.5], [31, 5, 0])
    with pytest.raises(NotEstimableError) as error:
        list(meta_proportions(study, events, people))
    assert "Study 's1': the group has 7 events among 5 people" in str(error.value)
    assert "Study 's2': the group has 0 people" in str(error.value)
    twice = pd.concat([study, study])
    with pytest.raises(NotEstimableError, match="Study 's0' is there 2 times"):
        list(meta_proportions(twice, events, people))
    with pytest.raises(NotEstimableError) as refused:
        list(meta_proportions(study, events, people, tau2="dl", test="hartung-knapp"))
    assert "tau2 = 'dl'" in str(refused.value)
    assert "test = 'hartung-knapp'" in str(refused.value)
