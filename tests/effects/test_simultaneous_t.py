import numpy as np
import pytest
from scipy import stats

from mmstats.effects.simultaneous_t import critical_value, dunnett_tail, tukey_tail


@pytest.mark.parametrize("df", [1, 1.5, 4, 30, 1_000, 1e7])
@pytest.mark.parametrize("t_value", [0.01, 1, 2.5, 8, 1e4])
def test_one_comparison_is_students_t(t_value: float, df: float) -> None:
    exact = 2 * stats.t.sf(t_value, df)
    if exact > 1e-100:
        assert tukey_tail(t_value, 2, df) == pytest.approx(exact, rel=1e-12)
        assert dunnett_tail(t_value, (9,), 4, df) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("groups", [3, 5, 12])
def test_the_studentized_range_is_scipys_where_that_is_exact(groups: int) -> None:
    for df in (2.5, 8, 40):
        for q in (1.5, 3.0, 5.0):
            expected = stats.studentized_range.sf(q, groups, df)
            assert tukey_tail(q / np.sqrt(2), groups, df) == pytest.approx(expected, abs=1e-9)


def test_few_degrees_of_freedom_and_far_tails() -> None:
    # The tail of t with 2 df falls as t^-2, however far: SciPy's range gives 0 here.
    near, far = tukey_tail(1e4, 3, 2), tukey_tail(1e5, 3, 2)
    assert near / far == pytest.approx(100, rel=1e-6)
    assert stats.studentized_range.sf(1e4 * np.sqrt(2), 3, 2) < near / 10


def test_comparisons_with_one_reference_are_between_one_and_bonferroni() -> None:
    one = 2 * stats.t.sf(2.3, 20)
    for sizes in ((7, 7, 7), (2, 90, 400)):
        tail = dunnett_tail(2.3, sizes, 7, 20)
        assert one < tail < 3 * one
        assert dunnett_tail(2.3, sizes[::-1], 7, 20) == pytest.approx(tail, rel=1e-13)
    assert dunnett_tail(2.3, (7, 7, 7), 10**12, 1e9) == pytest.approx(
        1 - (1 - 2 * stats.norm.sf(2.3)) ** 3, rel=1e-5
    )


def test_the_critical_value_has_its_tail() -> None:
    for alpha in (0.5, 0.1, 0.01, 1e-6):
        t_value = critical_value(lambda t: tukey_tail(t, 4, 9), 6, 9, alpha=alpha)
        assert tukey_tail(t_value, 4, 9) == pytest.approx(alpha, rel=1e-9)


def test_the_ends() -> None:
    assert tukey_tail(0, 3, 5) == dunnett_tail(0, (3, 4), 5, 9) == 1
    assert tukey_tail(np.inf, 3, 5) == 0
