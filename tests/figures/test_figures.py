"""Figures of simulated results: stable bytes, nothing on top of anything, words with the numbers."""

import itertools
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mmstats.errors import ReportError
from mmstats.estimate import Estimate, Quantity
from mmstats.figures import forest
from mmstats.figures.comparison import comparison_figure
from mmstats.figures.correlations import correlation_figure
from mmstats.figures.figure import Figure
from mmstats.figures.flow import flow_figure
from mmstats.figures.forest import forest_figure
from mmstats.figures.panels import comparison_panels
from mmstats.figures.placing import apart, side_by_side, stacked
from mmstats.figures.roc import roc_figure
from mmstats.figures.scatter import scatter_figure
from mmstats.figures.style import look
from mmstats.plan import Analysis
from mmstats.results import Result, Results
from tests.display_results import COEFFICIENT, ODDS_RATIO, estimate, results

LONG = "A first outcome whose label is rather long, with a bracket (and a unit), so that it has to be wrapped"


def odds(name: str, value: float, low: float, high: float, label: str = "") -> Result:
    return Result(
        analysis=Analysis(
            id=name, method="two_by_two", arguments={"outcome": "sex", "group": "group"}, label=label or name
        ),
        title="Fisher's exact test",
        estimates=(
            estimate(ODDS_RATIO, value, low, high, p_value=0.04, note="" if value == value else "no events"),
        ),
        tested=0,
    )


def with_odds() -> Results:
    more = (
        odds("a", 1.6, 0.44, 5.8, LONG),
        odds("b", 8, 0.9, inf),
        odds("c", 0.5, 0.2, 1.1),
        odds("d", 1.2, 0, 140),
        odds("e", nan, nan, nan),
    )
    line = Result(
        analysis=Analysis(id="line", method="linear_model", arguments={"formula": "fsmc ~ mm_max"}),
        estimates=(
            estimate(COEFFICIENT, 40, 30, 50, term="intercept"),
            estimate(COEFFICIENT, 6, 2, 10, term="mm_max"),
        ),
    )
    return replace(results(), items=(*results().items, *more, line))


def with_roc(direction: str = "higher") -> Results:
    """Return the results of an area under a curve, and its cut-off."""
    names = {"cut_off": "Cut-off", "sensitivity": "Sensitivity", "specificity": "Specificity"}
    at = [
        Estimate(quantity=Quantity(name, label), estimate=value, n=52)
        for (name, label), value in zip(names.items(), (50, 0.66, 0.7), strict=True)
    ]
    area = estimate(Quantity("auc", "Area under the ROC curve", null=0.5), 0.76, 0.6, 0.87, p_value=0.003)
    one = Result(
        analysis=Analysis(id="fsmc-roc", method="roc", arguments={"score": "fsmc", "group": "group"}),
        options={"direction": direction},
        estimates=(area, *at),
        tested=0,
        n=52,
    )
    return replace(results(), items=(*results().items, one))


MAKE: dict[str, Callable[[], Figure]] = {
    "continuous": lambda: comparison_figure(results(), "fsmc-by-group"),
    "scores": lambda: comparison_figure(results(), "mm-by-group"),
    "not estimable": lambda: comparison_figure(results(), "pegs-by-group"),
    "scatter": lambda: scatter_figure(with_odds(), "mm_max-fsmc", line="line"),
    "scatter, one colour": lambda: scatter_figure(results(), "fsmc-age", group=""),
    "roc": lambda: roc_figure(with_roc(), "fsmc-roc"),
    "roc of lower scores": lambda: roc_figure(with_roc("lower"), "fsmc-roc", style="ama"),
    "correlations": lambda: correlation_figure(results()),
    "flow": lambda: flow_figure(results()),
    "forest of ratios": lambda: forest_figure(with_odds(), ["a", "b", "c", "d", "e", "pegs-by-group"]),
    "forest of a model": lambda: forest_figure(results(), ["fsmc-model"], style="bmc"),
}


