"""Gwet's AC1 and AC2: agreement whose chance part does not grow when nearly everybody is in one category."""

import numpy as np
import numpy.typing as npt

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

GWET_AC1 = Quantity("gwet_ac1", "Gwet's AC1", null=0)
GWET_AC2 = Quantity("gwet_ac2", "Gwet's AC2", null=0)
ROUNDING = 1e-14


def gwet_ac(table: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Return the coefficient and its standard error.

    Parameters
    ----------
    table : float array, shape (n, categories)
        How many raters put each subject into each category; two subjects, raters and categories at least.
    weights : float array, shape (categories, categories)
        How far each pair of categories agrees; the identity for AC1.

    References: gwet2008, gwet2014.

    Examples
    --------
    >>> ac1, std_error = gwet_ac(np.array([[3.0, 0], [3, 0], [3, 0], [2, 1], [0, 3]]), np.eye(2))
    >>> round(ac1, 4), round(std_error, 4)
    (0.781, 0.2338)
    """
    n, categories = table.shape
    raters = table[0].sum()
    agreement = (table * (table @ weights - 1)).sum(axis=1) / (raters * (raters - 1))
    shares = table.mean(axis=0) / raters
    scale = weights.sum() / (categories * (categories - 1))
    expected = scale * float((shares * (1 - shares)).sum())
    own = scale * (table / raters) @ (1 - shares)
    value = float((agreement.mean() - expected) / (1 - expected))
    parts = (agreement - expected - 2 * (1 - value) * (own - expected)) / (1 - expected)
    variance = float(((parts - value) ** 2).sum()) / (n * (n - 1))
    return value, float(np.sqrt(variance)) if variance > ROUNDING else 0.0
