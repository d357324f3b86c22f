import numpy as np

from mmstats.resampling.draws import index_draws


def test_the_draws_do_not_depend_on_the_size_of_the_chunks() -> None:
    whole, pieces = (
        [
            np.concatenate(parts)
            for parts in zip(*index_draws([7, 5], 100, np.random.default_rng(3), cells=c), strict=True)
        ]
        for c in (10_000, 37)
    )
    for a, b in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_chunk_exceeds_its_memory() -> None:
    chunks = list(index_draws([30, 20], 1_000, np.random.default_rng(1), cells=5_000))
    assert len(chunks) == 10
    assert max(sum(indices.size for indices in chunk) for chunk in chunks) == 5_000


def test_every_row_is_drawn_equally_often_and_only_from_its_own_group() -> None:
    (a, b) = next(index_draws([4, 3], 20_000, np.random.default_rng(5)))
    assert a.shape == (20_000, 4)
    assert b.shape == (20_000, 3)
    np.testing.assert_allclose(np.bincount(a.ravel(), minlength=4) / a.size, 1 / 4, atol=0.01)
    np.testing.assert_allclose(np.bincount(b.ravel(), minlength=3) / b.size, 1 / 3, atol=0.01)
    assert abs(np.corrcoef(a[:, 0], b[:, 0])[0, 1]) < 0.03
