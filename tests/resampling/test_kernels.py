"""Compiled loops against plain NumPy: the same draws, and the same numbers to 12 digits."""

from collections.abc import Sequence

import numpy as np
import pytest

from mmstats.resampling import statistics
from mmstats.resampling.design import groups, inner_weights, one_sample, resample_weights
from mmstats.resampling.kernels import drawing, splitting
from mmstats.resampling.statistic import Statistic
from tests.resampling import plain

SEEDS = np.array([2**63 + 12345, 987654321], dtype=np.uint64)
rng = np.random.default_rng(1)
SAMPLES = {
    "even": (rng.normal(size=8), rng.normal(0.5, 2, 12)),
    "odd": (rng.normal(size=7), rng.normal(0.5, 2, 11)),
    "scores": (rng.integers(0, 5, 9).astype(float), rng.integers(0, 4, 14).astype(float)),
    "pair": (rng.normal(size=13), rng.normal(size=13)),
    "tied pair": (rng.integers(0, 4, 16).astype(float), rng.integers(0, 3, 16).astype(float)),
}
TWO = {
    "mean_difference": statistics.MEAN_DIFFERENCE,
    "hedges_g": statistics.HEDGES_G,
    "superiority": statistics.SUPERIORITY,
    "median_difference": statistics.MEDIAN_DIFFERENCE,
    "trimmed_mean_difference": statistics.trimmed_mean_difference(0.2),
}
PAIRS = {
    "pearson_r": statistics.PEARSON_R,
    "spearman_rho": statistics.SPEARMAN_RHO,
    "kendall_tau": statistics.KENDALL_TAU,
}
CASES = [(name, s, sample) for name, s in TWO.items() for sample in ("even", "odd", "scores")]
CASES += [(name, s, sample) for name, s in PAIRS.items() for sample in ("pair", "tied pair")]
ids = [f"{name}-{sample}" for name, _, sample in CASES]


@pytest.mark.parametrize("size", [1, 2, 7, 20, 3_001])
@pytest.mark.parametrize("first", [0, 5])
def test_counts_are_those_of_the_plain_draws(size: int, first: int) -> None:
    weights = np.full((4, size + 2), -1.0)
    drawing.draw_counts(weights, 1, size, SEEDS[0], first)
    want = plain.counts(plain.indices(size, int(SEEDS[0]), first, 4), size)
    assert np.array_equal(weights[:, 1:-1], want)
    assert (weights[:, [0, -1]] == -1).all()


def test_indices_are_uniform_and_independent() -> None:
    drawn = np.empty(2_000_000, dtype=np.uint32)
    drawing.draw_indices(drawn, 20, SEEDS[1], 0)
    expected = len(drawn) / 20
    assert ((np.bincount(drawn) - expected) ** 2 / expected).sum() < 43.8  # chi-squared, 19 df, p = 0.001
    pairs = np.bincount(drawn[::2] * 20 + drawn[1::2], minlength=400)
    assert ((pairs - 2_500) ** 2 / 2_500).sum() < 492  # 399 df, p = 0.001
    neighbours = np.bincount(drawn[1:-1:2] * 20 + drawn[2::2], minlength=400)
    expected = len(drawn[1:-1:2]) / 400
    assert ((neighbours - expected) ** 2 / expected).sum() < 492


def arranged(name: str, sample: str) -> Sequence[np.ndarray]:
    x, y = SAMPLES[sample]
    if name in PAIRS:
        order = np.lexsort((y, x))
        return [x[order], y[order]]
    return [np.sort(x), np.sort(y)]


@pytest.mark.parametrize(("name", "statistic", "sample"), CASES, ids=ids)
def test_statistics_are_those_of_the_plain_resamples(name: str, statistic: Statistic, sample: str) -> None:
    x, y = arranged(name, sample)
    design = one_sample(len(x)) if name in PAIRS else groups([x, y])
    seeds = SEEDS[: len(design.sizes)]
    (weights,) = resample_weights(design, seeds, 3, 60)
    found = statistic.bind([x, y])(weights, spread=True)
    drawn = [plain.indices(n, int(seed), 3, 57) for n, seed in zip(design.sizes, seeds, strict=True)]
    rows = [(x[i], y[j]) for i, j in zip(drawn[0], drawn[-1], strict=True)]
    with np.errstate(all="ignore"):
        want = np.array([getattr(plain, name)(*row) for row in rows]).T
    assert found[0] == pytest.approx(want[0], rel=1e-12, abs=1e-14, nan_ok=True)
    known = np.isfinite(want[1]) & np.isfinite(want[0])
    assert found[1][known] == pytest.approx(want[1][known], rel=1e-11, abs=1e-12)
    if statistic.bind_drawn:
        for spread in (True, False):
            fused = statistic.bind_drawn([x, y])(seeds, 3, 57, spread=spread)
            assert fused[0] == pytest.approx(want[0], rel=1e-12, abs=1e-13, nan_ok=True)
            if spread:
                assert fused[1][known] == pytest.approx(want[1][known], rel=1e-11, abs=1e-12)


