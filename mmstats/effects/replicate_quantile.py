"""Quantiles of bootstrap replicates, and how far they would move with other draws."""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

FloatArray = npt.NDArray[np.float64]


def quantile(ordered: FloatArray, probability: float) -> float:
    """Return the value at rank ``(B + 1) * probability``, interpolated on the normal scale.

    Davison and Hinkley's equation 5.8, as R's `boot` has it; beyond the first or last replicate it is
    infinite. With B = 9,999 the 2.5 % point is the 250th value, without interpolation.

    References: davison1997.

    Examples
    --------
    >>> ordered = np.arange(1.0, 40.0)
    >>> quantile(ordered, 0.025), round(quantile(ordered, 0.03), 3), quantile(ordered, 0.02)
    (1.0, 1.251, -inf)
    """
    count = len(ordered)
    rank = (count + 1) * probability
    if abs(rank - round(rank)) < 1e-9:  # 0.025 * 40 may come out a rounding error beside 1
        rank = float(round(rank))
    if rank < 1:
        return -np.inf
    if rank > count:
        return np.inf
    below = int(rank)
    at = float(ordered[below - 1])
    if rank == below or at == ordered[below]:
        return at
    z_low, z, z_high = ndtri(np.array([below, rank, below + 1]) / (count + 1))
    return at + float((z - z_low) / (z_high - z_low) * (ordered[below] - at))


def quantile_std_error(ordered: FloatArray, probability: float, error: float) -> float:
    """Return the Monte-Carlo standard error of a quantile: half the distance across its probability's error.

    Parameters
    ----------
    ordered : float array, shape (B,)
    probability : float
    error : float
        The standard deviation of the probability; for a plain quantile the root of
        ``probability * (1 - probability) / B``.
    """
    count = len(ordered)
    ends = np.clip([probability - error, probability + error], 1 / (count + 1), count / (count + 1))
    low, high = (quantile(ordered, float(end)) for end in ends)
    return (high - low) / 2 if low < high else 0.0
