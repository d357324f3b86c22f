import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mmstats.effects.hodges_lehmann import inverted_limits, shifts, walsh_averages

scores = st.lists(st.integers(-4, 5), min_size=1, max_size=7).map(lambda v: np.array(v, dtype=float))


@given(scores, scores, st.floats(0.25, 12))
def test_limits_are_the_ends_of_the_shifts_that_are_not_rejected(
    x: np.ndarray, y: np.ndarray, critical: float
) -> None:
    low, high = inverted_limits(shifts(x, y), critical)
    grid = np.arange(-10.25, 10.5, 0.125)
    distance = [
        abs(np.sum((x[:, None] - s > y) + 0.5 * (x[:, None] - s == y)) - x.size * y.size / 2) for s in grid
    ]
    kept = grid[np.array(distance) < critical]
    if np.isinf(low):
        assert kept[0] == grid[0]
        assert kept[-1] == grid[-1]
    elif not kept.size:  # a level so low that even the centre is rejected
        assert low == high
    else:
        # A limit is a difference; the kept shifts reach it, or stop short of it by less than the grid.
        assert 0 <= kept[0] - low <= 0.125
        assert 0 <= high - kept[-1] <= 0.125


@given(scores)
def test_walsh_averages_count_the_signed_ranks(d: np.ndarray) -> None:
    from scipy.stats import rankdata

    ranks = rankdata(np.abs(d))
    pratt = np.sum(np.sign(d) * ranks) / 2
    averages = walsh_averages(d)
    assert np.sum(averages > 0) + 0.5 * np.sum(averages == 0) - averages.size / 2 == pratt
