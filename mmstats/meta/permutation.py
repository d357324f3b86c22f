"""Permutation tests of pooled effects: signs exchanged, or features given to other studies."""

from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
import numpy.typing as npt

from mmstats.errors import NotEstimableError
from mmstats.meta.heterogeneity import heterogeneity
from mmstats.meta.pooling import Pooled, residual_scale
from mmstats.meta.weighted import FloatArray, Studies

AT_ONCE = 2_000_000  # numbers held for one part of the permutations
TIE = 1e-9  # statistics closer than this share are equal


@dataclass(frozen=True)
class PermutationTest:
    """Tests of each coefficient, and of all features together.

    Parameters
    ----------
    p_values : float array, shape (p,)
        Two-sided, by the size of the test statistic. With features the intercept's is NaN: exchanging
        features says nothing of it.
    joint_p_value : float
    count : int
        How many permutations were made, the observed one among them.
    exact : bool
        Whether these are all there are.
    """

    p_values: FloatArray
    joint_p_value: float
    count: int
    exact: bool

    @property
    def mcse(self) -> FloatArray:
        """The Monte-Carlo standard errors of the p values, shape (p,); 0 if exact."""
        if self.exact:
            return np.zeros_like(self.p_values)
        return np.sqrt(self.p_values * (1 - self.p_values) / self.count)


def permutation_test(pooled: Pooled, *, resamples: int, rng: np.random.Generator) -> PermutationTest:
    """Return the permutation test of a pooling, with tau squared estimated anew each time.

    Without features, the signs of the effects are exchanged: each effect is as likely above 0 as below under
    the hypothesis. With features, effects and variances keep together and are given other studies' features.
    All permutations are made if there are no more than `resamples`; else as many are drawn, and the observed
    one is counted among them.

    Parameters
    ----------
    pooled : Pooled
    resamples : int
    rng : Generator

    Raises
    ------
    NotEstimableError
        If the model has features but no intercept.

    References: higgins2004, follmann1999.
    """
    if len(pooled.names) > 1 and not pooled.intercept:
        raise NotEstimableError("Without an intercept, exchanging features tests no hypothesis.")
    signs = len(pooled.names) == 1
    exact = (2**pooled.count if signs else _factorial(pooled.count)) <= resamples
    drawn = _all(pooled.count, signs=signs) if exact else _drawn(pooled.count, resamples, rng, signs=signs)
    step = max(1, AT_ONCE // pooled.count)
    found = [_statistics(pooled, drawn[at : at + step], signs=signs) for at in range(0, len(drawn), step)]
    each, joint = (np.concatenate(parts) for parts in zip(*found, strict=True))
    own, whole = (values[0] for values in _statistics(pooled, _identity(pooled.count, signs), signs=signs))
    more = 0 if exact else 1
    total = len(drawn) + more
    p_values = ((each >= own * (1 - TIE)).sum(axis=0) + more) / total
    if not signs:
        p_values[0] = np.nan
    joint_p = float(((joint >= whole * (1 - TIE)).sum() + more) / total)
    return PermutationTest(p_values, joint_p, 2 * total if signs and exact else total, exact)


def _statistics(pooled: Pooled, drawn: FloatArray, *, signs: bool) -> tuple[FloatArray, FloatArray]:
    """Return the size of each coefficient's test statistic, (b, p), and of the joint one, (b,)."""
    own = pooled.studies
    if signs:
        effects, variances = own.effects * drawn, np.broadcast_to(own.variances, drawn.shape)
    else:
        places = drawn.astype(np.int64)
        effects, variances = own.effects[0][places], own.variances[0][places]
    studies = Studies(effects, variances, own.design, own.counted)
    between = heterogeneity(studies, pooled.tau2_method)
    fit = studies.weighted(between.tau2)
    scale = residual_scale(pooled.test, fit)
    coefficients, covariance = fit.coefficients @ pooled.back.T, pooled.covariances(fit)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.abs(coefficients) / np.sqrt(scale[:, None] * np.einsum("bxx->bx", covariance))
    tested = slice(None) if signs else slice(1, None)
    chosen = coefficients[:, tested]
    solved = np.linalg.solve(covariance[:, tested, tested], chosen[:, :, None])[:, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        joint = (chosen * solved).sum(axis=1) / scale
    unknown = ~between.certified
    each[unknown], joint[unknown] = np.inf, np.inf
    return each, joint


def _identity(count: int, signs: bool) -> FloatArray:
    return np.ones((1, count)) if signs else np.arange(count, dtype=np.float64)[None]


def _all(count: int, *, signs: bool) -> FloatArray:
    """Return all permutations; of signs those that leave the first study's, as the others are as extreme."""
    if signs:
        bits: npt.NDArray[np.int64] = (np.arange(2 ** (count - 1))[:, None] << 1 >> np.arange(count)) & 1
        return np.asarray(1.0 - 2.0 * bits, dtype=np.float64)
    return np.array(list(permutations(range(count))), dtype=np.float64)


def _drawn(count: int, resamples: int, rng: np.random.Generator, *, signs: bool) -> FloatArray:
    if signs:
        return np.asarray(1.0 - 2.0 * rng.integers(0, 2, (resamples, count)), dtype=np.float64)
    return rng.permuted(np.tile(np.arange(count, dtype=np.float64), (resamples, 1)), axis=1)


def _factorial(count: int) -> float:
    return float("inf") if count > 20 else float(factorial(count))
