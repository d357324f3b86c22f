"""The flow diagram of a review: every number is there, inside its box, and in the words beside it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle

from mmstats.errors import ReportError
from mmstats.figures.figure import Figure
from mmstats.figures.prisma import prisma_figure
from mmstats.results import Results
from mmstats.review import Excluded, OtherWays, Review, ReviewFlow
from tests.review_study import computed

WORD = "https://www.example.org/" + "a" * 80
LONG = "The outcome was measured only by instruments that none of the authors of this review could read"


def drawn(flow: ReviewFlow) -> Figure:
    return prisma_figure(replace(computed(), review=Review(flow=flow)))


def told(flow: ReviewFlow) -> str:
    return drawn(flow).alt.replace("\u00a0", " ")


FULL = (computed().review or Review()).flow or ReviewFlow()
FLOWS: dict[str, ReviewFlow] = {
    "full": FULL,
    "databases": replace(FULL, other=None, included_reports=43 - 30),
    "unknown": ReviewFlow(included_studies=4),
    "long": replace(
        FULL,
        databases={f"A database with a rather long name, number {i}": 10**i for i in range(7)},
        excluded=tuple(Excluded(reason=f"{LONG} {i}", n=i) for i in range(8)),
        other=OtherWays(websites=12_345, excluded=(Excluded(reason=WORD, n=3),)),
    ),
}


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
def test_every_text_is_inside_its_box_and_no_box_on_another(flow: ReviewFlow) -> None:
    figure = drawn(flow)
    renderer = FigureCanvasAgg(figure.drawing).get_renderer()  # type: ignore[no-untyped-call]
    (axes,) = figure.drawing.axes
    boxes = [patch.get_window_extent(renderer) for patch in axes.patches if isinstance(patch, Rectangle)]
    for text in axes.texts:
        if not text.get_text():
            continue
        own = text.get_window_extent(renderer)
        inside = [b for b in boxes if b.x0 <= own.x0 and own.x1 <= b.x1 and b.y0 <= own.y0 and own.y1 <= b.y1]
        assert len(inside) == 1, text.get_text()
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[i + 1 :])
        assert np.all(np.asarray(one.min) >= 0)
        assert one.x1 <= figure.drawing.bbox.x1


def test_the_words_have_every_number_once() -> None:
    said = told(FULL)
    numbers = [int(n.replace(",", "")) for n in re.findall(r"n = ([\d,]+)", said)]
    assert numbers == [
        1730, 900, 700, 130, 230, 230, 1500, 1440, 60, 5, 55, 42, 30, 12, 13, 15, 4, 4, 4, 1, 3, 1, 1,
    ]  # fmt: skip
    assert "Records screened (n = 1,500). Records excluded (n = 1,440)." in said


def test_what_is_not_reported_says_so() -> None:
    said = told(FLOWS["unknown"])
    assert "Records found (not reported). Removed before screening (not reported)." in said
    assert "Reports excluded (not reported)" in said
    assert "Studies included (n = 4): Reports of these (not reported)." in said
    assert "n = 0" not in said


def test_none_excluded_is_not_the_same_as_not_reported() -> None:
    assert "Reports excluded (n = 0)" in told(ReviewFlow(assessed=4, included_reports=4))


def test_the_same_flow_gives_the_same_bytes() -> None:
    assert drawn(FULL).svg() == drawn(FULL).svg()


@pytest.mark.parametrize("results", [Results(title="", items=()), replace(computed(), review=Review())])
def test_without_a_flow_there_is_nothing_to_draw(results: Results) -> None:
    with pytest.raises(ReportError, match=r"its plan has no \[review.flow\]"):
        prisma_figure(results)
