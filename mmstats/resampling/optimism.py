"""How much too good a cut-off looks in the data that chose it."""

import numpy as np

from mmstats.effects.roc import RocCurve, best_cut_off
from mmstats.errors import MmstatsError
from mmstats.resampling.draws import FloatArray, IntArray, index_draws


def cut_off_optimism(
    condition: FloatArray, reference: FloatArray, *, resamples: int, rng: np.random.Generator | None
) -> tuple[FloatArray, FloatArray]:
    """Return by how much resampled sensitivity and specificity exceed the true ones of the same cut-off.

    Harrell's bootstrap: each resample chooses its own best cut-off; its sensitivity there, less that of the
    data at the same cut-off, is its optimism.

    Parameters
    ----------
    condition, reference : float arrays, shapes (n1,) and (n0,)
        Each is resampled on its own; higher values speak for the condition.
    resamples : int
    rng : numpy.random.Generator

    Returns
    -------
    sensitivity, specificity : float arrays, shape (resamples,)

    Raises
    ------
    MmstatsError
        If there is no random generator.

    References: harrell1996.
    """
    if rng is None:
        raise MmstatsError(
            "The correction for optimism draws random numbers, and rng is None. "
            "Give it a seeded generator: rng=numpy.random.default_rng(1)."
        )
    curve = RocCurve.of(condition, reference)
    sizes = len(condition), len(reference)
    codes = [np.searchsorted(curve.cut_offs, np.sort(values)) for values in (condition, reference)]
    found = []
    for drawn in index_draws(sizes, resamples, rng):
        true, false = (
            _reached(code[index], len(curve.cut_offs)) for code, index in zip(codes, drawn, strict=True)
        )
        best = best_cut_off(true, false, sizes)
        rows = np.arange(len(best))
        found.append(
            (
                true[rows, best] / sizes[0] - curve.sensitivities[best],
                1 - false[rows, best] / sizes[1] - curve.specificities[best],
            )
        )
    sensitivity, specificity = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return sensitivity, specificity


def _reached(codes: IntArray, count: int) -> IntArray:
    """Return how many of each row reach each of `count` values, shape (b, count)."""
    rows = len(codes)
    places = codes + count * np.arange(rows)[:, None]
    counts = np.bincount(places.ravel(), minlength=rows * count).reshape(rows, count)
    return np.asarray(np.cumsum(counts[:, ::-1], axis=1)[:, ::-1])
