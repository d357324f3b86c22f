"""What bundles tell together, and what a column tells beside its own square: tried, and then refused."""

from itertools import product

import numpy as np
import pytest

from mmstats.bundle import summarise
from mmstats.bundle.joint import Part, joint_problems
from mmstats.bundle.value_counts import told_problems
from mmstats.errors import BundleError
from mmstats.meta.sufficient import FloatArray, statistics
from tests.bundle.cohort import NAMES, TEXTS, drawn

EVERYBODY = np.arange(48)


def refused(rows: FloatArray, names: tuple[str, ...]) -> str:
    with pytest.raises(BundleError) as failed:
        summarise(rows, names, **TEXTS)
    return str(failed.value)


class TestDifferences:
    def test_the_attack(self) -> None:
        """Of all, and of all but one, in two models: what they share tells that one's values."""
        rows = drawn()
        one, two = statistics(rows[:, [0, 2]], ("group", "score")), statistics(rows[1:], NAMES)
        apart = 48 * one.means[1] - 47 * two.means[2]
        assert apart == pytest.approx(rows[0, 2], abs=1e-9)

    def test_it_is_refused(self) -> None:
        parts = {
            "short": Part(drawn()[:, [0, 2]], ("group[MS]", "score"), EVERYBODY),
            "long": Part(drawn()[1:], NAMES, EVERYBODY[1:]),
        }
        (problem,) = joint_problems(parts, 5)
        assert problem.startswith(
            "short and long together: their sums of group[MS], score differ by 1 participant; the least is 5."
        )

    @pytest.mark.parametrize(("left_out", "told"), [(0, 0), (1, 1), (4, 1), (5, 0)])
    def test_how_many_there_must_be(self, left_out: int, told: int) -> None:
        parts = {
            "a": Part(drawn(), NAMES, EVERYBODY),
            "b": Part(drawn()[left_out:], NAMES, EVERYBODY[left_out:]),
        }
        assert len(list(joint_problems(parts, 5))) == told

    def test_all_less_two_halves(self) -> None:
        """No two differ by few, but one of all less those of younger and of older people does."""
        rows, parts = drawn(), {}
        for name, at in (("all", EVERYBODY), ("young", EVERYBODY[:24]), ("old", EVERYBODY[25:])):
            parts[name] = Part(rows[at], NAMES, at)
        (problem,) = joint_problems(parts, 5)
        assert problem.startswith("all, young and old together:")
        assert "differ by 1 participant" in problem

    def test_models_of_different_variables_tell_nothing_of_each_other(self) -> None:
        parts = {
            "a": Part(drawn()[:, [0, 2]], ("group[MS]", "score"), EVERYBODY),
            "b": Part(drawn()[1:, [1]], ("age",), EVERYBODY[1:]),
        }
        assert list(joint_problems(parts, 5)) == []


STEPS = np.repeat([0.0, 1, 2, 3, 4], [19, 19, 15, 5, 2])


class TestMoments:
    """Five values, and the sums of their first to fourth powers."""

    def test_the_attack(self) -> None:
        part = statistics(np.column_stack([STEPS, STEPS**2]), ("steps", "square(steps)"))
        sums, squares = 60 * part.means, part.products + 60 * np.outer(part.means, part.means)
        moments = [60, sums[0], squares[0, 0], squares[0, 1], squares[1, 1]]
        counts = np.linalg.solve(np.vander(np.arange(5.0), increasing=True).T, moments)
        assert counts == pytest.approx([19, 19, 15, 5, 2], abs=1e-6)

    def test_it_is_refused_in_one_bundle(self) -> None:
        score = np.random.default_rng(1).normal(50, 9, 60)
        rows = np.column_stack([STEPS, STEPS**2, score])
        assert "2 participants have the value 4" in refused(rows, ("steps", "square(steps)", "score"))
        summarise(rows[:, [0, 2]], ("steps", "score"), **TEXTS)  # which alone leaves it open

    def test_it_is_refused_in_two(self) -> None:
        score, who = np.random.default_rng(1).normal(50, 9, 60), np.arange(60)
        parts = {
            "a": Part(np.column_stack([STEPS, score]), ("steps", "score"), who),
            "b": Part(np.column_stack([STEPS**2, score]), ("square(steps)", "score"), who),
        }
        alone = [list(told_problems(part.rows, part.names, 5)) for part in parts.values()]
        assert alone == [[], []]
        found = list(joint_problems(parts, 5))
        assert any("a and b together: Column 'steps': sums tell that 2" in text for text in found)


def test_logarithms_have_one_way_to_add_up() -> None:
    """The sum of logarithms tells how often each prime is among the values: here, how many have 5."""
    values = np.repeat([1.0, 2, 3, 4, 5], [15, 15, 13, 15, 2])
    total = np.log(values).sum()
    ways = {
        five
        for two, three, five in product(range(61), repeat=3)
        if abs(two * np.log(2) + three * np.log(3) + five * np.log(5) - total) < 1e-9
    }
    assert ways == {2}
    rows = np.column_stack([np.log(values), np.random.default_rng(1).normal(50, 9, 60)])
    assert "2 participants have the value 1.609" in refused(rows, ("log(edss)", "score"))


@pytest.mark.parametrize("few", [2, 3, 4])
def test_a_column_that_hardly_varies_but_for_few(few: int) -> None:
    rng = np.random.default_rng(1)
    rows = drawn()
    rows[:, 1] = rng.normal(0, 1e-4, 48)
    rows[:few, 1] += 1
    part = statistics(rows, NAMES)
    attack = part.products[1, 2] + 48 * part.means[1] * part.means[2]
    assert attack == pytest.approx(rows[:few, 2].sum(), abs=0.2)
    assert f"'age' hardly varies but for {few} participants" in refused(rows, NAMES)


def test_an_interaction_tells_squares_within_a_group() -> None:
    """Of 22, 5 and 3 people with MS: their number, sum and sum of squares solve for all three."""
    group = np.repeat([0.0, 1.0], 30)
    score = np.concatenate([np.repeat([0.0, 1, 2, 3], [10, 8, 6, 6]), np.repeat([0.0, 1, 2], [22, 5, 3])])
    rows = np.column_stack([group, score, group * score])
    within = np.linalg.solve(
        np.vander(np.arange(3.0), increasing=True).T, [group.sum(), rows[:, 2].sum(), (rows[:, 2] ** 2).sum()]
    )
    assert within == pytest.approx([22, 5, 3])
    assert list(told_problems(rows[:, :2], ("group", "score"), 5)) == []
    found = list(told_problems(rows, ("group", "score", "group:score"), 5))
    assert any("'group' and 'score': sums of their products tell that 3" in text for text in found)
