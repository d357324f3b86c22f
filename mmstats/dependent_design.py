"""From a formula with random parts, and standard errors, to the material of a multilevel meta-analysis."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.errors import NotEstimableError
from mmstats.formula import Coding, Design, ModelData
from mmstats.meta.covariance_structure import single
from mmstats.meta.random_term import RandomTerm
from mmstats.samples import measured
from mmstats.study_effects import FAR, LARGEST_LOGARITHM, UNEQUAL, Scale

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

NUMBER = "effect"  # what numbers tell apart where no group does; no group is called so: that is the response


@dataclass(frozen=True)
class DependentDesign:
    """Effects of n rows, some of which belong together.

    Parameters
    ----------
    effects, variances : float array, shape (n,)
    columns : float array, shape (n, p)
    design : Design
        That builds the columns.
    frame : DataFrame
        The rows of the formula's variables.
    terms : tuple of RandomTerm
        As the formula has them.
    rows : tuple of str, length n
        What each effect is called: ``study[rossi2010]:outcome[gait]``, the outermost group first.
    reading : int array, shape (n,)
        The rows in the order of the levels of their groups.
    """

    effects: FloatArray
    variances: FloatArray
    columns: FloatArray
    design: Design
    frame: pd.DataFrame
    terms: tuple[RandomTerm, ...]
    rows: tuple[str, ...]
    reading: IntArray

    @property
    def outermost(self) -> RandomTerm:
        """The term with the fewest groups."""
        return min(self.terms, key=lambda term: len(term.outer_labels))

    @property
    def finest(self) -> RandomTerm:
        """The term with the most groups."""
        return max(self.terms, key=lambda term: len(term.outer_labels))

    @classmethod
    def of(cls, data: ModelData, std_error: pd.Series, scale: Scale) -> "DependentDesign":
        """Check the rows, and put them in an order that does not hang on the one given.

        Raises
        ------
        NotEstimableError
            With every problem.
        """
        formula, frame = data.formula, data.frame
        problems = [
            f"{part} has a column besides the intercept; effects of studies have random parts such as "
            "(1 | study) only."
            for part in formula.random
            if part.terms or not part.intercept
        ]
        groups = [_grouped(data.groups, part.group) for part in formula.random]
        for part, (codes, labels) in zip(formula.random, groups, strict=True):
            problems += _group_problems(":".join(part.group), codes, labels)
        for name, values in frame.items():
            if not isinstance(values.dtype, pd.CategoricalDtype):
                problems += _unmeasured(values, str(name))
        problems += _unmeasured(std_error, "the standard error")
        errors = std_error.to_numpy(dtype=np.float64)
        low = int((errors <= 0).sum())
        if low:
            problems.append(f"{low} standard error{'s are' if low > 1 else ' is'} not above 0.")
        if problems:
            raise NotEstimableError("The effects cannot be pooled:", problems)
        coding = Coding.of(formula, frame, "treatment")
        columns = coding.columns(formula.terms, frame, intercept=formula.intercept)
        design = Design(formula.fixed, coding, columns.names, columns.term_of)
        effects = design.response(frame)
        problems = [
            f"{':'.join(map(str, term))} compares nothing, since it has one level only. Leave it out."
            for place, term in enumerate(formula.terms)
            if place not in columns.term_of
        ]
        if not columns.names:
            problems.append("The formula has neither an intercept nor a term.")
        problems += _incomparable(effects, errors, scale)
        if problems:
            raise NotEstimableError("The effects cannot be pooled:", problems)
        order = np.lexsort((*columns.matrix.T, *(codes for codes, _ in groups), errors, effects))
        terms = tuple(
            RandomTerm(
                ":".join(part.group),
                codes[order],
                np.zeros(len(order), dtype=np.int64),
                labels,
                (),
                single(),
                "intercept",
            )
            for part, (codes, labels) in zip(formula.random, groups, strict=True)
        )
        rows, reading = _called(data.groups.iloc[order], terms)
        return cls(
            effects[order] + 0.0,
            errors[order] ** 2,
            columns.matrix[order],
            design,
            frame.iloc[order],
            terms,
            rows,
            reading,
        )


def _called(groups: pd.DataFrame, terms: tuple[RandomTerm, ...]) -> tuple[tuple[str, ...], IntArray]:
    """Return what rows are called, by number where their groups do not tell them apart, and their order."""
    outermost = min(terms, key=lambda term: len(term.outer_labels)).name
    names = list(dict.fromkeys([*outermost.split(":"), *map(str, groups.columns)]))
    called = pd.Series(
        [":".join(f"{name}[{level}]" for name, level in zip(names, row, strict=True))
         for row in groups[names].to_numpy(dtype=object)]
    )  # fmt: skip
    alike = called.groupby(called)
    number = alike.cumcount() + 1
    several = alike.transform("size") > 1
    called = called.where(~several, called + f":{NUMBER}[" + number.astype(str) + "]")
    keys = [number.to_numpy(), *(groups[name].cat.codes.to_numpy() for name in reversed(names))]
    return tuple(called), np.lexsort(keys).astype(np.int64)


def _grouped(groups: pd.DataFrame, names: tuple[str, ...]) -> tuple[IntArray, tuple[str, ...]]:
    """Return each row's group from 0, -1 where it has none, and the names of the groups that occur."""
    columns = [groups[name].cat for name in names]
    codes = np.column_stack([column.codes.to_numpy(dtype=np.int64) for column in columns])
    there, found = np.unique(codes, axis=0, return_inverse=True)
    labels = tuple(
        ":".join(
            str(column.categories[code]) if code >= 0 else ""
            for column, code in zip(columns, row, strict=True)
        )
        for row in there.tolist()
    )
    if len(set(labels)) < len(labels):  # a colon within a name
        labels = tuple(f"{label} ({place})" for place, label in enumerate(labels, 1))
    return np.where((codes < 0).any(axis=1), -1, np.ravel(found)), labels


def _group_problems(name: str, codes: IntArray, labels: tuple[str, ...]) -> Iterator[str]:
    missing = int((codes < 0).sum())
    if missing:
        yield f"The group {name!r} is missing in {missing} row{'s' if missing > 1 else ''}."
    elif len(labels) < 2:
        yield (
            f"{name!r} has {'one level' if labels else 'no level'}, and a variance between its levels needs "
            "two at least. Leave its random part out."
        )


def _unmeasured(values: pd.Series, name: str) -> Iterator[str]:
    try:
        measured(values, name)
    except NotEstimableError as failed:
        yield failed.message


def _incomparable(effects: FloatArray, errors: FloatArray, scale: Scale) -> Iterator[str]:
    largest = float(np.abs(effects).max())
    if largest > FAR * errors.min():
        yield (
            f"An effect of {largest:g} is more than {FAR:g} times the smallest standard error, "
            f"{errors.min():g}, which cannot be right."
        )
    if errors.max() > UNEQUAL * errors.min():
        yield (
            f"Standard errors go from {errors.min():g} to {errors.max():g}: one more than {UNEQUAL:g} times "
            "another cannot be right."
        )
    if scale == "logarithms" and largest > LARGEST_LOGARITHM:
        yield f"An effect of {largest:g} is no logarithm of a ratio."
