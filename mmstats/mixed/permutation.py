"""Permutation of whole participants: the likelihood ratio of a fixed term had each had another label.

Each participant is written down once for every label: the rows that they would give with it. An
arrangement of labels takes one version of each, and what the likelihood depends on is the sum over those
taken. So layouts need not be balanced, and no arrangement costs time that grows with the rows.
"""

from dataclasses import dataclass, replace
from functools import partial
from math import nan, sqrt

import numpy as np
from scipy import linalg

from mmstats.compute import HERE, Place, each
from mmstats.errors import NotEstimableError
from mmstats.mixed.clusters import Clusters, chosen, clusters_from
from mmstats.mixed.layout import outermost
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.parts import part_sizes
from mmstats.mixed.prepared import prepared
from mmstats.mixed.profile import full_likelihood
from mmstats.mixed.random_columns import root_mean_squares
from mmstats.mixed.refits import fit_all
from mmstats.mixed.structure import FloatArray, IntArray, MixedData

TIE = 1e-8  # likelihood ratios closer than this are equal
MOST_VERSIONS = 10_000  # of all participants together
SAME = 1e-9  # columns that differ by less, relative to the largest, are equal


@dataclass(frozen=True)
class PermutationTest:
    """A permutation test.

    Parameters
    ----------
    statistic : float
        By how much the deviance is greater under the hypothesis.
    df : int
        How many combinations of coefficients are 0 by it.
    permuted : float array, shape (b,)
        The statistic of every arrangement, that observed among them; or of those drawn, without it. NaN
        where no optimum was certain.
    exact : bool
        Whether they are all.
    """

    statistic: float
    df: int
    permuted: FloatArray
    exact: bool

    @property
    def failed(self) -> int:
        """The number of arrangements without a certain optimum; p counts them as larger."""
        return int(np.isnan(self.permuted).sum())

    @property
    def p_value(self) -> float:
        """The share of statistics no smaller than that observed, which is counted among them.

        References: phipson2010.
        """
        larger = int((~(self.permuted < self.statistic - TIE)).sum())
        if self.exact:
            return larger / len(self.permuted)
        return (larger + 1) / (len(self.permuted) + 1)

    @property
    def mcse(self) -> float:
        """The Monte-Carlo standard error of `p_value`; NaN if it is exact."""
        if self.exact:
            return nan
        return sqrt(self.p_value * (1 - self.p_value) / (len(self.permuted) + 1))


@dataclass(frozen=True)
class Versions:
    """What each group of the outermost factor adds with every label, and the model without the term.

    Parameters
    ----------
    clusters : Clusters
        Of version 0 of all groups, then of version 1, and so on.
    groups : int
    turn : float array, shape (p, p - l)
        The orthonormal columns' combinations that the hypothesis leaves.
    theta : float array, shape (t,)
        Where searches start.
    fixed_null : bool
        Whether the model without the term is the same in every arrangement.
    """

    clusters: Clusters
    groups: int
    turn: FloatArray
    theta: FloatArray
    fixed_null: bool


def permutation_test(
    found: LinearFit,
    contrasts: FloatArray,
    fixed: FloatArray,
    responses: FloatArray,
    arrangements: tuple[IntArray, bool],
    *,
    on: str | Place = HERE,
) -> PermutationTest:
    """Return the test that combinations of fixed coefficients are 0, by other arrangements of labels.

    The statistic is the likelihood ratio, by full maximum likelihood, of the model with and without the
    combinations, both fitted anew. It depends neither on how variables are coded, nor on the unit of the
    response, nor on an estimated standard error, which may vanish with a variance of 0.

    Parameters
    ----------
    found : LinearFit
    contrasts : float array, shape (l, p)
    fixed : float array, shape (c, n, p)
        The fixed columns if all rows had the first label, the second, and so on.
    responses : float array, shape (c, n)
        The responses, likewise.
    arrangements : int array, shape (b, g), and bool
        The label of each group of the outermost factor, in the order of its levels; the observed labels come
        first. Whether these are all that there are.
    on : str or Place
        Where, as `mmstats.compute.each` takes it; the answer is the same.

    Raises
    ------
    NotEstimableError
        If factors are crossed, or there are too many versions of participants.

    References: fisher1935, anderson1999, phipson2010.
    """
    versions = _versions(full_likelihood(found), np.atleast_2d(contrasts), fixed, responses)
    labels, exact = arrangements
    sizes = part_sizes(versions.clusters.model.design.compiled, len(labels))
    parts = each(partial(_deviances, versions), np.split(labels, np.cumsum(sizes)[:-1]), on=on)
    larger, smaller = np.concatenate(list(parts), axis=1)
    if versions.fixed_null:
        smaller = smaller[:1]
    gaps = smaller - larger
    if np.isnan(gaps[0]):
        raise NotEstimableError(
            "The search for the greatest likelihood, with or without the term, found none."
        )
    gaps = np.where(np.isnan(gaps), np.nan, np.maximum(gaps, 0.0))
    return PermutationTest(float(gaps[0]), len(np.atleast_2d(contrasts)), gaps[0 if exact else 1 :], exact)


