"""How often tests of estimating equations reject what is true.

`python -m docs.validation.gee_sizes [data sets]`

It prints a line for each design: the share of p values below 5 % for a group and for a condition within
participants (by participants - p and by Satterthwaite's degrees of freedom), and for both together.
"""

import sys
from collections import defaultdict

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.mixed.estimating_equations import FamilyName, FloatArray, solve
from mmstats.mixed.sandwich import Correction, hotelling_f, sandwich
from mmstats.mixed.working_correlation import Clusters

FAMILIES: tuple[FamilyName, ...] = ("gaussian", "binomial")
CORRECTIONS: tuple[Correction, ...] = ("robust", "fay-graubard", "kauermann-carroll", "mancl-derouen")
SHAPES = ("balanced", "unequal numbers of rows", "unequal groups")
CORRELATION = 0.3


def draw(
    people: int, shape: str, family: FamilyName, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, Clusters]:
    """Return an outcome that nothing explains, columns of a group and a condition, and who has which rows."""
    sizes = rng.choice([2, 2, 4, 4, 8, 12], people) if shape == SHAPES[1] else np.full(people, 4)
    clusters = Clusters(np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    group = (np.arange(people) % (4 if shape == SHAPES[2] else 2) == 0)[clusters.codes]
    n = len(group)
    condition = rng.integers(0, 2, n) if shape == SHAPES[1] else np.arange(n) % 2
    own = rng.normal(size=people)[clusters.codes]
    value = np.sqrt(CORRELATION) * own + np.sqrt(1 - CORRELATION) * rng.normal(size=n)
    outcome = value if family == "gaussian" else (value > 0.4).astype(np.float64)
    columns = np.column_stack([np.ones(n), group - group.mean(), condition - condition.mean()])
    return outcome, columns, clusters


def rejections(people: int, shape: str, family: FamilyName, count: int) -> dict[str, float]:
    """Return the share of tests that reject at 5 %, and that of data without a solution."""
    rng, found, identity = np.random.default_rng(1), defaultdict(list), np.eye(3)
    for _ in range(count):
        outcome, columns, clusters = draw(people, shape, family, rng)
        try:
            fit = solve(outcome, columns, clusters, family, "exchangeable")
        except NotEstimableError:
            found["no solution"].append(True)
            continue
        found["no solution"].append(False)
        for correction in CORRECTIONS:
            spread = sandwich(fit.columns, fit.residuals, clusters.codes, correction, centred=identity)
            for at, name in ((1, "group"), (2, "condition")):
                one = identity[[at]]
                t = abs(fit.coefficients[at]) / np.sqrt(spread.covariance(one)[0, 0])
                for word, df in (("", people - 3), (" by Satterthwaite", spread.satterthwaite(one))):
                    found[f"{correction} {name}{word}"].append(bool(2 * stats.t.sf(t, df) < 0.05))
            both = spread.covariance(identity[1:])
            p_value = hotelling_f(fit.coefficients[1:], both, people - 3)[2]
            found[f"{correction} both"].append(p_value < 0.05)
    return {name: float(np.mean(values)) for name, values in found.items()}


def main(count: int) -> None:
    """Print the shares, in per cent, for every design."""
    for family in FAMILIES:
        for shape in SHAPES:
            for people in (10, 16, 24):
                shares = rejections(people, shape, family, count)
                told = ", ".join(f"{name} {100 * share:.1f}" for name, share in shares.items())
                print(f"{family}, {shape}, {people}: {told}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_100)
