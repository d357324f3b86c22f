"""How likely a study is to be published, relative to others, as a function of its one-sided p value."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from scipy import special

from mmstats.meta.weighted import FloatArray

SMALLEST_P = 1e-5  # beta and power weights of p values nearer to 0 or 1 are those of this and 1 - this
EDGE = 9.0  # z values beyond which p is 0 or 1 to a double


class Weight(Protocol):
    """A weight function with m free parameters, which the search takes in a form without limits.

    `cuts` are z values, ascending, between which the weight is constant but for the stretch from the lowest
    to the highest one if the function is `smooth`. A z value is positive where a result is favoured.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, length m."""

    @property
    def cuts(self) -> FloatArray:
        """Where constant stretches end, in z values, ascending."""

    @property
    def smooth(self) -> bool:
        """Whether the weight varies between the cuts."""

    @property
    def starts(self) -> tuple[FloatArray, ...]:
        """Free forms from which to search."""

    def natural(self, free: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the parameters and their derivatives by their free forms, both of shape (m,)."""

    def log_weight(self, z: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log weights of z values, shape (n,), and their derivatives, shape (m, n)."""


@dataclass(frozen=True)
class Steps:
    """A weight that is constant between given p values, and 1 below the first: Vevea and Hedges.

    Parameters
    ----------
    steps : tuple of float
        Ascending, within 0 and 1.
    """

    steps: tuple[float, ...] = (0.025,)
    smooth = False

    @property
    def names(self) -> tuple[str, ...]:
        """One for each stretch but the first."""
        ends = [*self.steps, 1.0]
        return tuple(f"{low:g} < p <= {high:g}" for low, high in pairwise(ends))

    @property
    def cuts(self) -> FloatArray:
        """The z values of the steps."""
        return np.asarray(-special.ndtri(np.array(self.steps)))[::-1]

    @property
    def starts(self) -> tuple[FloatArray, ...]:
        """All weights equal, falling and rising."""
        return tuple(np.full(len(self.steps), value) for value in (0.0, -1.5, 1.5))

    def natural(self, free: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return weights from their logarithms."""
        found = np.exp(free)
        return found, found

    def stretch(self, z: FloatArray) -> FloatArray:
        """Return the number of the stretch that each z value is in, 0 for the smallest p values."""
        return np.asarray(np.searchsorted(np.array(self.steps), special.ndtr(-z), side="left"))

    def log_weight(self, z: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the weight of each one's stretch."""
        at = self.stretch(z)
        inside = at[None, :] == np.arange(1, len(parameters) + 1)[:, None]
        logs = np.concatenate([[0.0], np.log(parameters)])
        return logs[at], inside / parameters[:, None]


@dataclass(frozen=True)
class TwoSidedSteps(Steps):
    """Steps of two-sided p values: what counts is how far a result is from 0, not on which side."""

    @property
    def cuts(self) -> FloatArray:
        """The z values of the steps, on both sides."""
        z = -special.ndtri(np.array(self.steps) / 2)
        return np.concatenate([-z, z[::-1]])

    def stretch(self, z: FloatArray) -> FloatArray:
        """Return the number of the stretch that each z value is in, 0 for the smallest p values."""
        return np.asarray(np.searchsorted(np.array(self.steps), 2 * special.ndtr(-np.abs(z)), side="left"))


@dataclass(frozen=True)
class Beta:
    """p^(a - 1) (1 - p)^(b - 1): Citkowicz and Vevea."""

    smooth = True
    names = ("a", "b")

    @property
    def cuts(self) -> FloatArray:
        """Where p is no longer followed."""
        return _limits()

    @property
    def starts(self) -> tuple[FloatArray, ...]:
        """All weights equal, falling and rising."""
        return tuple(np.sqrt(np.array(pair)) for pair in ((1.0, 1.0), (0.5, 1.5), (1.5, 1.0)))

    def natural(self, free: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return parameters, from 0, as squares."""
        return free**2, 2 * free

    def log_weight(self, z: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log weights and derivatives."""
        inside = np.clip(z, *_limits())
        logs = np.stack([special.log_ndtr(-inside), special.log_ndtr(inside)])
        return (parameters - 1) @ logs, logs


@dataclass(frozen=True)
class _Falling:
    """A weight that falls with p, the faster the larger its parameter; constant where that is 0."""

    smooth = True
    names = ("delta",)

    @property
    def cuts(self) -> FloatArray:
        """Where p is 0 and 1 to a double."""
        return np.array([-EDGE, EDGE])

    @property
    def starts(self) -> tuple[FloatArray, ...]:
        """Weights that hardly fall, and those that do."""
        return tuple(np.array([value]) for value in (0.5, 1.5))

    def natural(self, free: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the parameter, from 0, as a square."""
        return free**2, 2 * free


@dataclass(frozen=True)
class HalfNormal(_Falling):
    """exp(-delta p^2)."""

    def log_weight(self, z: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log weights and derivatives."""
        slope = -(special.ndtr(-z) ** 2)
        return parameters[0] * slope, slope[None]


@dataclass(frozen=True)
class NegativeExponential(_Falling):
    """exp(-delta p)."""

    def log_weight(self, z: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log weights and derivatives."""
        slope = -special.ndtr(-z)
        return parameters[0] * slope, slope[None]


@dataclass(frozen=True)
class Logistic(_Falling):
    """2 exp(-delta p) / (1 + exp(-delta p))."""

    def log_weight(self, z: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log weights and derivatives."""
        p = special.ndtr(-z)
        value = np.log(2) - np.logaddexp(0, parameters[0] * p)
        return value, (-p * special.expit(parameters[0] * p))[None]


@dataclass(frozen=True)
class Power(_Falling):
    """(1 - p)^delta."""

    @property
    def cuts(self) -> FloatArray:
        """Where p is no longer followed."""
        return _limits()

    def log_weight(self, z: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log weights and derivatives."""
        slope = special.log_ndtr(np.clip(z, *_limits()))
        return parameters[0] * slope, slope[None]


def _limits() -> FloatArray:
    edge = -float(special.ndtri(SMALLEST_P))
    return np.array([-edge, edge])
