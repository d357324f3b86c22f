"""The columns that a pooled model has in a cohort, and their sums."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmstats import expression
from mmstats.bundle import Factor
from mmstats.bundle.bundle import IntArray
from mmstats.errors import MmstatsError, NotEstimableError, unknown
from mmstats.formula import Design, Formula, ModelData, without_random
from mmstats.harmonise.plan import PooledAnalysis
from mmstats.kind import Kind
from mmstats.meta.sufficient import FloatArray, centred_product
from mmstats.one_row import condition_problems
from mmstats.schema import Variable

BY_ROWS = ("centre", "scale")  # transformations by the mean of the rows at hand, which differs by cohort


@dataclass(frozen=True)
class Model:
    """The columns of a pooled model, the same in every cohort.

    Parameters
    ----------
    names : tuple of str
        All columns but the intercept; the outcome last.
    term : str
        The pooled column.
    main : str
        Of an interaction that is split: what the moderator modifies; otherwise empty.
    moderator : str
        Its other part.
    """

    names: tuple[str, ...]
    term: str
    main: str = ""
    moderator: str = ""

    @property
    def own(self) -> tuple[str, ...]:
        """Columns that have a coefficient for each cohort: all that are neither pooled nor split."""
        return tuple(name for name in self.names[:-1] if name not in (self.term, self.main))

    @property
    def across(self) -> str:
        """What the part of an interaction between cohorts is called."""
        return f"{self.main}:{self.moderator} (between cohorts)"


@dataclass(frozen=True)
class CohortColumns:
    """A model's columns in the rows of one cohort.

    Parameters
    ----------
    rows : float array, shape (n, m)
    factors : dict of str to Factor
        The categorical variables of the model.
    excluded : dict of str to int
        Participants left out, by reason.
    who : int array, shape (n,)
        The place of each row's participant in the cohort.
    """

    rows: FloatArray
    factors: dict[str, Factor]
    excluded: dict[str, int]
    who: IntArray


def model_of(analysis: PooledAnalysis, variables: Mapping[str, Variable]) -> tuple[Model | None, list[str]]:
    """Return the columns of a model before any data are read, or what is wrong with its formula and term."""
    problems = condition_problems(analysis.where, variables)
    try:
        formula = Formula.parse(analysis.formula)
        without_random(formula)
    except MmstatsError as failed:
        return None, [*problems, str(failed)]
    for name in formula.variables:
        if name not in variables:
            problems.append(unknown(name, variables, what="variable of the shared dictionary"))
        elif variables[name].kind not in Kind.ANY:
            problems.append(f"{name!r} is {variables[name].kind}; a model takes numbers and levels.")
    if not formula.intercept:
        problems.append("Each cohort has an intercept: take '0 +' out of the formula.")
    for factor in formula.factors:
        if factor.transformation in BY_ROWS:
            problems.append(
                f"{factor} depends on the mean of the rows at hand, which each cohort has its own of: take "
                f"{factor.variable} as it is (intercepts by cohort take up the means)."
            )
    if problems:
        return None, problems
    try:
        names = _design(formula, analysis.formula, _empty(formula, variables)).names[1:]
    except MmstatsError as failed:
        return None, [str(failed)]
    columns = (*names, str(formula.response))
    if analysis.term not in names:
        return None, [unknown(analysis.term, names, what="term")]
    if not analysis.within:
        return Model(columns, analysis.term), []
    parts = analysis.term.split(":")
    if len(parts) != 2 or analysis.within not in parts or not set(parts) <= set(names):
        return None, [
            f"within = {analysis.within!r} names the moderator of a pooled interaction, such as age of "
            f"group[MS]:age, in a formula with both parts; {analysis.term!r} is none. The coefficient of a "
            "single variable compares participants of one cohort already, as each cohort has its intercept."
        ]
    main = parts[1 - parts.index(analysis.within)]
    return Model(columns, analysis.term, main, analysis.within), []


def columns_of(
    analysis: PooledAnalysis, model: Model, frame: pd.DataFrame, variables: Mapping[str, Variable]
) -> CohortColumns:
    """Return a model's columns in a cohort's complete rows, in an order that the file does not decide.

    Raises
    ------
    NotEstimableError
        If no row is complete, or a transformation does not apply.
    """
    formula = Formula.parse(analysis.formula)
    excluded: dict[str, int] = {}
    places = pd.Series(np.arange(len(frame)), frame.index)
    if analysis.where:
        holds = expression.parse(analysis.where).evaluate(frame)
        untold = int(holds.isna().sum())
        kept = holds.fillna(False).astype(bool)
        excluded = {
            "condition does not hold": int((~kept).sum()) - untold,
            "condition cannot be told": untold,
        }
        frame = frame[kept]
    lacking = [name for name in formula.columns if frame[name].isna().all()]
    for name in formula.columns:
        absent = frame[name].isna()
        excluded[f"{name} is missing"] = int(absent.sum())
        frame = frame[~absent]
    if frame.empty:
        raise NotEstimableError(
            f"No participant has {' or '.join(lacking) or 'a value for each of its variables'}."
        )
    data = _numeric(frame[list(formula.columns)], variables)
    design = _design(formula, analysis.formula, data)
    matrix = np.column_stack([design.matrix(data)[:, 1:], design.response(data)])
    if model.moderator:
        at, main, other = (model.names.index(name) for name in (model.term, model.main, model.moderator))
        matrix[:, at] = centred_product(matrix[:, main], matrix[:, other])
    order = np.lexsort(matrix.T[::-1])
    factors = {
        str(name): Factor(np.asarray(column.cat.codes, dtype=np.int64)[order], tuple(column.cat.categories))
        for name, column in data.items()
        if isinstance(column.dtype, pd.CategoricalDtype)
    }
    who = places[frame.index].to_numpy(dtype=np.int64)[order]
    return CohortColumns(matrix[order], factors, {why: n for why, n in excluded.items() if n}, who)


def _design(formula: Formula, text: str, frame: pd.DataFrame) -> Design:
    return Design.of(ModelData.of(text, frame))


def _numeric(frame: pd.DataFrame, variables: Mapping[str, Variable]) -> pd.DataFrame:
    """Return numbers as they are, ordered levels as scores, and other levels as levels."""
    found = {}
    for name, column in frame.items():
        if variables[str(name)].levels and variables[str(name)].kind is Kind.ORDINAL:
            found[name] = column.cat.codes.astype(float)
        else:
            found[name] = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype(float)
    return pd.DataFrame(found, index=frame.index)


def _empty(formula: Formula, variables: Mapping[str, Variable]) -> pd.DataFrame:
    columns: dict[str, object] = {}
    for name in formula.columns:
        variable = variables[name]
        levels = list(variable.levels) if variable.kind is not Kind.ORDINAL else []
        columns[name] = pd.Categorical([], categories=levels) if levels else np.empty(0)
    return pd.DataFrame(columns)
