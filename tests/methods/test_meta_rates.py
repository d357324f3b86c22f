"""Rates of one and of two groups: studies without events, and options that clash."""

from math import isnan
from typing import Any

import pandas as pd
import pytest

from mmstats.effects.exact_poisson import garwood
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.meta_incidence import meta_incidence
from mmstats.methods.meta_rates import meta_rates
from mmstats.registry import Function

X1, T1, X2, T2 = [4.0, 0, 2, 7], [50.0, 80, 41, 66], [9.0, 0, 8, 5], [52.0, 77, 40, 60]


def found(method: Function, *columns: Any, **options: Any) -> dict[tuple[str, str], Estimate]:
    names = [f"s{i}" for i in range(len(columns[0]))]
    study = pd.Series(pd.Categorical(names, names), name="trial")
    rows = list(method(study, *(pd.Series(values, dtype=float) for values in columns), **options))
    assert len({(e.quantity.name, e.term) for e in rows}) == len(rows)
    return {(e.quantity.name, e.term): e for e in rows}


@pytest.mark.parametrize("model", ["mantel-haenszel", "glmm"])
def test_studies_without_events_are_named(model: str) -> None:
    rows = found(meta_rates, X1, T1, X2, T2, model=model)
    note = "1 of 4 studies says nothing of the rate ratio, as neither group has events: 's1'."
    assert rows["rate_ratio", ""].note == note
    assert isnan(rows["rate_ratio", "trial[s1]"].estimate)
    assert rows["rate_ratio", ""].n == 35


@pytest.mark.parametrize("model", ["mantel-haenszel", "glmm"])
def test_exchanging_the_groups_reflects_the_ratio(model: str) -> None:
    here = found(meta_rates, X1, T1, X2, T2, model=model)["rate_ratio", ""]
    there = found(meta_rates, X2, T2, X1, T1, model=model)["rate_ratio", ""]
    assert here.estimate * there.estimate == pytest.approx(1, rel=1e-6)


def test_the_unit_of_time_is_none_of_a_ratios_business() -> None:
    years = found(meta_rates, X1, T1, X2, T2, model="glmm", test="t")
    days = found(meta_rates, X1, [t * 365 for t in T1], X2, [t * 365 for t in T2], model="glmm", test="t")
    assert years["rate_ratio", ""].estimate == pytest.approx(days["rate_ratio", ""].estimate, rel=1e-9)
    assert years["rate_ratio", ""].df == 2


def test_reasons_instead_of_infinite_ratios() -> None:
    none = found(meta_rates, [0, 0], [5, 6], [3, 4], [5, 5], model="glmm")["rate_ratio", ""]
    assert "The comparison group has no event" in none.note
    apart = found(meta_rates, [3, 0], [5, 6], [0, 4], [5, 5], model="glmm")["rate_ratio", ""]
    assert "only one of the groups has events" in apart.note
    with pytest.raises(NotEstimableError) as error:
        found(meta_rates, X1, T1, X2, T2, measure="rate_difference", model="glmm")
    assert "goes with 'mantel-haenszel'" in str(error.value)
    with pytest.raises(NotEstimableError, match="has 'z' alone"):
        found(meta_rates, X1, T1, X2, T2, test="t")


def test_a_rate_of_one_study_or_of_no_event_is_exact() -> None:
    one = found(meta_incidence, [3], [40])["incidence_rate", ""]
    assert (one.conf_low, one.conf_high) == garwood(3, 40.0, level=0.95)
    assert "nothing is pooled" in one.note
    none = found(meta_incidence, [0, 0], [40, 10])["incidence_rate", ""]
    assert (none.conf_low, none.conf_high) == garwood(0, 50.0, level=0.95)
    assert "No study has an event" in none.note


def test_times_that_cannot_be_are_named() -> None:
    with pytest.raises(NotEstimableError) as error:
        found(meta_incidence, [1, 2.5], [0, 3])
    assert "Study 's0': the group has a time of 0" in str(error.value)
    assert "Study 's1': the group has 2.5 events" in str(error.value)