@pytest.mark.parametrize(("name", "statistic"), TWO.items(), ids=TWO.keys())
def test_exchanging_the_groups_mirrors_every_replicate_to_the_last_bit(
    name: str, statistic: Statistic
) -> None:
    x, y = arranged(name, "odd")
    here, there = groups([x, y]), groups([y, x])
    ours, theirs = (
        next(resample_weights(d, d.seeds(np.random.default_rng(3)), 0, 200)) for d in (here, there)
    )
    one = statistic.bind([x, y])(ours, spread=True)
    two = statistic.bind([y, x])(theirs, spread=True)
    if name == "superiority":  # mirrored about one half, which rounds
        assert one[0] == pytest.approx(1 - two[0], rel=3e-16)
    else:
        assert np.array_equal(one[0], -two[0])
    assert one[1] == pytest.approx(two[1], rel=1e-15, nan_ok=True)


def test_the_size_of_chunks_changes_no_draw() -> None:
    design = groups([np.arange(7.0), np.arange(9.0)])
    whole = np.concatenate([w.copy() for w in resample_weights(design, SEEDS, 0, 9_000)])
    parts = [
        w.copy()
        for a, b in ((0, 1), (1, 4_100), (4_100, 9_000))
        for w in resample_weights(design, SEEDS, a, b)
    ]
    assert np.array_equal(whole, np.concatenate(parts))


def test_a_constant_resample_has_exactly_no_spread() -> None:
    x = np.array([0.1, 0.1, 0.1, 0.1, 0.7])
    drawn = statistics.MEAN.bind_drawn([x])  # type: ignore[misc]
    _, errors = drawn(SEEDS[:1], 0, 200, spread=True)
    constant = (plain.indices(5, int(SEEDS[0]), 0, 200) < 4).all(axis=1)
    assert constant.any()
    assert (errors[constant] == 0).all()
    assert (errors[~constant] > 0).all()


def test_inner_resamples_are_drawn_from_their_outer_one() -> None:
    design = groups([np.arange(5.0), np.arange(6.0)])
    outer = next(resample_weights(design, SEEDS, 0, 1))[0].copy()
    inner = inner_weights(design, outer, SEEDS, 3)
    column = 0
    for size, seed in zip(design.sizes, SEEDS, strict=True):
        held = np.repeat(np.arange(size), outer[column : column + size].astype(int))
        want = plain.counts(held[plain.indices(size, int(seed), 0, 3)], size)
        assert np.array_equal(inner[:, column : column + size], want)
        column += size


def test_smooth_weights_are_exponential_variables_over_their_mean() -> None:
    weights = np.empty((20_000, 4))
    drawing.draw_exponentials(weights, 0, 4, SEEDS[0], 0)
    assert weights.sum(axis=1) == pytest.approx(4)
    assert weights.mean(axis=0) == pytest.approx(1, abs=0.03)
    assert weights.var(axis=0) == pytest.approx(3 / 5, abs=0.03)  # of a Dirichlet share, times 16
    uniforms = np.array([(w >> 11) + 0.5 for w in plain.words(int(SEEDS[0]), 8, 4)]) / 2**53
    assert weights[2] == pytest.approx(-4 * np.log(uniforms) / -np.log(uniforms).sum(), rel=1e-12)


@pytest.mark.parametrize(("sizes", "wanted"), [([9], [4]), ([5, 8, 3], [2, 5, 1])])
def test_splits_are_those_of_the_plain_draws(sizes: list[int], wanted: list[int]) -> None:
    chosen = np.empty((5, sum(wanted)), dtype=np.uint32)
    splitting.draw_splits(chosen, np.array(sizes), np.array(wanted), SEEDS[0], 4)
    assert np.array_equal(chosen, plain.splits(sizes, wanted, int(SEEDS[0]), 4, 5))


def test_splits_are_all_equally_frequent() -> None:
    chosen = np.empty((60_000, 3), dtype=np.uint32)
    splitting.draw_splits(chosen, np.array([6]), np.array([3]), SEEDS[1], 0)
    _, frequency = np.unique(np.sort(chosen, axis=1), axis=0, return_counts=True)
    assert len(frequency) == 20
    assert ((frequency - 3_000) ** 2 / 3_000).sum() < 43.8


def test_signs_are_those_of_the_words() -> None:
    values, found = np.arange(70.0), np.empty((2, 3))
    splitting.draw_signed_sums(values, SEEDS[0], 5, found)
    for row in range(3):
        low, high = plain.words(int(SEEDS[0]), 2 * (5 + row), 2)
        bits = [(low >> i) & 1 for i in range(64)] + [(high >> i) & 1 for i in range(6)]
        signs = 2 * np.array(bits) - 1
        assert (found[0, row], found[1, row]) == (signs @ values, signs.sum())
