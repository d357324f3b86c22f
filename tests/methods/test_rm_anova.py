from dataclasses import replace
from itertools import pairwise
from math import isnan, log
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from mmstats.effects.repeated_anova import repeated_anova, sphericity_p
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.rm_anova import rm_anova

HANDS, TASKS = ["left", "right", "both"], ["tap", "trace"]


def table(people: int = 9, seed: int = 1) -> pd.DataFrame:
    """Every participant, hand and task, with participants in two groups."""
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product([range(people), HANDS, TASKS], names=["who", "hand", "task"])
    frame = rows.to_frame(index=False)
    frame["taps"] = rng.normal(40, 3, len(frame)) + rng.normal(0, 5, people)[frame.who]
    frame["hand"], frame["task"] = pd.Categorical(frame.hand, HANDS), pd.Categorical(frame.task, TASKS)
    frame["group"] = pd.Categorical(np.where(frame.who < 4, "HC", "MS"))
    frame["who"] = "p" + frame.who.astype(str)
    return frame


def rows(frame: pd.DataFrame, *within: str, grouped: bool = False, **options: Any) -> dict[str, Estimate]:
    group = frame.group if grouped else None
    found = rm_anova(frame.taps, frame.who, frame[list(within)], group, **options)
    return {f"{e.quantity.name} {e.term}": e for e in found}


def test_two_levels_are_the_paired_t_test() -> None:
    frame = table()
    frame = frame[(frame.hand == "left")]
    found = rows(frame, "task")["f_test task"]
    wide = frame.pivot(index="who", columns="task", values="taps")
    test = stats.ttest_rel(wide.trace, wide.tap)
    assert (found.estimate, found.p_value) == pytest.approx((test.statistic**2, test.pvalue))
    assert (found.df, found.df2, found.n) == (1, 8, 18)


def test_the_interaction_with_two_groups_compares_their_differences() -> None:
    frame = table()
    frame = frame[(frame.hand == "left")]
    found = rows(frame, "task", grouped=True)
    wide = frame.pivot(index="who", columns="task", values="taps")
    change, total = wide.trace - wide.tap, wide.trace + wide.tap
    first = wide.index.isin(frame.who[frame.group == "HC"])
    for term, values in (("group:task", change), ("group", total)):
        test = stats.ttest_ind(values[~first], values[first])
        e = found[f"f_test {term}"]
        assert (e.estimate, e.p_value) == pytest.approx((test.statistic**2, test.pvalue))
    middle = (change[first].mean() + change[~first].mean()) / 2  # each group alike, however many there are
    spread = (change[first].var() * 3 + change[~first].var() * 4) / 7
    assert found["f_test task"].estimate == pytest.approx(middle**2 / (spread * (1 / 4 + 1 / 5) / 4))


def test_terms_come_in_the_order_of_the_factors() -> None:
    found = [
        e.term for e in rows(table(), "hand", "task", grouped=True).values() if e.quantity.name == "f_test"
    ]
    assert found == ["group", "hand", "group:hand", "task", "group:task", "hand:task", "group:hand:task"]


def test_neither_the_order_of_rows_nor_that_of_levels_or_factors_matters() -> None:
    frame = table()
    before = rows(frame, "hand", "task", grouped=True)
    moved = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    moved["hand"] = moved.hand.cat.reorder_categories(["both", "left", "right"])
    moved["group"] = moved.group.cat.reorder_categories(["MS", "HC"])
    for after in (rows(moved, "hand", "task", grouped=True), rows(moved, "task", "hand", grouped=True)):
        for key, e in before.items():
            other = after.get(key) or after[key.replace("hand:task", "task:hand")]
            assert (other.estimate, other.p_value) == pytest.approx((e.estimate, e.p_value), nan_ok=True)


def test_the_correction_only_moves_degrees_of_freedom() -> None:
    frame = table()
    plain, greenhouse, huynh = (
        rows(frame[frame.task == "tap"], "hand", correction=c)
        for c in ("none", "greenhouse-geisser", "huynh-feldt")
    )
    epsilon = greenhouse["greenhouse_geisser_epsilon hand"].estimate
    assert 1 / 2 <= epsilon <= huynh["huynh_feldt_epsilon hand"].estimate <= 1
    assert greenhouse["f_test hand"].df == pytest.approx(2 * epsilon)
    assert greenhouse["f_test hand"].df2 == pytest.approx(16 * epsilon)
    assert {e["f_test hand"].estimate for e in (plain, greenhouse, huynh)} == {plain["f_test hand"].estimate}


