"""For many participants, every variance is that of the delta method.

The gradient is taken numerically, and the covariance of what it is taken by is written out here for each kind
of material: an independent derivation of every formula.
"""

from collections.abc import Callable

import numpy as np
import pytest

from mmstats.meta.measures import MEASURES, effect_sizes

MANY = 1e8
BINOMIAL = {"comparison_n": 0.4 * MANY, "reference_n": 0.6 * MANY}
MULTINOMIAL_TABLE = {"PHI", "RTET"}
EQUAL_SD = {"SMD", "SMD1", "RPB", "D2ORL", "D2ORN", "SMCR", "SMCRP"}

Case = tuple[dict[str, float], list[str], np.ndarray]


def two_means(alias: str) -> Case:
    sd1, sd2, n1, n2 = 2.0, (2.0 if alias in EQUAL_SD else 3.0), 0.4 * MANY, 0.6 * MANY
    values = {
        "comparison_mean": 7.0,
        "comparison_sd": sd1,
        "comparison_n": n1,
        "reference_mean": 5.5,
        "reference_sd": sd2,
        "reference_n": n2,
    }
    names = ["comparison_mean", "comparison_sd", "reference_mean", "reference_sd"]
    return values, names, np.diag([sd1**2 / n1, sd1**2 / (2 * n1), sd2**2 / n2, sd2**2 / (2 * n2)])


def paired_means(alias: str) -> Case:
    after, before, r, n = (2.0 if alias in EQUAL_SD else 3.0), 2.0, 0.6, MANY
    values = {
        "after_mean": 7.0,
        "after_sd": after,
        "before_mean": 5.5,
        "before_sd": before,
        "correlation": r,
        "n": n,
    }
    if alias == "SMCC":
        # By the standard deviation of changes alone, whose variance is half its square over n.
        change = np.sqrt(after**2 + before**2 - 2 * r * after * before)
        scale = (change / np.sqrt(2 * n) / (before - r * after) * change) ** 2
        return values, ["after_mean", "before_sd"], np.diag([change**2 / n, scale])
    cov = np.zeros((4, 4))
    cov[:2, :2] = np.array([[after**2, r * after * before], [r * after * before, before**2]]) / n
    cov[2:, 2:] = np.array([[after**2, r**2 * after * before], [r**2 * after * before, before**2]]) / (2 * n)
    return values, ["after_mean", "before_mean", "after_sd", "before_sd"], cov


def one_mean(alias: str) -> Case:
    return (
        {"mean": 7.0, "sd": 2.0, "n": MANY},
        ["mean", "sd"],
        np.diag([4.0 / MANY, 4.0 / (2 * MANY)]),
    )


def two_proportions(alias: str) -> Case:
    n1, n2 = 0.4 * MANY, 0.6 * MANY
    a, c = 0.25 * n1, (0.25 if alias == "PETO" else 0.4) * n2  # Peto: an approximation at no effect
    values = {"comparison_events": a, "comparison_n": n1, "reference_events": c, "reference_n": n2}
    if alias not in MULTINOMIAL_TABLE:
        return (
            values,
            ["comparison_events", "reference_events"],
            np.diag([a * (1 - a / n1), c * (1 - c / n2)]),
        )
    cells = np.array([a, n1 - a, c, n2 - c])
    whole = np.diag(cells) - np.outer(cells, cells) / MANY
    to_columns = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]])
    return values, list(values), to_columns @ whole @ to_columns.T


def paired_proportions(alias: str) -> Case:
    values = {"both": 0.3 * MANY, "first_only": 0.2 * MANY, "second_only": 0.1 * MANY, "neither": 0.4 * MANY}
    if alias == "MPPETO":
        values["second_only"] = values["first_only"]  # it is an approximation at no effect
        values["neither"] = 0.3 * MANY
    cells = np.array(list(values.values()))
    return values, list(values), np.diag(cells) - np.outer(cells, cells) / MANY


def one_proportion(alias: str) -> Case:
    return {"events": 0.3 * MANY, "n": MANY}, ["events"], np.array([[0.21 * MANY]])


def two_rates(alias: str) -> Case:
    values = {
        "comparison_events": 0.3 * MANY,
        "comparison_time": 2e8,
        "reference_events": 0.2 * MANY,
        "reference_time": 1.5e8,
    }
    return values, ["comparison_events", "reference_events"], np.diag([0.3 * MANY, 0.2 * MANY])


def one_rate(alias: str) -> Case:
    return {"events": 0.3 * MANY, "time": 2e8}, ["events"], np.array([[0.3 * MANY]])


def correlation(alias: str) -> Case:
    return {"correlation": 0.4, "n": MANY}, ["correlation"], np.array([[(1 - 0.4**2) ** 2 / MANY]])


def regression(alias: str) -> Case:
    t = 0.3 * np.sqrt(MANY)
    # The variance of t where that of the partial correlation r, t / sqrt(t^2 + n), is (1 - r^2)^2 / n.
    r = t / np.sqrt(t**2 + MANY)
    slope = (1 - r**2) ** 1.5 / np.sqrt(MANY)
    return (
        {"t_value": t, "n": MANY, "predictors": 3.0},
        ["t_value"],
        np.array([[(1 - r**2) ** 2 / MANY / slope**2]]),
    )


def alpha(alias: str) -> Case:
    # Feldt's distribution of (1 - alpha): F with n - 1 and (n - 1)(items - 1) degrees of freedom.
    k, a = 8.0, 0.8
    return (
        {"alpha": a, "items": k, "n": MANY},
        ["alpha"],
        np.array([[2 * k * (1 - a) ** 2 / ((k - 1) * MANY)]]),
    )


def agreement(alias: str) -> Case:
    # The classical large-sample variance of a one-way intraclass correlation.
    k, r = 4.0, 0.6
    v = 2 * (1 - r) ** 2 * (1 + (k - 1) * r) ** 2 / (k * (k - 1) * MANY)
    return {"icc": r, "ratings": k, "n": MANY}, ["icc"], np.array([[v]])


KINDS: dict[str, Callable[[str], Case]] = {
    "TwoMeans": two_means,
    "PairedMeans": paired_means,
    "OneMean": one_mean,
    "TwoProportions": two_proportions,
    "PairedProportions": paired_proportions,
    "OneProportion": one_proportion,
    "TwoRates": two_rates,
    "OneRate": one_rate,
    "Correlation": correlation,
    "RegressionTest": regression,
    "Alpha": alpha,
    "Agreement": agreement,
}
# Soper's variance is that of a sample whose groups are drawn, too, and Aloe and Becker's that of two
# correlated R squareds: both are held by the reference alone.
LEFT_OUT = {"RBIS", "SPCOR"}


@pytest.mark.parametrize("alias", sorted({each.alias for each in MEASURES.values()} - LEFT_OUT))
def test_variance(alias: str) -> None:
    each = next(each for each in MEASURES.values() if each.alias == alias)
    values, names, covariance = KINDS[each.material.__name__](alias)
    gradient = []
    for name in names:
        step = 1e-4 * abs(values[name])
        step = float(round(step)) if values[name] > 1e6 and name not in ("t_value",) else step
        up, down = (effect_sizes(alias, values | {name: values[name] + way * step}) for way in (1, -1))
        gradient.append((up.effects[0] - down.effects[0]) / (2 * step))
    expected = np.array(gradient) @ covariance @ np.array(gradient)
    found = effect_sizes(alias, values)
    # The step of the gradient costs about its square, and n, n - 1 or n - 3 differ by 1e-8.
    assert found.variances[0] == pytest.approx(expected, rel=1e-6)
