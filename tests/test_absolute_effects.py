"""Absolute effects in a summary of findings, against published ones."""

from math import inf, nan

import pytest

from mmstats.absolute_effects import corresponding_risk, reference_risk
from mmstats.tables.findings import per_thousand
from tests.review_study import TRIALS, computed


@pytest.mark.parametrize(
    ("assumed", "ratios", "printed"),
    [
        (10, (0.10, 0.04, 0.26), (1, 0, 3)),  # Cochrane Handbook 5.1, figure 11.5.a: symptomless thrombosis
        (30, (0.10, 0.04, 0.26), (3, 1, 8)),  # the same where the risk is high
        (13, (0.45, 0.18, 1.13), (6, 2, 15)),  # the same figure: superficial vein thrombosis
        (400, (0.83,), (400 - 68,)),  # GRADE handbook: 68 fewer per 1,000
        (479, (0.46, 0.63, 0.34), (479 - 259, 479 - 177, 479 - 316)),  # Kahn et al. 2012 (Chest), table 24
        (210, (1.01, 0.61, 1.67), (210 + 2, 210 - 82, 210 + 141)),  # the same table: recurrence
        (579, (0.96, 0.70, 1.31), (579 - 23, 579 - 174, 579 + 179)),  # the same paper, table 25
    ],
)
def test_risk_ratios_give_the_published_risks(
    assumed: float, ratios: tuple[float, ...], printed: tuple[int, ...]
) -> None:
    found = [round(1000 * corresponding_risk(assumed / 1000, "RR", ratio)) for ratio in ratios]
    assert found == list(printed)


def test_an_odds_ratio_gives_the_published_risk_ratio() -> None:
    """GRADE handbook: OR 0.64 and 112 events of 438 are RR 0.70, which it rounds before it says 77 fewer."""
    assumed = 112 / 438
    found = corresponding_risk(assumed, "OR", 0.64)
    assert round(found / assumed, 2) == 0.70  # the handbook
    assert round(1000 * 0.256 * (1 - 0.70)) == 77  # the handbook's second step
    assert round(1000 * (assumed - found)) == 75  # without the rounding between


def test_an_odds_ratio_multiplies_the_odds() -> None:
    for assumed in (0.01, 0.3, 0.9):
        found = corresponding_risk(assumed, "OR", 2.5)
        assert found / (1 - found) == pytest.approx(2.5 * assumed / (1 - assumed))


def test_risks_stay_between_0_and_1_and_nothing_known_gives_nothing() -> None:
    assert corresponding_risk(0.6, "RR", 3) == corresponding_risk(0.6, "OR", inf) == 1
    assert corresponding_risk(0.02, "RD", -0.05) == 0
    assert corresponding_risk(0.25, "RD", -0.05) == pytest.approx(0.2)
    assert [per_thousand(corresponding_risk(*given)) for given in ((nan, "RR", 1), (0.1, "RR", nan))] == [
        "–"
    ] * 2


def test_the_assumed_risk_is_the_median_of_reference_groups() -> None:
    results = computed()
    risks = sorted(cases / (cases + rest) for _, _, _, _, _, cases, rest, *_ in TRIALS)
    risk, studies = reference_risk(results, results["counts"])
    assert studies == 13
    assert risk == pytest.approx(risks[6], rel=0.05)
    assert reference_risk(results, results["bcg"])[1] == 0
