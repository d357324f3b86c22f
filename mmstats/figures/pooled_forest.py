"""The forest plot of a meta-analysis: studies with their weights, the pooled effect, and a new study's."""

from collections.abc import Sequence
from math import isfinite, isnan, sqrt

from matplotlib.axes import Axes

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.forest import ends_of_axis, value_axis
from mmstats.figures.style import DOUBLE, GREY, INK, PALETTE, canvas, wrapped
from mmstats.results import Result, Results

LETTERS = 34
SMALLEST, LARGEST = 2.0, 7.5  # markers, in points: their areas are as the weights


def pooled_forest_figure(
    results: Results,
    analysis: str,
    *,
    style: str = "apa",
    width: float = DOUBLE,
    id: str = "fig-pooled",
) -> Figure:
    """Return the effects of the studies that an analysis pooled, and the pooled one.

    Squares are as large as the study's weight, with its own interval; the diamond is the pooled effect with
    its interval, and the bar below it where the true effect of a new study lies. An interval too wide for
    the axis is cut, with an arrow; the numbers beside it stay whole.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of a meta-analysis.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    width : float
        Millimetres.
    id : str

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis pooled nothing.
    """
    (result,) = labels.chosen(results, [analysis])
    parts = _Parts.of(results, result)
    names = [wrapped(name, LETTERS) for name, _, _ in parts.studies]
    heights = [max(1.0, 0.75 * (name.count("\n") + 1)) for name in names]
    below = 2 + (parts.prediction is not None)
    total = sum(heights) + below + 0.3
    with canvas(width, 18 + 5.6 * total) as drawing:
        left, middle, right = drawing.subplots(1, 3, width_ratios=[1.15, 1.4, 1.25], sharey=True)
        shown = [e for _, e, _ in parts.studies] + [parts.pooled]
        low, high = ends_of_axis([*shown, *([parts.prediction] if parts.prediction else [])])
        place = 0.0
        heaviest = max(weight for _, _, weight in parts.studies)
        for name, height, (_, e, weight) in zip(names, heights, parts.studies, strict=True):
            at = place + height / 2
            left.text(0, at, name, va="center")
            _line(middle, at, e, low, high)
            size = max(SMALLEST, LARGEST * sqrt(weight / heaviest))
            middle.plot([e.estimate], [at], marker="s", markersize=size, color=PALETTE[0], zorder=5)
            right.text(0, at, fmt.with_interval(e), va="center", color=INK)
            right.text(1, at, fmt.number(weight, 1), va="center", ha="right")
            place += height
        place += 0.3
        middle.axhline(place - 0.05, color=GREY, linewidth=0.5)
        left.text(0, place + 0.5, "Pooled", va="center", weight="bold")
        _diamond(middle, place + 0.5, parts.pooled, low, high)
        right.text(0, place + 0.5, fmt.with_interval(parts.pooled), va="center", weight="bold")
        right.text(1, place + 0.5, "100.0", va="center", ha="right", weight="bold")
        if parts.prediction:
            left.text(0, place + 1.5, "A new study", va="center")
            _line(middle, place + 1.5, parts.prediction, low, high, colour=PALETTE[1], thick=2.6)
            right.text(0, place + 1.5, fmt.interval(parts.prediction), va="center")
        left.text(0, total - 0.4, parts.told(style), va="center", color=GREY)
        value_axis(middle, parts.pooled, low, high)
        for axes in (left, right):
            axes.set_xlim(0, 1)
            axes.axis("off")
        interval = f"{fmt.level(parts.pooled.conf_level)} CI"
        left.text(0, -0.5, "Study", va="center", weight="bold")
        right.text(0, -0.5, f"{parts.pooled.quantity.label} [{interval}]", va="center", weight="bold")
        right.text(1, -0.5, "Weight (%)", va="center", ha="right", weight="bold")
        middle.set_ylim(total, -1.0)
    told = f"{parts.pooled.quantity.label} of {len(parts.studies)} studies"
    texts = [f"{name}: {fmt.with_interval(e)}, weight {fmt.number(w, 1)} %" for name, e, w in parts.studies]
    return Figure(
        id=id,
        drawing=drawing,
        alt=f"Forest plot. {'; '.join(texts)}. Pooled: {fmt.sentence(parts.pooled, style=style)}.",
        caption=(
            f"{labels.analysis(results, result)}: {told}. Squares: studies, as large as their weight, with "
            f"{interval}; diamond: pooled effect"
            f"{'; lower bar: where the true effect of a new study lies' if parts.prediction else ''}; "
            "dashed: no effect."
        ),
    )


class _Parts:
    """What is drawn of a pooling."""

    def __init__(
        self,
        studies: Sequence[tuple[str, Estimate, float]],
        pooled: Estimate,
        prediction: Estimate | None,
        others: dict[str, Estimate],
    ) -> None:
        self.studies, self.pooled, self.prediction, self.others = studies, pooled, prediction, others

    @classmethod
    def of(cls, results: Results, result: Result) -> "_Parts":
        weights = {e.term: e.estimate for e in result.estimates if e.quantity.name == "study_weight"}
        drawn = [e for e in result.estimates if e.term in weights and e.quantity.name != "study_weight"]
        if not drawn:
            raise ReportError(f"Analysis {result.analysis.id!r} pooled no studies, so it has no forest plot.")
        name = drawn[0].quantity.name
        studies = [(labels.study(e.term), e, weights[e.term]) for e in drawn if e.quantity.name == name]
        whole = {e.quantity.name: e for e in result.estimates if not e.term}
        prediction = whole.get("prediction_ratio" if drawn[0].quantity.ratio else "prediction")
        if prediction is not None and isnan(prediction.conf_low):
            prediction = None
        return cls(studies, whole[name], prediction, whole)

    def told(self, style: str) -> str:
        """Return what is known of heterogeneity, in a line."""
        parts = []
        if (tau2 := self.others.get("tau2")) is not None:
            parts.append(f"τ² = {fmt.value(tau2)}")
        if (i2 := self.others.get("i2")) is not None:
            parts.append(f"I² = {fmt.number(i2.estimate, 0)} %")
        if (q := self.others.get("cochran_q")) is not None:
            parts.append(f"Q({fmt.df(q.df)}) = {fmt.number(q.estimate, 1)}, {fmt.p_value(q.p_value, style)}")
        return "; ".join(parts)


def _line(
    axes: Axes,
    place: float,
    e: Estimate,
    low: float,
    high: float,
    *,
    colour: str = PALETTE[0],
    thick: float = 1.2,
) -> None:
    start, end = max(e.conf_low, low), min(e.conf_high, high)
    axes.plot([start, end], [place, place], color=colour, linewidth=thick, solid_capstyle="butt", zorder=3)
    for outside, marker, at in ((e.conf_low < low, "<", low), (e.conf_high > high, ">", high)):
        if outside:
            axes.plot([at], [place], marker=marker, markersize=5, color=colour, clip_on=False, zorder=4)


def _diamond(axes: Axes, place: float, e: Estimate, low: float, high: float) -> None:
    if not (isfinite(e.conf_low) and isfinite(e.conf_high)):
        axes.plot([e.estimate], [place], marker="D", markersize=6, color=INK, zorder=5)
        return
    start, end = max(e.conf_low, low), min(e.conf_high, high)
    axes.fill(
        [start, e.estimate, end, e.estimate], [place, place - 0.32, place, place + 0.32], color=INK, zorder=5
    )
