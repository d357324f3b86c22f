"""Studies that give counts: each once, in the order of their levels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmstats.errors import NotEstimableError
from mmstats.printable import for_terminal
from mmstats.study_effects import FloatArray, IntArray, in_order, shown

LONGEST = 80
MOST_NAMED = 10


@dataclass(frozen=True)
class CountedStudies:
    """Names of k studies, and where their rows are.

    Parameters
    ----------
    variable : str
        That names them.
    names : tuple of str, length k
        In the order of levels.
    order : int array, shape (k,)
        The row of each study in what was given.
    """

    variable: str
    names: tuple[str, ...]
    order: IntArray

    @classmethod
    def of(cls, study: pd.Series) -> "CountedStudies":
        """Put studies in the order of their levels.

        Raises
        ------
        NotEstimableError
            If there are none, or one is there twice; each such study is named.
        """
        names, order = in_order(study)
        if not names:
            raise NotEstimableError("There are no studies to pool.")
        twice = [
            f"{shown(name)} is there {names.count(name)} times."
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        ]
        if twice:
            raise NotEstimableError("The studies cannot be pooled:", twice)
        return cls(str(study.name), names, order)

    @property
    def called(self) -> list[str]:
        """How messages call them, length k."""
        return [shown(name) for name in self.names]

    @property
    def terms(self) -> list[str]:
        """The terms of their rows, length k."""
        return [f"{self.variable}[{name}]" for name in self.names]

    def column(self, values: pd.Series) -> FloatArray:
        """Return a column of numbers in the order of the studies, without -0."""
        return np.asarray(values.to_numpy(dtype=np.float64)[self.order] + 0.0)


def listed(names: Sequence[str]) -> str:
    """Return the first names in one line, and how many more there are.

    Examples
    --------
    >>> listed(["rossi2010", "wang2015"])
    "'rossi2010', 'wang2015'"
    """
    shown = ", ".join(for_terminal(repr(name), longest=LONGEST) for name in names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
