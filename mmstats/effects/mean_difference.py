"""Mean difference, of two groups and of pairs."""

import numpy as np
import numpy.typing as npt

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

MEAN_DIFFERENCE = Quantity("mean_difference", "Mean difference", null=0)


def mean(values: FloatArray) -> FloatArray:
    """Return the mean over the last axis; exactly the value itself where all are equal.

    Summing distances from the first value keeps the digits that a large offset would cost.
    """
    first = values[..., :1]
    result: FloatArray = first[..., 0] + (values - first).mean(axis=-1)
    return result


def variance(values: FloatArray) -> FloatArray:
    """Return the unbiased variance over the last axis; exactly zero where all values are equal."""
    result: FloatArray = (values - values[..., :1]).var(axis=-1, ddof=1)
    return result


def mean_difference(comparison: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the mean of `comparison` minus the mean of `reference`, over the last axis.

    Examples
    --------
    >>> float(mean_difference(np.array([3.0, 5.0]), np.array([1.0, 2.0])))
    2.5
    """
    return mean(comparison) - mean(reference)


def welch_std_error(comparison: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the standard error of the mean difference of groups whose variances may differ.

    References: welch1947.
    """
    result: FloatArray = np.sqrt(
        variance(comparison) / comparison.shape[-1] + variance(reference) / reference.shape[-1]
    )
    return result


def welch_df(comparison: FloatArray, reference: FloatArray) -> float:
    """Return the Welch-Satterthwaite degrees of freedom of two samples, not both constant.

    References: welch1947.
    """
    parts = np.array([variance(comparison) / len(comparison), variance(reference) / len(reference)])
    parts = parts / parts.sum()  # shares, which cannot underflow when squared
    return float(1 / np.sum(parts**2 / np.array([len(comparison) - 1, len(reference) - 1])))


def mean_std_error(values: FloatArray) -> FloatArray:
    """Return the standard error of the mean over the last axis."""
    result: FloatArray = np.sqrt(variance(values) / values.shape[-1])
    return result


def centred(*samples: FloatArray) -> tuple[FloatArray, ...]:
    """Return samples, sorted, minus one value that is among them: differences of means are unchanged."""
    return without_offset(*(np.sort(sample) for sample in samples))


def without_offset(*samples: FloatArray) -> tuple[FloatArray, ...]:
    """Return samples, in the order given, minus one value that is among them.

    What is left of a large common offset after this is exact, so it costs no digits. A sample whose values
    differ by rounding only, such as 0.3 and 0.1 + 0.2, becomes constant, and so do all if they all do.
    """
    pooled = np.sort(np.concatenate(samples))
    middle, rounding = pooled[len(pooled) // 2], 10 * np.finfo(np.float64).eps * np.max(np.abs(pooled))
    if pooled[-1] - pooled[0] <= rounding:
        return tuple(np.zeros_like(sample) for sample in samples)
    return tuple(
        (np.full_like(sample, sample.min()) if np.ptp(sample) <= rounding else sample) - middle
        for sample in samples
    )


def pair_differences(comparison: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the sorted differences of pairs, free of the rounding that decimals bring.

    0.3 - 0.2 and 0.2 - 0.1 are not the same binary number. Differences whose sizes are closer than the
    rounding of the values they come from get one size, and that of a short decimal number if it is as
    close. So ties stay ties, a constant difference is constant, and no difference is 0; all others keep every
    digit.

    Examples
    --------
    >>> pair_differences(np.array([0.3, 0.2]), np.array([0.2, 0.1]))
    array([0.1, 0.1])
    """
    largest = float(np.max(np.abs([comparison, reference]), initial=0.0))
    if largest == 0:
        return comparison - reference + 0.0
    rounding = 4 * np.finfo(np.float64).eps * largest
    differences = comparison - reference
    order = np.argsort(np.abs(differences))
    sizes = np.concatenate([[0.0], np.abs(differences)[order]])  # zero is a size that others may equal
    new = np.diff(sizes) > rounding
    sizes = sizes[np.maximum.accumulate(np.where(new, np.arange(1, len(sizes)), 0))]
    digits = 13 - int(np.floor(np.log10(largest)))
    short = np.array([round(size, digits) for size in sizes.tolist()])
    sizes = np.where(np.abs(short - sizes) <= rounding, short, sizes)
    return np.sort(np.copysign(sizes, differences[order])) + 0.0  # no negative zeros
