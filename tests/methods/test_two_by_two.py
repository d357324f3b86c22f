"""Two proportions: published tables, agreement of p and interval, and every awkward table."""

from fractions import Fraction
from itertools import product
from math import inf, isnan
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mmstats.effects import odds_ratio, risk_difference, risk_ratio
from mmstats.effects.two_proportions import (
    Table,
    score_interval,
    score_p_value,
    unconditional_interval,
    unconditional_p_value,
)
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.two_by_two import two_by_two

CONTRASTS = [risk_difference.CONTRAST, risk_ratio.CONTRAST, odds_ratio.CONTRAST]
NAMES = ["risk_difference", "risk_ratio", "odds_ratio"]


def columns(x1: int, n1: int, x0: int, n0: int) -> tuple[pd.Series, pd.Series]:
    events = [1] * x1 + [0] * (n1 - x1) + [1] * x0 + [0] * (n0 - x0)
    outcome = pd.Categorical.from_codes(events, categories=pd.Index(["no", "yes"]))
    group = pd.Categorical.from_codes([1] * n1 + [0] * n0, categories=pd.Index(["HC", "MS"]))
    return pd.Series(outcome), pd.Series(group)


def analyse(table: tuple[int, int, int, int], **options: Any) -> dict[str, Estimate]:
    return {e.quantity.name: e for e in two_by_two(*columns(*table), **options)}


# Newcombe (1998), Statistics in Medicine 17, 873-890, Table II, method 6 (Miettinen-Nurminen).
@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0528, 0.3382),
        ((9, 10, 3, 10), 0.1700, 0.8406),
        ((6, 7, 2, 7), 0.0342, 0.8534),
        ((5, 56, 0, 29), -0.0326, 0.1933),
        ((0, 10, 0, 20), -0.1658, 0.2844),
        ((0, 10, 0, 10), -0.2879, 0.2879),
        ((10, 10, 0, 20), 0.7156, 1.0),
    ],
)
def test_newcombe_1998(table: tuple[int, int, int, int], low: float, high: float) -> None:
    found = analyse(table)["risk_difference"]
    assert (round(found.conf_low, 4), round(found.conf_high, 4)) == (low, high)


@pytest.mark.parametrize("table", [(6, 7, 2, 7), (7, 30, 2, 30), (1, 8, 5, 8)])
def test_unconditional_p_is_twice_barnards_smaller_tail(table: tuple[int, int, int, int]) -> None:
    x1, n1, x0, n0 = table
    counts = [[x1, x0], [n1 - x1, n0 - x0]]
    barnard = 2 * min(stats.barnard_exact(counts, alternative=a, n=2048).pvalue for a in ("less", "greater"))
    # SciPy samples the nuisance proportion at random points, so it stays a little below the greatest value.
    assert unconditional_p_value(risk_difference.CONTRAST, Table(*table)) == pytest.approx(barnard, rel=1e-5)


def test_tables_that_tie_count_as_ties() -> None:
    # 4/15 and 9/15 tie with 6/15 and 11/15, which SciPy's barnard_exact misses by rounding: it gives 0.0801.
    seen = Fraction(-5 * abs(-5), 13 * 17)
    extreme = [
        (a, b)
        for a, b in product(range(16), repeat=2)
        if 0 < a + b < 30 and Fraction((a - b) * abs(a - b), (a + b) * (30 - a - b)) <= seen
    ]
    p = np.linspace(0, 1, 20_001)
    tail = sum(stats.binom.pmf(a, 15, p) * stats.binom.pmf(b, 15, p) for a, b in extreme).max()
    found = unconditional_p_value(risk_difference.CONTRAST, Table(4, 15, 9, 15))
    assert found == pytest.approx(2 * tail, rel=1e-6)  # the grid of 1/20,000 leaves 1e-7


TABLES = [
    Table(x1, n1, x0, n0)
    for n1, n0 in ((1, 1), (2, 3), (4, 4))
    for x1, x0 in product(range(n1 + 1), range(n0 + 1))
]


