"""What a pooling is given: columns that do not depend on each other, and all that is wrong at once."""

import numpy as np

from mmstats.effects.independent_columns import independent
from mmstats.errors import NotEstimableError
from mmstats.meta.weighted import FloatArray


def orthonormal(
    design: FloatArray, names: tuple[str, ...], *, intercept: bool
) -> tuple[FloatArray, FloatArray]:
    """Return orthonormal columns, and the triangle that makes those given of them."""
    if len(design) > 1:
        return independent(design, names, intercept=intercept)
    return np.sign(design), np.abs(design)  # one study, and a constant column


def check(
    effects: FloatArray,
    variances: FloatArray,
    design: FloatArray,
    names: tuple[str, ...],
    *,
    alone: bool,
) -> None:
    """Refuse what cannot be pooled, all of it at once; `alone` says whether one study is enough.

    Raises
    ------
    NotEstimableError
    """
    problems = []
    for place, (effect, variance) in enumerate(zip(effects, variances, strict=True), 1):
        if not np.isfinite(effect):
            problems.append(f"Study {place}: its effect is {effect:g}; it must be a finite number.")
        if not (np.isfinite(variance) and variance > 0):
            problems.append(f"Study {place}: its variance is {variance:g}; it must be above 0 and finite.")
    k, p = design.shape
    least = 1 if alone and p == 1 else p + 1
    if k < least:
        problems.append(
            f"There {'is 1 study' if k == 1 else f'are {k} studies'} for {p} coefficient{'s' * (p > 1)}; "
            f"this model needs {least} at least."
        )
    if not np.isfinite(design).all():
        problems.append("A feature of a study is missing or infinite.")
    if len(names) != p:
        problems.append(f"There are {len(names)} names for {p} columns.")
    if problems:
        raise NotEstimableError("The studies cannot be pooled:", problems)
