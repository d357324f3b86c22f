"""What a bundle holds, and when there must not be one."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.bundle import Bundle
from mmstats.bundle.disclosure import told_lines
from mmstats.bundle.reading import bundle_of
from mmstats.bundle.summarise import summarise
from mmstats.bundle.writing import bundle_text
from mmstats.errors import BundleError, NotEstimableError
from mmstats.meta.cohort_least_squares import cohort_least_squares
from mmstats.meta.one_stage import one_stage
from mmstats.meta.sufficient import FloatArray, statistics
from mmstats.meta.two_stage import two_stage
from mmstats.mixed.heterogeneous import fit_heterogeneous
from tests.bundle.cohort import NAMES, TEXTS, bundled, drawn, factor
from tests.meta.cohorts import mixed_data

SEX = factor([0] * 20 + [1] * 28, "f", "m")


def test_pooling_from_bundles_is_pooling_from_rows() -> None:
    """The way of a bundle through its file costs no digit."""
    rows = {
        name: drawn(seed, n) for name, seed, n in (("A", 1, 40), ("B", 2, 52), ("C", 3, 36), ("D", 4, 44))
    }
    for shift, own in enumerate(rows.values()):
        own[:, 2] += 2 * shift * own[:, 1] * 0.05 + 1.5 * shift * own[:, 0]
    bundles = {name: bundled(own, cohort=name) for name, own in rows.items()}
    back = {name: bundle_of(bundle_text(one).encode(), name) for name, one in bundles.items()}
    parts = {name: one.statistics for name, one in back.items()}
    model: dict[str, Any] = {"common": ("group[MS]",), "own": ("age",), "random": ("group[MS]",)}
    ours = one_stage(parts, **model)
    swapped = {name: own[:, [1, 0, 2]] for name, own in rows.items()}
    data, codes = mixed_data(swapped)
    theirs = fit_heterogeneous(data, codes, tuple(f"cohort[{name}]" for name in rows))
    assert ours.coefficients[0] == pytest.approx(theirs.fit.coefficients[-1], rel=1e-8)
    assert ours.residual_sds == pytest.approx(theirs.residual_sds, rel=1e-8)
    assert ours.random_covariance == pytest.approx(theirs.fit.covariances[0], rel=1e-7, abs=1e-9)
    last = np.eye(9)[-1]
    assert ours.std_errors[0] == pytest.approx(theirs.kenward_roger().std_error(last), rel=1e-8)
    direct = {name: statistics(own, NAMES) for name, own in rows.items()}
    two = two_stage(parts, common=model["common"], own=model["own"])
    assert (
        two.estimates.tolist()
        == two_stage(direct, common=model["common"], own=model["own"]).estimates.tolist()
    )
    least = cohort_least_squares(parts, common=model["common"], own=model["own"])
    assert least.coefficients == pytest.approx(
        cohort_least_squares(direct, common=model["common"], own=model["own"]).coefficients, rel=1e-14
    )


def test_estimates_are_least_squares_of_the_cohort() -> None:
    found, rows = bundled().estimates, drawn()
    design = np.column_stack([np.ones(len(rows)), rows[:, :2]])
    beta, squares, *_ = np.linalg.lstsq(design, rows[:, 2], rcond=None)
    assert not isinstance(found, str)
    assert found.names == ("intercept", "group[MS]", "age")
    assert found.coefficients == pytest.approx(beta, rel=1e-10)
    assert found.covariance == pytest.approx(squares[0] / 45 * np.linalg.inv(design.T @ design), rel=1e-10)


def test_a_cohort_of_one_group_has_no_estimate_but_a_bundle() -> None:
    rows = drawn()
    rows[:, 0] = 0.0
    made = bundled(rows)
    assert "group[MS]" in str(made.estimates)
    assert json.loads(bundle_text(made))["estimates"] == {"reason": made.estimates}


@given(st.integers(0, 2**31))
def test_the_order_of_rows_tells_nothing(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(48)
    one = bundled(factors={"sex": SEX})
    two = bundled(drawn()[order], factors={"sex": factor(SEX.codes[order], "f", "m")}, previous=one)
    assert two is one  # the same but for rounding, so that the first one is given back


@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_offsets_and_units(offset: float) -> None:
    factors, offsets = np.array([1.0, 2.0**-3, 2.0**5]), np.array([0.0, offset, offset])
    one, two = bundled().estimates, bundled(drawn() * factors + offsets).estimates
    assert not isinstance(one, str)
    assert not isinstance(two, str)
    ratio = 32 / factors[:2]
    # an offset of 1e9 rounds the values themselves to 1e-7
    assert two.coefficients[1:] == pytest.approx(one.coefficients[1:] * ratio, rel=1e-6 if offset else 1e-12)
    assert two.std_errors[1:] == pytest.approx(one.std_errors[1:] * ratio, rel=1e-6 if offset else 1e-12)


def refused(rows: FloatArray | None = None, **others: Any) -> tuple[str, ...]:
    with pytest.raises(BundleError) as failed:
        bundled(rows, **others)
    return failed.value.problems


def changed(column: int, values: Any, at: Any = slice(None)) -> FloatArray:
    rows = drawn()
    rows[at, column] = values
    return rows


class TestRefusals:
    def test_a_column_that_few_have(self) -> None:
        few = np.zeros(48)
        few[:4] = 1
        (problem, *_) = refused(changed(0, few))
        assert problem == (
            "Column 'group[MS]': sums tell that 4 participants have the value 1; the least is 5. Join "
            "values, or leave the column out."
        )
        few[4:9] = 1
        assert bundled(changed(0, few)).statistics.count == 48

    def test_the_threshold_counts(self) -> None:
        half = np.zeros(48)
        half[:9] = 1
        assert (
            "9 participants have the value 1; the least is 10" in refused(changed(0, half), threshold=10)[0]
        )
        assert refused(threshold=2) == ("A threshold of 2 protects nobody; the least is 3.",)

    def test_a_column_that_is_nearly_always_the_same(self) -> None:
        dose = np.zeros(48)
        dose[:3] = [1.5, 2.5, 7.1]
        assert any("'age' is 0 for all but 3 participants" in text for text in refused(changed(1, dose)))

    def test_a_value_that_sums_tell(self) -> None:
        steps = np.tile([0.0, 1.0], 24)
        steps[:2] = 2
        assert any(
            "sums tell that 2 participants have the value 2" in text for text in refused(changed(1, steps))
        )

    def test_a_value_that_sums_within_a_group_tell(self) -> None:
        """In one group one person has 1 and all others 0: the sum of that group is 1."""
        rows = drawn()
        rows[:, 1] = np.where(rows[:, 0] == 1, 0.0, np.arange(48) % 4)
        rows[1, 1] = 1
        assert any(
            "'group[MS]' and 'age': sums of their products tell that 1 participant has 1 and 1" in text
            for text in refused(rows)
        )

    def test_two_columns_that_few_have_together(self) -> None:
        both = drawn()[:, 0].copy()
        both[:4] = 1 - both[:4]
        found = refused(changed(1, both))
        assert any("2 participants have 1 and 0" in text for text in found)

    def test_few_in_no_level(self) -> None:
        rows = np.column_stack([np.eye(3)[np.r_[[0] * 3, [1] * 22, [2] * 23]][:, 1:], drawn()[:, 2]])
        with pytest.raises(BundleError, match="3 participants are in none of them") as failed:
            summarise(rows, ("site[B]", "site[C]", "score"), **TEXTS)
        assert len(failed.value.problems) >= 1

    def test_few_degrees_of_freedom(self) -> None:
        rng = np.random.default_rng(1)
        rows = rng.standard_normal((14, 11))
        with pytest.raises(BundleError, match="leave 3 residual degrees of freedom after 11 coefficients"):
            summarise(rows, [f"x{at}" for at in range(11)], **TEXTS)

    def test_a_row_far_out(self) -> None:
        for column in (1, 2):
            (problem,) = refused(changed(column, 500.0, at=7))
            assert problem.startswith(("Row 8 has leverage 0.9", "Row 8 has leverage 1.00"))
            assert f"furthest out in '{NAMES[column]}'" in problem

    def test_identifiers(self) -> None:
        assert any("as identifiers have" in text for text in refused(changed(1, np.arange(101.0, 149.0))))
        people = factor(np.arange(48), *(f"p{at}" for at in range(48)))
        assert any("48 levels for 48 participants" in text for text in refused(factors={"person": people}))

    def test_a_level_that_the_model_tells(self) -> None:
        rows = drawn()
        stage = factor([0] * 45 + [1] * 3, "early", "late")
        lines = told_lines(np.column_stack([stage.codes, rows[:, 2]]), {"stage": stage})
        assert sorted(line.total for line in lines.values()) == [3, 45, 48]
        assert [line.total for line in told_lines(rows, {"stage": stage}).values()] == [48]

    def test_what_is_not_even_looked_at(self) -> None:
        found = refused(
            cohort="a\nb",
            formula="",
            factors={"sex": factor([0, 5], "f", "f"), "x": factor([0] * 47 + [7], "y")},
        )
        assert len(found) == 5
        assert any("2 values for 48 rows" in text for text in found)
        assert any("none of its 1 levels" in text for text in found)
        wide = factor(np.arange(48) % 20, *map(str, range(20)))
        assert any("400 combinations" in text for text in refused(factors={"x": wide, "y": wide}))
        with pytest.raises(NotEstimableError, match="Row 3: age is nan"):
            bundled(changed(1, np.nan, at=2))


def test_small_cells_are_not_told() -> None:
    group = factor(drawn()[:, 0].astype(int), "HC", "MS")
    few = np.zeros(48, dtype=np.int64)
    few[[0, 1, 3]] = 1
    made = bundled(factors={"group": group, "relapse": factor(few, "no", "yes")})
    assert made.counts is not None
    assert (made.counts.cells == -1).all()  # 24 in each group is known, so that 23 would tell 1
    told = bundled(factors={"sex": SEX, "group": group})
    assert told.counts is not None
    assert told.counts.cells.tolist() == [[10, 10], [14, 14]]


def test_a_second_bundle_of_the_same_people_is_refused() -> None:
    first = bundled()
    more = np.vstack([drawn(), [1.0, 40.0, 70.0]])
    with pytest.raises(BundleError, match="48 participants then, 49 now: what differs is about 1"):
        bundled(more, previous=first)
    with pytest.raises(BundleError, match="48 participants in both, but not the same content"):
        bundled(changed(2, 55.0, at=3), previous=first)
    with pytest.raises(BundleError, match="not the same content"):
        bundled(factors={"sex": SEX}, previous=first)
    assert isinstance(bundled(previous=first), Bundle)


def staged(ms: tuple[int, int, int], hc: tuple[int, int, int]) -> tuple[FloatArray, FloatArray]:
    """Return a group and a stage, with these numbers of people in each stage."""
    group = np.repeat([1.0, 0.0], [sum(ms), sum(hc)])
    return group, np.concatenate([np.repeat([0.0, 1.0, 2.0], ms), np.repeat([0.0, 1.0, 2.0], hc)])


def test_few_of_one_group_in_the_reference_level() -> None:
    """The columns' own cells are large; the rest of one group is not."""
    group, stage = staged((3, 12, 10), (14, 6, 7))
    score = 50 + np.random.default_rng(1).normal(0, 5, len(group))
    rows = np.column_stack([group, stage == 1, stage == 2, score])
    with pytest.raises(BundleError, match="3 participants with 'group' at 1 are in none of them") as failed:
        summarise(rows, ("group", "stage[1]", "stage[2]", "score"), **TEXTS)
    assert len(failed.value.problems) == 1


