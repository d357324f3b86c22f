"""Every combination of levels, and means over them, as linear combinations of coefficients."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from math import prod

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.errors import NotEstimableError, PlanError, unknown
from mmstats.formula import Design

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MOST_CELLS = 1_000_000


@dataclass(frozen=True)
class Grid:
    """All combinations of the levels of a formula's categorical variables; numeric variables at their means.

    Parameters
    ----------
    cells : DataFrame
        A row for each combination; its columns are the variables of the formula, but for the response.
    matrix : float array, shape (cells, p)
        The columns of the design there.
    observed : bool array, shape (cells,)
        Whether any row of the data has that combination.
    """

    cells: pd.DataFrame
    matrix: FloatArray
    observed: BoolArray


@dataclass(frozen=True)
class Combination:
    """A linear combination of coefficients, such as a mean or a difference of means.

    Parameters
    ----------
    term : str
        What it is of: ``hand[left]``, or ``hand[right] - hand[left]``.
    weights : float array, shape (p,)
    note : str
        What a reader must know of it.
    """

    term: str
    weights: FloatArray
    note: str = ""


@dataclass(frozen=True)
class Means:
    """A mean for each level of a variable, or for each combination of levels of several.

    Parameters
    ----------
    variables : tuple of str
    levels : tuple of tuple of str, length m
        Of each mean, a level of each variable.
    matrix : float array, shape (m, p)
        A mean is its row times the coefficients.
    notes : tuple of str, length m
        What is extrapolated.
    """

    variables: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    matrix: FloatArray
    notes: tuple[str, ...]

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """What each mean is called: ``hand[left]``, ``group[MS]:hand[left]``."""
        return tuple(
            ":".join(f"{name}[{level}]" for name, level in zip(self.variables, levels, strict=True))
            for levels in self.levels
        )

    def each(self) -> Iterator[Combination]:
        """Yield the means."""
        for parts in zip(self.terms, self.matrix, self.notes, strict=True):
            yield Combination(*parts)

    def pairs(self) -> Iterator[Combination]:
        """Yield the difference of each two means, that of the later level minus that of the earlier."""
        for first, second in combinations(range(len(self.levels)), 2):
            yield self._difference(second, first)

    def against_first(self) -> Iterator[Combination]:
        """Yield the difference of each mean from the first, which is the reference."""
        for place in range(1, len(self.levels)):
            yield self._difference(place, 0)

    def _difference(self, later: int, earlier: int) -> Combination:
        return Combination(
            f"{self.terms[later]} - {self.terms[earlier]}",
            self.matrix[later] - self.matrix[earlier],
            joined((self.notes[earlier], self.notes[later])),
        )


def reference_grid(design: Design, frame: pd.DataFrame) -> Grid:
    """Return the grid of a design.

    Parameters
    ----------
    design : Design
    frame : DataFrame
        The rows; every variable of the fixed part, as the design learnt it.

    Raises
    ------
    NotEstimableError
        If there are more than a million combinations.

    References: searle1980.

    Examples
    --------
    >>> from mmstats.formula import ModelData
    >>> hand = pd.Categorical(["left", "right", "left"])
    >>> frame = pd.DataFrame({"y": [1.0, 2, 3], "hand": hand, "age": [20.0, 30, 46]})
    >>> data = ModelData.of("y ~ hand + age", frame)
    >>> reference_grid(Design.of(data), data.frame).matrix.tolist()
    [[1.0, 0.0, 32.0], [1.0, 1.0, 32.0]]
    """
    names = [name for name in design.formula.columns if name != design.formula.response.variable]
    choices: list[Sequence[object]] = [
        design.levels[name]
        if name in design.levels
        else [float(np.sort(frame[name].to_numpy(dtype=np.float64)).mean())]
        for name in names
    ]
    count = prod(map(len, choices))
    if count > MOST_CELLS:
        raise NotEstimableError(
            f"The formula's categorical variables have {count:,} combinations of levels; means are averaged "
            f"over at most {MOST_CELLS:,}. Leave a variable out, or join levels."
        )
    cells = pd.DataFrame(list(product(*choices)), columns=names)
    categorical = [name for name in names if name in design.levels]
    there = set(zip(*(frame[name].astype(str) for name in categorical), strict=True)) or {()}
    keys = list(zip(*(cells[name] for name in categorical), strict=True)) or [()]
    return Grid(cells, design.matrix(cells), np.array([key in there for key in keys]))


def means(design: Design, grid: Grid, *variables: str) -> Means:
    """Return the means by one categorical variable, or by the combinations of several.

    Each is an average over the levels of the other categorical variables, with equal weights, where numeric
    variables have their means: an estimated marginal mean.

    Parameters
    ----------
    design : Design
    grid : Grid
    *variables : str

    Raises
    ------
    PlanError
        If one is not a categorical variable of the fixed part.

    References: searle1980.

    Examples
    --------
    >>> from mmstats.formula import ModelData
    >>> frame = pd.DataFrame({
    ...     "y": [1.0, 2, 3, 4], "hand": pd.Categorical(["left", "left", "right", "right"]),
    ...     "group": pd.Categorical(["HC", "MS", "HC", "MS"]),
    ... })
    >>> data = ModelData.of("y ~ hand + group", frame)
    >>> by_hand = means(Design.of(data), reference_grid(Design.of(data), frame), "hand")
    >>> by_hand.terms, by_hand.matrix.tolist()
    (('hand[left]', 'hand[right]'), [[1.0, 0.0, 0.5], [1.0, 1.0, 0.5]])
    """
    known = categorical(design)
    problems = [unknown(name, known, what="categorical variable") for name in variables if name not in known]
    if problems or not variables:
        raise PlanError("Marginal means are by categorical variables of the formula.", problems)
    levels = tuple(product(*(design.levels[name] for name in variables)))
    found = [cell_mean(grid, dict(zip(variables, chosen, strict=True))) for chosen in levels]
    return Means(variables, levels, np.array([row for row, _ in found]), tuple(note for _, note in found))


def cell_mean(grid: Grid, chosen: Mapping[str, str]) -> tuple[FloatArray, str]:
    """Return the mean where some variables have these levels, over all others', and what is extrapolated.

    Parameters
    ----------
    grid : Grid
    chosen : mapping of str to str
        A level of each variable.

    References: searle1980.
    """
    at = np.ones(len(grid.cells), dtype=np.bool_)
    for name, level in chosen.items():
        at &= (grid.cells[name] == level).to_numpy()
    return grid.matrix[at].mean(axis=0), _extrapolated(grid.observed[at])


def categorical(design: Design) -> tuple[str, ...]:
    """Return the categorical variables of the fixed part, in the order in which they appear."""
    factors = (factor for term in design.formula.terms for factor in term)
    return tuple(dict.fromkeys(factor.variable for factor in factors if design.categorical(factor)))


def interacting(design: Design) -> tuple[tuple[str, str], ...]:
    """Return each two categorical variables that are in one term, in the order in which they appear."""
    order = categorical(design)
    together = [{factor.variable for factor in term} for term in design.formula.terms]
    return tuple(pair for pair in combinations(order, 2) if any(set(pair) <= term for term in together))


def _extrapolated(observed: BoolArray) -> str:
    empty, count = int((~observed).sum()), len(observed)
    if not empty:
        return ""
    if count == 1:
        return "Nobody has this combination of levels: the model extrapolates."
    return f"Nobody has {empty} of the {count} combinations of levels averaged: the model extrapolates."


def joined(notes: Iterable[str]) -> str:
    """Return notes one after another, each once."""
    return " ".join(dict.fromkeys(note for note in notes if note))
