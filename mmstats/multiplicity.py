"""Adjusting the p values of a family of tests for their number."""

from collections.abc import Sequence

import numpy as np


def adjust(p_values: Sequence[float], method: str) -> list[float]:
    """Return p values adjusted within one family.

    Parameters
    ----------
    p_values : sequence of float, shape (m,)
        One per planned test. NaN is a planned test that could not be done: it counts in the size of
        the family, as if its p were 1, and stays NaN.
    method : {"holm", "bh"}
        Holm's step-down bound on the chance of any false claim, or Benjamini and Hochberg's bound on
        the expected share of false claims.

    References: holm1979, benjamini1995.

    Examples
    --------
    >>> adjust([0.01, 0.04, 0.03], "holm")
    [0.03, 0.06, 0.06]
    """
    from statsmodels.stats.multitest import multipletests

    given = np.asarray(p_values, dtype=float)
    if not len(given):
        return []
    done = ~np.isnan(given)
    adjusted = multipletests(np.where(done, given, 1.0), method={"holm": "holm", "bh": "fdr_bh"}[method])[1]
    return [float(p) if known else float("nan") for p, known in zip(adjusted, done, strict=True)]
