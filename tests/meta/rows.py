"""Methods for studies, called with what tests have at hand."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mmstats.estimate import Estimate
from mmstats.methods import METHODS

Found = dict[str, Estimate]


def studies(values: Sequence[float] | np.ndarray, names: Iterable[str] | None = None) -> pd.Series:
    """Return names of studies, in the order of their rows."""
    levels = [f"s{place:02d}" for place in range(1, len(values) + 1)] if names is None else list(names)
    return pd.Series(pd.Categorical(levels, categories=levels), name="study")


def by_term(estimates: Iterable[Estimate]) -> Found:
    """Return estimates by quantity and term."""
    return {" ".join(filter(None, (e.quantity.name, e.term))): e for e in estimates}


def called(method: str, effects: Any, errors: Any, *more: Any, **options: Any) -> Found:
    """Return what a method of studies, effects and standard errors says."""
    effect, error = pd.Series(effects, dtype=np.float64), pd.Series(errors, dtype=np.float64)
    names = options.pop("study", studies(effect))
    return by_term(METHODS[method].function(names, effect.rename("effect"), error, *more, **options))
