"""What is said of intervals from several rows of each person."""

from math import nan

import numpy as np
import pandas as pd
import pytest

from mmstats.coverage import repeated
from mmstats.coverage.evidence import shape_of_rows, told_of
from mmstats.coverage.people import People, about_people, simulated_as, way_of
from mmstats.coverage.table import shipped
from mmstats.estimate import Estimate, Quantity
from mmstats.formula import ModelData

ODDS_RATIO = Quantity("odds_ratio", "Odds ratio", null=1, ratio=True)


def estimate(term: str, interval: str = "profile", quantity: Quantity = ODDS_RATIO) -> Estimate:
    return Estimate(
        quantity=quantity, term=term, estimate=1, conf_low=0.5, conf_high=2, conf_level=0.95,
        interval=interval, n=96,
    )  # fmt: skip


def scores(formula: str = "score ~ group * hand + (1 | person)", n: int = 16) -> dict[str, ModelData]:
    rng = np.random.default_rng(1)
    drawn = repeated.generalised("floor", "no effects", n, rng)["formula"]
    frame = drawn.frame.assign(
        person=drawn.groups["person"].to_numpy(),
        site=np.arange(len(drawn.frame)) % 5,
        age=rng.normal(size=6 * n),
    )
    return {"formula": ModelData.of(formula, frame)}


def mean_coverage(method: str, quantities: tuple[str, ...], interval: str, shape: str, n: int) -> float:
    rows = [
        row.coverage
        for row in shipped()
        if (row.method, row.interval, row.shape, row.n) == (method, interval, shape, n)
        and row.quantity in quantities
    ]
    return float(np.mean(rows))


def test_effects_between_and_within_people_are_told_apart() -> None:
    found = told_of(
        "clmm",
        [estimate("group[MS]"), estimate("hand[right]"), estimate("group[MS]:hand[right]")],
        scores(),
        {},
    )
    between = mean_coverage("clmm", ("odds_ratio group[MS]",), "profile", "floor", 16)
    terms = ("odds_ratio hand[right]", "odds_ratio group[MS]:hand[right]")
    within = mean_coverage("clmm", terms, "profile", "floor", 16)
    assert [one.coverage for one in found if one] == pytest.approx([between, within, within])
    assert str(found[0]).startswith("simulated coverage for n = 16, scores of 0 to 4 with a floor: ")


def test_the_intervals_of_the_way_taken_are_looked_up() -> None:
    wald = told_of("clmm", [estimate("group[MS]", "wald")], scores(), {"interval": "wald"})
    assert wald[0] is not None
    assert wald[0].coverage == mean_coverage("clmm", ("odds_ratio group[MS]",), "wald", "floor", 16)


@pytest.mark.parametrize(
    ("roles", "options"),
    [
        (scores("score ~ group * hand + (1 + hand | person)"), {}),
        (scores("score ~ group * hand + (1 | person) + (1 | site)"), {}),
        (scores() | {"weights": pd.Series(np.ones(96))}, {}),
        (scores(), {"link": "probit"}),
        (scores(), {"points": 15}),
        (scores(), {"interval": "wald", "penalty": "soft"}),
        (scores(n=6), {}),  # fewer people than simulated
    ],
)
def test_nothing_is_said_of_what_was_not_simulated(
    roles: dict[str, object], options: dict[str, object]
) -> None:
    assert told_of("clmm", [estimate("group[MS]")], roles, options) == (None,)


def test_nothing_is_said_of_what_has_no_truth_there() -> None:
    found = told_of(
        "clmm", [estimate("intercept"), estimate("0|1", "wald"), estimate("age", "x")], scores(), {}
    )
    assert found == (None, None, None)
    lacking = Estimate(
        quantity=ODDS_RATIO, term="group[MS]", estimate=1, conf_low=nan, interval="profile", n=9
    )
    assert told_of("clmm", [lacking], scores(), {}) == (None,)


@pytest.mark.parametrize("shape", ["binary", "rare events", "counts"])
def test_events_and_counts_are_recognized(shape: str) -> None:
    data = repeated.generalised(shape, "no effects", 200, np.random.default_rng(2))
    rows = People.of({"formula": data["formula"]})
    assert rows is not None
    assert (rows.n, rows.changing) == (200, frozenset({"hand", "score"}))
    assert shape_of_rows(rows, {"distribution": data["distribution"]}) == shape


def test_the_shape_of_numbers_is_that_of_residuals() -> None:
    """A large effect is not taken for a heavy tail or two humps, and people are counted, not rows."""
    rng = np.random.default_rng(3)
    data = repeated.averaged("normal", "no effects", 40, rng)
    frame = data["formula"].frame
    frame = frame.assign(score=frame["score"] + 30 * (frame["group"] == "MS") * (frame["hand"] == "right"))
    roles = {
        "formula": ModelData.of("score ~ group * hand + task", frame),
        "participant": data["participant"],
    }
    rows = People.of(roles)
    assert rows is not None
    assert rows.n == 40
    assert shape_of_rows(rows, {"distribution": "gaussian"}) == "normal"


def test_what_an_effect_is_depends_on_what_changes_within_people() -> None:
    changing = frozenset({"visit", "hand"})
    assert simulated_as("coefficient centre(age)", changing) == "coefficient between people"
    assert simulated_as("contrast visit[a: b] - visit[c]", changing) == "contrast within people"
    assert simulated_as("coefficient group[hand]", changing) == "coefficient between people"
    assert simulated_as("mean_difference") == "mean_difference"


def test_options_name_their_way() -> None:
    assert way_of("lmm", {}) == "kenward-roger"
    assert way_of("lmm", {"df_method": "satterthwaite"}) == "satterthwaite"
    assert way_of("gee", {"covariance": "robust", "level": 0.9}) == "robust-t"
    assert way_of("gee", {"correlation": "ar1"}) is None
    assert way_of("glmm", {"distribution": "negative-binomial"}) is None
    assert about_people("gee")
    assert not about_people("welch")
