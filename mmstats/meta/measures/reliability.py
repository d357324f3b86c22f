"""Reliability: Cronbach's alpha as it is and on two scales, and the intraclass correlation by Fisher's z."""

import numpy as np

from mmstats.estimate import Quantity
from mmstats.meta.measures.material import Agreement, Alpha
from mmstats.meta.measures.measure import Effects, Measure, effects_of
from mmstats.meta.measures.scales import CUBE_ROOT_OF_COMPLEMENT, FISHER_Z_OF_ICC, LOG_OF_COMPLEMENT
from mmstats.meta.weighted import BoolArray, FloatArray

FEW = "The variance needs 3 participants or more."
PERFECT = "A reliability of 1 has no spread, and is infinite on a logarithmic scale."
TOO_LOW = "An intraclass correlation of k ratings is above -1 / (k - 1)."


def alpha(scale: Alpha) -> Effects:
    """Return Cronbach's alpha.

    References: bonett2010.

    Examples
    --------
    >>> found = alpha(Alpha(*map(np.array, ([0.8], [5.0], [42.0]))))
    >>> found.effects, found.variances
    (array([0.8]), array([0.0025]))
    """
    return effects_of(scale.alpha, (1 - scale.alpha) ** 2 * _log_variance(scale), _few(scale), _one(scale))


def cube_root_alpha(scale: Alpha) -> Effects:
    """Return 1 less the cube root of 1 - alpha.

    References: hakstian1976.
    """
    rest = np.cbrt(1 - scale.alpha)
    v = 18 * scale.items * (scale.n - 1) * rest**2 / ((scale.items - 1) * (9 * scale.n - 11) ** 2)
    return effects_of(1 - rest, v, _few(scale), _one(scale))


def log_alpha(scale: Alpha) -> Effects:
    """Return the negative logarithm of 1 - alpha.

    References: bonett2002.

    Examples
    --------
    >>> found = log_alpha(Alpha(*map(np.array, ([0.8], [5.0], [42.0]))))
    >>> found.effects.round(6), found.variances
    (array([1.609438]), array([0.0625]))
    """
    rest = np.where(scale.alpha < 1, 1 - scale.alpha, np.nan)
    return effects_of(-np.log(rest), _log_variance(scale), _few(scale), _one(scale))


def intraclass_fisher_z(ratings: Agreement) -> Effects:
    """Return Fisher's z of the intraclass correlation of single ratings, k of each of n participants.

    Its variance is k / (2 (k - 1) (n - 2)), and 1 / (n - 3/2) of pairs. The way back depends on k.

    References: fisher1925.

    Examples
    --------
    >>> found = intraclass_fisher_z(Agreement(*map(np.array, ([0.5], [2.0], [27.0]))))
    >>> found.effects.round(6), found.variances.round(6)
    (array([0.549306]), array([0.039216]))
    """
    k, n = ratings.ratings, ratings.n
    low = ratings.icc <= -1 / (k - 1)
    usable = np.where(low | (ratings.icc >= 1), np.nan, ratings.icc)
    z = np.log((1 + (k - 1) * usable) / (1 - usable)) / 2
    many = np.where(n > 2, n, np.nan)
    v = np.where(k == 2, 1 / (many - 1.5), k / (2 * (k - 1) * (many - 2)))
    return effects_of(z, v, (ratings.icc == 1, PERFECT), (low, TOO_LOW), (n < 3, FEW))


def _log_variance(scale: Alpha) -> FloatArray:
    return 2 * scale.items / ((scale.items - 1) * np.where(scale.n > 2, scale.n - 2, np.nan))


def _few(scale: Alpha) -> tuple[BoolArray, str]:
    return scale.n < 3, FEW


def _one(scale: Alpha) -> tuple[BoolArray, str]:
    return scale.alpha == 1, PERFECT


RELIABILITY = (
    Measure(Quantity("alpha", "Cronbach's alpha"), "ARAW", Alpha, alpha, references=("bonett2010",)),
    Measure(
        Quantity("cube_root_alpha", "Cronbach's alpha (by a cube root)"),
        "AHW",
        Alpha,
        cube_root_alpha,
        CUBE_ROOT_OF_COMPLEMENT,
        references=("hakstian1976",),
    ),
    Measure(
        Quantity("log_alpha", "Cronbach's alpha (by a logarithm)"),
        "ABT",
        Alpha,
        log_alpha,
        LOG_OF_COMPLEMENT,
        references=("bonett2002",),
    ),
    Measure(
        Quantity("intraclass_correlation", "Intraclass correlation (by Fisher's z)"),
        "ZICC",
        Agreement,
        intraclass_fisher_z,
        FISHER_Z_OF_ICC,
        references=("fisher1925",),
    ),
)
