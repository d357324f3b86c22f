"""Selection that is supposed, not estimated: how far the answer moves if studies were published so."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from mmstats.meta.selection.weights import Steps
from mmstats.meta.weighted import FloatArray

# Vevea and Woods (2005): one-sided p values up to which, and the chances of publication there.
P_VALUES = (0.005, 0.01, 0.05, 0.1, 0.25, 0.35, 0.5, 0.65, 0.75, 0.9, 0.95, 0.99, 0.995)
CHANCES = {
    "moderate-one-tailed": (1, 0.99, 0.95, 0.8, 0.75, 0.65, 0.6, 0.55, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5),
    "severe-one-tailed": (1, 0.99, 0.9, 0.75, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.1, 0.1, 0.1, 0.1),
    "moderate-two-tailed": (1, 0.99, 0.95, 0.9, 0.8, 0.75, 0.6, 0.6, 0.75, 0.8, 0.9, 0.95, 0.99, 1),
    "severe-two-tailed": (1, 0.99, 0.9, 0.75, 0.6, 0.5, 0.25, 0.25, 0.5, 0.6, 0.75, 0.9, 0.99, 1),
}


@dataclass(frozen=True)
class FixedSteps:
    """A weight that is constant between given p values, and known.

    Parameters
    ----------
    steps : tuple of float, length m
        Ascending, within 0 and 1.
    chances : tuple of float, length m + 1
        Up to each step, and beyond the last.

    References: vevea2005.
    """

    steps: tuple[float, ...]
    chances: tuple[float, ...]
    smooth = False
    names = ()

    @property
    def cuts(self) -> FloatArray:
        """The z values of the steps."""
        return Steps(self.steps).cuts

    @property
    def starts(self) -> tuple[FloatArray, ...]:
        """The one point there is."""
        return (np.empty(0),)

    def natural(self, free: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return no parameter."""
        return free, free

    def log_weight(self, z: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the weight of each one's stretch; there is nothing to differentiate by."""
        at = np.searchsorted(np.array(self.steps), special.ndtr(-z), side="left")
        return np.log(self.chances)[at], np.empty((len(parameters), len(z)))


def supposed(name: str) -> FixedSteps:
    """Return one of Vevea and Woods' examples of selection.

    Parameters
    ----------
    name : str
        One of `CHANCES`.

    References: vevea2005.

    Examples
    --------
    >>> supposed("severe-one-tailed").chances[-1]
    0.1
    """
    return FixedSteps(P_VALUES, tuple(map(float, CHANCES[name])))
