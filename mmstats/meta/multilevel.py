"""Pooling of dependent effects: several of one study, of several outcomes, times or treatments."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from scipy import sparse

from mmstats.effects.independent_columns import independent
from mmstats.errors import NotEstimableError
from mmstats.meta.independent_blocks import Batch, batches, components
from mmstats.meta.marginal_deviance import DependentEffects, starts
from mmstats.meta.multilevel_input import as_sparse, check, check_positive
from mmstats.meta.multilevel_result import Multilevel, MultilevelTest
from mmstats.meta.random_term import RandomTerm
from mmstats.meta.variance_search import best
from mmstats.meta.weighted import FloatArray


def pool_multilevel(
    effects: FloatArray,
    sampling: FloatArray | sparse.csr_array,
    terms: Sequence[RandomTerm],
    design: FloatArray | None = None,
    names: tuple[str, ...] = ("intercept",),
    *,
    restricted: bool = True,
    test: MultilevelTest = "containment",
) -> Multilevel:
    """Pool dependent effects, or regress them on features: y = X b + random effects + sampling errors.

    Work and memory grow with the squares of the sizes of independent blocks, not with that of all rows.

    Parameters
    ----------
    effects : float array, shape (n,)
    sampling : float array, shape (n,) or (n, n), or sparse array
        Variances of sampling errors, or their covariance (see `sampling_covariance`).
    terms : sequence of RandomTerm
        From `intercepts`, `nested` and `within`.
    design : float array, shape (n, p), optional
        A constant column by default. A constant column comes first.
    names : tuple of str, length p
    restricted : bool
        Restricted maximum likelihood, or maximum likelihood.
    test : {"z", "t", "containment"}
        The normal distribution; t with n - p degrees of freedom; or t with as many as the level at which the
        column varies has.

    Raises
    ------
    NotEstimableError
        If values are not finite, a sampling covariance is not positive definite, columns or terms are not
        distinct, or no optimum is found.

    References: konstantopoulos2011, berkey1998, cheung2014.

    Examples
    --------
    >>> from mmstats.meta.random_term import nested
    >>> y, v = np.array([0.1, 0.3, 0.9, 0.7, 0.2, 0.6]), np.full(6, 0.01)
    >>> found = pool_multilevel(y, v, nested("study/effect", [1, 1, 2, 2, 3, 3], [1, 2, 1, 2, 1, 2]))
    >>> [round(float(one[0]), 4) for one in found.variances], found.df
    ([0.0733, 0.03], array([2.]))
    """
    effects = np.asarray(effects, dtype=np.float64)
    design = np.ones((len(effects), 1)) if design is None else np.asarray(design, dtype=np.float64)
    terms = tuple(terms)
    covariance = as_sparse(sampling, len(effects))
    check(effects, covariance, terms, design, names)
    constant = bool(np.ptp(design[:, 0]) == 0)
    q, r = independent(design, names, intercept=constant)
    blocks = batches(components(covariance, terms), covariance, terms, fill=True)
    check_positive(blocks, terms)
    scale = sqrt(float(covariance.diagonal().mean()))
    scaled = tuple(Batch(one.rows, one.sampling / scale**2, one.codes) for one in blocks)
    data = DependentEffects(effects / scale, q, terms, scaled)
    residuals = data.effects - q @ (q.T @ data.effects)
    between = max(float(residuals @ residuals) / (len(effects) - len(names)) - 1, 0.1)
    plain = covariance.nnz == len(effects) and all(term.kind == "intercept" for term in terms)
    begun = starts(terms, between, 1e-2 if plain else 1e-3)
    if plain and terms:  # a second optimum, if any, is where the coarsest term has all of the variance
        coarsest = min(range(len(terms)), key=lambda place: len(terms[place].outer_labels))
        begun = (begun[0], *begun[1 + coarsest : 2 + coarsest])
    optimum = best(data, begun, restricted=restricted, meeting=plain)
    if not optimum.certified:
        least = optimum.curvature.min(initial=0.0)
        raise NotEstimableError(
            "No variances were found that make the likelihood largest: one more step still promises "
            f"{optimum.promised:.1g}, and the least curvature is {least:.1g}. Take "
            "fewer random terms or a simpler structure."
        )
    own = DependentEffects(effects, q, terms, blocks)
    fit = own.at(rescaled(own, optimum.fit.theta, scale))
    return Multilevel(
        effects, covariance, design, names, constant, terms, restricted, test, optimum, fit, r, scale
    )


def rescaled(data: DependentEffects, theta: FloatArray, scale: float) -> FloatArray:
    """Return parameters for effects that are `scale` times larger: correlations stay."""
    found = theta * scale
    for term, place in zip(data.terms, data.places, strict=True):
        if term.kind != "un":
            found[place.stop - 1] = theta[place.stop - 1]
    return np.asarray(found)
