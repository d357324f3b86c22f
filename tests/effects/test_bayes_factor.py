"""Bayes factors: BayesFactor's, the prior integrated another way, and numbers beyond a double."""

from itertools import pairwise
from math import exp, isfinite, log

import numpy as np
import pytest
from scipy import integrate, special, stats

from mmstats.effects.bayes_factor import as_estimate, log_correlation, log_jzs


@pytest.mark.parametrize(("t", "in_favour_of_none"), [(2.03, 1.557447), (2.24, 1.024299)])
def test_one_sample_as_bayes_factor_prints(t: float, in_favour_of_none: float) -> None:
    # R: 1 / ttest.tstat(t, 80, rscale = 1, simple = TRUE), BayesFactor 0.9.12.4.4.
    assert exp(-log_jzs(t, 79, 80, scale=1)) == pytest.approx(in_favour_of_none, abs=1e-6)


@pytest.mark.parametrize(("t", "df", "size"), [(0.0, 3, 1.2), (-2.5, 18, 5), (5, 58, 15), (12, 9, 10)])
@pytest.mark.parametrize("scale", [0.1, 0.707, 5])
def test_jzs_is_an_integral_over_the_effect(t: float, df: float, size: float, scale: float) -> None:
    def density(effect: float) -> float:
        return float(stats.nct.pdf(t, df, effect * np.sqrt(size)) * stats.cauchy.pdf(effect, scale=scale))

    edges = [-60.0, -3, -1, 0, 1, 3, 10, 60]
    parts = [integrate.quad(density, a, b, limit=400, epsabs=1e-14)[0] for a, b in pairwise(edges)]
    assert exp(log_jzs(t, df, size, scale=scale)) == pytest.approx(sum(parts) / stats.t.pdf(t, df), rel=1e-5)


def test_more_evidence_with_more_distance_however_large() -> None:
    found = [log_jzs(t, 200, 50, scale=0.707) for t in (1.0, 10.0, 1e2, 1e4, 1e9, 1e15)]
    assert found == sorted(found)
    assert all(map(isfinite, found))
    e = as_estimate(found[-1], "Prior.", statistic=1e15, df=200, n=202)
    assert e.estimate == np.inf
    assert f"{found[-1] / log(10):.1f}" in e.note


@pytest.mark.parametrize("n", [3, 10, 60, 150, 400])
@pytest.mark.parametrize("r", [0.0, 0.3, -0.9])
@pytest.mark.parametrize("scale", [0.1, 1, 2])
def test_correlation_is_an_integral_over_the_prior(n: int, r: float, scale: float) -> None:
    def log_likelihood(zeta: np.ndarray) -> np.ndarray:
        """Hotelling's: relative to no correlation, at rho = tanh zeta."""
        rho = np.tanh(zeta)
        series = special.hyp2f1(0.5, 0.5, n - 0.5, (1 + r * rho) / 2)
        none = special.hyp2f1(0.5, 0.5, n - 0.5, 0.5)
        fixed = (n - 1) / 2 * np.log1p(-(rho**2)) - (n - 1.5) * np.log1p(-rho * r)
        found: np.ndarray = fixed + np.log(series / none)
        return found

    zeta = np.arange(-18, 18, 0.002)
    rho = np.tanh(zeta)
    prior = stats.beta.logpdf((1 + rho) / 2, 1 / scale, 1 / scale) - log(2) + np.log1p(-(rho**2))
    ok = np.isfinite(prior)
    total = special.logsumexp((log_likelihood(zeta) + prior)[ok]) + log(0.002)
    assert log_correlation(r, n, scale=scale) == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("n", [3, 20, 101, 500, 5000])
def test_correlation_close_to_one_is_finite(n: int) -> None:
    found = [log_correlation(r, n, scale=1) for r in (0.9, 0.999, 1 - 1e-9, 1 - 1e-13)]
    assert all(map(isfinite, found))
    assert found == sorted(found)
