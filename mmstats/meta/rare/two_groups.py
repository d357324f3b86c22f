"""Pooled odds ratios from counts: unconditional and conditional generalised mixed models."""

from functools import partial
from typing import Literal

import numpy as np
from scipy.special import expit, xlogy

from mmstats.effects.likelihood import maximise
from mmstats.errors import NotEstimableError
from mmstats.meta.rare.common import ChiSquared
from mmstats.meta.rare.hypergeometric import Hypergeometric
from mmstats.meta.rare.one_group import POINTS
from mmstats.meta.rare.pooled import CountsPooled, Test, check_count, typical_variance
from mmstats.meta.rare.tables import Tables
from mmstats.meta.weighted import FloatArray
from mmstats.mixed.generalised.build import binomial_model
from mmstats.mixed.generalised.fit import GeneralisedFit, fit_generalised
from mmstats.mixed.generalised.model import GeneralisedModel
from mmstats.mixed.structure import IntArray, MixedData, RandomTerm

MOST_TABLES = 5_000_000  # that studies with their margins can have, for the exact model to go through them
Model = Literal["fixed-studies", "random-studies", "conditional", "conditional-approximate"]


def pool_odds_ratios(
    tables: Tables, *, model: Model = "conditional", test: Test = "z", points: int = POINTS
) -> CountsPooled:
    """Pool odds ratios by the counts, log odds ratios being normal between studies.

    ``conditional`` takes each study's events as given: the comparison group's are noncentral hypergeometric.
    ``conditional-approximate`` takes them as binomial, which is near where events are few among many.
    ``fixed-studies`` has a log odds for each study, ``random-studies`` normal ones, independent of the odds
    ratios; half of each study's deviation is in either group, so that exchanging groups changes the sign
    only. With random studies the likelihood is Laplace's approximation, as there are two random effects.

    Parameters
    ----------
    tables : Tables
    model : {"fixed-studies", "random-studies", "conditional", "conditional-approximate"}
    test : {"z", "t"}
    points : int
        Of adaptive Gauss-Hermite quadrature, where it is used.

    Raises
    ------
    NotEstimableError
        If fewer than two studies are informative, one group has all or none of the events, or no maximum is
        certified.

    References: stijnen2010, turner2000, jackson2018.
    """
    which = np.ones(len(tables.a), dtype=np.bool_) if model == "random-studies" else tables.informative
    kept = tables.kept(which)
    check_count(int(kept.informative.sum()))
    _check_direction(kept)
    place, term = 0, 0
    if model == "conditional":
        _check_size(kept)
        fit = fit_generalised(_hypergeometric_model(kept), points)
        ratio = _conditional_ratio(kept)
    elif model == "conditional-approximate":
        fit = fit_generalised(binomial_model(given_totals(kept)), points)
        ratio = given_totals_ratio(kept)
    elif model == "fixed-studies":
        k, data = len(kept.a), _rows(kept)
        studies = np.tile(np.eye(k), (2, 1))
        data = _with_fixed(data, np.column_stack([_group(k), studies]), ("group", *_names(k)))
        fit, ratio = fit_generalised(binomial_model(data), points), _unconditional_ratio(kept)
    else:
        fit, ratio = _random_studies(kept)
        term = 1
    cells = np.stack([kept.a, kept.b, kept.c, kept.d])[:, kept.informative]
    own = (1 / (cells + np.where((cells == 0).any(axis=0), 0.5, 0.0))).sum(axis=0)
    left = tuple(int(i) + 1 for i in np.flatnonzero(~which))
    test_of_one = ChiSquared(max(0.0, ratio), int(kept.informative.sum()) - 1)
    return CountsPooled(fit, place, term, len(kept.a), left, test_of_one, typical_variance(own), test)


def _check_direction(tables: Tables) -> None:
    informative = tables.kept(tables.informative)
    family = Hypergeometric(informative)
    for end, word in ((family.low, "few"), (family.high, "many")):
        if (informative.a == end).all():
            raise NotEstimableError(
                f"In every study the comparison group has as {word} of the events as it can: the log odds "
                "ratio is infinite. Give an exact test of all tables."
            )
    if ((informative.a == family.low) | (informative.a == family.high)).all():
        raise NotEstimableError(
            "In every study the comparison group has as few or as many of the events as it can: nothing "
            "tells how much studies differ. Take a common odds ratio, such as Mantel and Haenszel's."
        )


def _check_size(tables: Tables) -> None:
    family = Hypergeometric(tables)
    many = len(tables.a) * (float((family.high - family.low).max()) + 1)
    if many > MOST_TABLES:
        raise NotEstimableError(
            f"The exact conditional model goes through all tables with the margins of the studies, of which "
            f"there are {many:.2g}; it takes {MOST_TABLES} at most. Take another model of counts."
        )


def _hypergeometric_model(tables: Tables) -> GeneralisedModel:
    k = len(tables.a)
    data = MixedData(tables.a, np.ones((k, 1)), ("log odds ratio",), (_term(np.ones(k), np.arange(k), k),))
    return _of_data(data, tables)


def _of_data(data: MixedData, tables: Tables) -> GeneralisedModel:
    events = tables.a + tables.c
    family = Hypergeometric(Tables(data.response, tables.n1, events - data.response, tables.n2))
    columns, none = data.fixed[None], np.zeros((1, len(tables.a)))
    return GeneralisedModel(
        family=family,
        data=data,
        columns=columns,
        offset=none,
        wide=columns,
        wide_offset=none,
        wide_direction=family.direction,
        names=data.names,
        start=np.zeros(1),
        typical=none,
        rebuild=partial(_of_data, tables=tables),
    )