def test_incomplete_participants_are_counted_and_left_out() -> None:
    frame = table().drop(index=[0, 7])  # of the first and of the second
    whole = frame[~frame.who.isin(["p0", "p1"])]
    found, plain = rows(frame, "hand", "task"), rows(whole, "hand", "task")
    assert (
        "7 participants with all 6 cells. 2 others who lacked a cell were left out"
        in found["f_test hand"].note
    )
    assert "lmm" in found["f_test hand"].note
    for key, e in plain.items():
        assert replace(found[key], note=e.note).estimate == e.estimate


@pytest.mark.parametrize(
    ("change", "within", "grouped", "message"),
    [
        (lambda f: f, (), False, "there are 0"),
        (lambda f: f.assign(third=f.hand), ("hand", "task", "third"), False, "there are 3"),
        (lambda f: f[f.hand == "left"], ("hand",), False, "'hand' has 1 level; it needs 2"),
        (lambda f: f, ("hand",), False, "9 participants have more than one row in a cell of hand"),
        (
            lambda f: f.assign(group=f.task),
            ("hand", "task"),
            True,
            "9 participants are in more than one group",
        ),
        (lambda f: f[f.group == "HC"], ("hand", "task"), True, "one group only"),
        (
            lambda f: f[(f.group == "HC") | (f.hand == "left")],
            ("hand", "task"),
            True,
            "Nobody in 'MS' has all 6",
        ),
        (lambda f: f[f.who == "p1"], ("hand", "task"), False, "there are 1 and 1"),
        (lambda f: f.drop(index=range(0, 54, 6)), ("hand", "task"), False, "there are 0 and 1"),
    ],
)
def test_says_what_is_wrong_with_the_rows(change, within, grouped, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotEstimableError, match=message):
        rows(change(table()), *within, grouped=grouped)


def test_all_problems_come_at_once() -> None:
    frame = table().assign(group=pd.Categorical(table().task))
    with pytest.raises(NotEstimableError) as caught:
        rows(frame, "hand", grouped=True)
    assert len(caught.value.problems) == 2


def test_nothing_is_known_where_participants_do_not_differ() -> None:
    frame = table()
    level = dict(zip(HANDS, (1.0, 2.0, 4.0), strict=True))
    frame["taps"] = frame.hand.map(level).astype(float) + frame.who.str[1:].astype(float)
    frame = frame[frame.task == "tap"]
    found = rows(frame, "hand")
    for key in ("f_test", "greenhouse_geisser_epsilon", "huynh_feldt_epsilon", "mauchly_w"):
        assert isnan(found[f"{key} hand"].estimate)
        assert "do not differ" in found[f"{key} hand"].note
    assert found["partial_eta_squared hand"].estimate == 1


def test_generalised_eta_squared_of_a_design_without_groups_shares_the_whole_variance() -> None:
    strata = repeated_anova(np.random.default_rng(2).normal(size=(8, 6)), (3, 2), np.zeros(8, dtype=np.int64))
    explained = sum(s.effect for s in strata if s.within)
    errors = sum(s.error for s in strata)
    cells = np.random.default_rng(2).normal(size=(8, 6))
    assert explained + errors == pytest.approx(((cells - cells.mean()) ** 2).sum())


def test_mauchly_has_the_distribution_of_its_moments() -> None:
    """Against the inversion of its characteristic function along the real axis, and closed where d is 2."""
    for n, w in ((5, 0.3), (5, 1e-4), (40, 0.9)):
        assert sphericity_p(-log(w), 2, n) == pytest.approx(w ** ((n - 1) / 2), rel=1e-10)
    for d, n, w in ((3, 4, 0.1), (4, 13, 0.16), (6, 20, 0.2)):
        i = np.arange(1, d)
        a, both = (n - i) / 2, (n - i) / 2 + i * (0.5 + 1 / d)

        def along(t: float, a: np.ndarray = a, both: np.ndarray = both, w: float = w) -> float:
            s = -1j * t
            logs = (
                special.loggamma(a + s)
                - special.loggamma(a)
                + special.loggamma(both)
                - special.loggamma(both + s)
            )
            return float((np.exp(logs.sum() + 1j * t * log(w)) / t).imag)

        ends = [1e-9, 1, 5, 25, 100, 400]
        area = sum(integrate.quad(along, *pair, limit=400, epsabs=1e-11)[0] for pair in pairwise(ends))
        assert sphericity_p(-log(w), d, n) == pytest.approx(0.5 + area / np.pi, abs=1e-7)


def test_mauchly_rejects_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    found = []
    for _ in range(2_000):
        stratum = repeated_anova(rng.normal(size=(5, 4)), (4,), np.zeros(5, dtype=np.int64))[1]
        found.append(stratum.mauchly()[1])
    assert stats.kstest(found, "uniform").pvalue > 0.01
