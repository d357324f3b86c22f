"""Where a well-known package is wrong, our value against a truth found without either.

What the package says is written beside each case, for the reader; it is not asserted, so that nothing here
fails on the day the package is repaired. docs/validation/README.md lists the same cases.
"""

from itertools import combinations, product
from math import atanh, comb, sqrt, tanh

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from mmstats.effects import risk_difference
from mmstats.effects.noncentral_t import noncentrality_limits
from mmstats.effects.two_proportions import Table, score_interval
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods import METHODS


def two_groups(reference: list[float], comparison: list[float]) -> tuple[pd.Series, pd.Series]:
    codes = [0] * len(reference) + [1] * len(comparison)
    group = pd.Categorical.from_codes(codes, categories=["reference", "comparison"])
    return pd.Series([*reference, *comparison], dtype=float), pd.Series(group)


def permutation_p(reference: list[float], comparison: list[float]) -> float:
    """Return the share of all splits whose rank sum is as far from its mean."""
    ranks = stats.rankdata([*reference, *comparison])
    size, mean = len(comparison), len(comparison) * ranks.mean()
    sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(len(ranks)), size)])
    return float(np.mean(np.abs(sums - mean) >= abs(ranks[-size:].sum() - mean) - 1e-9))


def sign_flip_p(differences: np.ndarray) -> float:
    """Return the share of all choices of signs whose signed-rank sum is as far from 0."""
    ranks = stats.rankdata(np.abs(differences))
    signs = np.array(list(product([-1.0, 1.0], repeat=len(ranks))))
    return float(np.mean(np.abs(signs @ ranks) >= abs(np.sign(differences) @ ranks) - 1e-9))


def upper_tail(t: float, df: float, shift: float) -> float:
    """Return P(T >= t) of the noncentral t, averaged over the standard deviation by a dense trapezoid."""
    s = np.linspace(1e-6, 6, 2_000_001)
    density = stats.chi2.pdf(df * s**2, df) * 2 * df * s
    if t > 1000:  # the other way round: over the normal deviate
        nodes, weights = np.polynomial.hermite_e.hermegauss(100)
        return float(weights @ stats.chi2.cdf(df * ((nodes + shift) / t) ** 2, df) / weights.sum())
    return float(np.trapezoid(stats.norm.cdf(shift - t * s) * density, s))


@pytest.mark.parametrize("table", [(56, 70, 48, 80), (5, 10, 4, 10), (4, 15, 9, 15)])
def test_score_interval_of_a_risk_difference(table: tuple[int, int, int, int]) -> None:
    # statsmodels 0.15.0 confint_proportions_2indep(method="score"): 0.0526 to 0.3441 in the first, where
    # Newcombe (1998) prints 0.0528 to 0.3382; in the last it raises an error.
    x1, n1, x0, n0 = table

    def chi_squared(effect: float) -> float:
        def minus_log_likelihood(p0: float) -> float:
            return -float(stats.binom.logpmf(x1, n1, p0 + effect) + stats.binom.logpmf(x0, n0, p0))

        low, high = max(0.0, -effect), min(1.0, 1 - effect)
        p0 = optimize.minimize_scalar(minus_log_likelihood, bounds=(low, high), options={"xatol": 1e-12}).x
        p1 = p0 + effect
        variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * (n1 + n0) / (n1 + n0 - 1)
        return (x1 / n1 - x0 / n0 - effect) ** 2 / variance

    for limit in score_interval(risk_difference.CONTRAST, Table(*table), level=0.95):
        assert chi_squared(limit) == pytest.approx(stats.chi2.isf(0.05, 1), rel=1e-6)


@pytest.mark.parametrize(
    ("reference", "comparison"), [([0, 0, 0, 1, 2], [0, 1, 1, 2, 3]), ([0, 0, 0, 0, 1], [1, 1, 2])]
)
def test_exact_mann_whitney_with_ties(reference: list[float], comparison: list[float]) -> None:
    # SciPy 1.17.1 mannwhitneyu(method="exact") takes the distribution without ties.
    e = next(METHODS["mann_whitney"].function(*two_groups(reference, comparison)))
    assert e.p_value == pytest.approx(permutation_p(reference, comparison), rel=1e-12)


def test_brunner_munzel_at_separation() -> None:
    # SciPy 1.17.1 brunnermunzel: statistic inf, p NaN.
    e = next(METHODS["brunner_munzel"].function(*two_groups([1, 2, 3, 4], [5, 6, 7, 8, 9])))
    assert e.estimate == 1
    assert e.p_value == pytest.approx(2 / comb(9, 4))
    assert 0.5 < e.conf_low < e.conf_high == 1


