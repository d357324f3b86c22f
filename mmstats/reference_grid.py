"""Every combination of levels, and means over them, as linear combinations of coefficients."""

from collections.abc import Iterator, Mapping, Sequence
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

    def pairs(self, *, within: str | None = None) -> Iterator[Combination]:
        """Yield the difference of each two means, that of the later level minus that of the earlier.

        Parameters
        ----------
        within : str, optional
            Compare at equal levels of this variable only.

        Raises
        ------
        PlanError
            If the means are not by that variable, and another.
        """
        if within is not None and (within not in self.variables or len(self.variables) == 1):
            others = self.variables if len(self.variables) > 1 else ()
            raise PlanError(
                f"Means by {':'.join(self.variables)} cannot be compared within {within!r}; "
                f"allowed: {', '.join(others) or 'nothing, since they are by one variable'}."
            )
        place = None if within is None else self.variables.index(within)
        for first, second in combinations(range(len(self.levels)), 2):
            if place is None or self.levels[first][place] == self.levels[second][place]:
                yield self._difference(second, first)

    def against_first(self) -> Iterator[Combination]:
        """Yield the difference of each mean from the first, which is the reference."""
        for place in range(1, len(self.levels)):
            yield self._difference(place, 0)

    def contrast(self, name: str, weights: Mapping[str, float]) -> Combination:
        """Return a contrast of one's own.

        Parameters
        ----------
        name : str
        weights : mapping of str to float
            By level, ``{"right": 1, "left": -1}``; by several variables, with ``:`` between their levels,
            ``{"MS:right": 1, "HC:right": -1}``. Levels that are not named weigh nothing.

        Raises
        ------
        PlanError
            With every problem: levels that do not exist, weights that are not finite, that are all zero, or
            that do not add up to zero.
        """
        known = {":".join(levels): place for place, levels in enumerate(self.levels)}
        problems = [unknown(level, known, what="level") for level in weights if level not in known]
        values = np.array(list(weights.values()), dtype=np.float64)
        if not np.isfinite(values).all():
            problems.append("Weights are finite numbers.")
        elif not values.any():
            problems.append("One weight at least differs from zero.")
        elif abs(values.sum()) > 1e-9 * np.abs(values).max():
            problems.append(
                f"The weights add up to {values.sum():g}; those of a contrast add up to 0, so that equal "
                "means give 0."
            )
        if problems:
            raise PlanError(f"The contrast {name!r} of {':'.join(self.variables)} is wrong:", problems)
        places = [known[level] for level in weights]
        used = [place for place, value in zip(places, values, strict=True) if value]
        return Combination(name, values @ self.matrix[places], _joined(self.notes[place] for place in used))

    def _difference(self, later: int, earlier: int) -> Combination:
        return Combination(
            f"{self.terms[later]} - {self.terms[earlier]}",
            self.matrix[later] - self.matrix[earlier],
            _joined((self.notes[earlier], self.notes[later])),
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
    levels, rows, notes = tuple(product(*(design.levels[name] for name in variables))), [], []
    for chosen in levels:
        at = np.ones(len(grid.cells), dtype=np.bool_)
        for name, level in zip(variables, chosen, strict=True):
            at &= (grid.cells[name] == level).to_numpy()
        rows.append(grid.matrix[at].mean(axis=0))
        notes.append(_extrapolated(grid.observed[at]))
    return Means(variables, levels, np.array(rows), tuple(notes))


def categorical(design: Design) -> tuple[str, ...]:
    """Return the categorical variables of the fixed part, in the order in which they appear."""
    factors = (factor for term in design.formula.terms for factor in term)
    return tuple(dict.fromkeys(factor.variable for factor in factors if design.categorical(factor)))


def interacting(design: Design) -> tuple[tuple[str, str], ...]:
    """Return each two categorical variables that are in one term, in the order in which they appear."""
    order = categorical(design)
    together = [{factor.variable for factor in term} for term in design.formula.terms]
    return tuple(pair for pair in combinations(order, 2) if any(set(pair) <= term for term in together))


def estimable(matrix: FloatArray, rows: FloatArray) -> BoolArray:
    """Return whether the data determine each combination of coefficients: a combination of the data's rows.

    Parameters
    ----------
    matrix : float array, shape (n, p)
        The columns of the data, which may depend on each other.
    rows : float array, shape (m, p)

    References: searle1980.

    Examples
    --------
    >>> columns = np.array([[1.0, 0, 1], [1, 0, 1], [0, 1, 1]])
    >>> estimable(columns, np.array([[1.0, 0, 1], [1, 0, 0]])).tolist()
    [True, False]
    """
    sizes = np.linalg.norm(matrix, axis=0)
    sizes = np.where(sizes > 0, sizes, 1.0)
    _, values, axes = np.linalg.svd(matrix / sizes, full_matrices=False)
    kept = axes[values > 1e-10 * max(values.max(initial=0.0), 1e-300)]
    scaled = rows / sizes
    left = np.linalg.norm(scaled - scaled @ kept.T @ kept, axis=1)
    return np.asarray(left <= 1e-8 * np.linalg.norm(scaled, axis=1))


def _extrapolated(observed: BoolArray) -> str:
    empty, count = int((~observed).sum()), len(observed)
    if not empty:
        return ""
    if count == 1:
        return "Nobody has this combination of levels: the model extrapolates."
    return f"Nobody has {empty} of the {count} combinations of levels averaged: the model extrapolates."


def _joined(notes: Iterator[str] | Sequence[str]) -> str:
    return " ".join(dict.fromkeys(note for note in notes if note))
