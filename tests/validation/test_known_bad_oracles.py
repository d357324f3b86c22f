"""Where a well-known package is wrong, our value against a truth found without either.

What a package said is quoted with its version. Those that are installed with mmstats are asked as well, and
may say that or the truth, so that nothing here fails on the day they are repaired. docs/validation/README.md
lists the same cases, and test_known_bad_bootstraps.py has those of the bootstrap.
"""

import warnings
from collections.abc import Callable
from itertools import combinations, product
from math import atanh, comb, sqrt, tanh

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep

from mmstats.effects import risk_difference, risk_ratio
from mmstats.effects.noncentral_t import noncentrality_limits
from mmstats.effects.repeated_anova import repeated_anova
from mmstats.effects.two_proportions import Table, score_interval
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods import METHODS


def two_groups(reference: list[float], comparison: list[float]) -> tuple[pd.Series, pd.Series]:
    codes = [0] * len(reference) + [1] * len(comparison)
    group = pd.Categorical.from_codes(codes, categories=pd.Index(["reference", "comparison"]))
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


def score_chi_squared(table: Table, rate: Callable[[float], float], highest: float) -> float:
    """Return Miettinen and Nurminen's statistic where the comparison's rate is a function of the reference's.

    The reference's rate, at most `highest`, is found by maximising the likelihood.
    """
    x1, n1, x0, n0 = table.events_comparison, table.n_comparison, table.events_reference, table.n_reference

    def minus_log_likelihood(p0: float) -> float:
        return -float(stats.binom.logpmf(x1, n1, rate(p0)) + stats.binom.logpmf(x0, n0, p0))

    low = max(0.0, -rate(0.0))
    p0 = optimize.minimize_scalar(minus_log_likelihood, bounds=(low, highest), options={"xatol": 1e-12}).x
    p1, slope = rate(p0), rate(1.0) - rate(0.0)
    variance = (p1 * (1 - p1) / n1 + slope**2 * p0 * (1 - p0) / n0) * (n1 + n0) / (n1 + n0 - 1)
    return float((x1 / n1 - rate(x0 / n0)) ** 2 / variance)


CRITICAL = stats.chi2.isf(0.05, 1)


@pytest.mark.parametrize("table", [(56, 70, 48, 80), (5, 10, 4, 10), (4, 15, 9, 15)])
def test_score_interval_of_a_risk_difference(table: tuple[int, int, int, int]) -> None:
    # statsmodels 0.15.0 confint_proportions_2indep(method="score"): 0.0526 to 0.3441 in the first, where
    # Newcombe (1998) prints 0.0528 to 0.3382; in the last it raises an error.
    def chi_squared(effect: float) -> float:
        return score_chi_squared(Table(*table), lambda p0: p0 + effect, min(1.0, 1 - effect))

    limits = score_interval(risk_difference.CONTRAST, Table(*table), level=0.95)
    for limit in limits:
        assert chi_squared(limit) == pytest.approx(CRITICAL, rel=1e-6)
    if table == (56, 70, 48, 80):
        other = confint_proportions_2indep(*table, method="score", compare="diff")
        assert other == pytest.approx((0.05255, 0.34404), abs=1e-5) or other == pytest.approx(
            limits, rel=1e-4
        )
        assert chi_squared(0.34404) > CRITICAL * 1.05


def test_interval_of_a_risk_ratio() -> None:
    # effectsize 0.8.3 riskratio(matrix(c(56, 14, 48, 32), 2)): 1.3333, from 0.6381 to 2.7859. In the error of
    # the logarithm the odds are upside down, and two roots are summed where the root of the sum belongs.
    table = Table(56, 70, 48, 80)

    def chi_squared(ratio: float) -> float:
        return score_chi_squared(table, lambda p0: p0 * ratio, min(1.0, 1 / ratio))

    limits = score_interval(risk_ratio.CONTRAST, table, level=0.95)
    for limit in limits:
        assert chi_squared(limit) == pytest.approx(CRITICAL, rel=1e-6)
    by_delta_method = np.exp(np.log(4 / 3) + np.array([-1, 1]) * 1.96 * sqrt(0.2 / 56 + 0.4 / 48))
    assert tuple(limits) == pytest.approx(by_delta_method, rel=0.02)
    assert min(chi_squared(0.63812694), chi_squared(2.7859313)) > 5 * CRITICAL


