"""What is simulated of people with several rows each: which data are like it, and which estimates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmstats.coverage.designs import DESIGNS, design_of
from mmstats.coverage.repeated import LEVELS
from mmstats.coverage.shapes import FloatArray
from mmstats.coverage.ways import ways
from mmstats.formula import Design, ModelData
from mmstats.methods import METHODS

BETWEEN, WITHIN = " between people", " within people"
FEW = 0.25  # events, or their absence, in fewer rows are rare
DISTRIBUTIONS = {"gaussian", "binomial", "poisson"}
ELSEWHERE = {"distribution", "comparisons", "random_tests"}  # options that move no other interval


@dataclass(frozen=True)
class People:
    """Rows of people, as a model has them.

    Parameters
    ----------
    n : int
        How many people.
    response : float array, shape (rows,)
    events : bool
        Whether it has two levels.
    residuals : float array, shape (rows,)
        What the fixed part leaves of it, by least squares.
    changing : frozenset of str
        The variables that differ between rows of the same person.
    """

    n: int
    response: FloatArray
    events: bool
    residuals: FloatArray
    changing: frozenset[str]

    @classmethod
    def of(cls, roles: Mapping[str, Any]) -> "People | None":
        """Return the rows of an analysis, if its roles and random part are what is simulated.

        That is one random intercept, or a participant, and neither weights nor other roles.
        """
        data = roles.get("formula")
        given = {name for name, value in roles.items() if value is not None}
        if not isinstance(data, ModelData) or not given <= {"formula", "participant"}:
            return None
        random = data.formula.random
        if "participant" in given:
            who = pd.factorize(roles["participant"])[0]
        elif len(random) == 1 and random[0].intercept and not random[0].terms and len(random[0].group) == 1:
            who = data.groups[random[0].group[0]].cat.codes.to_numpy()
        else:
            return None
        values = data.frame[data.formula.response.variable]
        numbers, events = values, False
        if isinstance(values.dtype, pd.CategoricalDtype):  # events, or ordered scores
            numbers, events = values.cat.codes.astype(np.float64), len(values.cat.categories) == 2
        fixed = ModelData(data.formula.fixed, data.frame.assign(**{str(values.name): numbers}))
        design = Design.of(fixed)
        response, matrix = design.response(fixed.frame), design.matrix(fixed.frame)
        residuals = response - matrix @ np.linalg.lstsq(matrix, response)[0]
        changing = {name for name, column in data.frame.items() if column.groupby(who).nunique().max() > 1}
        return cls(len(np.unique(who)), response, events, residuals, frozenset(map(str, changing)))

    def events_shape(self) -> str:
        """Return which events were simulated like these."""
        share = float(self.response.mean())
        return "rare events" if min(share, 1 - share) < FEW else "binary"


def about_people(method: str) -> bool:
    """Whether a method is simulated for people with several rows each."""
    return bool(DESIGNS[name].methods) if (name := design_of(METHODS[method])) else False


def way_of(method: str, options: Mapping[str, Any]) -> str | None:
    """Return the simulated way that options ask for, or None if they ask for something else."""
    known = METHODS[method].options
    decided = {name for asked in ways(method).values() for name in asked} | {"level", "resamples", *ELSEWHERE}
    given = {name: options.get(name, option.default) for name, option in known.items()}
    others = all(given[name] == known[name].default for name in known.keys() - decided)
    if not others or given.get("distribution", "binomial") not in DISTRIBUTIONS:
        return None
    for way, asked in ways(method).items():
        if all(given.get(name) == value for name, value in asked.items()):
            return way
    return None


def simulated_as(quantity: str, changing: frozenset[str] = frozenset(LEVELS) - {"group"}) -> str:
    """Return what an estimate, by quantity and term, is simulated as.

    An effect is one between people, or one within: of a variable that changes between their rows.

    Parameters
    ----------
    quantity : str
        With its term: ``odds_ratio group[MS]:hand[right]``.
    changing : frozenset of str
        By default those of the simulated designs.

    Examples
    --------
    >>> simulated_as("odds_ratio group[MS]"), simulated_as("odds_ratio group[MS]:hand[right]")
    ('odds_ratio between people', 'odds_ratio within people')
    >>> simulated_as("random_sd intercept | person"), simulated_as("coefficient intercept")
    ('random_sd', 'coefficient intercept')
    """
    name, _, term = quantity.partition(" ")
    if not term or term.startswith("intercept |"):
        return name
    if term == "intercept" or "|" in term:
        return quantity
    named = set(re.findall(r"[^\W\d]\w*", re.sub(r"\[[^\]]*\]", "", term)))
    return name + (WITHIN if named & changing else BETWEEN)
