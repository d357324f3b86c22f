"""What an effect measure is, and what it says of k studies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from mmstats.estimate import Quantity
from mmstats.meta.measures.scales import IDENTITY, Scale
from mmstats.meta.weighted import BoolArray, FloatArray


@dataclass(frozen=True)
class Effects:
    """Effects of k studies on the scale on which they are pooled, with sampling variances.

    Parameters
    ----------
    effects, variances : float array, shape (k,)
        NaN where the study does not determine them; the note then says why.
    notes : tuple of str, length k
        What was done to a study, such as a continuity correction, or why it is not estimable; else empty.
    """

    effects: FloatArray
    variances: FloatArray
    notes: tuple[str, ...]

    @property
    def estimable(self) -> BoolArray:
        """Whether a study has both an effect and a variance, shape (k,)."""
        return np.isfinite(self.effects) & np.isfinite(self.variances)

    @property
    def std_errors(self) -> FloatArray:
        """Shape (k,)."""
        return np.sqrt(self.variances)


@dataclass(frozen=True)
class Measure:
    """One entry of the table of effect measures.

    Parameters
    ----------
    quantity : Quantity
        Name and label; the value of no effect, and whether it is a ratio, once brought back from `scale`.
    alias : str
        The short name that metafor has for it.
    material : type
        The class whose fields are the columns that it needs.
    compute : callable
        Takes the material and the options, and returns `Effects`.
    scale : Scale
        On which effects are pooled, and the way back.
    options : mapping of str to tuple of str
        The values that each option may have, the default first.
    references : tuple of str
    """

    quantity: Quantity
    alias: str
    material: type[Any]
    compute: Callable[..., Effects]
    scale: Scale = IDENTITY
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    references: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the quantity, in snake case."""
        return self.quantity.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it needs."""
        return tuple(each.name for each in fields(self.material))

    @property
    def null(self) -> float:
        """The value of no effect on the scale of pooling; NaN if there is none."""
        return self.scale.null(self.quantity.null)


def effects_of(
    effects: FloatArray, variances: FloatArray, *reasons: tuple[npt.NDArray[np.bool_], str]
) -> Effects:
    """Return effects with their notes; a reason makes the studies that it marks not estimable.

    Parameters
    ----------
    effects, variances : float array, shape (k,)
    reasons : pairs of a bool array, shape (k,), and a sentence
        The first one that marks a study is its note.

    Examples
    --------
    >>> found = effects_of(np.array([1.0, 2.0]), np.array([0.5, 0.5]), (np.array([False, True]), "No."))
    >>> found.effects, found.notes
    (array([ 1., nan]), ('', 'No.'))
    """
    effects, variances = effects.astype(np.float64), variances.astype(np.float64)
    notes = [""] * len(effects)
    for marks, reason in reasons:
        for at in np.flatnonzero(marks):
            notes[at] = notes[at] or reason
            effects[at] = variances[at] = np.nan
    return Effects(effects, variances, tuple(notes))


def noted(found: Effects, *remarks: tuple[npt.NDArray[np.bool_], str]) -> Effects:
    """Return effects with remarks added to those studies that they mark and that have no note yet."""
    notes = list(found.notes)
    for marks, remark in remarks:
        for at in np.flatnonzero(marks):
            notes[at] = notes[at] or remark
    return Effects(found.effects, found.variances, tuple(notes))
