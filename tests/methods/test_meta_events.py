"""Events of two groups: every model against metafor, studies that say nothing, and options that clash."""

import json
from math import exp, isnan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.meta_events import COUNT_MODELS, meta_events

R: dict[str, Any] = json.loads((Path(__file__).parents[1] / "meta" / "rare" / "rare.json").read_text())
MODELS = {
    "glmm-unconditional-fixed": "UM.FS",
    "glmm-unconditional-random": "UM.RS",
    "glmm-conditional-exact": "CM.EL",
    "glmm-conditional-approximate": "CM.AL",
}
A, N1, C, N2 = [1.0, 4, 0, 9, 6], [50.0, 80, 41, 99, 6], [3.0, 9, 0, 14, 5], [52.0, 77, 40, 95, 5]


def found(a: Any, n1: Any, c: Any, n2: Any, **options: Any) -> dict[tuple[str, str], Estimate]:
    names = [f"s{i}" for i in range(len(a))]
    study = pd.Series(pd.Categorical(names, names), name="trial")
    columns = [pd.Series(values, dtype=float) for values in (a, n1, c, n2)]
    rows = list(meta_events(study, *columns, **options))
    assert len({(e.quantity.name, e.term) for e in rows}) == len(rows)
    return {(e.quantity.name, e.term): e for e in rows}


@pytest.mark.parametrize("name", ["bcg", "nielweise2007"])
@pytest.mark.parametrize("model", MODELS)
def test_models_of_counts_are_metafors(name: str, model: str) -> None:
    d, theirs = pd.DataFrame(R[name]["data"]), R[name][MODELS[model]]
    if model == "glmm-unconditional-random":  # metafor leaves out studies without events there
        d = d[d["a"] + d["c"] > 0]
    rows = found(*(d[key].to_list() for key in ("a", "n1", "c", "n2")), model=model)
    pooled = rows["odds_ratio", ""]
    # metafor's optimisers stop early: tests/meta/rare/test_rare_reference.py has the same by likelihoods
    assert pooled.estimate == pytest.approx(exp(theirs["beta"]), rel=1e-3)
    assert pooled.conf_low == pytest.approx(exp(theirs["ci.lb"]), rel=3e-3)
    assert pooled.conf_high == pytest.approx(exp(theirs["ci.ub"]), rel=3e-3)
    assert rows["tau2", ""].estimate == pytest.approx(theirs["tau2"], rel=1e-2, abs=1e-4)
    # of random studies metafor tests by a model with fixed ones
    if model != "glmm-unconditional-random":
        assert rows["heterogeneity_lr", ""].statistic == pytest.approx(theirs["QE.LRT"], rel=1e-4)


@pytest.mark.parametrize("model", ["mantel-haenszel", "peto", *MODELS])
def test_studies_that_say_nothing_are_named_and_counted(model: str) -> None:
    rows = found(A, N1, C, N2, model=model)
    pooled = rows["odds_ratio", ""]
    assert pooled.note.startswith("2 of 5 studies say nothing of the odds ratio")
    assert "'s2', 's4'" in pooled.note
    everybody = model == "glmm-unconditional-random"
    assert ("though the model has their log odds" in pooled.note) == everybody
    assert pooled.n == sum(N1) + sum(N2) if everybody else 50 + 52 + 80 + 77 + 99 + 95
    assert isnan(rows["odds_ratio", "trial[s2]"].estimate)
    assert rows["odds_ratio", "trial[s2]"].note.startswith("No events in either group")
    assert rows["odds_ratio", "trial[s4]"].note.startswith("Events in all participants")


@pytest.mark.parametrize("model", ["mantel-haenszel", "peto", *MODELS])
def test_exchanging_the_groups_reflects_the_ratio(model: str) -> None:
    one, other = found(A, N1, C, N2, model=model), found(C, N2, A, N1, model=model)
    here, there = one["odds_ratio", ""], other["odds_ratio", ""]
    assert here.estimate * there.estimate == pytest.approx(1, rel=1e-6)
    assert here.conf_low * there.conf_high == pytest.approx(1, rel=1e-6)


def test_a_study_with_one_zero_is_shown_with_a_half_and_pooled_without() -> None:
    rows = found([0, 4, 3], [20, 80, 60], [2, 9, 5], [21, 77, 61])
    shown = rows["odds_ratio", "trial[s0]"]
    assert shown.note == (
        "1/2 was added to each cell, since one is 0. The row alone is so; what is pooled takes the counts as "
        "they are."
    )
    assert rows["odds_ratio", ""].note == ""
    assert rows["study_weight", "trial[s0]"].estimate > 0


@pytest.mark.parametrize("model", ["mantel-haenszel", "peto", *MODELS])
def test_no_event_at_all_is_a_reason(model: str) -> None:
    rows = found([0, 0], [20, 30], [0, 0], [21, 30], model=model)
    assert isnan(rows["odds_ratio", ""].estimate)
    assert "say nothing of the odds ratio" in rows["odds_ratio", ""].note


def test_one_study_has_a_common_effect_and_no_heterogeneity() -> None:
    rows = found([2], [20], [5], [21])
    assert rows["odds_ratio", ""].estimate == pytest.approx(2 * 16 / (18 * 5))
    assert "takes two" in rows["breslow_day", ""].note
    assert "needs two" in found([2], [20], [5], [21], model="glmm-conditional-exact")["odds_ratio", ""].note


def test_a_risk_difference_takes_every_study() -> None:
    rows = found(A, N1, C, N2, measure="risk_difference")
    assert rows["risk_difference", ""].note == ""
    assert rows["risk_difference", ""].n == sum(N1) + sum(N2)
    assert not isnan(rows["risk_difference", "trial[s2]"].estimate)
    assert "added in this test alone" in rows["cochran_q", ""].note


@pytest.mark.parametrize("model", COUNT_MODELS)
def test_t_is_wider(model: str) -> None:
    normal, wide = found(A, N1, C, N2, model=model), found(A, N1, C, N2, model=model, test="t")
    assert wide["odds_ratio", ""].conf_high > normal["odds_ratio", ""].conf_high
    assert wide["odds_ratio", ""].df == (4 if model == "glmm-unconditional-random" else 2)


def test_options_that_do_not_go_together_are_refused_together() -> None:
    with pytest.raises(NotEstimableError) as error:
        found(A, N1, C, N2, model="peto", measure="risk_ratio", test="t")
    assert "pools odds ratios alone" in str(error.value)
    assert "'peto' has 'z' alone" in str(error.value)


def test_tables_without_end_are_refused_by_the_exact_model() -> None:
    large = [4e9, 5e9, 6e9]
    rows = found([1e9, 2e9, 1e9], large, [1e9, 1e9, 2e9], large, model="glmm-conditional-exact")
    assert "goes through all tables" in rows["odds_ratio", ""].note


def test_problems_call_studies_by_name() -> None:
    with pytest.raises(NotEstimableError) as error:
        found([30, 1], [20, 8], [2, 1.5], [21, 7])
    assert "Study 's0': the comparison group has 30 events among 20 people" in str(error.value)
    assert "Study 's1': the reference group has 1.5 events" in str(error.value)