def test_a_cell_that_other_contrasts_tell() -> None:
    """Sum contrasts have no column of zeros and ones, but combinations of them are."""
    group, stage = staged((8, 13, 3), (10, 6, 8))
    score = 50 + np.random.default_rng(1).normal(0, 5, len(group))
    first, second = (stage == 0) * 1.0 - (stage == 2), (stage == 1) * 1.0 - (stage == 2)
    factors = {
        "group": factor(group.astype(int), "HC", "MS"), "stage": factor(stage.astype(int), "a", "b", "c")
    }  # fmt: skip
    with pytest.raises(BundleError) as failed:
        summarise(
            np.column_stack([group, first, second, score]),
            ("group", "s1", "s2", "score"),
            factors=factors,
            **TEXTS,
        )
    assert any("tell that 3 participants have group 'MS' and stage 'c'" in p for p in failed.value.problems)


def test_what_a_column_of_three_values_tells() -> None:
    """The sum of its squares tells how many have each value, but not how many of a group."""
    group, stage = staged((8, 9, 7), (10, 6, 8))
    score = 50 + np.random.default_rng(1).normal(0, 5, len(group))
    factors = {
        "group": factor(group.astype(int), "HC", "MS"), "stage": factor(stage.astype(int), "a", "b", "c")
    }  # fmt: skip
    lines = told_lines(np.column_stack([group, stage, score]), factors)
    assert sorted(line.total for line in lines.values()) == sorted([48, 24, 24, 18, 15, 15])


def test_sums_of_squares_tell_more_than_sums() -> None:
    group, score = np.repeat([0.0, 1.0], 12), np.repeat([0.0, 1, 3, 0, 1], [6, 3, 3, 10, 2])
    with pytest.raises(BundleError, match="3 participants have 0 and 3"):
        summarise(np.column_stack([group, score]), ("group", "score"), **TEXTS)


def test_zeros_are_told_only_where_the_columns_tell_them() -> None:
    rows, side = drawn(), factor(np.arange(48) // 2 % 2, "left", "right")
    stage = np.array([0, 1, 2, 1])[np.arange(48) // 2 % 4]  # nobody on the right has a or c
    made = bundled(rows, factors={"side": side, "stage": factor(stage, "a", "b", "c")})
    assert made.counts is not None
    assert not (made.counts.cells == 0).any()
    group = factor(rows[:, 0].astype(int), "HC", "MS", "other")
    told = bundled(rows, factors={"group": group})
    assert told.counts is not None
    assert told.counts.cells.tolist() == [24, 24, 0]