def drawn_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return every text that is really drawn, with its place."""
    found: dict[int, Text] = {}
    draw = Text.draw

    def recorded(self: Text, renderer: object) -> None:
        if self.get_visible() and self.get_text().strip():
            found[id(self)] = self
        draw(self, renderer)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch, look():
        patch.setattr(Text, "draw", recorded)
        FigureCanvasAgg(figure.drawing).draw()  # type: ignore[no-untyped-call]
        return [(text.get_text(), text.get_window_extent()) for text in found.values()]


@pytest.mark.parametrize("name", MAKE)
def test_the_same_bytes_twice_whatever_the_readers_settings(name: str) -> None:
    first = MAKE[name]()
    with mpl.rc_context({"font.size": 20, "axes.grid": True, "svg.fonttype": "none"}):
        second = MAKE[name]()
        assert (first.svg(), first.pdf(), first.png()) == (second.svg(), second.pdf(), second.png())
    assert first.svg() == first.svg()


@pytest.mark.parametrize("name", MAKE)
def test_no_text_lies_on_another_or_outside(name: str) -> None:
    figure = MAKE[name]()
    boxes, page = drawn_texts(figure), figure.drawing.bbox
    assert boxes
    for words, box in boxes:
        assert page.x0 - 1 <= box.x0, words
        assert box.x1 <= page.x1 + 1, words
        assert page.y0 - 1 <= box.y0, words
        assert box.y1 <= page.y1 + 1, words
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        up = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert not (across > 1 and up > 1), f"{one!r} lies on {other!r}"


def test_overlapping_texts_would_be_noticed() -> None:
    figure = MAKE["scores"]()
    figure.drawing.text(0.5, 0.5, "one")
    figure.drawing.text(0.5, 0.5, "other")
    boxes = dict(drawn_texts(figure))
    assert boxes["one"].overlaps(boxes["other"])


@pytest.mark.parametrize("name", MAKE)
def test_svg_is_well_formed_named_and_dateless(name: str) -> None:
    figure = MAKE[name]()
    root = ElementTree.fromstring(figure.svg())
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == figure.alt
    assert "<metadata" not in figure.svg()
    assert b"CreationDate" not in figure.pdf()
    assert figure.width <= 180


def test_alternatives_have_the_numbers() -> None:
    assert MAKE["continuous"]().alt == (
        "Each participant's Fatigue Scale for Motor and Cognitive Functions by Group. "
        "Healthy control: n = 19, mean (SD) 37.1 (13.2); Multiple sclerosis: n = 33, mean (SD) 57.8 (11.4). "
        "Mean difference: 14.6 (95% CI 6.2 to 23.1; p = .001)."
    )
    assert MAKE["not estimable"]().alt.endswith(
        "Effect not estimable: Each level of group needs at least 2 values: 'HC' has 1."
    )
    assert "Spearman's ρ = 0.42 [0.14, 0.70], p = .060" in MAKE["scatter"]().alt
    assert "Mirror movements, stronger hand and Age −0.08 [−0.36, 0.20]" in MAKE["correlations"]().alt
    assert "under 18: 3 removed, 57 left" in MAKE["flow"]().alt
    alt = MAKE["forest of ratios"]().alt
    assert "b: 8.00 (95% CI 0.90 to ∞; p = .040)" in alt
    assert "e: not estimable: no events" in alt
    assert "Nine-Hole Peg Test: not estimable" in alt
    assert "Age: 0.31 (95% CI −0.12 to 0.74; P = 0.15)" in MAKE["forest of a model"]().alt


def test_a_forest_cuts_what_is_far_out_with_arrows_and_keeps_every_estimate() -> None:
    figure = MAKE["forest of ratios"]()
    axes = figure.drawing.axes[1]
    low, high = axes.get_xlim()
    assert axes.get_xscale() == "log"
    markers = [mark for line in axes.lines if isinstance(mark := line.get_marker(), str)]
    arrows = [mark for mark in markers if mark in "<>" and mark]
    assert sorted(arrows) == ["<", ">"]
    marks = [np.asarray(line.get_xdata())[0] for line in axes.lines if line.get_marker() == "s"]
    assert marks == [1.6, 8, 0.5, 1.2]
    assert all(low < mark < high for mark in marks)
    assert low < 1 < high


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=6),
    st.booleans(),
)
def test_limits_hold_every_estimate(rows: list[tuple[float, float, float]], ratio: bool) -> None:
    quantity = ODDS_RATIO if ratio else COEFFICIENT
    scale = (lambda v: float(np.exp(v / 10))) if ratio else float
    drawn = [estimate(quantity, scale(m), scale(m - a), scale(m + b)) for m, a, b in rows]
    low, high = forest.ends_of_axis(drawn)
    assert np.isfinite([low, high]).all()
    assert all(low < e.estimate < high for e in drawn)
    assert low < quantity.null < high


def test_a_line_comes_from_a_saved_model_of_the_same_variables() -> None:
    figure = MAKE["scatter"]()
    (line,) = figure.drawing.axes[0].lines
    assert np.asarray(line.get_xdata()).tolist() == [0, 3]
    assert np.asarray(line.get_ydata()).tolist() == [40, 58]
    with pytest.raises(ReportError, match="'fsmc-model' is not a model fsmc ~ mm_max"):
        scatter_figure(results(), "mm_max-fsmc", line="fsmc-model")


def test_an_analysis_with_a_condition_shows_the_rows_for_which_it_holds() -> None:
    simulated = results()

    def with_condition(name: str, where: str) -> Results:
        only = replace(simulated[name], analysis=replace(simulated[name].analysis, where=where))
        return replace(simulated, items=(*(r for r in simulated if r.analysis.id != name), only))

    older = (simulated.points["age"] > 40) & simulated.points["fsmc"].notna()
    counts = older.groupby(simulated.points["group"], observed=True).sum()
    alt = comparison_figure(with_condition("fsmc-by-group", "age > 40"), "fsmc-by-group").alt
    assert (
        f"(Age > 40 years). Healthy control: n = {counts['HC']}; Multiple sclerosis: n = {counts['MS']}."
        in alt
    )
    patients = with_condition("mm_max-fsmc", "group == 'MS'")
    figure = scatter_figure(patients, "mm_max-fsmc")
    assert "33 participants (Group: Multiple sclerosis)" in figure.alt
    assert not figure.drawing.legends
    matrix = correlation_figure(patients, ["mm_max-fsmc"])
    assert "(Spearman's ρ, Group: Multiple sclerosis)" in matrix.alt
    forest_alt = forest_figure(patients, ["mm_max-fsmc", "mm_max-age"]).alt
    assert forest_alt.startswith("Forest plot of Spearman's ρ with Mirror movements, stronger hand with")
    assert "Fatigue Scale for Motor and Cognitive Functions (Group: Multiple sclerosis): 0.42" in forest_alt
    with pytest.raises(ReportError, match="No value of 'fsmc' is left to draw"):
        comparison_figure(with_condition("fsmc-by-group", "age > 400"), "fsmc-by-group")


def test_panels_show_several_comparisons_as_each_would_be_alone() -> None:
    simulated = results()
    ids = ["fsmc-by-group", "mm-by-group"]
    figure = comparison_panels(simulated, ids)
    assert len(figure.drawing.get_axes()) == 4
    for letter, id in zip("AB", ids, strict=True):
        assert f"Panel {letter}. {comparison_figure(simulated, id).alt}" in figure.alt
    assert figure.caption.startswith("By group. Points: participants")
    assert comparison_panels(simulated, ids, caption="Both").caption.startswith("Both. Points")
    alone = comparison_panels(simulated, ids[:1])
    assert "Panel" not in alone.alt
    assert alone.svg() == comparison_panels(simulated, ids[:1]).svg()
    with pytest.raises(ReportError, match="at least one analysis"):
        comparison_panels(simulated, [])


def test_what_cannot_be_drawn_is_refused_with_reasons() -> None:
    simulated = results()
    with pytest.raises(ReportError, match="'sex' has categories, not numbers"):
        comparison_figure(simulated, "sex-by-group")
    with pytest.raises(ReportError, match="'mm_max-fsmc' has no outcome and group"):
        comparison_figure(simulated, "mm_max-fsmc")
    without = replace(simulated, points=simulated.points.drop(columns="fsmc"))
    with pytest.raises(ReportError, match="The saved points have no 'fsmc'"):
        scatter_figure(without, "mm_max-fsmc")
    with pytest.raises(ReportError, match="no participant flow"):
        flow_figure(replace(simulated, flow=()))
    with pytest.raises(ReportError, match="has an estimate of 'anything' to draw"):
        forest_figure(simulated, ["pegs-by-group"])


def test_labels_with_markup_stay_text() -> None:
    variables = {name: replace(v, label=r"$\frac{a}{b}$ <b>&") for name, v in results().variables.items()}
    for make in (lambda r: comparison_figure(r, "fsmc-by-group"), correlation_figure, flow_figure):
        figure = make(replace(results(), variables=variables))
        ElementTree.fromstring(figure.svg())


def test_save_and_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = MAKE["scores"]()
    for kind, start in (("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")):
        assert figure.save(tmp_path / f"f.{kind}").read_bytes().startswith(start)
    with pytest.raises(ReportError, match=r"Unknown kind of figure file '\.gif'"):
        figure.save(tmp_path / "f.gif")
    kinds = {
        "": {"image/svg+xml", "image/png"},
        "svg": {"image/svg+xml"},
        "png": {"image/png"},
        "pdf": {"application/pdf"},
    }
    for wanted, expected in kinds.items():
        monkeypatch.setenv("QUARTO_FIG_FORMAT", wanted)
        data, metadata = figure._repr_mimebundle_()
        assert set(data) - {"text/plain"} == expected
        assert metadata["image/png"]["width"] == round(85 / 25.4 * 96)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_scores_are_stacked_around_their_value_without_touching(scores: list[int]) -> None:
    values = np.array(scores, dtype=float)
    across, up = stacked(values, step=0.07, width=0.56, line=0.1)
    assert np.abs(across).max() <= 0.28 + 1e-9
    assert np.abs(up).max() < 0.5
    places = {
        (round(float(a), 6), round(float(v + u), 6)) for a, u, v in zip(across, up, values, strict=True)
    }
    assert len(places) == len(values)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_neighbours_stand_side_by_side_within_their_room(numbers: list[float]) -> None:
    offsets = side_by_side(np.array(numbers), step=0.07, width=0.56)
    assert np.abs(offsets).max() <= 0.28 + 1e-9


def test_equal_points_come_apart() -> None:
    x, y = np.array([1.0, 1, 1, 2]), np.array([3.0, 3, 3, 3])
    moved = np.column_stack(apart(x, y))
    assert len(np.unique(moved.round(6), axis=0)) == 4
    assert moved[3].tolist() == [2, 3]


def test_importing_the_package_imports_neither_figures_nor_tables() -> None:
    code = "import sys, mmstats; print(sorted({'matplotlib', 'great_tables', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\[\]\s*", done.stdout)


def test_a_roc_curve_says_what_it_shows_and_needs_a_score() -> None:
    alt = MAKE["roc"]().alt
    assert "0.76 [0.60, 0.87], p = .003; cut-off ≥ 50, sensitivity 0.66, specificity 0.70." in alt
    assert "cut-off ≤ 50" in MAKE["roc of lower scores"]().alt
    with pytest.raises(ReportError, match="no score and group"):
        roc_figure(results(), "fsmc-age")
