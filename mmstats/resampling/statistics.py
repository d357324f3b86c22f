"""The statistics that have compiled loops, under the names of the functions they agree with."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from mmstats.effects.noncentral_t import small_sample_factor
from mmstats.effects.pearson_r import ON_A_LINE
from mmstats.resampling.arrays import FloatArray, IntArray
from mmstats.resampling.design import Seeds
from mmstats.resampling.statistic import Evaluate, EvaluateDrawn, Statistic

SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def _joined(samples: Sequence[FloatArray]) -> tuple[FloatArray, IntArray]:
    starts = np.concatenate([[0], np.cumsum([len(sample) for sample in samples])])
    return np.concatenate(samples), starts.astype(np.int64)


def _blocks(ordered: FloatArray) -> IntArray:
    """Return where each set of equal values starts, and the number of values."""
    return np.concatenate(
        [[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, [len(ordered)]], dtype=np.int64
    )


def _none(estimates: FloatArray) -> FloatArray:
    return np.full_like(estimates, np.nan)


# From the size, mean and sum of squares of each group, each of shape (b, groups), the statistic and, if the
# last argument says so, its standard error.
OfMoments = Callable[[FloatArray, FloatArray, FloatArray, bool], tuple[FloatArray, FloatArray]]


def _of_moments(formula: OfMoments, *, squares: bool) -> Statistic:
    """Return a statistic of group moments; `squares` says that it needs sums of squares for its value."""

    def bind(samples: Sequence[FloatArray]) -> Evaluate:
        from mmstats.resampling.kernels.moments import group_moments

        values, starts = _joined(samples)

        def evaluate(weights: FloatArray, *, spread: bool) -> tuple[FloatArray, FloatArray]:
            found = np.empty((len(weights), 3, len(samples)))
            group_moments(weights, values, starts, spread or squares, found)
            return formula(found[:, 0], found[:, 1], found[:, 2], spread)

        return evaluate

    def bind_drawn(samples: Sequence[FloatArray]) -> EvaluateDrawn:
        from mmstats.resampling.kernels.moments import drawn_moments

        values, starts = _joined([sample - sample.mean() for sample in samples])
        centres = np.array([sample.mean() for sample in samples])

        def evaluate(seeds: Seeds, first: int, count: int, *, spread: bool) -> tuple[FloatArray, FloatArray]:
            found = np.empty((count, 3, len(samples)))
            drawn_moments(values, starts, seeds, first, spread or squares, found)
            return formula(found[:, 0], found[:, 1] + centres, found[:, 2], spread)

        return evaluate

    return Statistic(bind, bind_drawn, smooth=True, has_error=True)


def _mean(
    sizes: FloatArray, means: FloatArray, squares: FloatArray, spread: bool
) -> tuple[FloatArray, FloatArray]:
    estimates = means[:, 0]
    if not spread:
        return estimates, _none(estimates)
    return estimates, np.sqrt(squares[:, 0] / (sizes[:, 0] - 1) / sizes[:, 0])


def _mean_difference(
    sizes: FloatArray, means: FloatArray, squares: FloatArray, spread: bool
) -> tuple[FloatArray, FloatArray]:
    estimates = means[:, 0] - means[:, 1]
    if not spread:
        return estimates, _none(estimates)
    parts = squares / (sizes - 1) / sizes
    return estimates, np.sqrt(parts[:, 0] + parts[:, 1])


def _hedges_g(
    sizes: FloatArray, means: FloatArray, squares: FloatArray, spread: bool
) -> tuple[FloatArray, FloatArray]:
    df = sizes[:, 0] + sizes[:, 1] - 2
    scale = _small_sample_factor(df) * np.sqrt(df)
    with np.errstate(divide="ignore", invalid="ignore"):
        g = scale * (means[:, 0] - means[:, 1]) / np.sqrt(squares[:, 0] + squares[:, 1])
    if not spread:
        return g, _none(g)
    error = np.sqrt(1 / sizes[:, 0] + 1 / sizes[:, 1] + g**2 / (2 * df))
    return g, np.where(np.isfinite(g), error, np.nan)


def _small_sample_factor(df: FloatArray) -> FloatArray:
    """Return the factor for each row; most rows have the same degrees of freedom."""
    kinds, which = np.unique(df, return_inverse=True)
    return np.array([small_sample_factor(kind) for kind in kinds.tolist()])[which]


MEAN = _of_moments(_mean, squares=False)
MEAN_DIFFERENCE = _of_moments(_mean_difference, squares=False)
HEDGES_G = _of_moments(_hedges_g, squares=True)


def _correlation(*, fisher: bool) -> Statistic:
    def scaled(found: FloatArray) -> tuple[FloatArray, FloatArray]:
        r, error = found[:, 0], found[:, 1]
        if fisher:
            return np.arctanh(np.where(np.abs(r) > 1 - ON_A_LINE, np.nan, r)), error
        return r, error * (1 - r**2)

    def bind(samples: Sequence[FloatArray]) -> Evaluate:
        from mmstats.resampling.kernels.moments import correlation

        x, y = (_standardised(sample) for sample in samples)

        def evaluate(weights: FloatArray, *, spread: bool) -> tuple[FloatArray, FloatArray]:
            found = np.empty((len(weights), 2))
            correlation(weights, x, y, spread, found)
            return scaled(found)

        return evaluate

    def bind_drawn(samples: Sequence[FloatArray]) -> EvaluateDrawn:
        from mmstats.resampling.kernels.moments import drawn_correlation

        x, y = (_standardised(sample) for sample in samples)

        def evaluate(seeds: Seeds, first: int, count: int, *, spread: bool) -> tuple[FloatArray, FloatArray]:
            found = np.empty((count, 2))
            drawn_correlation(x, y, seeds[0], first, spread, found)
            return scaled(found)

        return evaluate

    return Statistic(bind, bind_drawn, smooth=True, has_error=True)


def _standardised(sample: FloatArray) -> FloatArray:
    shifted = sample - sample[0]  # exact where an offset is large
    centred: FloatArray = shifted - shifted.mean()
    largest = float(np.abs(centred).max())
    return centred / largest if largest > 0 else centred


PEARSON_R, FISHER_Z = _correlation(fisher=False), _correlation(fisher=True)


def _superiority(samples: Sequence[FloatArray]) -> Evaluate:
    from mmstats.resampling.kernels.ranks import superiority

    x, y = samples
    below, up_to = (
        np.concatenate([np.searchsorted(y, x, side), np.searchsorted(x, y, side)]).astype(np.uint32)
        for side in SIDES
    )

    def evaluate(weights: FloatArray, *, spread: bool) -> tuple[FloatArray, FloatArray]:
        found = np.empty((len(weights), 2))
        superiority(weights, below, up_to, len(x), found)
        return found[:, 0], found[:, 1]

    return evaluate


SUPERIORITY = Statistic(_superiority, has_error=True)


def _by_x(samples: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray, IntArray | slice]:
    """Return x ascending, y beside it, and which columns of weights are theirs: mostly all, as they are."""
    x, y = samples
    order = np.argsort(x, kind="stable")
    if (order == np.arange(len(x))).all():
        return x, y, slice(None)
    return x[order], y[order], order


def _spearman(samples: Sequence[FloatArray]) -> Evaluate:
    from mmstats.resampling.kernels.ranks import spearman

    x, y, columns = _by_x(samples)
    y_order = np.argsort(y, kind="stable").astype(np.uint32)
    x_blocks, y_blocks = _blocks(x), _blocks(y[y_order])

    def evaluate(weights: FloatArray, *, spread: bool) -> tuple[FloatArray, FloatArray]:
        found = np.empty(len(weights))
        spearman(weights[:, columns], x_blocks, y_order, y_blocks, found)
        return found, _none(found)

    return evaluate


def _kendall(samples: Sequence[FloatArray]) -> Evaluate:
    from mmstats.resampling.kernels.ranks import kendall

    x, y, columns = _by_x(samples)
    levels, code = np.unique(y, return_inverse=True)
    x_blocks, y_code = _blocks(x), (code + 1).astype(np.uint32)

    def evaluate(weights: FloatArray, *, spread: bool) -> tuple[FloatArray, FloatArray]:
        found = np.empty(len(weights))
        kendall(weights[:, columns], x_blocks, y_code, len(levels), found)
        return found, _none(found)

    return evaluate


SPEARMAN_RHO = Statistic(_spearman)
KENDALL_TAU = Statistic(_kendall)


def _medians(samples: Sequence[FloatArray]) -> Evaluate:
    from mmstats.resampling.kernels.order import medians

    values, starts = _joined(samples)

    def evaluate(weights: FloatArray, *, spread: bool) -> tuple[FloatArray, FloatArray]:
        found = np.empty((len(weights), len(samples)))
        medians(weights, values, starts, found)
        estimates = found[:, 0] - found[:, 1] if len(samples) == 2 else found[:, 0]
        return estimates, _none(estimates)

    return evaluate


def _drawn_medians(samples: Sequence[FloatArray]) -> EvaluateDrawn:
    from mmstats.resampling.kernels.order import drawn_medians

    values, starts = _joined(samples)

    def evaluate(seeds: Seeds, first: int, count: int, *, spread: bool) -> tuple[FloatArray, FloatArray]:
        found = np.empty((count, len(samples)))
        drawn_medians(values, starts, seeds, first, found)
        estimates = found[:, 0] - found[:, 1] if len(samples) == 2 else found[:, 0]
        return estimates, _none(estimates)

    return evaluate


MEDIAN = MEDIAN_DIFFERENCE = Statistic(_medians, _drawn_medians)


def trimmed_mean_difference(trim: float) -> Statistic:
    """Return the difference of two trimmed means, with Yuen's standard error."""

    def bind(samples: Sequence[FloatArray]) -> Evaluate:
        from mmstats.resampling.kernels.order import trimmed_means

        values, starts = _joined(samples)

        def evaluate(weights: FloatArray, *, spread: bool) -> tuple[FloatArray, FloatArray]:
            found = np.empty((len(weights), 2, len(samples)))
            trimmed_means(weights, values, starts, trim, spread, found)
            return found[:, 0, 0] - found[:, 0, 1], np.sqrt(found[:, 1, 0] + found[:, 1, 1])

        return evaluate

    return Statistic(bind, has_error=True)