@pytest.mark.parametrize("contrast", CONTRASTS, ids=NAMES)
def test_score_p_and_interval_agree_in_every_small_table(contrast: object) -> None:
    for table, level in product(TABLES, (0.9,)):
        low, high = score_interval(contrast, table, level=level)  # type: ignore[arg-type]
        p = score_p_value(contrast, table)  # type: ignore[arg-type]
        assert (low <= contrast.quantity.null <= high) == (p >= 1 - level), (table, level)  # type: ignore[attr-defined]


@pytest.mark.parametrize("contrast", CONTRASTS, ids=NAMES)
def test_unconditional_p_and_interval_agree_in_every_small_table(contrast: object) -> None:
    for table in TABLES:
        low, high = unconditional_interval(contrast, table, level=0.9)  # type: ignore[arg-type]
        p = unconditional_p_value(contrast, table)  # type: ignore[arg-type]
        assert (low <= contrast.quantity.null <= high) == (p > 0.1), table  # type: ignore[attr-defined]
        at = contrast.estimate(table)  # type: ignore[attr-defined]
        assert isnan(at) or low <= at <= high, table


def test_boschloo_p_and_interval_agree_in_every_small_table() -> None:
    for table in TABLES:
        low, high = odds_ratio.boschloo_interval(table, level=0.9)
        assert (low <= 1 <= high) == (odds_ratio.boschloo_p_value(table) > 0.1), table
        at = odds_ratio.CONTRAST.estimate(table)
        assert isnan(at) or low <= at <= high, table


@pytest.mark.parametrize("table", [(6, 7, 2, 7), (7, 30, 2, 30), (1, 8, 5, 9), (0, 6, 3, 5), (9, 10, 3, 12)])
def test_boschloo_is_scipys(table: tuple[int, int, int, int]) -> None:
    x1, n1, x0, n0 = table
    p = stats.boschloo_exact([[x1, x0], [n1 - x1, n0 - x0]], n=1024).pvalue
    # SciPy samples the nuisance proportion at random points, so it stays a little below the greatest value.
    assert odds_ratio.boschloo_p_value(Table(*table)) == pytest.approx(min(p, 1), rel=1e-5)


def test_mid_p_and_interval_agree_in_every_small_table() -> None:
    for table in TABLES:
        if table.informative:
            low, high = odds_ratio.mid_p_interval(table, level=0.8)
            assert (low <= 1 <= high) == (odds_ratio.mid_p_value(table) >= 0.2), table
            assert low <= odds_ratio.conditional_estimate(table) <= high, table


def test_unconditional_coverage_is_at_least_the_level() -> None:
    # Exact coverage by summing over every table, no simulation: 4 and 5 people, several pairs of proportions.
    n1, n0 = 4, 5
    intervals = {
        (x1, x0): [unconditional_interval(c, Table(x1, n1, x0, n0), level=0.9) for c in CONTRASTS]
        for x1, x0 in product(range(n1 + 1), range(n0 + 1))
    }
    for p1, p0 in ((0.05, 0.3), (0.5, 0.5), (0.2, 0.9), (0.7, 0.65)):
        for i, contrast in enumerate(CONTRASTS):
            truth = contrast.value(p1, p0)
            covered = sum(
                stats.binom.pmf(x1, n1, p1) * stats.binom.pmf(x0, n0, p0)
                for (x1, x0), found in intervals.items()
                if found[i].low - 1e-9 <= truth <= found[i].high + 1e-9
            )
            assert covered >= 0.9, (contrast.quantity.name, p1, p0)


tables = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


@given(tables)
@settings(deadline=None, max_examples=15)
def test_swapping_groups_reverses(table: tuple[int, int, int, int]) -> None:
    x1, n1, x0, n0 = table
    here, there = analyse(table), analyse((x0, n0, x1, n1))
    for name in NAMES:
        a, b = here[name], there[name]
        if name == "risk_difference":
            expected = (-b.estimate, -b.conf_high, -b.conf_low)
        else:
            expected = tuple(inf if v == 0 else 1 / v for v in (b.estimate, b.conf_high, b.conf_low))  # type: ignore[assignment]
        assert (a.estimate, a.conf_low, a.conf_high) == pytest.approx(
            expected, rel=1e-8, abs=1e-9, nan_ok=True
        )
        assert a.p_value == pytest.approx(b.p_value)


