"""Which combinations of coefficients are zero if a term has no effect: hypotheses of types II and III.

Satterthwaite's degrees of freedom of several combinations depend on which of those that say the same are
taken. Here they are at right angles, among the means (type III) or the rows (type II), so that neither the
contrasts nor the order of levels make a difference.
"""

from functools import reduce
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import linalg

from mmstats.formula import Coding, Design, Factor, Term
from mmstats.formula.contrasts import contrast_columns
from mmstats.reference_grid import Grid, categorical

FloatArray = npt.NDArray[np.float64]


def type_three(design: Design, grid: Grid) -> dict[str, FloatArray]:
    """Return for each term the hypothesis that means over the grid are equal, or slopes are zero.

    For categorical variables it is that marginal means do not differ; for an interaction, that their
    differences do not differ by the levels of the others; for a numeric variable, that its slope, averaged
    over levels with equal weights, is zero; for its product with categorical variables, that slopes do not
    differ. Other variables are averaged or at their means, as `mmstats.reference_grid` has them. So neither
    the contrasts, nor the origin of a numeric variable, nor how often levels occur, matter.

    A term without one of its margins is about that, too: ``hand + hand:visit`` has means that do not differ
    by visit, for either hand; and ``0 + group`` has means that are all zero.

    Parameters
    ----------
    design : Design
    grid : Grid

    Returns
    -------
    dict of str to float array, shape (df, p)
        By term, ``group:age``, in the order of the formula.

    References: searle1980, kuznetsova2017.

    Examples
    --------
    >>> from mmstats.formula import ModelData
    >>> from mmstats.reference_grid import reference_grid
    >>> frame = pd.DataFrame({
    ...     "y": [1.0, 2, 3, 4, 6], "hand": pd.Categorical(["left", "left", "right", "right", "right"]),
    ...     "age": [20.0, 30, 40, 50, 60],
    ... })
    >>> design = Design.of(ModelData.of("y ~ hand * age", frame))
    >>> {term: rows.tolist() for term, rows in type_three(design, reference_grid(design, frame)).items()}
    {'hand': [[0.0, 1.0, 0.0, 40.0]], 'age': [[0.0, 0.0, 1.0, 0.5]], 'hand:age': [[0.0, 0.0, 0.0, 1.0]]}
    """
    terms = design.formula.terms
    present = {frozenset(term) for term in terms}
    if design.formula.intercept:
        present.add(frozenset())
    found = {}
    for term in terms:
        leveled = [factor for factor in term if design.categorical(factor)]
        numeric = frozenset(term) - set(leveled)
        cells = _slopes(design, grid, numeric)
        rows = []
        for chosen in product(*(design.levels[factor.variable] for factor in leveled)):
            at = np.ones(len(cells), dtype=np.bool_)
            for factor, level in zip(leveled, chosen, strict=True):
                at &= (grid.cells[factor.variable] == level).to_numpy()
            rows.append(cells[at].mean(axis=0))
        differences = []
        for factor in leveled:
            margin = frozenset(term) - {factor}
            levels = design.levels[factor.variable]
            differences.append(_differences(levels) if margin in present else np.eye(len(levels)))
            if not margin:
                present.add(margin)  # without an intercept, the first variable's means stand in for it
        found[_name(term)] = reduce(_product, differences, np.eye(1)) @ np.array(rows)
    return found


def type_two(design: Design, matrix: FloatArray) -> dict[str, FloatArray]:
    """Return for each term the hypothesis that it adds nothing to the terms that do not contain it.

    Terms that contain all its variables are left out, and what they share with the term counts as the term's:
    ``group`` is adjusted for ``age``, not for ``group:age``. Only the columns decide, not the variances of a
    mixed model. Levels weigh as often as they occur.

    Parameters
    ----------
    design : Design
    matrix : float array, shape (n, p)
        The columns of the data.

    Returns
    -------
    dict of str to float array, shape (df, p)
        By term, ``group:age``, in the order of the formula.

    Notes
    -----
    As in ``car`` for least squares. ``lmerTest`` differs where a term and its product with a numeric variable
    are both there: it adjusts ``group`` for ``group:age`` too, so that the origin of age decides.

    References: fox2019, kuznetsova2017.

    Examples
    --------
    >>> from mmstats.formula import ModelData
    >>> frame = pd.DataFrame({
    ...     "y": [1.0, 2, 3, 4, 6], "hand": pd.Categorical(["left", "left", "right", "right", "right"]),
    ...     "age": [20.0, 40, 20, 40, 30],
    ... })
    >>> design = Design.of(ModelData.of("y ~ hand * age", frame))
    >>> rows = type_two(design, design.matrix(frame))["hand"]  # the difference at an age of 30
    >>> (rows / rows[0, 1]).round(9).tolist()
    [[0.0, 1.0, 0.0, 30.0]]
    """
    terms, places = design.formula.terms, np.array(design.term_of, dtype=np.int64)
    sizes = np.linalg.norm(matrix, axis=0)
    columns = matrix / np.where(sizes > 0, sizes, 1.0)
    found = {}
    for place, term in enumerate(terms):
        containing = [other for other, one in enumerate(terms) if set(term) < set(one)]
        mine = places == place
        others = ~mine & ~np.isin(places, containing)
        q, _ = linalg.qr(columns[:, others], mode="economic")
        left = columns[:, mine]
        for _ in range(2):  # twice, so that nothing of the others is left but for rounding
            left = left - q @ (q.T @ left)
        directions, _ = linalg.qr(left, mode="economic")
        found[_name(term)] = directions.T @ matrix
        found[_name(term)][:, others] = 0
    return found


def _slopes(design: Design, grid: Grid, numeric: frozenset[Factor]) -> FloatArray:
    """Return the columns of the grid's cells, or their derivatives by numeric factors, one after the other.

    A column is a product, so its derivative by a factor is the column with 1 in the factor's place, and zero
    if it does not have the factor. Transformations count as factors of their own.
    """
    if not numeric:
        return grid.matrix
    formula, names = design.formula, categorical(design)
    factors = {factor for term in formula.terms for factor in term}
    values: dict[str, object] = {name: grid.cells[name] for name in names}
    ones = np.ones(len(grid.cells))
    for factor in factors:
        if not design.categorical(factor):
            values[str(factor)] = ones if factor in numeric else design.coding.numbers(factor, grid.cells)
    plain = [tuple(Factor(str(factor)) for factor in term) for term in formula.terms]
    coding = Coding(design.levels, {}, design.coding.contrasts)
    frame = pd.DataFrame(values, index=grid.cells.index)
    found = coding.columns(plain, frame, intercept=formula.intercept).matrix
    without = [place for place, term in enumerate(formula.terms) if not numeric <= set(term)]
    found[:, np.isin(design.term_of, [-1, *without])] = 0
    return found


def _differences(levels: tuple[str, ...]) -> FloatArray:
    """Return orthogonal contrasts of equal length, shape (levels - 1, levels); of two, the difference."""
    _, columns = contrast_columns(levels, "helmert")
    return np.asarray((np.sqrt(2) * columns / np.linalg.norm(columns, axis=0)).T)


def _product(one: FloatArray, two: FloatArray) -> FloatArray:
    return np.asarray(np.kron(one, two))


def _name(term: Term) -> str:
    return ":".join(map(str, term))
