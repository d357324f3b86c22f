"""The percentage bend correlation: like Pearson's r, with far values drawn in on each variable."""

import numpy as np
import numpy.typing as npt

from mmstats.effects.pearson_r import standardised
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

PERCENTAGE_BEND = Quantity("percentage_bend_correlation", "Percentage bend correlation", null=0)
TIE = 1e-10  # relative distance within which a value is at the bend, but for rounding


def percentage_bend(x: FloatArray, y: FloatArray, *, beta: float) -> FloatArray:
    """Return the percentage bend correlation over the last axis.

    NaN where the share 1 - `beta` of a variable that lies closest to its median is constant.

    References: wilcox1994.

    Examples
    --------
    >>> x, y = np.array([1.0, 2, 3, 4, 5, 6]), np.array([1.0, 3, 2, 5, 4, 60])
    >>> round(float(percentage_bend(x, y, beta=0.2)), 4)
    0.8857
    """
    u, v = bent(x, beta), bent(y, beta)
    lengths = (u**2).sum(axis=-1) * (v**2).sum(axis=-1)
    found = (u * v).sum(axis=-1) / np.sqrt(np.where(lengths > 0, lengths, np.nan))
    return np.asarray(np.clip(found, -1, 1))


def bent(values: FloatArray, beta: float) -> FloatArray:
    """Return distances from the percentage bend location, in units of the bend, drawn in to -1 and 1."""
    values = standardised(values)
    n = values.shape[-1]
    gaps = values - np.median(values, axis=-1, keepdims=True)
    bend = np.sort(np.abs(gaps), axis=-1)[..., [int((1 - beta) * n + 0.5) - 1]]
    bend = np.where(bend > 10 * np.finfo(np.float64).eps, bend, np.nan)
    inside = np.abs(gaps) <= bend * (1 + TIE)
    beyond = np.sign(np.where(inside, 0, gaps)).sum(axis=-1, keepdims=True)
    location = ((gaps * inside).sum(axis=-1, keepdims=True) + bend * beyond) / np.maximum(
        inside.sum(axis=-1, keepdims=True), 1
    )
    return np.asarray(np.clip((gaps - location) / bend, -1, 1))
