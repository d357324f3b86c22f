"""The standard deviations and correlations of a mixed model's random part, by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mmstats.mixed.structure import FloatArray, MixedData


@dataclass(frozen=True)
class Component:
    """One standard deviation or correlation.

    Parameters
    ----------
    kind : {"random_sd", "random_correlation", "residual_sd"}
    term : int
        Which random term; -1 for the residuals.
    first, second : int
        Which of its columns; the same one twice for a standard deviation.
    """

    kind: Literal["random_sd", "random_correlation", "residual_sd"]
    term: int = -1
    first: int = 0
    second: int = 0

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value there can be."""
        return (-1.0, 1.0) if self.kind == "random_correlation" else (0.0, np.inf)

    def name(self, data: MixedData) -> str:
        """Return what it is of: ``intercept, hand[left] | participant_id``; empty for the residuals."""
        if self.kind == "residual_sd":
            return ""
        term = data.random[self.term]
        columns = [term.names[self.first]] + [term.names[self.second]] * (self.first != self.second)
        return f"{', '.join(columns)} | {term.group}"

    def of(self, covariances: Sequence[FloatArray], residual_sd: FloatArray | float) -> FloatArray:
        """Return its values, given covariance matrices per term, (k, k) or (b, k, k), and residual ones.

        A correlation with a standard deviation of 0 is NaN.
        """
        if self.kind == "residual_sd":
            return np.asarray(residual_sd, dtype=np.float64)
        matrix = covariances[self.term]
        one, two = matrix[..., self.first, self.first], matrix[..., self.second, self.second]
        if self.kind == "random_sd":
            return np.sqrt(one)
        spread = np.sqrt(one * two)
        known = spread > 0
        both = matrix[..., self.first, self.second]
        return np.where(known, np.clip(both / np.where(known, spread, 1.0), -1.0, 1.0), np.nan)


def components(data: MixedData) -> tuple[Component, ...]:
    """Return all standard deviations and correlations, term by term, that of the residuals last."""
    found = []
    for place, term in enumerate(data.random):
        found += [Component("random_sd", place, k, k) for k in range(term.size)]
        pairs = [(i, j) for i in range(term.size) for j in range(i + 1, term.size)]
        found += [Component("random_correlation", place, i, j) for i, j in pairs]
    return (*found, Component("residual_sd"))
