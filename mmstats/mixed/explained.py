"""How much of the variation a linear mixed model explains, and how alike rows of one group are."""

from dataclasses import dataclass

import numpy as np

from mmstats.mixed.linear import LinearFit
from mmstats.mixed.structure import FloatArray, IntArray


@dataclass(frozen=True)
class Explained:
    """The variance of a row, divided.

    Parameters
    ----------
    fixed : float
        The variance of the fixed part's predictions among the rows, with n - 1.
    random : tuple of float
        Of each random term, the variance that it gives to a row, averaged over the rows.
    residual : float
        Averaged over the rows likewise.
    """

    fixed: float
    random: tuple[float, ...]
    residual: float

    @property
    def total(self) -> float:
        """All together."""
        return self.fixed + sum(self.random) + self.residual

    @property
    def r2_marginal(self) -> float:
        """The share of the fixed part."""
        return self.fixed / self.total

    @property
    def r2_conditional(self) -> float:
        """The share of the fixed and the random part."""
        return 1 - self.residual / self.total

    @property
    def icc(self) -> float:
        """The share of all random terms in what the fixed part leaves: adjusted, averaged over the rows."""
        return sum(self.random) / (sum(self.random) + self.residual)


@dataclass(frozen=True)
class Alike:
    """How alike the rows of one group are.

    Parameters
    ----------
    group : str
    icc : float
        The correlation of two rows of a group, beyond the fixed part, at the means of the random columns.
    sizes : int array, shape (groups,)
        Rows of each group.
    note : str
    """

    group: str
    icc: float
    sizes: IntArray
    note: str

    @property
    def size(self) -> float:
        """The number of rows of the group that a row is in, averaged over rows; m if all groups have m."""
        return float((self.sizes.astype(np.float64) ** 2).sum() / self.sizes.sum())

    @property
    def design_effect(self) -> float:
        """By how much groups multiply the variance of a mean of all rows: 1 + (m - 1) icc."""
        return 1 + (self.size - 1) * self.icc


def explained(fit: LinearFit) -> Explained:
    """Return how the variance of a row is divided.

    Random slopes give rows different variances; they are averaged. An offset counts as known, so it is not
    part of the variance.

    References: nakagawa2013, johnson2014.

    Examples
    --------
    >>> from mmstats.mixed.linear import fit
    >>> from mmstats.mixed.structure import MixedData, RandomTerm
    >>> one, visit, codes = np.ones(12), np.tile([0.0, 1, 2], 4), np.repeat(np.arange(4), 3)
    >>> person = RandomTerm("person", ("intercept",), one[:, None], codes, ("A", "B", "C", "D"))
    >>> score = np.array([5.0, 6, 6, 8, 8, 9, 4, 6, 7, 7, 9, 9])
    >>> fixed = np.column_stack([one, visit])
    >>> found = fit(MixedData(score, fixed, ("intercept", "visit"), (person,)))
    >>> shares = explained(found)
    >>> round(shares.r2_marginal, 3), round(shares.r2_conditional, 3), round(shares.icc, 3)
    (0.176, 0.885, 0.861)
    """
    fixed = fit.data.fixed @ fit.coefficients
    random = tuple(
        float(np.sum((term.matrix @ factor) ** 2) / fit.rows)
        for term, factor in zip(fit.data.random, fit.factors, strict=True)
    )
    return Explained(float(np.var(fixed, ddof=1)), random, _residual(fit))


def alike(fit: LinearFit) -> tuple[Alike, ...]:
    """Return how alike rows of one group are, for each grouping factor.

    Two rows of a group share its random terms, and those of every group around it: hands of one person share
    the person's, too. Of crossed groups they share their own alone. Where columns other than the intercept
    are random, the correlation differs from row to row; it is that of two rows at the means of the columns.

    References: nakagawa2017, kish1965.
    """
    terms = tuple(zip(fit.data.random, fit.factors, strict=True))
    at_means = [float(np.sum((term.matrix.mean(axis=0) @ factor) ** 2)) for term, factor in terms]
    total = sum(at_means) + _residual(fit)
    found: dict[str, Alike] = {}
    for term, _ in terms:
        if term.group in found:
            continue
        around = [_within(term.codes, other.codes) for other, _ in terms]
        shared = sum(value for value, inside in zip(at_means, around, strict=True) if inside)
        sizes = np.bincount(term.codes, minlength=len(term.levels))
        slopes = any(np.ptp(other.matrix, axis=0).any() for other, _ in terms)
        found[term.group] = Alike(term.group, shared / total, sizes, _note(sizes, slopes=slopes))
    return tuple(found.values())


def _note(sizes: IntArray, *, slopes: bool) -> str:
    notes = ["At the means of the random columns; elsewhere it differs."] if slopes else []
    if np.ptp(sizes):
        size = float((sizes.astype(np.float64) ** 2).sum() / sizes.sum())
        notes.append(
            f"Groups have {sizes.min()} to {sizes.max()} rows; the design effect takes {size:.4g}, the size "
            "of a group weighted by its rows."
        )
    return " ".join(notes)


def _within(inner: IntArray, outer: IntArray) -> bool:
    """Return whether rows of one inner group are always in one outer group."""
    pairs = np.unique(np.stack([inner, outer]), axis=1)
    return bool(len(np.unique(pairs[0])) == pairs.shape[1])


def _residual(fit: LinearFit) -> float:
    weights: FloatArray = fit.model.root_weights**2
    return float(fit.residual_sd**2 * np.mean(1 / weights))
