"""Effects of studies on the scale on which they are pooled: logarithms of ratios."""

from dataclasses import dataclass
from math import exp, isfinite, isnan, log, nan
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.forest import FARTHEST
from mmstats.figures.forest_ticks import tick, ticks
from mmstats.figures.pooling import Pooling

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scaled:
    """What was pooled, on the scale of the pooling.

    Parameters
    ----------
    levels, names : tuple of str
        The studies that have an effect and a standard error.
    effects, std_errors, weights : float array
        Weights are 1 each where none is known.
    pooled, null : float
        NaN where there is none.
    ratio : bool
        Whether the scale is logarithms of ratios.
    """

    levels: tuple[str, ...]
    names: tuple[str, ...]
    effects: FloatArray
    std_errors: FloatArray
    weights: FloatArray
    pooled: float
    null: float
    ratio: bool


def scaled(found: Pooling) -> Scaled:
    """Return the studies of a pooling on its scale.

    A standard error that is not saved, as a ratio has none, is that of the study's normal interval.

    Raises
    ------
    ReportError
        If no study has both an effect and a standard error.
    """
    ratio = found.quantity.ratio
    known = [
        (study, on_scale(study.effect.estimate, ratio=ratio), error)
        for study in found.studies
        if isfinite(on_scale(study.effect.estimate, ratio=ratio))
        and isfinite(error := std_error(study.effect))
        and error > 0
    ]
    if not known:
        raise ReportError(
            f"The studies of analysis {found.result.analysis.id!r} have no standard errors to draw: its "
            "effects have other intervals than normal ones."
        )
    weights = np.array([study.weight for study, _, _ in known])
    return Scaled(
        levels=tuple(study.level for study, _, _ in known),
        names=tuple(study.name for study, _, _ in known),
        effects=np.array([effect for _, effect, _ in known]),
        std_errors=np.array([error for _, _, error in known]),
        weights=np.ones(len(known)) if np.isnan(weights).any() else weights,
        pooled=on_scale(found.effect.estimate, ratio=ratio),
        null=on_scale(found.quantity.null, ratio=ratio),
        ratio=ratio,
    )


def on_scale(value: float, *, ratio: bool) -> float:
    """Return a value on the scale of pooling: the logarithm of a ratio, NaN where it has none.

    Examples
    --------
    >>> on_scale(1.0, ratio=True), on_scale(0.0, ratio=True), on_scale(-2.0, ratio=False)
    (0.0, nan, -2.0)
    """
    if not ratio:
        return value
    return log(value) if value > 0 else nan


def std_error(e: Estimate) -> float:
    """Return a study's standard error on the scale of pooling, by its normal interval if it is not saved."""
    if not isnan(e.std_error):
        return e.std_error
    if e.interval != "normal":
        return nan
    ratio = e.quantity.ratio
    width = on_scale(e.conf_high, ratio=ratio) - on_scale(e.conf_low, ratio=ratio)
    return width / 2 / z_of(e.conf_level)


def z_of(level: float) -> float:
    """Return how many standard errors a normal interval reaches to either side.

    Examples
    --------
    >>> round(z_of(0.95), 3)
    1.96
    """
    return NormalDist().inv_cdf((1 + level) / 2)


def value_ticks(axes: Axes, low: float, high: float, *, room: float, ratio: bool, up: bool = False) -> None:
    """Give an axis of values on the scale of pooling its ends and its ticks, which are named as ratios.

    Parameters
    ----------
    axes : Axes
    low, high : float
        The ends, on the scale of pooling.
    room : float
        The axis's length in millimetres, about.
    ratio : bool
    up : bool
        Whether it is the axis upwards.
    """
    places = (
        ticks(exp(max(low, -FARTHEST)), exp(min(high, FARTHEST)), room=room, ratio=True)
        if ratio
        else ticks(low, high, room=room, ratio=False)
    )
    at = [on_scale(value, ratio=ratio) for value in places]
    axis, limits = (axes.yaxis, axes.set_ylim) if up else (axes.xaxis, axes.set_xlim)
    axis.set_ticks(at, [tick(value) for value in places])
    limits(low, high)
