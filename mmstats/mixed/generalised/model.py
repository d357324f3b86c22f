"""A generalised mixed model: a family, linear predictors, and random effects."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mmstats.mixed.generalised.density import Family, FloatArray, IntArray
from mmstats.mixed.generalised.layout import Layout
from mmstats.mixed.structure import MixedData, RandomTerm


@dataclass(frozen=True)
class GeneralisedModel:
    """What the likelihood of a generalised mixed model is made of.

    The parameters are p of the predictors (`names`), then those of the random terms: for each term the
    lower triangle, by columns, of the Cholesky factor of its covariance.

    Parameters
    ----------
    family : Family
    data : MixedData
    columns : float array, shape (m, n, p)
        What multiplies the parameters to give each row's predictors.
    offset : float array, shape (m, n)
    wide : float array, shape (w, n, p)
        The same for the predictors that tell the chance of every response.
    wide_offset : float array, shape (w, n)
    wide_direction : float array, shape (w,)
        By how much one unit of a random effect moves each of them.
    names : tuple of str, length p
    start : float array, shape (p,)
        Where the density is positive.
    typical : float array, shape (w, n)
        Wide predictors at which the information about the parameters scales them.
    rebuild : callable
        Makes the same model of other data.
    latent_variance : float
        Of a row on the scale of the predictor, or NaN.
    levels : tuple of str
        Of an ordinal response.
    """

    family: Family
    data: MixedData
    columns: FloatArray
    offset: FloatArray
    wide: FloatArray
    wide_offset: FloatArray
    wide_direction: FloatArray
    names: tuple[str, ...]
    start: FloatArray
    typical: FloatArray
    rebuild: Callable[[MixedData], "GeneralisedModel"]
    latent_variance: float = np.nan
    levels: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The number of observations."""
        return len(self.data.response)

    @property
    def random(self) -> tuple[RandomTerm, ...]:
        """The random terms."""
        return self.data.random

    @cached_property
    def layout(self) -> Layout:
        """Where the random effects are."""
        return Layout.of(self.random)

    @cached_property
    def places(self) -> IntArray:
        """Of each parameter of the random terms: term, row and column of its factor; shape (t, 3)."""
        return np.array(
            [
                (r, a, b)
                for r, term in enumerate(self.random)
                for b in range(term.size)
                for a in range(b, term.size)
            ]
        )

    @cached_property
    def slopes(self) -> npt.NDArray[np.bool_]:
        """Which of the predictors' parameters are coefficients: not thresholds, nor a log size."""
        found = np.ones(len(self.names), dtype=np.bool_)
        found[: max(len(self.levels) - 1, 0)] = False
        if self.wide_direction[-1] == 0:
            found[-1] = False
        return found

    @property
    def size(self) -> int:
        """The number of parameters."""
        return len(self.names) + len(self.places)

    def factors(self, theta: FloatArray) -> list[FloatArray]:
        """Return each random term's Cholesky factor, shape (k, k)."""
        found = [np.zeros((term.size, term.size)) for term in self.random]
        for value, (r, a, b) in zip(theta, self.places, strict=True):
            found[r][a, b] = value
        return found

    def entries(self, theta: FloatArray) -> FloatArray:
        """Return what multiplies the standard random effects that each row touches, shape (n, s)."""
        parts = [term.matrix @ factor for term, factor in zip(self.random, self.factors(theta), strict=True)]
        return np.concatenate(parts, axis=1)

    def reordered(self, term: int, order: tuple[int, ...]) -> "GeneralisedModel":
        """Return the same model with the columns of one random term in another order."""
        old = self.random[term]
        at = list(order)
        new = replace(old, names=tuple(old.names[i] for i in at), matrix=old.matrix[:, at])
        random = (*self.random[:term], new, *self.random[term + 1 :])
        return replace(self, data=replace(self.data, random=random))
