"""Covariances of sampling errors, element by element."""

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.meta.sampling_covariance import sampling_covariance

V = np.array([0.04, 0.09, 0.01, 0.16, 0.25])


def test_each_element() -> None:
    """Two outcomes of study 1 at times 0 and 2, of which one row is of other people; study 2 alone."""
    made = sampling_covariance(
        V, [1, 1, 1, 1, 2], 0.5,
        outcome=["a", "b", "a", "a", "a"], subgroup=[1, 1, 1, 2, 1],
        time=np.array([0.0, 0, 2, 0, 0]), phi=0.8,
    ).toarray()  # fmt: skip
    s = np.sqrt(V)
    wanted = np.diag(V)
    wanted[0, 1] = wanted[1, 0] = 0.5 * s[0] * s[1]
    wanted[0, 2] = wanted[2, 0] = 0.8**2 * s[0] * s[2]
    wanted[1, 2] = wanted[2, 1] = 0.5 * 0.8**2 * s[1] * s[2]
    assert made == pytest.approx(wanted, rel=1e-14)


def test_order_does_not_matter() -> None:
    study, order = np.array(["x", "y", "x", "y", "x"]), np.array([3, 1, 4, 0, 2])
    whole = sampling_covariance(V, study, 0.3).toarray()
    moved = sampling_covariance(V[order], study[order], 0.3).toarray()
    assert moved == pytest.approx(whole[np.ix_(order, order)], rel=1e-14)


def test_all_clusters_that_are_not_positive_definite_are_named() -> None:
    """Three effects that correlate by -0.6 each cannot be; two can."""
    with pytest.raises(NotEstimableError) as said:
        sampling_covariance(np.ones(8), ["a", "a", "a", "b", "b", "c", "c", "c"], -0.6)
    assert "Cluster 'a' (3 effects)" in str(said.value)
    assert "Cluster 'c'" in str(said.value)
    assert "'b'" not in str(said.value)
    with pytest.raises(NotEstimableError, match="Cluster '1'"):
        sampling_covariance(np.ones(2), [1, 1], 1.0)


def test_what_is_refused() -> None:
    with pytest.raises(NotEstimableError) as said:
        sampling_covariance(np.array([1.0, 0.0, np.nan]), [1, 1, 2], 1.5, phi=2)
    for part in (
        "Row 2: its variance is 0",
        "Row 3: its variance is nan",
        "rho is 1.5",
        "phi is 2",
        "without times",
    ):
        assert part in str(said.value)
    with pytest.raises(NotEstimableError, match="Row 2: its time is nan"):
        sampling_covariance(np.ones(2), [1, 1], time=np.array([0, np.nan]), phi=0.5)