@given(tables, st.randoms())
@settings(deadline=None, max_examples=15)
def test_order_of_rows_does_not_matter(table: tuple[int, int, int, int], random: object) -> None:
    outcome, group = columns(*table)
    order = list(range(len(outcome)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert repr(list(two_by_two(outcome, group))) == repr(
        list(two_by_two(outcome.iloc[order], group.iloc[order]))
    )


@given(tables)
@settings(deadline=None, max_examples=15)
def test_wider_with_level_and_holds_the_estimate(table: tuple[int, int, int, int]) -> None:
    for test in ("score", "fisher-midp"):
        narrow, wide = analyse(table, test=test, level=0.8), analyse(table, test=test, level=0.99)
        for name, a in narrow.items():
            assert wide[name].conf_low <= a.conf_low <= a.conf_high <= wide[name].conf_high
            assert isnan(a.estimate) or a.conf_low <= a.estimate <= a.conf_high


def test_nobody_has_the_event() -> None:
    found = analyse((0, 10, 0, 12))
    assert found["risk_difference"].estimate == 0
    assert -1 < found["risk_difference"].conf_low < 0 < found["risk_difference"].conf_high < 1
    for name in ("risk_ratio", "odds_ratio"):
        e = found[name]
        assert isnan(e.estimate)
        assert (e.conf_low, e.conf_high, e.p_value) == (0, inf, 1)
        assert "0/0" in e.note
    for test in ("fisher-midp", "boschloo"):
        assert isnan(analyse((0, 10, 0, 12), test=test)["odds_ratio"].estimate)


def test_everybody_has_the_event() -> None:
    found = analyse((10, 10, 12, 12))
    assert found["risk_ratio"].estimate == 1
    assert "nobody had no event" in found["odds_ratio"].note


def test_complete_separation_has_one_finite_end() -> None:
    for test in ("score", "unconditional", "boschloo", "fisher-midp"):
        e = analyse((8, 8, 0, 9), test=test)["odds_ratio"]
        assert e.estimate == e.conf_high == inf
        assert 1 < e.conf_low < inf
    assert analyse((8, 8, 0, 9))["risk_difference"].conf_high == 1


def test_a_small_expected_count_is_said() -> None:
    assert "expected count" in analyse((1, 10, 0, 30))["risk_difference"].note
    assert not analyse((5, 10, 4, 10))["risk_difference"].note


def test_refusals() -> None:
    outcome, group = columns(3, 5, 2, 5)
    with pytest.raises(NotEstimableError, match="Nobody is in the group 'HC'"):
        list(two_by_two(outcome[:5], group[:5]))
    with pytest.raises(NotEstimableError, match="outcome has 1 levels"):
        list(two_by_two(outcome.cat.remove_categories("no"), group))
    with pytest.raises(NotEstimableError, match="at most 40000"):
        analyse((10, 300, 10, 300), test="unconditional")


def test_a_large_table_is_finite() -> None:
    e = analyse((400, 100_000, 300, 90_000))["odds_ratio"]
    assert np.isfinite([e.estimate, e.conf_low, e.conf_high, e.p_value]).all()


def test_one_table_is_fitted_as_among_many() -> None:
    x1, x0 = (side.ravel() for side in np.meshgrid(np.arange(7.0), np.arange(10.0), indexing="ij"))
    for effect in (-1.0, -0.999, -0.3, 0.0, 1e-9, 0.5, 0.98, 1.0):
        together = risk_difference.CONTRAST.fit(effect, x1, 6, x0, 9)
        for place in range(len(x1)):
            one = slice(place, place + 1)
            alone = risk_difference.CONTRAST.fit(effect, x1[one], 6, x0[one], 9)
            assert (alone[0][0], alone[1][0]) == (together[0][place], together[1][place])
