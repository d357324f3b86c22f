"""Attempts to get a row, or a hidden count, back from what is shared."""

from contextlib import suppress
from itertools import combinations_with_replacement

import numpy as np
import pytest

from mmstats.bundle import Bundle, summarise
from mmstats.errors import BundleError
from mmstats.meta.sufficient import FloatArray, Statistics, statistics
from tests.bundle.cohort import NAMES, TEXTS, bundled, drawn, factor


def removed(whole: Statistics, part: Statistics) -> FloatArray:
    """Return the row that one summary has and another has not."""
    apart = part.distance(whole)
    return np.asarray(part.means + part.remainders + whole.count * apart)


class TestDifferences:
    """No sum of anything withstands this: it is refused where it can be seen, and the docs say so."""

    def test_two_summaries_that_differ_by_one_person_tell_all_of_them(self) -> None:
        rows, person = drawn(), np.array([1.0, 40.5, 71.25])
        before, after = statistics(rows, NAMES), statistics(np.vstack([rows, person]), NAMES)
        assert removed(after, before) == pytest.approx(person, abs=1e-9)

    def test_the_second_bundle_is_refused(self) -> None:
        first = bundled()
        with pytest.raises(BundleError, match="what differs is about 1"):
            bundled(np.vstack([drawn(), [1.0, 40.5, 71.25]]), previous=first)


class TestOnePersonsColumn:
    """A column for one person, or a group of one, gives back their outcome."""

    def test_the_attack(self) -> None:
        rows = drawn()
        rows[:, 1] = 0.0
        rows[7, 1] = 1.0
        found = statistics(rows, NAMES)
        mine = found.products[1, 2] + found.count * found.means[1] * found.means[2]
        assert mine == pytest.approx(rows[7, 2], rel=1e-12)

    def test_it_is_refused(self) -> None:
        rows = drawn()
        rows[:, 1] = 0.0
        rows[7, 1] = 1.0
        with pytest.raises(BundleError, match="1 participant has the value 1"):
            bundled(rows)


class TestSmallScores:
    """A search of all scores from 0 to 3 of two groups that the sums allow."""

    @staticmethod
    def solutions(found: Statistics, most: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Return the scores of both groups, sorted, that have these sums."""
        total = found.count * found.means
        treated = round(total[0])
        second = round(found.products[0, 1] + total[0] * total[1] / found.count)
        squares = round(found.products[1, 1] + total[1] ** 2 / found.count)
        first = round(total[1]) - second
        scores = range(most + 1)
        by_squares: dict[int, list[tuple[int, ...]]] = {}
        for one in combinations_with_replacement(scores, treated):
            if sum(one) == second:
                by_squares.setdefault(sum(v * v for v in one), []).append(one)
        return [
            (other, one)
            for other in combinations_with_replacement(scores, found.count - treated)
            if sum(other) == first
            for one in by_squares.get(squares - sum(v * v for v in other), [])
        ]

    @pytest.mark.parametrize("seed", range(30))
    def test_no_small_count_is_determined(self, seed: int) -> None:
        """Whatever may be shared leaves each number of people with one score in one group open."""
        rng, n = np.random.default_rng(seed), 16
        group = (np.arange(n) % 2).astype(np.float64)
        score = np.minimum(rng.poisson(0.8, n), 3).astype(np.float64)
        rows = np.column_stack([group, score])
        try:
            made = summarise(rows, ("group", "score"), **TEXTS)
        except BundleError:
            return
        found = self.solutions(made.statistics, 3)
        truth = tuple(tuple(sorted(score[group == g].astype(int).tolist())) for g in (0, 1))
        assert truth in found
        for side in (0, 1):
            for value in range(4):
                if 0 < truth[side].count(value) < 5:
                    assert len({one[side].count(value) for one in found}) > 1

    def test_some_of_these_cohorts_are_shared(self) -> None:
        """Else the test above could not fail."""
        shared = 0
        for seed in range(30):
            rng, group = np.random.default_rng(seed), (np.arange(16) % 2).astype(np.float64)
            score = np.minimum(rng.poisson(0.8, 16), 3).astype(np.float64)
            with suppress(BundleError):
                summarise(np.column_stack([group, score]), ("group", "score"), **TEXTS)
                shared += 1
        assert 3 <= shared < 30

    def test_without_control_the_search_finds_people(self) -> None:
        """One person of a group has score 1 and all others 0: the sums have one solution there."""
        group = (np.arange(16) % 2).astype(np.float64)
        score = np.where(group == 1, 0.0, np.arange(16) // 2 % 4)
        score[1] = 1
        rows = np.column_stack([group, score])
        found = self.solutions(statistics(rows, ("group", "score")), 3)
        assert {one[1] for one in found} == {(0,) * 7 + (1,)}
        with pytest.raises(BundleError, match="1 participant has 1 and 1"):
            summarise(rows, ("group", "score"), **TEXTS)


def hidden_counts(made: Bundle, group: int) -> set[int]:
    """Return every number that a bundle leaves for the first hidden cell of a group of known size."""
    assert made.counts is not None
    cells, size = made.counts.cells[group], round(made.statistics.count * made.statistics.means[0])
    size = size if group else made.statistics.count - size
    left = size - int(cells[cells >= 0].sum())
    assert (cells < 0).sum() > 1
    return set(range(left + 1))


def test_a_hidden_count_cannot_be_worked_out_from_the_sums() -> None:
    rows = drawn()
    group = factor(rows[:, 0].astype(int), "HC", "MS")
    stage = np.arange(48) // 2 % 3
    stage[(rows[:, 0] == 1) & (stage == 2)] = 1
    stage[[1, 3]] = 2  # two people with MS
    made = bundled(rows, factors={"group": group, "stage": factor(stage, "a", "b", "c")})
    assert made.counts is not None
    assert made.counts.cells[1, 2] == -1
    assert (made.counts.cells[1] == -1).sum() > 1
    assert len(hidden_counts(made, 1)) >= 5


def test_nothing_in_a_bundle_is_a_value_of_a_person() -> None:
    """No minimum, maximum or median: no number of the document is one of the rows'."""
    rows = drawn()
    rows[:, 1:] += np.random.default_rng(5).uniform(0, 1e-6, rows[:, 1:].shape)  # no value twice
    made = bundled(rows)

    def numbers(part: object) -> set[float]:
        if isinstance(part, dict):
            return set().union(*(numbers(one) for one in part.values()))
        if isinstance(part, list):
            return set().union(*(numbers(one) for one in part)) if part else set()
        return {float(part)} if isinstance(part, float) else set()

    values = set(rows[:, 1:].ravel().tolist())
    assert numbers(made.content)
    assert not numbers(made.content) & values
