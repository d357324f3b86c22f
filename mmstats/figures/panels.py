"""Several comparisons side by side, as the panels of one figure."""

from collections.abc import Sequence
from string import ascii_uppercase

from mmstats import labels
from mmstats.errors import ReportError
from mmstats.figures.comparison import compared, draw, legend, told, within
from mmstats.figures.figure import Figure
from mmstats.figures.style import DOUBLE, canvas, wrapped
from mmstats.results import Results

ACROSS = 3  # panels in a row
HEIGHT = 62.0  # of a row, in millimetres


def comparison_panels(
    results: Results,
    analyses: Sequence[str],
    *,
    style: str = "apa",
    width: float = DOUBLE,
    id: str = "",
    caption: str = "",
) -> Figure:
    """Return comparisons of groups as panels A, B, C ..., each as `comparison_figure` draws it.

    Parameters
    ----------
    results : Results
    analyses : sequence of str
        Ids of analyses of an outcome by a group, in the order of the panels.
    style : {"apa", "ama", "bmc"}
        How p values are printed in the text alternative.
    width : float
        Millimetres of a full row; fewer panels take less.
    id : str
        By default made from the first analysis's id.
    caption : str
        What the comparisons have in common; by default the groups.

    Raises
    ------
    ReportError
        If there is no analysis, or one of them cannot be drawn.
    """
    if not analyses:
        raise ReportError("A figure of panels needs at least one analysis.")
    seen = [compared(results, analysis) for analysis in analyses]
    across = 2 if len(seen) in (2, 4) else min(len(seen), ACROSS)
    down = -(-len(seen) // across)
    share = {1: 0.55, 2: 0.86}.get(across, 1.0)
    with canvas(share * width, down * HEIGHT) as drawing:
        drawing.set_layout_engine("constrained", w_pad=0.06, h_pad=0.06, wspace=0.03, hspace=0.03)
        rows = drawing.subfigures(down, across, squeeze=False)
        for position, one in enumerate(seen):
            panel = rows[position // across][position % across]
            left, right = panel.subplots(1, 2, width_ratios=[2.1, 1])
            draw(left, right, results, one)
            if across == ACROSS:
                left.tick_params(axis="x", labelsize=6)
                right.xaxis.label.set_fontsize(6)
            name = labels.with_unit(results, one.outcome)
            letter = f"{ascii_uppercase[position % 26]}  " if len(seen) > 1 else ""
            panel.suptitle(wrapped(f"{letter}{name}", 36), x=0.02, ha="left", fontsize=7.5, weight="bold")
    groups = list(dict.fromkeys(labels.label(results, one.group) for one in seen))
    by = f"By {groups[0][:1].lower()}{groups[0][1:]}" if len(groups) == 1 else "By group"
    texts = [told(results, one, style) for one in seen]
    if len(seen) > 1:
        texts = [f"Panel {ascii_uppercase[i % 26]}. {text}" for i, text in enumerate(texts)]
    return Figure(
        id=id or f"fig-{analyses[0]}".replace("_", "-").lower(),
        drawing=drawing,
        alt=" ".join(texts),
        caption=f"{caption or by}{within(results, seen)}. {legend(seen)}",
    )
