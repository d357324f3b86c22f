"""Simulated studies in which people have six rows each: two hands by three tasks, in two groups of people."""

from collections.abc import Mapping
from math import exp, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit, ndtr

from mmstats.coverage.shapes import SCORES, SHAPES, FloatArray
from mmstats.formula import ModelData

BETWEEN = 0.4  # the share of the normal variable beneath that people differ by
MISSING = 0.2
EFFECTS = ("no effects", "effects and missing cells")
LOG_RATIOS = {"group[MS]": 1.0, "hand[right]": 0.5, "group[MS]:hand[right]": 0.5}
EVENTS = {"binary": 0.4, "rare events": 0.15}  # their probability without effects
COUNTED = 2.0  # events a row, without effects
PERSON_SD = {"counts": 0.6}  # of log rates
LOGIT_SD = 1.2  # of log odds: an intraclass correlation of 0.3
LEVELS = {"group": ["HC", "MS"], "hand": ["left", "right"], "task": ["fist", "pronation", "tapping"]}


def linear(shape: str, effect: str, n: int, rng: np.random.Generator) -> dict[str, Any]:
    """Draw numbers of n people for a linear mixed model.

    With cells missing, each row is so with a probability of a fifth, but for each person's first.
    """
    frame = _rows(n)
    frame["score"] = SHAPES[shape].reference(ndtr(_latent(n, "", rng)))
    if effect == "missing cells":
        frame = _some(frame, rng)
    return {"formula": ModelData.of("score ~ group * hand + task + (1 | person)", frame)}


def truth_of_linear(shape: str, effect: str) -> Mapping[str, float]:
    """Return that nothing has an effect."""
    terms = ("group[MS]", "hand[right]", "task[pronation]", "task[tapping]", "group[MS]:hand[right]")
    contrasts = ("group[MS] - group[HC]", "hand[right] - hand[left]")
    return {f"coefficient {term}": 0.0 for term in terms} | {f"contrast {term}": 0.0 for term in contrasts}


def analysed(shape: str, effect: str, n: int, rng: np.random.Generator) -> dict[str, Any]:
    """Draw numbers of n people for an analysis of variance."""
    frame = _rows(n)
    frame["score"] = SHAPES[shape].reference(ndtr(_latent(n, effect, rng)))
    if effect == "missing cells":
        frame = _some(frame, rng)
    roles = {"outcome": frame["score"], "participant": frame["person"], "group": frame["group"]}
    return roles | {"within": frame[["hand", "task"]]}


def truth_of_analysed(shape: str, effect: str) -> Mapping[str, float]:
    """Return that nothing has an effect."""
    within = ("hand", "task", "hand:task")
    return {f"f_test {term}": 0.0 for term in ("group", *within, *(f"group:{name}" for name in within))}


def averaged(shape: str, effect: str, n: int, rng: np.random.Generator) -> dict[str, Any]:
    """Draw numbers, or events, of n people for estimating equations: what is known is the population's mean.

    Events are normal variables above a threshold, so that the log odds in the population are exact.
    """
    frame = _rows(n)
    share = ndtr(_latent(n, effect, rng))
    shift = _effects(frame) if effect == EFFECTS[1] else np.zeros(len(frame))
    if shape in EVENTS:
        frame["score"] = _event(share > 1 - expit(logit(EVENTS[shape]) + shift))
    else:
        frame["score"] = SHAPES[shape].reference(share) + shift
    if effect == EFFECTS[1]:
        frame = _some(frame, rng)
    formula = ModelData.of("score ~ group * hand + task", frame)
    distribution = "binomial" if shape in EVENTS else "gaussian"
    return {"formula": formula, "participant": frame["person"], "distribution": distribution}


def truth_of_averaged(shape: str, effect: str) -> Mapping[str, float]:
    """Return the coefficients or odds ratios of the population."""
    known = LOG_RATIOS if effect == EFFECTS[1] else dict.fromkeys(LOG_RATIOS, 0.0)
    known = known | {"task[pronation]": 0.0, "task[tapping]": 0.0}
    if shape in EVENTS:
        found = {f"odds_ratio {term}": exp(value) for term, value in known.items()}
    else:
        found = {f"coefficient {term}": value for term, value in known.items()}
    return found | {"f_test task": 0.0}