def given_totals(tables: Tables) -> MixedData:
    """Return the comparison group's events as a share of each study's; people or time make the offset."""
    k, events = len(tables.a), tables.a + tables.c
    return MixedData(
        tables.a / events,
        np.ones((k, 1)),
        ("log odds ratio",),
        (_term(np.ones(k), np.arange(k), k),),
        events,
        np.log(tables.n1 / tables.n2),
    )


def _rows(tables: Tables) -> MixedData:
    """Return both groups of each study, the comparison first, with half of a deviation in either."""
    k = len(tables.a)
    people = np.concatenate([tables.n1, tables.n2])
    response = np.concatenate([tables.a, tables.c]) / people
    codes = np.tile(np.arange(k), 2)
    random = _term(_group(k) - 0.5, codes, k)
    return MixedData(response, np.empty((2 * k, 0)), (), (random,), people)


def _random_studies(tables: Tables) -> tuple[GeneralisedFit, float]:
    """Return the fit, and twice what a log odds ratio for each study adds to the likelihood of one.

    Groups are coded -1/2 and 1/2, so that a study's own log odds is midway between them.
    """
    k, data = len(tables.a), _rows(tables)
    group, ones = _group(k) - 0.5, np.ones(2 * k)
    studies = _term(ones, np.tile(np.arange(k), 2), k)
    common = np.column_stack([group, ones])
    whole = MixedData(data.response, common, ("group", "intercept"), (studies, data.random[0]), data.weights)
    one = MixedData(data.response, common, ("group", "intercept"), (studies,), data.weights)
    informative = np.flatnonzero(tables.informative)
    each = np.column_stack([np.tile(np.eye(k), (2, 1))[:, informative] * group[:, None], ones])
    names = (*(f"group {i + 1}" for i in informative), "intercept")
    full = MixedData(data.response, each, names, (studies,), data.weights)
    ratio = 2 * (
        fit_generalised(binomial_model(full)).log_likelihood
        - fit_generalised(binomial_model(one)).log_likelihood
    )
    return fit_generalised(binomial_model(whole)), ratio


def _with_fixed(data: MixedData, fixed: FloatArray, names: tuple[str, ...]) -> MixedData:
    return MixedData(data.response, fixed, names, data.random, data.weights)


def _unconditional_ratio(tables: Tables) -> float:
    """Return twice what own log odds in every group add to the likelihood of one odds ratio."""
    k = len(tables.a)
    events, people = np.concatenate([tables.a, tables.c]), np.concatenate([tables.n1, tables.n2])
    columns = np.column_stack([_group(k) - 0.5, np.tile(np.eye(k), (2, 1))])

    def likelihood(beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        x = columns @ beta
        chance = expit(x)
        value = float((events * x - people * np.logaddexp(0, x)).sum())
        weight = people * chance * (1 - chance)
        return value, columns.T @ (events - people * chance), -(columns.T * weight) @ columns

    share = events / people
    own = float((xlogy(events, share) + xlogy(people - events, 1 - share)).sum())
    return 2 * (own - maximise(likelihood, np.zeros(k + 1)).value)


def _conditional_ratio(tables: Tables) -> float:
    family = Hypergeometric(tables)

    def likelihood(beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        found = family.density(np.full((1, len(tables.a)), float(beta[0])))
        return float(found.value.sum()), found.slope[0].sum()[None], found.bend[0, 0].sum()[None, None]

    one = maximise(likelihood, np.zeros(1)).value
    inside = (tables.a > family.low) & (tables.a < family.high)  # at an end, its chance comes to 1
    each = 0.0
    for i in np.flatnonzero(inside):
        own = Hypergeometric(tables.kept(np.arange(len(tables.a)) == i))

        def alone(beta: FloatArray, own: Hypergeometric = own) -> tuple[float, FloatArray, FloatArray]:
            found = own.density(beta[None])
            return float(found.value[0]), found.slope[0], found.bend[0]

        each += maximise(alone, np.zeros(1)).value
    return 2 * (each - one)


def given_totals_ratio(tables: Tables) -> float:
    """Return twice what an own ratio for each study adds to the likelihood of one, totals being given."""
    events, offset = tables.a + tables.c, np.log(tables.n1 / tables.n2)

    def likelihood(beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        x = offset + beta[0]
        chance = expit(x)
        value = float((tables.a * x - events * np.logaddexp(0, x)).sum())
        slope, bend = (tables.a - events * chance).sum(), -(events * chance * (1 - chance)).sum()
        return value, slope[None], bend[None, None]

    own = float((xlogy(tables.a, tables.a / events) + xlogy(tables.c, tables.c / events)).sum())
    return 2 * (own - maximise(likelihood, np.zeros(1)).value)


def _group(k: int) -> FloatArray:
    return np.repeat([1.0, 0.0], k)


def _names(k: int) -> tuple[str, ...]:
    return tuple(f"study {i + 1}" for i in range(k))


def _term(column: FloatArray, codes: IntArray, k: int) -> RandomTerm:
    return RandomTerm("study", ("effect",), column[:, None], codes, tuple(str(i + 1) for i in range(k)))