def _versions(found: LinearFit, contrasts: FloatArray, fixed: FloatArray, responses: FloatArray) -> Versions:
    data, layout = found.data, outermost(found.data)
    count, groups = len(fixed), layout.blocks
    if count * groups > MOST_VERSIONS:
        raise NotEstimableError(
            f"{groups} groups with {count} labels are {count * groups} versions of groups; at most "
            f"{MOST_VERSIONS} can be looked at. Round the values, or put them in classes."
        )
    stacked = _stacked(data, fixed, responses)
    model = prepared(stacked, layout=outermost(stacked))
    rotation = np.asarray(linalg.qr(model.turned(contrasts).T)[0], dtype=np.float64)
    turn = rotation[:, len(contrasts) :]
    # The response less its fit under the hypothesis, which is in the span of every arrangement's columns.
    values = model.data.response
    if data.fixed.size and np.ptp(data.fixed[:, 0]) == 0 and not contrasts[:, 0].any():
        values = values - values.mean()  # so that a large level costs no digits
    left, along = model.response(values[:, None])
    tested = rotation[:, : len(contrasts)]
    left = left[:, 0] + model.orthonormal @ (tested @ (tested.T @ along[:, 0]))
    null = (model.orthonormal @ turn).reshape(count, len(data.response), -1)
    same = np.ptp(null, axis=0).max(initial=0.0) <= SAME * np.abs(null).max(initial=0.0)
    return Versions(
        clusters_from(model, left / float(root_mean_squares(left[:, None])[0])),
        groups,
        turn,
        found.optimum.theta,
        bool(same and (np.ptp(responses, axis=0) == 0).all()),
    )


def _stacked(data: MixedData, fixed: FloatArray, responses: FloatArray) -> MixedData:
    """Return the rows with the first label, then with the second, and so on, all in groups of their own."""
    count, n, p = fixed.shape
    random = tuple(
        replace(
            term,
            matrix=np.tile(term.matrix, (count, 1)),
            codes=np.concatenate([term.codes + version * len(term.levels) for version in range(count)]),
            levels=tuple(f"{version}:{level}" for version in range(count) for level in term.levels),
        )
        for term in data.random
    )
    return MixedData(
        responses.reshape(count * n),
        fixed.reshape(count * n, p),
        data.names,
        random,
        None if data.weights is None else np.tile(data.weights, count),
        None if data.offset is None else np.tile(data.offset, count),
    )


def _deviances(versions: Versions, labels: IntArray) -> FloatArray:
    """Return the deviances of the model with and without the term for some arrangements, shape (2, b)."""
    own, b = versions.clusters, len(labels)
    counts = np.zeros((b, len(own.rows)), dtype=np.int64)
    counts[np.arange(b)[:, None], labels * versions.groups + np.arange(versions.groups)] = 1
    part, columns = chosen(own, counts), own.model.design.compiled
    whole = fit_all(
        columns, part.stats, versions.theta, part.rows, restricted=False, counts=part.counts,
        within=part.within,
    )  # fmt: skip
    used = slice(0, 1) if versions.fixed_null else slice(0, b)
    turn = versions.turn
    stats = part.stats
    rest = fit_all(
        columns._replace(
            fixed=turn.shape[1],
            cross=np.ascontiguousarray(columns.cross @ turn),
            within=np.ascontiguousarray(turn.T @ columns.within @ turn),
        ),
        replace(
            stats,
            sums=stats.sums[used],
            squares=stats.squares[used],
            common=np.ascontiguousarray(stats.common[used] @ turn),
            square=stats.square[used],
            shift=stats.shift[used, : turn.shape[1]],  # zero: no factor is crossed
        ),
        versions.theta,
        part.rows[used],
        restricted=False,
        counts=part.counts[used],
        within=np.ascontiguousarray(turn.T @ part.within[used] @ turn),
    )
    smaller = np.where(rest.certified, rest.deviance, np.nan)
    larger = np.where(whole.certified & part.determined, whole.deviance, np.nan)
    return np.stack([larger, np.broadcast_to(smaller, (b,))])
