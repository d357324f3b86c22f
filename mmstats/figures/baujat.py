"""Which studies make effects differ, and which move the pooled effect."""

import numpy as np

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.figures.figure import Figure
from mmstats.figures.naming import draw_names
from mmstats.figures.pooling import called, several
from mmstats.figures.style import PALETTE, canvas
from mmstats.pooled_parts import split
from mmstats.results import Results

X, Y = "baujat_x", "baujat_y"
LEFT, BOTTOM, MARGIN = 16.0, 12.0, 3.0  # millimetres
RADIUS = 0.9


def baujat_figure(
    results: Results, analysis: str, *, width: float = 120.0, height: float = 96.0, id: str = ""
) -> Figure:
    """Return each study's part of the heterogeneity, against how far the pooled effect moves without it.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis by ``meta_influence``.
    width, height : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis does not have both for any study.
    """
    result = results[analysis]
    across = {e.term: e.estimate for e in result.estimates if e.quantity.name == X}
    up = {e.term: e.estimate for e in result.estimates if e.quantity.name == Y}
    terms = [term for term in across if term in up and np.isfinite([across[term], up[term]]).all()]
    if not terms:
        raise ReportError(
            f"Analysis {analysis!r} has no {X!r} and {Y!r} of studies to draw; 'meta_influence' has them."
        )
    names = [labels.level(results, *split(term)) for term in terms]
    x, y = np.array([across[term] for term in terms]), np.array([up[term] for term in terms])
    with canvas(width, height) as drawing:
        drawing.set_layout_engine("none")  # names need to know where points are
        axes = drawing.add_axes(
            (LEFT / width, BOTTOM / height, 1 - (LEFT + MARGIN) / width, 1 - (BOTTOM + MARGIN) / height)
        )
        axes.set_xlim(-0.05 * (x.max() or 1), 1.12 * (x.max() or 1))
        axes.set_ylim(-0.06 * (y.max() or 1), 1.12 * (y.max() or 1))
        axes.scatter(
            x,
            y,
            s=(2 * RADIUS * 72 / 25.4) ** 2,
            color=PALETTE[0],
            edgecolors="white",
            linewidths=0.4,
            zorder=4,
        )
        axes.set_xlabel("Part of the heterogeneity (squared Pearson residual)")
        axes.set_ylabel("Influence on the pooled effect")
        lost = draw_names(drawing, axes, x, y, names, np.full(len(x), RADIUS))
    told = "; ".join(
        f"{name}: {fmt.number(one, 2)} and {fmt.number(other, 2)}"
        for name, one, other in zip(names, x, y, strict=True)
    )
    crowd = (
        f" {several(len(lost))} in the crowd {'is' if len(lost) == 1 else 'are'} not named." if lost else ""
    )
    return Figure(
        id=id or f"fig-{analysis}-baujat".replace("_", "-").lower(),
        drawing=drawing,
        alt=f"Baujat plot: each study's part of the heterogeneity, and its influence. {told}.",
        caption=f"{called(results, result)}: studies on the right differ most from the others, "
        f"and those on top move the pooled effect most.{crowd}",
    )
