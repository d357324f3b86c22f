"""A bundle as a value, and as the JSON document that `docs/bundles.md` describes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mmstats.bundle.canonical import digest
from mmstats.errors import NotEstimableError
from mmstats.meta.cohort_least_squares import CohortFit, cohort_least_squares
from mmstats.meta.sufficient import Statistics

IntArray = npt.NDArray[np.int64]

FORMAT = "mmstats-bundle"
VERSION = 1
SUPPRESSED = -1


@dataclass(frozen=True)
class Factor:
    """A categorical variable of n rows.

    Parameters
    ----------
    codes : int array, shape (n,)
        The level of each row, from 0.
    levels : tuple of str
    """

    codes: IntArray
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """How many rows have each combination of levels.

    Parameters
    ----------
    variables : dict of str to tuple of str
        The levels of each variable.
    cells : int array
        One dimension for each variable; `SUPPRESSED` where the number is not told.
    """

    variables: dict[str, tuple[str, ...]]
    cells: IntArray


@dataclass(frozen=True)
class Bundle:
    """What a cohort shares in place of its rows.

    Parameters
    ----------
    cohort : str
    dictionary : str
        The digest of the data dictionary that the columns follow.
    formula : str
        Of the plan's model.
    threshold : int
        The least number of participants that any number may be about.
    statistics : Statistics
    counts : Counts or None
    signed : bool
        Whether a signature was checked with its key when the bundle was read.
    source : mapping, optional
        The content as it was read, which the digest is of; its last digits may be another machine's.
    """

    cohort: str
    dictionary: str
    formula: str
    threshold: int
    statistics: Statistics
    counts: Counts | None = None
    signed: bool = False
    source: Mapping[str, Any] | None = field(default=None, repr=False)

    @cached_property
    def estimates(self) -> CohortFit | str:
        """The model's coefficients in this cohort by least squares, or why there are none."""
        try:
            return cohort_least_squares(
                {self.cohort: self.statistics}, common=self.statistics.names[:-1], intercepts="common"
            )
        except NotEstimableError as failed:
            return " ".join(str(failed).split())

    @cached_property
    def content(self) -> dict[str, Any]:
        """The document without digest and signature."""
        if self.source is not None:
            return dict(self.source)
        part = self.statistics
        return {
            "format": FORMAT,
            "version": VERSION,
            "cohort": self.cohort,
            "dictionary": self.dictionary,
            "formula": self.formula,
            "n": part.count,
            "threshold": self.threshold,
            "statistics": {
                "names": list(part.names),
                "means": part.means.tolist(),
                "remainders": part.remainders.tolist(),
                "products": part.products.tolist(),
            },
            "counts": None if self.counts is None else _counts(self.counts),
            "estimates": _estimates(self.estimates),
        }

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of the content."""
        return digest(self.content)


def _counts(counts: Counts) -> dict[str, Any]:
    cells = [None if cell == SUPPRESSED else cell for cell in counts.cells.ravel().tolist()]
    variables = [{"name": name, "levels": list(levels)} for name, levels in counts.variables.items()]
    return {"variables": variables, "cells": cells}


def _estimates(found: CohortFit | str) -> Mapping[str, Any]:
    if isinstance(found, str):
        return {"reason": found}
    return {
        "names": list(found.names),
        "values": found.coefficients.tolist(),
        "covariance": found.covariance.tolist(),
        "df": found.df,
        "residual_sd": found.residual_sd,
    }
