"""Resamples of resamples: standard errors without a formula, and the calibration of a level."""

from collections.abc import Iterator

import numpy as np

from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.design import Design, Seeds, inner_weights
from mmstats.resampling.statistic import Evaluate

FOR_ERRORS = 50  # resamples of each resample, for its standard error
OUTER, INNER = 999, 499  # for calibration
STRIDE = np.uint64(0xD1342543DE82EF95)  # parts the streams of successive resamples


def replicates_and_errors(
    evaluate: Evaluate, design: Design, seeds: Seeds, count: int
) -> tuple[FloatArray, FloatArray]:
    """Return the statistic of each resample, and the standard deviation over 50 resamples of it.

    References: davison1997.
    """
    values, errors = np.empty(count), np.empty(count)
    for index, outer, inner in _levels(design, seeds, count, FOR_ERRORS):
        values[index] = evaluate(design.rows(outer), spread=False)[0][0]
        within = evaluate(inner, spread=False)[0]
        errors[index] = np.std(within, ddof=1)
    return values, errors


def shares_below(evaluate: Evaluate, design: Design, seeds: Seeds, estimate: float, count: int) -> FloatArray:
    """Return, for each of up to 999 resamples, the share of its own resamples below the estimate.

    Equal ones count half, undefined ones as half too.

    References: hall1986, martin1990.
    """
    shares = np.empty(min(count, OUTER))
    for index, _, inner in _levels(design, seeds, len(shares), INNER):
        within = evaluate(inner, spread=False)[0]
        tolerance = 1e-12 * float(np.nanmax(np.abs(within - estimate), initial=0.0))
        below = np.count_nonzero(within < estimate - tolerance)
        above = np.count_nonzero(within > estimate + tolerance)
        shares[index] = (below + (INNER - below - above) / 2 + 0.5) / (INNER + 1)
    return shares


def _levels(
    design: Design, seeds: Seeds, count: int, inner: int
) -> Iterator[tuple[int, FloatArray, FloatArray]]:
    """Yield each resample's number, its units' weights, and the weights of rows in its own resamples."""
    from mmstats.resampling.kernels.drawing import draw_counts

    outer = np.empty((1, design.units))
    for index in range(count):
        for column, size, seed in zip(design.starts, design.sizes, seeds, strict=False):
            draw_counts(outer, int(column), size, seed, index)
        streams = seeds ^ (STRIDE * np.uint64(index + 1))
        yield index, outer, inner_weights(design, outer[0], streams, inner)