def test_shift_limits_with_ties() -> None:
    # coin 1.4.2 confint(wilcox_test(..., distribution = "exact")): -1.3 to 2.3, from equal tails of a
    # distribution that is not symmetric; its own two-sided p does not reject 2.5.
    reference, comparison = [2.7, 3.1], [1.8, 1.9, 3.5, 4.0, 2.4, 2.3, 2.2, 5.4, 3.5]
    shift = list(METHODS["mann_whitney"].function(*two_groups(reference, comparison)))[1]
    for inside in (shift.conf_low + 0.05, 2.5, shift.conf_high - 0.05):
        assert permutation_p(reference, [value - inside for value in comparison]) > 0.05
    for outside in (shift.conf_low - 0.05, shift.conf_high + 0.05):
        assert permutation_p(reference, [value - outside for value in comparison]) < 0.05


def test_signed_rank_estimate_and_limits_with_ties() -> None:
    # exactRankTests 0.8.35 wilcox.exact: 1.75, from -1.5 to 5, though it rejects a shift of -1.2.
    d = np.array([-3.0, -2, -1, 2, 2, 4, 5, 6, 6])
    found = next(METHODS["wilcoxon_signed_rank"].function(pd.Series(d), pd.Series(np.zeros(len(d)))))
    assert found.estimate == np.median([(a + b) / 2 for i, a in enumerate(d) for b in d[i:]]) == 2
    assert found.p_value == sign_flip_p(d)
    assert (found.conf_low, found.conf_high) == (-1, 5)
    assert sign_flip_p(d + 1.2) < 0.05 < sign_flip_p(d + 0.9)
    assert sign_flip_p(d - 5.1) < 0.05 < sign_flip_p(d - 4.9)


def test_signed_rank_estimate_of_the_shoes() -> None:
    # MASS::shoes, B - A. exactRankTests 0.8.35: 0.375 once the differences are rounded to decimals, else 0.4.
    a = [13.2, 8.2, 10.9, 14.3, 10.7, 6.6, 9.5, 10.8, 8.8, 13.3]
    b = [14.0, 8.8, 11.2, 14.2, 11.8, 6.4, 9.8, 11.3, 9.3, 13.6]
    d = np.round(np.subtract(b, a), 1)
    found = next(METHODS["wilcoxon_signed_rank"].function(pd.Series(b), pd.Series(a)))
    assert found.estimate == pytest.approx(np.median([(x + y) / 2 for i, x in enumerate(d) for y in d[i:]]))
    assert found.estimate == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("t", "df"),
    [
        (-0.02233221, 39),  # effectsize 0.8.3 hedges_g, one sample: upper limit 0.2906, not 0.3005
        (20.0, 18),
        (100.0, 18),  # R 4.2 pt() beyond a noncentrality of 37.62 is normal: 65.89, not 67.56
        (1e6, 18),  # SciPy 1.17.1 nct: NaN
    ],
)
def test_noncentral_t(t: float, df: float) -> None:
    low, high = noncentrality_limits(t, df, 0.95)
    assert upper_tail(t, df, low) == pytest.approx(0.025, rel=1e-6)
    assert upper_tail(t, df, high) == pytest.approx(0.975, rel=1e-6)


def test_kendall_interval() -> None:
    # pingouin 0.7.0 corr(method="kendall") gives Pearson's interval, and rounds it to 2 decimals.
    rng = np.random.default_rng(1)
    x = rng.normal(size=12)
    y = x / 2 + rng.normal(size=12)
    e = next(METHODS["kendall"].function(pd.Series(x), pd.Series(y)))
    half = stats.norm.isf(0.025) * sqrt(0.437 / 8)
    expected = (tanh(atanh(e.estimate) - half), tanh(atanh(e.estimate) + half))
    assert (e.conf_low, e.conf_high) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("offset", "scale"), [(2.0**30, 1.0), (0.0, 2.0**-30)])
def test_units_of_a_covariate_do_not_matter(offset: float, scale: float) -> None:
    # sandwich 3.0.2 and emmeans 1.8.4 lose the robust errors of adjusted means where a covariate is near 1e9
    # (0.28 becomes 47,795), and emmeans' errors change by some percent where it is near 1e-9.
    rng = np.random.default_rng(3)
    x = np.rint(256 * rng.normal(size=24)) / 256
    frame = pd.DataFrame({"y": rng.normal(size=24) + x, "x": x})
    frame["group"] = pd.Categorical(["a", "b", "c"] * 8)

    def adjusted(data: pd.DataFrame) -> list[Estimate]:
        found = METHODS["linear_model"].function(ModelData.of("y ~ group + x", data))
        return [e for e in found if e.quantity.name == "adjusted_mean"]

    near, far = adjusted(frame), adjusted(frame.assign(x=scale * frame["x"] + offset))
    assert len(near) == 3
    for a, b in zip(near, far, strict=True):
        assert b.std_error == pytest.approx(a.std_error, rel=1e-7)
        assert b.estimate == pytest.approx(a.estimate, rel=1e-6)  # a mean near 2^30 is itself rounded at 2e-7
