"""What a fitted linear mixed model says of each group and each row: conditional modes and residuals."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmstats.compiling import compiled
from mmstats.mixed.detail import groups
from mmstats.mixed.deviance import deviance, fill_factors, solved_for
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.structure import FloatArray, IntArray, RandomTerm


@dataclass(frozen=True)
class Modes:
    """The random coefficients of a term that are most likely, given the data and the estimates.

    Parameters
    ----------
    term : RandomTerm
    values : float array, shape (levels, k)
    covariance : float array, shape (levels, k, k)
        Given the data; the estimates are taken as known, so it is too small where they are not well known.
    """

    term: RandomTerm
    values: FloatArray
    covariance: FloatArray

    @cached_property
    def std_devs(self) -> FloatArray:
        """Conditional standard deviations, shape (levels, k)."""
        return np.asarray(np.sqrt(np.maximum(np.einsum("lkk->lk", self.covariance), 0.0)))

    @property
    def rows(self) -> FloatArray:
        """What the term adds to each row, shape (n,)."""
        return np.asarray((self.term.matrix * self.values[self.term.codes]).sum(axis=1))


@dataclass(frozen=True)
class Residuals:
    """What is left of each row.

    Parameters
    ----------
    population : float array, shape (n,)
        Predictions by the fixed part alone, with the offset.
    fitted : float array, shape (n,)
        With the conditional modes.
    marginal : float array, shape (n,)
        Response less `population`.
    conditional : float array, shape (n,)
        Response less `fitted`.
    scaled : float array, shape (n,)
        Conditional ones divided by the standard deviation of the row, sigma over the root of its weight.
    """

    population: FloatArray
    fitted: FloatArray
    marginal: FloatArray
    conditional: FloatArray
    scaled: FloatArray


def conditional_modes(fit: LinearFit) -> tuple[Modes, ...]:
    """Return the conditional modes of every term, with their covariances.

    References: bates2015.

    Examples
    --------
    >>> from mmstats.mixed.linear import fit
    >>> from mmstats.mixed.structure import MixedData, RandomTerm
    >>> one, visit, codes = np.ones(12), np.tile([0.0, 1, 2], 4), np.repeat(np.arange(4), 3)
    >>> person = RandomTerm("person", ("intercept",), one[:, None], codes, ("A", "B", "C", "D"))
    >>> score = np.array([5.0, 6, 6, 8, 8, 9, 4, 6, 7, 7, 9, 9])
    >>> fixed = np.column_stack([one, visit])
    >>> found = fit(MixedData(score, fixed, ("intercept", "visit"), (person,)))
    >>> (modes,) = conditional_modes(found)
    >>> modes.values.ravel().round(2).tolist(), modes.std_devs.ravel().round(2).tolist()
    ([-1.27, 1.27, -1.27, 1.27], [0.34, 0.34, 0.34, 0.34])
    """
    design, layout = fit.model.design, fit.model.design.layout
    k, q = layout.width, layout.common
    solved = solved_for(design.compiled)
    deviance(
        fit.optimum.theta, fit.restricted, float(fit.size), design.compiled, fit.moments[0], solved
    )  # writes `solved`
    blocks = groups(fit, solved)
    inside, across = np.empty((k, k)), np.empty((q, q))
    fill_factors(fit.optimum.theta, layout.elements, inside, across)
    bent = solved.triangle[:q, :q] @ across
    crossed = across @ np.linalg.inv(np.eye(q) + bent.T @ bent) @ across.T  # the covariance of crossed modes
    left, _ = fit.model.response(fit.response[:, None])
    common = fit.optimum.coefficients
    rest = left[:, 0] / fit.scale - design.crossed @ common[:q] - design.fixed @ common[q:]
    sums = (design.basis_turned @ rest).reshape(layout.blocks, k)
    lifted = blocks.covariance @ design.root.transpose(0, 2, 1) @ blocks.shrink
    own = np.einsum("gij,gj->gi", lifted[design.pattern_of], sums)
    pulled = blocks.covariance @ blocks.cross[:, :, :q]
    spread = blocks.covariance - blocks.covariance @ blocks.own @ blocks.covariance
    spread = spread + pulled @ (np.eye(q) - solved.plain[:q, :q]) @ pulled.transpose(0, 2, 1)
    found = []
    for r, (term, back) in enumerate(zip(fit.data.random, fit.model.back, strict=True)):
        first = np.zeros(len(term.levels), dtype=np.int64)  # a row of each level
        first[term.codes[::-1]] = np.arange(len(term.codes))[::-1]
        places = layout.starts[r] + layout.places[r][first, None] * term.size + np.arange(term.size)
        if layout.inside[r]:
            block = layout.groups[first]
            values = own[block[:, None], places]
            covariance = spread[design.pattern_of[block][:, None, None], places[:, :, None], places[:, None]]
        else:
            values = fit.optimum.coefficients[places]
            covariance = crossed[places[:, :, None], places[:, None]]
        covariance = fit.residual_sd**2 * (back @ covariance @ back.T)
        found.append(Modes(term, fit.scale * values @ back.T, covariance))
    return tuple(found)


def residuals(fit: LinearFit) -> Residuals:
    """Return predictions and residuals of every row."""
    offset = 0.0 if fit.data.offset is None else fit.data.offset
    population = fit.data.fixed @ fit.coefficients + offset
    fitted = population + sum(modes.rows for modes in conditional_modes(fit))
    conditional = fit.response - fitted
    scaled = fit.model.root_weights * conditional / fit.residual_sd
    return Residuals(population, fitted, fit.response - population, conditional, scaled)


def cholesky_residuals(fit: LinearFit) -> FloatArray:
    """Return marginal residuals that, if the model holds, are independent with variance 1, shape (n,).

    They are the inverse of the Cholesky factor of the rows' covariance times the marginal residuals. Rows are
    taken group by group, of the factor that the cross-products are blocked by, in their order there: each
    residual is what is new in its row, given those before it. With one grouping factor, no group matters to
    another.
    """
    layout = fit.model.design.layout
    order = np.argsort(layout.groups, kind="stable")
    width = layout.common + layout.width
    covariance = np.zeros((width, width))
    columns, starts = [], []
    for r, (term, own) in enumerate(zip(fit.data.random, fit.covariances, strict=True)):
        start = layout.starts[r] + (layout.common if layout.inside[r] else 0)
        for copy in range(layout.copies[r]):
            at = slice(start + copy * term.size, start + (copy + 1) * term.size)
            covariance[at, at] = own
        starts.append(start + layout.places[r] * term.size)
        columns.append(term.matrix)
    places = np.concatenate(
        [start[:, None] + np.arange(one.shape[1]) for start, one in zip(starts, columns, strict=True)], axis=1
    )
    variances = (fit.residual_sd / fit.model.root_weights) ** 2
    found = np.empty(fit.rows)
    found[order] = _innovations(
        residuals(fit).marginal[order],
        variances[order],
        np.concatenate(columns, axis=1)[order],
        places[order],
        layout.groups[order],
        covariance,
        layout.common,
    )
    return found


@compiled
def _innovations(
    values: FloatArray,
    variances: FloatArray,
    columns: FloatArray,
    places: IntArray,
    blocks: IntArray,
    covariance: FloatArray,
    common: int,
) -> FloatArray:
    """Return each row's surprise, given the rows before it, over its standard deviation.

    The random coefficients' mean and covariance are updated row by row. Those of a block start anew with it.
    """
    width = len(covariance)
    mean, spread = np.zeros(width), covariance.copy()
    pulled, found = np.empty(width), np.empty(len(values))
    for i in range(len(values)):
        if i > 0 and blocks[i] != blocks[i - 1]:
            for a in range(common, width):
                mean[a] = 0.0
                for b in range(width):
                    spread[a, b] = covariance[a, b]
                    spread[b, a] = covariance[b, a]
        expected, variance = 0.0, variances[i]
        for a in range(width):
            pulled[a] = 0.0
        for c in range(columns.shape[1]):
            if columns[i, c] != 0.0:
                expected += columns[i, c] * mean[places[i, c]]
                for a in range(width):
                    pulled[a] += spread[a, places[i, c]] * columns[i, c]
        for c in range(columns.shape[1]):
            variance += columns[i, c] * pulled[places[i, c]]
        surprise = values[i] - expected
        found[i] = surprise / np.sqrt(variance)
        for a in range(width):
            gain = pulled[a] / variance
            mean[a] += gain * surprise
            for b in range(width):
                spread[a, b] -= gain * pulled[b]
    return found
