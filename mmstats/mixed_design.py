"""From a formula with random parts and its rows to the columns and groups of a mixed model."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.effects.independent_columns import independent
from mmstats.errors import NotEstimableError
from mmstats.formula import Coding, Columns, Contrasts, Design, ModelData, RandomPart, Term
from mmstats.mixed.structure import FloatArray, IntArray, MixedData, RandomTerm
from mmstats.samples import measured


def mixed_design(
    data: ModelData,
    *,
    contrasts: Contrasts = "treatment",
    weights: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
) -> tuple[MixedData, Design]:
    """Return the arrays of a mixed model, and the design that builds its fixed columns for other rows.

    Columns of random parts follow the same rules as fixed ones: ``(1 + hand | id)`` has contrasts, and
    ``(0 + hand | id)`` a column for every level. Groups are those that occur, in the order of the levels.
    ``(1 + hand || id)`` gives a term for each column of ``(1 + hand | id)``.

    Parameters
    ----------
    data : ModelData
        Its response is numeric: 0 and 1, or places in a scale, where the model is of levels.
    contrasts : {"treatment", "sum", "helmert", "polynomial"}
        Of categorical variables, as `mmstats.formula.contrasts.contrast_columns` describes them.
    weights, offset : array_like, shape (n,), optional
        Of each row; see `MixedData`.

    Returns
    -------
    MixedData
        Its rows are in the order of `data`.
    Design

    Raises
    ------
    NotEstimableError
        With every problem: values that do not fit the formula, are missing, not finite, or out of a
        computer's reach; weights that are not positive; no more rows than fixed columns, or a random part
        with no fewer columns than rows; columns that depend on each other, in the fixed part or in one
        random part; a categorical variable of one level; fewer than two groups; no random part, or no fixed
        column.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "time": [5.1, 4.8, 6.0, 5.2, 4.4, 4.9],
    ...     "hand": pd.Categorical(["left", "right"] * 3),
    ...     "person": [1, 1, 2, 2, 10, 10],
    ... })
    >>> mixed, design = mixed_design(ModelData.of("time ~ hand + (1 | person)", frame))
    >>> mixed.names
    ('intercept', 'hand[right]')
    >>> mixed.random[0].levels, mixed.random[0].codes.tolist()
    (('1', '2', '10'), [0, 0, 1, 1, 2, 2])
    """
    formula, frame = data.formula, data.frame
    rows: dict[str, FloatArray | None] = {}
    problems: list[str] = []
    for name, given in (("weights", weights), ("offset", offset)):
        rows[name] = None if given is None else np.asarray(given, dtype=np.float64)
        problems += _row_problems(name, rows[name], len(frame))
    groups = {part.group: _grouped(data.groups, part.group) for part in formula.random}
    for names, (_, levels) in groups.items():
        problems += _group_problems(data.groups, names, len(levels))
    if not formula.random:
        problems.append("The formula has no random part, such as (1 | participant_id).")
    if not (formula.terms or formula.intercept):
        problems.append("The fixed part has neither an intercept nor a term.")
    try:
        coding = Coding.of(formula, frame, contrasts)
    except NotEstimableError as failed:
        raise _not_estimable([*problems, failed.message]) from None
    problems += _unmeasured(frame)
    if problems:
        raise _not_estimable(problems)
    fixed = coding.columns(formula.terms, frame, intercept=formula.intercept)
    parts = [coding.columns(part.terms, frame, intercept=part.intercept) for part in formula.random]
    problems += _without_columns(formula.terms, fixed, coding)
    problems += _dependent("", fixed, intercept=formula.intercept)
    for part, columns in zip(formula.random, parts, strict=True):
        problems += _without_columns(part.terms, columns, coding)
        problems += _dependent(f"Random part {part}: ", columns, intercept=part.intercept)
    if problems:
        raise _not_estimable(problems)
    random = tuple(
        term
        for part, columns in zip(formula.random, parts, strict=True)
        for term in _random_terms(part, columns, *groups[part.group])
    )
    design = Design(formula.fixed, coding, fixed.names, fixed.term_of)
    response = design.response(frame)
    return MixedData(response, fixed.matrix, fixed.names, random, rows["weights"], rows["offset"]), design


def _random_terms(
    part: RandomPart, columns: Columns, codes: IntArray, levels: tuple[str, ...]
) -> Iterator[RandomTerm]:
    """Yield a part as one term, or as one of each column where they do not correlate."""
    group = ":".join(part.group)
    terms = tuple(tuple(map(str, part.terms[at])) if at >= 0 else () for at in columns.term_of)
    if part.correlated:
        yield RandomTerm(group, columns.names, columns.matrix, codes, levels, terms)
    else:
        for place, name in enumerate(columns.names):
            yield RandomTerm(group, (name,), columns.matrix[:, [place]], codes, levels)


def _grouped(groups: pd.DataFrame, names: tuple[str, ...]) -> tuple[IntArray, tuple[str, ...]]:
    """Return each row's group from 0, and the names of those that occur; a row without one has any."""
    codes = np.zeros(len(groups), dtype=np.int64)
    levels: list[tuple[str, ...]] = [()]
    for name in names:
        column = groups[name].cat
        inner = [str(level) for level in column.categories]
        if not inner:
            return np.zeros(len(groups), dtype=np.int64), ()
        combined = codes * len(inner) + np.maximum(column.codes.to_numpy(dtype=np.int64), 0)
        there, codes = _from_zero(combined, len(levels) * len(inner))
        levels = [(*levels[at // len(inner)], inner[at % len(inner)]) for at in there]
    return codes, tuple(map(":".join, levels))


def _from_zero(codes: IntArray, count: int) -> tuple[list[int], IntArray]:
    """Return which of so many codes occur, and for each row the place of its own among them."""
    there = np.flatnonzero(np.bincount(codes, minlength=count))
    places = np.zeros(count, dtype=np.int64)
    places[there] = np.arange(len(there))
    return there.tolist(), places[codes]


def _group_problems(groups: pd.DataFrame, names: tuple[str, ...], count: int) -> Iterator[str]:
    for name in names:
        missing = int((groups[name].cat.codes < 0).sum())
        if missing:
            yield f"The group {name!r} is missing in {missing} row{'s' if missing > 1 else ''}."
    if count < 2:
        yield (
            f"{':'.join(names)!r} has {'one level' if count else 'no level'}, and a variance between groups "
            "needs two at least. Leave its random part out."
        )


def _without_columns(terms: tuple[Term, ...], columns: Columns, coding: Coding) -> Iterator[str]:
    """Yield for each term that stands for no column why: contrasts of one level."""
    for place, term in enumerate(terms):
        if place not in columns.term_of:
            single = [factor.variable for factor in term if len(coding.levels.get(factor.variable, "..")) < 2]
            yield (
                f"{':'.join(map(str, term))} compares nothing, since {' and '.join(map(repr, single))} has "
                "one level only. Leave it out of the formula."
            )


def _dependent(where: str, columns: Columns, *, intercept: bool) -> Iterator[str]:
    """Yield why columns do not determine their coefficients, if they do not."""
    try:
        independent(columns.matrix, columns.names, intercept=intercept)
    except NotEstimableError as failed:
        yield f"{where}{failed.message}"


def _unmeasured(frame: pd.DataFrame) -> Iterator[str]:
    """Yield for each column of numbers why it cannot be computed with, if it cannot."""
    for name, values in frame.items():
        if not isinstance(values.dtype, pd.CategoricalDtype):
            try:
                measured(values, str(name))
            except NotEstimableError as failed:
                yield failed.message


def _row_problems(name: str, values: FloatArray | None, rows: int) -> Iterator[str]:
    if values is None:
        return
    if values.shape != (rows,):
        yield f"The {name} are {values.size} for {rows} rows; each row needs one."
    if not np.isfinite(values).all():
        yield f"Some values of the {name} are missing or infinite."
    elif name == "weights" and not (values > 0).all():
        yield f"Weights are positive; the smallest is {values.min():g}. Leave out rows that do not count."


def _not_estimable(problems: list[str]) -> NotEstimableError:
    if len(problems) == 1:
        return NotEstimableError(problems[0])
    return NotEstimableError("The mixed model cannot be set up:", problems)
