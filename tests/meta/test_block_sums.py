"""Sums over blocks, against matrices written out: small blocks by loops, large ones by LAPACK."""

import numpy as np
import pytest

from mmstats.meta.block_sums import FEW, derivative_sums, inverse, inverses


@pytest.mark.parametrize("m", [1, 2, FEW, FEW + 1, 2 * FEW])
def test_an_inverse_and_its_logarithm(m: int) -> None:
    root = np.random.default_rng(m).normal(size=(m, m + 2))
    matrix = root @ root.T
    found, log = inverse(matrix)
    np.testing.assert_allclose(found @ matrix, np.eye(m), atol=1e-9 * np.linalg.cond(matrix) ** 0.5)
    assert log == pytest.approx(np.linalg.slogdet(matrix)[1], rel=1e-12, abs=1e-12)


def test_what_is_not_positive_definite_has_no_logarithm() -> None:
    assert np.isnan(inverse(np.array([[1.0, 2.0], [2.0, 1.0]]))[1])


@pytest.mark.parametrize("m", [4, FEW + 3])
def test_sums_of_a_filled_block_are_those_of_matrices(m: int) -> None:
    rng = np.random.default_rng(m)
    size, p, elements = m - 1, 2, 3
    codes = np.full((2, 1, m, m), elements)
    codes[0, 0, :size, :size] = np.where(np.eye(size, dtype=bool), 0, 1)
    codes[1, 0, :size, :size] = np.where(np.eye(size, dtype=bool), 2, elements)
    values, sampling = np.array([0.9, 0.3, 0.4, 0.0]), np.diag(rng.uniform(0.5, 2, m))[None]
    first = np.array([[1.3, 0.4, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.8, 0.0]])
    x, score = rng.normal(size=(m, p)), rng.normal(size=(1, m))
    sizes = np.array([size])
    weights, _ = inverses(sampling, codes, values, sizes)
    along = weights @ x[None]
    covariance = np.array([[0.5, 0.1], [0.1, 0.7]])
    term = np.array([0, 0, 1])
    sums, traces, squares, pulled, single = derivative_sums(
        weights, along, score, covariance, codes, first, term, sizes
    )

    w = np.linalg.inv((sampling[0] + values[codes].sum(axis=0)[0])[:size, :size])
    np.testing.assert_allclose(weights[0, :size, :size], w, rtol=1e-10, atol=1e-12)
    assert not weights[0, size:].any()
    x, s = x[:size], score[0, :size]
    d = [first[a][codes[term[a], 0]][:size, :size] for a in range(3)]
    inner = w - w @ x @ covariance @ x.T @ w - np.outer(s, s)
    expected = [inner[codes[0, 0, :size, :size] == one].sum() for one in (0, 1)]
    np.testing.assert_allclose(sums[:3], [*expected, np.trace(inner)], rtol=1e-10)
    for a in range(3):
        np.testing.assert_allclose(pulled[a], s @ d[a] @ w @ x, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(single[a], x.T @ w @ d[a] @ w @ x, rtol=1e-9, atol=1e-12)
        for b in range(3):
            corrected = np.trace(covariance @ x.T @ w @ d[a] @ w @ d[b] @ w @ x)
            assert traces[a, b] == pytest.approx(np.trace(w @ d[a] @ w @ d[b]) - 2 * corrected, rel=1e-9)
            assert squares[a, b] == pytest.approx(s @ d[a] @ w @ d[b] @ s, rel=1e-9, abs=1e-12)