@pytest.mark.parametrize(
    ("reference", "comparison", "other"),
    [([0, 0, 0, 1, 2], [0, 1, 1, 2, 3], 0.30952), ([0, 0, 0, 0, 1], [1, 1, 2], 0.071429)],
)
def test_exact_mann_whitney_with_ties(reference: list[float], comparison: list[float], other: float) -> None:
    # SciPy 1.17.1 mannwhitneyu(method="exact") takes the distribution without ties.
    e = next(METHODS["mann_whitney"].function(*two_groups(reference, comparison)))
    assert e.p_value == pytest.approx(truth := permutation_p(reference, comparison), rel=1e-12)
    assert other != pytest.approx(truth, rel=0.02)
    said = stats.mannwhitneyu(comparison, reference, method="exact").pvalue
    assert said == pytest.approx(other, rel=1e-3) or said == pytest.approx(truth)


def test_brunner_munzel_at_separation() -> None:
    # SciPy 1.17.1 brunnermunzel: statistic inf, p NaN.
    e = next(METHODS["brunner_munzel"].function(*two_groups([1, 2, 3, 4], [5, 6, 7, 8, 9])))
    assert e.estimate == 1
    assert e.p_value == pytest.approx(2 / comb(9, 4))
    assert 0.5 < e.conf_low < e.conf_high == 1
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        said = stats.brunnermunzel([1, 2, 3, 4], [5, 6, 7, 8, 9]).pvalue
    assert np.isnan(said) or said == pytest.approx(e.p_value)


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
    # pingouin 0.7.0 corr(method="kendall") gives Pearson's interval, rounded to 2 decimals: -0.30 to 0.76.
    rng = np.random.default_rng(1)
    x = rng.normal(size=12)
    y = x / 2 + rng.normal(size=12)
    e = next(METHODS["kendall"].function(pd.Series(x), pd.Series(y), interval="bonett-wright"))
    half = stats.norm.isf(0.025) * sqrt(0.437 / 8)
    expected = (tanh(atanh(e.estimate) - half), tanh(atanh(e.estimate) + half))
    assert (e.conf_low, e.conf_high) == pytest.approx(expected, rel=1e-12)
    pearson = 1.96 / sqrt(len(x) - 3)  # what is right for r, and too wide for tau by a half
    assert (tanh(atanh(e.estimate) - pearson), tanh(atanh(e.estimate) + pearson)) == pytest.approx(
        (-0.30, 0.76), abs=0.005
    )


def test_interval_of_a_standardized_difference_of_pairs() -> None:
    # pingouin 0.7.0 compute_esci(stat=0.8, nx=20, ny=20, paired=True, decimals=6): 0.262292 to 1.337708, a
    # standard error of 0.257 for any correlation: right for d_z, while its own d of pairs is d_av.
    n, d, r, rng = 20, 0.8, 0.8, np.random.default_rng(1)
    second = rng.normal(size=(100_000, n))
    first = d + r * second + sqrt(1 - r**2) * rng.normal(size=second.shape)
    units = np.sqrt((first.var(axis=1, ddof=1) + second.var(axis=1, ddof=1)) / 2)
    spread = float(np.std((first - second).mean(axis=1) / units))
    # A sample with exactly those moments.
    axes = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 2))]))[0][:, 1:] * sqrt(n - 1)
    x, y = pd.Series(d + r * axes[:, 0] + sqrt(1 - r**2) * axes[:, 1]), pd.Series(axes[:, 0])
    sizes = METHODS["paired_effect_sizes"].function(x, y, interval="normal-theory")
    found = next(e for e in sizes if e.quantity.name == "hedges_g_av")
    assert found.std_error == pytest.approx(spread, rel=0.1)
    half = stats.t.isf(0.025, n - 1)
    assert found.conf_high - found.conf_low == pytest.approx(2 * half * spread, rel=0.1)
    assert (1.337708 - 0.262292) / (2 * half) > 1.25 * spread


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


def test_r_counts_cells_for_contrasts_in_the_p_value_of_mauchly() -> None:
    """R 4.2.2 `mauchly.test` and car 3.1.1: 3p with p cells in an expansion whose p is that of contrasts.

    Four people, four levels: they say p = 0.2353285556; the expansion as published would say less still.
    The truth is that of a product of two beta variables.
    """
    cells = np.array([[5.0, 7, 6, 9], [4, 8, 5, 7], [6, 6, 9, 8], [3, 1, 7, 12]])
    w, found = repeated_anova(cells, (4,), np.zeros(4, dtype=np.int64))[1].mauchly()
    assert w == pytest.approx(0.01140722662, rel=1e-9)
    first, second = stats.beta(1, 5 / 6), stats.beta(1 / 2, 5 / 3)
    u = (np.arange(400_000) + 0.5) / 400_000
    truth = float(first.cdf(np.minimum(1, w / second.ppf(u))).mean())
    assert found == pytest.approx(truth, abs=1e-5)
    assert abs(0.2353285556 - truth) > 0.01
