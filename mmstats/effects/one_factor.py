"""One common factor by maximum likelihood, of many samples at once, and McDonald's omega from it."""

import numpy as np
import numpy.typing as npt

from mmstats.effects.pearson_r import standardised
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

MCDONALD_OMEGA = Quantity("mcdonald_omega", "McDonald's omega")
FACTOR_LOADING = Quantity("factor_loading", "Factor loading")
LEAST_UNIQUENESS = 0.005  # the bound of R's factanal; a uniqueness there is a Heywood case
SINGULAR = 1e-8  # the least eigenvalue of a correlation matrix whose items determine each other
STEPS = 200
CONVERGED = 1e-8  # of the gradient
FLAT = 1e-10  # the relative change of the discrepancy that is rounding


def mcdonald_omega(*items: FloatArray) -> FloatArray:
    """Return the share of the variance of the items' sum that their common factor explains.

    NaN where an item is constant, the items determine each other, or no optimum is found.

    Parameters
    ----------
    *items : float arrays, each of shape (..., n)

    References: mcdonald1999.
    """
    loadings, uniquenesses = one_factor(*items)
    spread = np.stack([np.asarray(item).std(axis=-1) for item in items], axis=-1)
    common = (spread * loadings).sum(axis=-1) ** 2
    return np.asarray(common / (common + (spread**2 * uniquenesses).sum(axis=-1)))


def one_factor(*items: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return standardized loadings, most of them positive, and uniquenesses, each of shape (..., items).

    Newton's method on the logarithms of the uniquenesses (Joreskog 1967), bounded below.

    Parameters
    ----------
    *items : float arrays, each of shape (..., n)
        At least three.

    References: joreskog1967.

    Examples
    --------
    >>> items = np.array([[1.0, 2, 3, 4, 6, 5], [2.0, 1, 3, 5, 4, 6], [1.0, 3, 2, 4, 5, 5]])
    >>> loadings, uniquenesses = one_factor(*items)
    >>> bool(np.allclose(loadings**2 + uniquenesses, 1))
    True
    """
    columns = np.stack([standardised(np.asarray(item)) for item in items], axis=-1)
    correlations = np.einsum("...ni,...nj->...ij", columns, columns)
    shape = correlations.shape[:-1]
    flat = correlations.reshape(-1, *correlations.shape[-2:])
    known = ~np.isnan(flat).any(axis=(1, 2))
    known[known] = np.linalg.eigvalsh(flat[known])[:, 0] > SINGULAR
    loadings, uniquenesses = (np.full(flat.shape[:2], np.nan) for _ in range(2))
    if known.any():
        loadings[known], uniquenesses[known] = _fit(flat[known])
    return loadings.reshape(shape), uniquenesses.reshape(shape)


def _fit(correlations: FloatArray) -> tuple[FloatArray, FloatArray]:
    count, size = correlations.shape[:2]
    bound = np.log(LEAST_UNIQUENESS)
    start = (1 - 0.5 / size) / np.linalg.inv(correlations).diagonal(axis1=1, axis2=2)
    logs = np.maximum(np.log(start), bound)
    going = np.arange(count)
    for _ in range(STEPS):
        values, vectors = _scaled(correlations[going], logs[going])
        slope, curvature = _derivatives(values, vectors)
        free = ~((logs[going] <= bound) & (slope > 0))
        far = (np.abs(slope) * free).max(axis=1) > CONVERGED
        going, values, slope = going[far], values[far], slope[far]
        curvature, free = curvature[far], free[far]
        if not len(going):
            break
        step = _newton(slope, curvature, free)
        before, length = _misfit(values), np.ones((len(going), 1))
        for _ in range(30):  # halve what does not lead down
            moved = np.maximum(logs[going] - length * step, bound)
            worse = _misfit(_scaled(correlations[going], moved)[0]) > before + FLAT * (1 + before)
            if not worse.any():
                break
            length[worse] /= 2
        logs[going] = moved
    values, vectors = _scaled(correlations, logs)
    uniquenesses = np.exp(logs)
    common = np.sqrt(np.maximum(values[:, -1:] - 1, 0))
    loadings = np.sqrt(uniquenesses) * vectors[..., -1] * common
    loadings *= np.where(loadings.sum(axis=1, keepdims=True) < 0, -1, 1)
    loadings[going], uniquenesses[going] = np.nan, np.nan
    return loadings, uniquenesses


def _scaled(correlations: FloatArray, logs: FloatArray) -> tuple[FloatArray, FloatArray]:
    root = np.exp(-logs / 2)
    values, vectors = np.linalg.eigh(root[:, :, None] * correlations * root[:, None, :])
    return values, vectors


def _misfit(values: FloatArray) -> FloatArray:
    """Return the discrepancy of maximum likelihood, from all eigenvalues but the largest."""
    rest = np.maximum(values[:, :-1], 1e-300)
    return np.asarray((rest - np.log(rest) - 1).sum(axis=1))


def _derivatives(values: FloatArray, vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return gradient and Hessian of the discrepancy by the logarithms of the uniquenesses."""
    rest, first = values[:, None, :-1], values[:, None, -1:]
    others, main = vectors[..., :-1], vectors[..., -1]
    slope = ((1 - rest) * others**2).sum(axis=2)
    products = others @ others.transpose(0, 2, 1)
    weighted = (others * rest) @ others.transpose(0, 2, 1)
    pull = (1 - rest) * (first + rest) / np.maximum(first - rest, 1e-12)
    mixed = (others * pull) @ others.transpose(0, 2, 1)
    return slope, products * weighted + mixed * main[:, :, None] * main[:, None, :]


def _newton(slope: FloatArray, curvature: FloatArray, free: npt.NDArray[np.bool_]) -> FloatArray:
    """Return Newton steps of the free coordinates, downhill and at most 1 in each."""
    both = free[:, :, None] & free[:, None, :]
    values, vectors = np.linalg.eigh(np.where(both, curvature, np.eye(slope.shape[1])))
    turned = (vectors.transpose(0, 2, 1) @ (slope * free)[..., None])[..., 0]
    step = (vectors @ (turned / np.maximum(np.abs(values), 1e-6))[..., None])[..., 0]
    return np.asarray(step / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1))
