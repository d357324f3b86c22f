"""Risk ratio: the comparison's proportion over the reference's."""

import numpy as np
import numpy.typing as npt

from mmstats.effects.two_proportions import Contrast, quadratic_root, ratio
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

RISK_RATIO = Quantity("risk_ratio", "Risk ratio", null=1, ratio=True)


def _fit(effect: float, x1: FloatArray, n1: int, x0: FloatArray, n0: int) -> tuple[FloatArray, FloatArray]:
    slope = -(effect * n1 + x1 + n0 + effect * x0)
    p0 = quadratic_root(np.full(x1.shape, (n1 + n0) * effect), slope, x1 + x0)
    return np.clip(effect * p0, 0, 1), np.clip(p0, 0, 1)


def _path(effect: float, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
    p0 = positions * min(1.0, 1 / effect)
    return np.clip(effect * p0, 0, 1), p0


CONTRAST = Contrast(RISK_RATIO, ratio, _fit, _path)
