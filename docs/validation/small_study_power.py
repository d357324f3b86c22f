"""How often tests of small-study effects reject: ``python -m docs.validation.small_study_power``.

Studies have standard errors between 0.1 and 0.4, true effects of mean 0.3 and standard deviation 0.2. Where
results are selected, those with a one-sided p above 0.025 are published one time in four.
"""

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.selection.model import select
from mmstats.meta.small_study import classical_test, meta_regression_test, rank_test
from mmstats.meta.weighted import FloatArray

STUDIES = (5, 10, 20, 40)
TAU = 0.2
DRAWS = 500
ALPHA = 0.05
Z = 1.959963984540054


def drawn(rng: np.random.Generator, count: int, *, selected: bool) -> tuple[FloatArray, FloatArray]:
    """Return effects and variances of so many published studies."""
    errors = rng.uniform(0.1, 0.4, 20 * count)
    effects = rng.normal(0.3, np.sqrt(errors**2 + TAU**2))
    published = (effects / errors > Z) | (rng.random(len(errors)) < 0.25) | (not selected)
    return effects[published][:count], errors[published][:count] ** 2


def rejections(count: int, *, selected: bool) -> tuple[float, ...]:
    """Return how often each test rejects, in percent; a model without an answer does not reject."""
    rng = np.random.default_rng([count, selected])
    found = np.zeros(4)
    for _ in range(DRAWS):
        effects, variances = drawn(rng, count, selected=selected)
        found[0] += classical_test(effects, variances).p_value < ALPHA
        found[1] += meta_regression_test(effects, variances, test="hartung-knapp").p_value < ALPHA
        found[2] += rank_test(effects, variances).p_value < ALPHA
        try:
            found[3] += select(effects, variances).selection_test[2] < ALPHA
        except NotEstimableError:
            continue
    return tuple(float(value) for value in 100 * found / DRAWS)


if __name__ == "__main__":
    print("| selected | studies | Egger, weighted | Egger, mixed | Begg | three-parameter |")
    print("|---|---|---|---|---|---|")
    for chosen in (False, True):
        for k in STUDIES:
            rates = " | ".join(f"{rate:.0f}" for rate in rejections(k, selected=chosen))
            print(f"| {'yes' if chosen else 'no'} | {k} | {rates} |", flush=True)
