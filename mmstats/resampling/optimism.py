"""How much too good a cut-off looks in the data that chose it."""

import numpy as np

from mmstats.effects.roc import RocCurve, best_cut_off
from mmstats.errors import MmstatsError
from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.design import groups, resample_weights


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
    samples = np.sort(condition), np.sort(reference)
    design = groups(samples)
    reaches = [(values[:, None] >= curve.cut_offs).astype(float) for values in samples]
    found = []
    for weights in resample_weights(design, design.seeds(rng), 0, resamples):
        true, false = (
            np.rint(part @ reach).astype(np.int64)
            for part, reach in zip(np.split(weights, [sizes[0]], axis=1), reaches, strict=True)
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
