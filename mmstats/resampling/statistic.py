"""A statistic as the bootstrap sees it: a function of the weights of rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.design import Seeds

Function = Callable[..., FloatArray]


class Evaluate(Protocol):
    """A statistic of given data, for any weights of its rows."""

    def __call__(self, weights: FloatArray, *, spread: bool) -> tuple[FloatArray, FloatArray]:
        """Return the estimate and, if `spread`, its standard error, for each row of weights.

        Weights of shape (b, n): how often each row is in a resample. The answers have shape (b,); standard
        errors that are unknown or not wanted are NaN.
        """


class EvaluateDrawn(Protocol):
    """A statistic of resamples that are drawn while it is computed, with the draws of `resample_weights`."""

    def __call__(
        self, seeds: Seeds, first: int, count: int, *, spread: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Return estimates and standard errors of `count` resamples from number `first` on."""


@dataclass(frozen=True)
class Statistic:
    """A statistic that the engine has a loop for.

    Parameters
    ----------
    bind : callable
        Takes the samples, in order (see `bootstrap_interval`), and returns its `Evaluate`.
    bind_drawn : callable, optional
        The same for `EvaluateDrawn`, where a loop exists that need not write weights down.
    smooth : bool
        Whether it is defined and differentiable in weights that are not whole numbers.
    has_error : bool
        Whether it knows its standard error.
    """

    bind: Callable[[Sequence[FloatArray]], Evaluate]
    bind_drawn: Callable[[Sequence[FloatArray]], EvaluateDrawn] | None = None
    smooth: bool = False
    has_error: bool = False


def of_arrays(function: Function, std_error: Function | None, *, paired: bool) -> Statistic:
    """Return the statistic of a plain function of arrays, by writing out each resample.

    Parameters
    ----------
    function, std_error : callable
        Take one array of shape (B, n_i) per sample and return shape (B,).
    paired : bool
        Whether the samples are columns of the same rows.
    """

    def bind(samples: Sequence[FloatArray]) -> Evaluate:
        ends = np.cumsum([len(sample) for sample in samples])[:-1]

        def evaluate(weights: FloatArray, *, spread: bool) -> tuple[FloatArray, FloatArray]:
            parts = [weights] * len(samples) if paired else np.split(weights, ends, axis=1)
            drawn = [written_out(sample, part) for sample, part in zip(samples, parts, strict=True)]
            estimates = function(*drawn)
            wanted = spread and std_error is not None
            return estimates, std_error(*drawn) if wanted else np.full_like(estimates, np.nan)  # type: ignore[misc]

        return evaluate

    return Statistic(bind, has_error=std_error is not None)


def written_out(sample: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the resamples that counts describe, all of one size.

    Parameters
    ----------
    sample : float array, shape (n,)
    counts : float array, shape (b, n)
        Whole numbers with the same sum in each row.

    Returns
    -------
    float array, shape (b, sum)

    Examples
    --------
    >>> written_out(np.array([5.0, 7.0]), np.array([[2.0, 0.0], [1.0, 1.0]]))
    array([[5., 5.],
           [5., 7.]])
    """
    values = np.broadcast_to(sample, counts.shape).ravel()
    return np.repeat(values, counts.ravel().astype(np.int64)).reshape(len(counts), -1)