def generalised(shape: str, effect: str, n: int, rng: np.random.Generator) -> dict[str, Any]:
    """Draw events, counts or scores of n people from the mixed model that is fitted to them."""
    frame = _rows(n)
    person = PERSON_SD.get(shape, LOGIT_SD) * np.repeat(rng.standard_normal(n), 6)
    shift = person + (_effects(frame) if effect == EFFECTS[1] else 0.0)
    if shape in EVENTS:
        frame["score"] = _event(rng.random(len(frame)) < expit(logit(EVENTS[shape]) + shift))
    elif shape == "counts":
        frame["score"] = rng.poisson(COUNTED * np.exp(shift)).astype(np.float64)
    else:
        cuts = logit(np.cumsum(SCORES[shape])[:-1])
        below = expit(cuts - shift[:, None])
        frame["score"] = (rng.random(len(frame))[:, None] > below).sum(axis=1).astype(np.float64)
    if effect == EFFECTS[1]:
        frame = _some(frame, rng)
    drawn: dict[str, Any] = {"formula": ModelData.of("score ~ group * hand + (1 | person)", frame)}
    return (
        drawn if shape in SCORES else drawn | {"distribution": "poisson" if shape == "counts" else "binomial"}
    )


def truth_of_generalised(shape: str, effect: str) -> Mapping[str, float]:
    """Return the ratios of one person, and how much people differ."""
    ratio = "rate_ratio" if shape == "counts" else "odds_ratio"
    known = LOG_RATIOS if effect == EFFECTS[1] else dict.fromkeys(LOG_RATIOS, 0.0)
    spread = {"random_sd intercept | person": PERSON_SD.get(shape, LOGIT_SD)}
    return {f"{ratio} {term}": exp(value) for term, value in known.items()} | spread


def _rows(n: int) -> pd.DataFrame:
    person, row = np.divmod(np.arange(6 * n), 6)
    codes = (person % 2, row // 3, row % 3)
    factors = {
        name: pd.Categorical(np.array(known)[at], known)
        for (name, known), at in zip(LEVELS.items(), codes, strict=True)
    }
    return pd.DataFrame({**factors, "person": pd.Categorical(person.astype(str))})


def _latent(n: int, effect: str, rng: np.random.Generator) -> FloatArray:
    """Return normal variables, of whose variance people differ by `BETWEEN`.

    With unequal correlation, fist and pronation correlate at 0.8, and either at 0.3 with tapping.
    """
    person, row = np.divmod(np.arange(6 * n), 6)
    if effect == "unequal correlation":
        shared = sqrt(0.3) * rng.standard_normal(n)[person]
        alike = sqrt(0.5) * rng.standard_normal((n, 2))[person, (row % 3 == 2).astype(np.intp)]
        return np.asarray(shared + alike + sqrt(0.2) * rng.standard_normal(6 * n))
    own = sqrt(BETWEEN) * rng.standard_normal(n)[person]
    return np.asarray(own + sqrt(1 - BETWEEN) * rng.standard_normal(6 * n))


def _some(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    first = np.arange(len(frame)) % 6 == 0
    found: pd.DataFrame = frame[first | (rng.random(len(frame)) > MISSING)]
    return found.reset_index(drop=True)


def _effects(frame: pd.DataFrame) -> FloatArray:
    group, hand = (frame[name].cat.codes.to_numpy(dtype=np.float64) for name in ("group", "hand"))
    one, two, both = LOG_RATIOS.values()
    return np.asarray(one * group + two * hand + both * group * hand)


def _event(happened: npt.NDArray[np.bool_]) -> pd.Series:
    return pd.Series(pd.Categorical(np.where(happened, "yes", "no"), ["no", "yes"]))
