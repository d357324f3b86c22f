"""The compiled maximum of the likelihood against the same steps in NumPy."""

import numpy as np
import pytest

from mmstats.meta.heterogeneity import ESTIMATORS, heterogeneity
from mmstats.meta.likeliest import likeliest
from mmstats.meta.weighted import FloatArray, Studies, Weighted, orthonormal_studies


def slopes(fit: Weighted, restricted: bool) -> tuple[FloatArray, FloatArray]:
    if restricted:
        return fit.square - fit.trace, fit.trace_of_square
    return fit.square - fit.weights.sum(axis=1), (fit.weights**2).sum(axis=1)


def plain(studies: Studies, restricted: bool) -> FloatArray:
    """Return tau squared by Newton's steps of all sets at once."""
    tau2 = np.maximum(ESTIMATORS["he"](studies).tau2, ESTIMATORS["dl"](studies).tau2)
    fit = studies.weighted(tau2)
    here = fit.deviance(restricted=restricted)
    for _ in range(80):
        slope, expected = slopes(fit, restricted)
        observed = 2 * fit.cube - expected
        moved = np.maximum(tau2 + slope / np.where(observed > 0.1 * expected, observed, expected), 0.0)
        for _ in range(40):
            deviance = studies.weighted(moved).deviance(restricted=restricted)
            worse = deviance > here + 1e-12 * np.abs(here)
            moved = np.where(worse, (moved + tau2) / 2, moved)
        tau2, fit = moved, studies.weighted(moved)
        here = fit.deviance(restricted=restricted)
    return np.asarray(np.where(studies.weighted(0.0).deviance(restricted=restricted) < here, 0.0, tau2))


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_agrees_with_plain_steps(columns: int, restricted: bool) -> None:
    rng = np.random.default_rng(columns)
    b, k = 60, 9
    variances = rng.uniform(0.02, 1.0, (b, k))
    effects = rng.normal(0, np.sqrt(variances + rng.choice([0.0, 0.3, 3.0], (b, 1))))
    design = np.linalg.qr(np.column_stack([np.ones(k), rng.standard_normal((k, columns - 1))]))[0]
    counted = np.asarray(
        rng.permuted(np.tile(np.arange(k), (b, 1)), axis=1) < rng.integers(6, k + 1, (b, 1)), dtype=np.float64
    )
    studies = Studies(effects, variances, design, counted)
    found = likeliest(effects, variances, design, counted, restricted)
    assert found == pytest.approx(plain(studies, restricted), rel=1e-10, abs=1e-12)
    assert (found == 0).any()
    assert (found > 0).any()


def test_whole_numbers_are_numbers() -> None:
    effects, variances = [-20, -2, 7, 1, 11], [40, 2, 15, 150, 17]
    whole, same = (
        heterogeneity(orthonormal_studies(np.array(effects, kind), np.array(variances, kind)), "reml")
        for kind in (np.int64, np.float64)
    )
    assert whole.certified[0]
    assert whole.tau2 == same.tau2
