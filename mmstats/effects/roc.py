"""ROC curve: how well a score tells two groups apart, at every cut-off."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

AUC = Quantity("auc", "Area under the ROC curve", null=0.5)
CUT_OFF = Quantity("cut_off", "Cut-off")
YOUDEN_J = Quantity("youden_j", "Youden's J")
SENSITIVITY = Quantity("sensitivity", "Sensitivity")
SPECIFICITY = Quantity("specificity", "Specificity")
CORRECTED_YOUDEN_J = Quantity("corrected_youden_j", "Youden's J, corrected for optimism")
CORRECTED_SENSITIVITY = Quantity("corrected_sensitivity", "Sensitivity, corrected for optimism")
CORRECTED_SPECIFICITY = Quantity("corrected_specificity", "Specificity, corrected for optimism")


@dataclass(frozen=True)
class RocCurve:
    """What calling everybody at or above a cut-off positive gets right and wrong.

    Parameters
    ----------
    cut_offs : float array, shape (k,)
        The values there are, rising.
    true_positives, false_positives : int arrays, shape (k,)
        How many with, and how many without, the condition reach each of them.
    with_condition, without_condition : int
        The sizes of the groups.
    """

    cut_offs: FloatArray
    true_positives: IntArray
    false_positives: IntArray
    with_condition: int
    without_condition: int

    @classmethod
    def of(cls, condition: FloatArray, reference: FloatArray) -> "RocCurve":
        """Count at every value of two samples.

        Examples
        --------
        >>> curve = RocCurve.of(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
        >>> curve.cut_offs.tolist(), curve.true_positives.tolist(), curve.false_positives.tolist()
        ([1.0, 2.0, 3.0], [2, 2, 1], [2, 1, 0])
        """
        values = np.unique(np.concatenate([condition, reference])) + 0.0  # without a sign at zero
        true, false = (len(v) - np.searchsorted(np.sort(v), values) for v in (condition, reference))
        return cls(values, true, false, len(condition), len(reference))

    @property
    def sensitivities(self) -> FloatArray:
        """The share of the condition at or above each cut-off, shape (k,)."""
        return self.true_positives / self.with_condition

    @property
    def specificities(self) -> FloatArray:
        """The share of the reference below each cut-off, shape (k,)."""
        return 1 - self.false_positives / self.without_condition

    @property
    def best(self) -> int:
        """The place of the cut-off of the greatest J (see `best_cut_off`)."""
        sizes = self.with_condition, self.without_condition
        return int(best_cut_off(self.true_positives, self.false_positives, sizes))


def best_cut_off(true_positives: IntArray, false_positives: IntArray, sizes: tuple[int, int]) -> IntArray:
    """Return the place, on the last axis, of the greatest sensitivity + specificity - 1.

    Of several, the one whose sensitivity and specificity are closest; of those, the lowest. Everything
    is counted in whole numbers, so that no rounding decides. A value that nobody has (whose counts are
    those of the next) is no cut-off.

    Examples
    --------
    >>> int(best_cut_off(np.array([2, 2, 1]), np.array([2, 1, 0]), (2, 2)))
    1
    """
    with_condition, without_condition = sizes
    right = true_positives * without_condition  # sensitivity in units of 1 / (n1 * n0)
    wrong = false_positives * with_condition
    most = with_condition * without_condition
    rank = (right - wrong) * (most + 1) - np.abs(right + wrong - most)
    following = [np.concatenate([v[..., 1:], 0 * v[..., :1]], axis=-1) for v in (right, wrong)]
    nobody = (right == following[0]) & (wrong == following[1])
    return np.asarray(np.argmax(np.where(nobody, np.iinfo(np.int64).min, rank), axis=-1))
