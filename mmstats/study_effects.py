"""Effects and standard errors of studies, checked and put in the order of the studies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.errors import NotEstimableError
from mmstats.printable import for_terminal
from mmstats.samples import measured

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Scale = Literal["as-given", "logarithms"]

FAR = 1e12  # standard errors that an effect may be from 0: beyond, its digits hold nothing of its error
UNEQUAL = 1e6  # how many times the smallest standard error the largest may be, for the same reason
LARGEST_LOGARITHM = 700.0  # beyond, a ratio is more than a computer can hold
MOST_PEOPLE = 1e10


@dataclass(frozen=True)
class StudyEffects:
    """What k studies found.

    Parameters
    ----------
    names : tuple of str, length k
        In the order of levels.
    terms : tuple of str, length k
        ``trial[rossi2010]``.
    effects, variances : float array, shape (k,)
    order : int array, shape (k,)
        The row of each study in what was given.
    """

    names: tuple[str, ...]
    terms: tuple[str, ...]
    effects: FloatArray
    variances: FloatArray
    order: IntArray

    @classmethod
    def of(
        cls, study: pd.Series, effect: pd.Series, std_error: pd.Series, scale: Scale = "as-given"
    ) -> "StudyEffects":
        """Check effects and standard errors, and put studies in the order of their levels.

        Raises
        ------
        NotEstimableError
            If a study is there twice, its effect is not a finite number, its standard error is not above 0,
            or they are too far apart to be computed with; with every problem.
        """
        levels, order = in_order(study)
        effects = effect.to_numpy(dtype=np.float64)[order] + 0.0  # no -0
        errors = std_error.to_numpy(dtype=np.float64)[order]
        problems = [*_twice(levels), *_impossible(levels, effects, errors, scale)]
        if problems:
            raise NotEstimableError("The studies cannot be pooled:", problems)
        measured(effect, "the effect")
        measured(std_error, "the standard error")
        _comparable(levels, effects, errors)
        terms = tuple(f"{study.name}[{level}]" for level in levels)
        return cls(levels, terms, effects, errors**2, order)

    @property
    def count(self) -> int:
        """The number of studies, k."""
        return len(self.names)

    def sizes(self, size: pd.Series | None) -> list[int]:
        """Return the participants of each study, 0 where they are not known.

        Raises
        ------
        NotEstimableError
            If a size is not a whole number of at least 1; every such study is named.
        """
        if size is None:
            return [0] * self.count
        values = size.to_numpy(dtype=np.float64)[self.order]
        wrong = [
            f"{shown(name)} has {value:g} participants."
            for name, value in zip(self.names, values, strict=True)
            if not (isfinite(value) and value == round(value) and 1 <= value <= MOST_PEOPLE)
        ]
        if wrong:
            raise NotEstimableError("Numbers of participants are whole and at least 1:", wrong)
        return [int(value) for value in values]


def in_order(study: pd.Series) -> tuple[tuple[str, ...], IntArray]:
    """Return the names of studies in the order of their levels, and the rows that they come from."""
    codes = study.cat.codes.to_numpy()
    order = np.argsort(codes, kind="stable")
    levels = [str(level) for level in study.cat.categories]
    return tuple(levels[int(code)] for code in codes[order]), order


def refuse_one(studies: StudyEffects, instead: str = "") -> None:
    """Refuse to average a single study.

    Raises
    ------
    NotEstimableError
        If there is one study only; `instead` is added to the reason.
    """
    if studies.count == 1:
        raise NotEstimableError(
            f"There is one study, {shown(studies.names[0])}: it has no tau squared, and nothing to be "
            f"averaged with. {instead}".rstrip()
        )


def shown(name: str) -> str:
    """Return how messages call a study."""
    return f"Study {for_terminal(repr(name), longest=80)}"


def _twice(names: Sequence[str]) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"{shown(name)} is there {names.count(name)} times."


def _impossible(names: Sequence[str], effects: FloatArray, errors: FloatArray, scale: Scale) -> Iterator[str]:
    for name, effect, error in zip(names, effects, errors, strict=True):
        if not isfinite(effect):
            yield f"{shown(name)}: its effect is {effect:g}; it must be a finite number."
        elif scale == "logarithms" and abs(effect) > LARGEST_LOGARITHM:
            yield f"{shown(name)}: its effect is {effect:g}, which is no logarithm of a ratio."
        if not (isfinite(error) and error > 0):
            yield f"{shown(name)}: its standard error is {error:g}; it must be above 0 and finite."


def _comparable(names: Sequence[str], effects: FloatArray, errors: FloatArray) -> None:
    if not len(names):
        raise NotEstimableError("There are no studies to pool.")
    small, large, far = int(errors.argmin()), int(errors.argmax()), int(np.abs(effects).argmax())
    if abs(effects[far]) > FAR * errors[small]:
        raise NotEstimableError(
            f"{shown(names[far])} has an effect of {effects[far]:g}, and the smallest standard error is "
            f"{errors[small]:g} ({shown(names[small])}): an effect more than {FAR:g} times a standard error "
            "cannot be right."
        )
    if errors[large] > UNEQUAL * errors[small]:
        raise NotEstimableError(
            f"Standard errors go from {errors[small]:g} ({shown(names[small])}) to {errors[large]:g} "
            f"({shown(names[large])}): one more than {UNEQUAL:g} times another cannot be right."
        )
