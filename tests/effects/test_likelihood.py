"""Separation, found with some rows of the cone at a time."""

import numpy as np
import pytest
from scipy import optimize

from mmstats.effects.likelihood import Recession


def farthest(cone: np.ndarray, aim: np.ndarray) -> float:
    """Return the answer of one linear program with every row."""
    found = optimize.linprog(-aim, A_ub=-cone, b_ub=np.zeros(len(cone)), bounds=(-1, 1), method="highs")
    return float(aim @ found.x)


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_few_rows_at_a_time_give_the_answer_of_all(seed: int, apart: bool) -> None:
    rng = np.random.default_rng(seed)
    columns = np.column_stack([np.ones(6000), rng.normal(size=(6000, 3))])
    side = columns @ [0.3, 1, -1, 0.5]
    event = (side > 0) if apart else (side + 0.02 * rng.normal(size=6000) > 0)
    cone = columns * np.where(event, 1, -1)[:, None]
    cone /= np.abs(cone).max()
    found = Recession(cone)
    assert found.separated == apart
    for aim in (*np.eye(4), cone.sum(axis=0)):
        assert found._farthest(aim) == pytest.approx(farthest(cone, aim), abs=1e-5)
    assert found.end(np.eye(4)[1]) == (np.inf if apart else 0.0)
