"""What a mixed model is about: a response, fixed columns, and random columns by group."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RandomTerm:
    """Columns whose coefficients differ by group, with any covariance: `(1 + hand | participant_id)`.

    `(1 + hand || participant_id)`, in which they do not correlate, is several terms of one column each.

    Parameters
    ----------
    group : str
        The variable, or variables joined by ``:``.
    names : tuple of str, length k
        Of the columns: ``intercept``, ``hand[left]``.
    matrix : float array, shape (n, k)
    codes : int array, shape (n,)
        The group of each row, from 0.
    levels : tuple of str
        The groups' names.
    terms : tuple of tuple of str, length k
        The factors that each column comes from, none for an intercept; by default a column's own name.
    """

    group: str
    names: tuple[str, ...]
    matrix: FloatArray
    codes: IntArray
    levels: tuple[str, ...]
    terms: tuple[tuple[str, ...], ...] = ()

    @property
    def size(self) -> int:
        """The number of columns, k."""
        return len(self.names)

    def removable(self) -> dict[str, tuple[int, ...]]:
        """Return what may be left out while the rest keeps its meaning, by name, and its columns.

        That is each term which is not part of another, but for the intercept; or whatever there is, if it is
        one term.
        """
        terms = self.terms or tuple((name,) if name != "intercept" else () for name in self.names)
        several = len(set(terms)) > 1
        return {
            ":".join(term) or "intercept": tuple(place for place, own in enumerate(terms) if own == term)
            for term in dict.fromkeys(terms)
            if not (several and any(set(term) < set(other) for other in terms))
        }


@dataclass(frozen=True)
class MixedData:
    """The rows of a mixed model.

    Parameters
    ----------
    response : float array, shape (n,)
    fixed : float array, shape (n, p)
    names : tuple of str, length p
    random : tuple of RandomTerm
    weights : float array, shape (n,), optional
        Rows have variance sigma^2 / weight.
    offset : float array, shape (n,), optional
        Added to the linear predictor as it is.
    """

    response: FloatArray
    fixed: FloatArray
    names: tuple[str, ...]
    random: tuple[RandomTerm, ...]
    weights: FloatArray | None = None
    offset: FloatArray | None = None
