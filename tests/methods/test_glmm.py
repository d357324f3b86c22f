"""Generalised mixed models as a study meets them: counts of any size, units, and plans."""

from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.clmm import clmm
from mmstats.methods.gee import gee
from mmstats.methods.glmm import glmm


def rows(frame: pd.DataFrame, formula: str, **options: Any) -> dict[str, Estimate]:
    return {f"{e.quantity.name} {e.term}".strip(): e for e in glmm(ModelData.of(formula, frame), **options)}


def events(people: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    who = np.repeat(np.arange(people), 6)
    frame = pd.DataFrame({"who": who.astype(str), "x": rng.normal(size=len(who))})
    frame["group"] = pd.Categorical.from_codes(who % 2, pd.Index(["HC", "MS"]))
    event = rng.random(len(who)) < 1 / (1 + np.exp(-rng.normal(size=people)[who]))
    frame["event"] = pd.Categorical.from_codes(event.astype(int), pd.Index(["no", "yes"]))
    return frame


def test_counts_in_the_millions_are_those_of_glmm_tmb() -> None:
    """What they say of the intercept is in how groups differ, not in their number.

    d <- expand.grid(row = 1:6, id = 1:8); d$x <- d$row - 3.5
    d$y <- round(1e6 * exp(0.4 * sin(2 * d$id) + 0.001 * d$x + 0.002 * cos(3 * d$row * d$id)))
    glmmTMB(y ~ x + (1 | id), d, poisson()), with rel.tol = 1e-14; it warns of its convergence,
    so its coefficients are compared to 1e-3 of their standard errors
    """
    row, who = np.tile(np.arange(1, 7), 8), np.repeat(np.arange(1, 9), 6)
    x = row - 3.5
    count = np.rint(1e6 * np.exp(0.4 * np.sin(2 * who) + 0.001 * x + 0.002 * np.cos(3 * row * who)))
    frame = pd.DataFrame({"count": count, "x": x, "who": who.astype(str)})
    found = rows(frame, "count ~ x + (1 | who)", distribution="poisson", interval="wald")
    intercept, slope = found["log_rate intercept"], found["rate_ratio x"]
    assert intercept.estimate == pytest.approx(13.8396896509802, abs=1e-4)
    assert intercept.std_error == pytest.approx(0.100885346576689, rel=1e-5)
    assert np.log(slope.estimate) == pytest.approx(0.000978938100039811, abs=8e-8)
    assert np.log(slope.estimate) / slope.statistic == pytest.approx(8.17748850660763e-05, rel=1e-5)
    assert found["random_sd intercept | who"].estimate == pytest.approx(0.285346554415115, rel=1e-5)


def test_a_ratio_that_no_number_can_hold_says_so() -> None:
    frame = events()
    small = frame.assign(x=frame.x * 1e-6)
    plain = rows(frame, "event ~ x + (1 | who)", interval="wald")["odds_ratio x"]
    e = rows(small, "event ~ x + (1 | who)", interval="wald")["odds_ratio x"]
    assert e.p_value == pytest.approx(plain.p_value, rel=1e-6)
    assert "larger unit" in e.note
    assert not plain.note
    (e,) = (
        e for e in gee(ModelData.of("event ~ x", small), small.who, distribution="binomial") if e.term == "x"
    )
    assert "larger unit" in e.note


@pytest.mark.parametrize("always", ["no", "yes"])
@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_a_group_that_always_answers_alike_is_separated_whatever_the_link(link: str, always: str) -> None:
    frame = events()
    frame["event"] = frame.event.where(frame.group == "HC", always)
    for interval in ("profile", "wald"):
        found = rows(frame, "event ~ group + (1 | who)", link=link, interval=interval)
        name = "odds_ratio" if link == "logit" else "coefficient"
        e = found[f"{name} group[MS]"]
        assert e.estimate == {"yes": np.inf, "no": 0.0 if link == "logit" else -np.inf}[always]
        assert "separated" in e.note
        limits = {e.conf_low, e.conf_high}
        assert e.estimate in limits if interval == "profile" else np.isnan(list(limits)).all()


@pytest.mark.parametrize("end", [0.0, 3.0])
@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_so_are_ratings_at_either_end(link: Literal["logit", "probit", "cloglog"], end: float) -> None:
    frame = events()
    score = np.random.default_rng(1).integers(0, 4, len(frame)).astype(float)
    frame["score"] = np.where(frame.group == "MS", end, score)
    e = next(iter(clmm(ModelData.of("score ~ group + (1 | who)", frame), link=link, interval="wald")))
    low = 0.0 if link == "logit" else -np.inf
    assert e.estimate == (np.inf if end else low)
    assert np.isnan(e.conf_low)


def test_more_points_than_have_weights_are_refused() -> None:
    with pytest.raises(NotEstimableError, match="at most 100 points; 101 are asked for"):
        rows(events(), "event ~ x + (1 | who)", points=101)
