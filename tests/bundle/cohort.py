"""A cohort that may be shared, and its bundle."""

from typing import Any

import numpy as np

from mmstats.bundle import Bundle, Factor, summarise
from mmstats.bundle.bundle import IntArray
from mmstats.meta.sufficient import FloatArray

NAMES = ("group[MS]", "age", "score")
TEXTS: dict[str, Any] = {"cohort": "A", "formula": "score ~ group + age", "dictionary": "0" * 64}


def drawn(seed: int = 1, n: int = 48) -> FloatArray:
    """Return group, age and score."""
    rng, group = np.random.default_rng(seed), (np.arange(n) % 2).astype(np.float64)
    age = rng.uniform(25, 60, n).round(1)
    return np.column_stack([group, age, 50 + 4 * group + 0.2 * age + rng.normal(0, 5, n).round(2)])


def factor(codes: IntArray | list[int], *levels: str) -> Factor:
    """Return a categorical variable."""
    return Factor(np.asarray(codes, dtype=np.int64), levels)


def bundled(rows: FloatArray | None = None, **others: Any) -> Bundle:
    """Return the bundle of a cohort."""
    return summarise(drawn() if rows is None else rows, NAMES, **{**TEXTS, **others})
