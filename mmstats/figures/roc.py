"""Sensitivity and specificity at every cut-off of a score."""

import numpy as np

from mmstats import format as fmt
from mmstats import labels
from mmstats.effects.roc import RocCurve
from mmstats.errors import ReportError
from mmstats.figures.figure import Figure
from mmstats.figures.points import points_of
from mmstats.figures.style import GREY, INK, PALETTE, SINGLE, canvas
from mmstats.labels import levels
from mmstats.results import Result, Results


def roc_figure(
    results: Results,
    analysis: str,
    *,
    style: str = "apa",
    width: float = SINGLE,
    height: float = 84.0,
    id: str = "",
) -> Figure:
    """Return the ROC curve of an analysis by `roc`, with its area and interval above.

    The corners of the line are the cut-offs that the values allow; the point is the saved one.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis with the roles ``score`` and ``group``.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    width, height : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, the analysis is not of a score and a group, or the points are not there.
    """
    result = results[analysis]
    score, group = (result.roles.get(role) for role in ("score", "group"))
    if not (isinstance(score, str) and isinstance(group, str)):
        raise ReportError(f"Analysis {analysis!r} has no score and group, so there is no ROC curve.")
    e = result.estimate()
    p = fmt.p_value(e.p_value, style)
    area = f"{fmt.with_interval(e)}{', ' + p if p else ''}"
    curve, sign = _curve(results, result, score, group)
    saved = {e.quantity.name: e for e in result.estimates}
    cut_off, sensitivity, specificity = (
        saved[name].estimate for name in ("cut_off", "sensitivity", "specificity")
    )
    known = cut_off == cut_off
    at = f"{'≥' if sign > 0 else '≤'} {cut_off:g}".replace("-", "−")
    parts = (
        f"cut-off {at}",
        f"sensitivity {fmt.number(sensitivity, 2)}",
        f"specificity {fmt.number(specificity, 2)}",
    )
    with canvas(width, height) as drawing:
        axes = drawing.subplots()
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)
        across = np.concatenate([[1], 1 - curve.specificities, [0]])
        up = np.concatenate([[1], curve.sensitivities, [0]])
        axes.plot(across, up, color=PALETTE[0], linewidth=1.3, zorder=3, clip_on=False)
        if known:
            axes.scatter([1 - specificity], [sensitivity], s=26, color=PALETTE[1], zorder=4, clip_on=False)
            axes.text(0.98, 0.03, "\n".join(parts), ha="right", va="bottom", color=INK)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.set_xlabel("1 − specificity")
        axes.set_ylabel("Sensitivity")
        axes.set_title(f"{e.quantity.label}\n{area}", loc="left", fontsize=7.5)
    where = labels.condition(results, result)
    condition = labels.level(results, group, levels(results, group)[1])
    what = f"{labels.with_unit(results, score)} for {labels.label(results, group)}: {condition}"
    what += f" ({where})" if where else ""
    seen = "; " + ", ".join(parts) if known else ""
    marked = "; point: cut-off with the greatest Youden's J" if known else ""
    return Figure(
        id=id or f"fig-{analysis}".replace("_", "-").lower(),
        drawing=drawing,
        alt=f"ROC curve of {what}. {e.quantity.label}: {area}{seen}.",
        caption=f"ROC curve of {what}. Line: every cut-off (n = {result.n}){marked}; dashed: chance.",
    )


def _curve(results: Results, result: Result, score: str, group: str) -> tuple[RocCurve, float]:
    """Return the curve of the saved points, and the sign of the direction that speaks for the condition."""
    points = points_of(results, result, [score, group])
    sign = -1.0 if result.options.get("direction") == "lower" else 1.0
    reference, condition = (
        sign * points.loc[points[group] == level, score].to_numpy(dtype=np.float64)
        for level in levels(results, group)[:2]
    )
    if not (len(reference) and len(condition)):
        raise ReportError(f"A group of analysis {result.analysis.id!r} has no point left to draw.")
    return RocCurve.of(condition, reference), sign
