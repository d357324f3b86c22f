"""Covariances of random effects that the data do not determine are refused, and no others."""

from dataclasses import replace

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.mixed.determined import refuse_undetermined
from mmstats.mixed.deviance import deviance, solved_for
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.structure import MixedData
from tests.mixed.data import crossed, growth, term
from tests.mixed.test_linear import MODELS

CODES = growth().random[0].codes
ONE, GROUP, TIME = np.ones(60), (CODES % 2).astype(np.float64), growth().fixed[:, 2]
ONCE = (np.arange(60) == 7).astype(np.float64)
PERSON = term("person", CODES.tolist(), intercept=ONE)
ALIKE = replace(term("patient", CODES.tolist(), intercept=ONE), codes=11 - CODES)


def one_way(codes: list[int]) -> MixedData:
    """Return fixed columns that tell apart what random intercepts do."""
    return replace(growth(), random=(PERSON, term("group", codes, intercept=ONE)))


UNDETERMINED = {
    "groups of the fixed part": (one_way((CODES % 2).tolist()), "(intercept | group),"),
    "all participants in the fixed part": (
        replace(
            growth(), fixed=np.eye(12)[CODES], names=tuple(map(str, range(12))), random=(PERSON,)
        ),
        "(intercept | person),",
    ),
    "the same groups by another name": (
        replace(growth(), random=(PERSON, ALIKE)), "(intercept | person) and (intercept | patient),",
    ),
    "a slope of two levels between people": (
        replace(growth(), random=(term("person", CODES.tolist(), intercept=ONE, patient=GROUP),)),
        "(intercept + patient | person),",
    ),
    "a column of one row": (
        replace(
            growth(),
            fixed=np.column_stack([growth().fixed, ONCE]),
            names=(*growth().names, "once"),
            random=(term("person", CODES.tolist(), intercept=ONE, once=ONCE),),
        ),
        "(intercept + once | person),",
    ),
}  # fmt: skip


def lowest(found: LinearFit, theta: np.ndarray) -> float:
    """Return the restricted deviance at another theta."""
    columns = found.model.design.compiled
    return deviance(theta, True, float(found.size), columns, found.moments[0], solved_for(columns))[0]


@pytest.mark.parametrize("name", UNDETERMINED)
def test_refuses(name: str) -> None:
    data, parts = UNDETERMINED[name]
    with pytest.raises(NotEstimableError) as caught:
        refuse_undetermined(fit(data))
    assert f"do not determine the variances of {parts}" in str(caught.value)


def test_others_fit_as_well() -> None:
    """What is refused has a deviance that does not change with a variance."""
    found = fit(one_way((CODES % 2).tolist()))
    for value in (0.0, 0.3, 5.0):
        theta = np.array([found.optimum.theta[0], value])
        assert lowest(found, theta) == pytest.approx(found.optimum.deviance, abs=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_leaves_what_is_determined(name: str) -> None:
    refuse_undetermined(fit(MODELS[name]))


@pytest.mark.parametrize("ratio", [1e-8, 1e4, 1e8])
def test_leaves_variances_of_any_size(ratio: float) -> None:
    far = np.sqrt(ratio) * np.random.default_rng(1).standard_normal(12)[CODES]
    refuse_undetermined(fit(replace(growth(), response=growth().response + far, random=(PERSON,))))
    refuse_undetermined(fit(growth(slope=float(np.sqrt(ratio)))))


def test_leaves_slopes_of_many_levels_between_people_and_crossed_groups() -> None:
    ages = 30 + np.random.default_rng(2).normal(0, 8, 12)[CODES]
    refuse_undetermined(
        fit(replace(growth(), random=(term("person", CODES.tolist(), intercept=ONE, age=ages),)))
    )
    refuse_undetermined(fit(crossed()))
    level = np.where(ONCE > 0, 2, np.arange(60) % 2)
    refuse_undetermined(fit(replace(growth(), random=(PERSON, term("level", level.tolist(), intercept=ONE)))))
