"""Figures about a meta-analysis: funnel, Baujat, L'Abbé, bubbles and influence."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from math import log, nan
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PathCollection

from mmstats.errors import ReportError
from mmstats.estimate import Quantity
from mmstats.figures.baujat import baujat_figure
from mmstats.figures.bubble import bubble_figure
from mmstats.figures.figure import Figure
from mmstats.figures.funnel import funnel_figure
from mmstats.figures.influence import influence_figure
from mmstats.figures.labbe import labbe_figure
from mmstats.figures.meta_analysis import meta_figure
from mmstats.figures.naming import HEIGHT, SIZE, places
from mmstats.figures.pooled_scale import scaled
from mmstats.figures.pooling import pooling
from mmstats.figures.style import text_width
from tests import display_results
from tests.figures.test_figures import drawn_texts
from tests.meta_results import bias, events, influence_of, regression
from tests.pooled_results import LONG, bcg, made_up, proportions, trials

MAKE: dict[str, Callable[[], Figure]] = {
    "funnel": lambda: funnel_figure(bias(bcg()), "bcg", bias="bias"),
    "funnel of one": lambda: funnel_figure(made_up(1), "made"),
    "funnel of sixty": lambda: funnel_figure(made_up(60, wide=[4]), "made"),
    "Baujat": lambda: baujat_figure(influence_of(bcg()), "influence"),
    "Baujat of sixty": lambda: baujat_figure(influence_of(made_up(60)), "influence"),
    "L'Abbé": lambda: labbe_figure(events(), "events"),
    "L'Abbé of odds": lambda: labbe_figure(events("odds_ratio"), "events"),
    "bubbles": lambda: bubble_figure(
        regression("effect ~ latitude", predicted=True), "regression", "latitude"
    ),
    "strips": lambda: bubble_figure(regression("effect ~ allocation"), "regression", "allocation"),
    "influence": lambda: influence_figure(influence_of(bcg()), "influence"),
    "influence of forty": lambda: influence_figure(
        influence_of(made_up(40, wide=[3], names=[LONG])), "influence"
    ),
}


@pytest.mark.parametrize("name", MAKE)
def test_no_text_lies_on_another_or_outside(name: str) -> None:
    figure = MAKE[name]()
    boxes, page = drawn_texts(figure), figure.drawing.bbox
    for words, box in boxes:
        assert page.x0 - 1 <= box.x0 <= box.x1 <= page.x1 + 1, words
        assert page.y0 - 1 <= box.y0 <= box.y1 <= page.y1 + 1, words
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert not (across > 1 and up > 1), f"{one!r} lies on {other!r}"


@pytest.mark.parametrize("name", ["funnel", "Baujat", "L'Abbé", "bubbles", "influence"])
def test_the_same_bytes_twice_whatever_the_readers_settings(name: str) -> None:
    first = MAKE[name]()
    with mpl.rc_context({"font.size": 20, "axes.grid": True, "svg.fonttype": "none"}):
        second = MAKE[name]()
        assert (first.svg(), first.pdf(), first.png()) == (second.svg(), second.pdf(), second.png())
    assert ElementTree.fromstring(first.svg()).attrib["aria-label"] == first.alt
    assert first.caption.endswith(".")


def offsets(figure: Figure, place: int = 0) -> np.ndarray:
    return np.asarray(figure.drawing.axes[0].collections[place].get_offsets())


def test_standard_errors_of_ratios_come_back_from_their_normal_intervals() -> None:
    frame, seen = trials(), scaled(pooling(bcg(), "bcg"))
    assert seen.effects == pytest.approx(frame["effect"].to_numpy())
    assert seen.std_errors == pytest.approx(frame["std_error"].to_numpy())


def test_a_funnel_shows_logarithms_and_what_trim_and_fill_puts_in() -> None:
    figure = MAKE["funnel"]()
    axes, frame = figure.drawing.axes[0], trials()
    assert offsets(figure, 0) == pytest.approx(frame[["effect", "std_error"]].to_numpy())
    assert offsets(figure, 1) == pytest.approx(np.array([[0.4, 0.3], [0.7, 0.4], [1.0, 0.5]]))
    low, high = axes.get_ylim()
    assert low > high == 0
    (line,) = [line for line in axes.lines if line.get_label() == "Egger's regression"]
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    assert x == pytest.approx(log(0.7) - 1.2 * y)
    assert "3 filled in" in figure.alt


def test_a_line_on_variances_is_bent_and_one_on_sizes_is_not_drawn() -> None:
    bent = funnel_figure(bias(bcg(), predictor="variance"), "bcg", bias="bias")
    (line,) = [line for line in bent.drawing.axes[0].lines if line.get_label() == "Egger's regression"]
    assert np.asarray(line.get_xdata()) == pytest.approx(log(0.7) - 1.2 * np.asarray(line.get_ydata()) ** 2)
    sizes = funnel_figure(bias(bcg(), predictor="inverse-size"), "bcg", bias="bias")
    assert "Egger" not in sizes.caption
    assert all(line.get_label() != "Egger's regression" for line in sizes.drawing.axes[0].lines)


def test_the_shades_of_a_funnel_are_where_p_is() -> None:
    figure = funnel_figure(made_up(13), "made")
    axes = figure.drawing.axes[0]
    deepest = axes.get_ylim()[0]
    widths = sorted(
        float(np.ptp(np.asarray(patch.get_path().vertices)[:, 0])) / 2 / deepest for patch in axes.patches
    )
    assert widths == pytest.approx([1.6449, 1.96, 2.5758], abs=1e-4)


def test_baujat_names_every_study_or_says_how_many_it_does_not() -> None:
    words = [text for text, _ in drawn_texts(MAKE["Baujat"]())]
    assert "Hart & Sutherland 1977" in words
    assert "not named" not in MAKE["Baujat"]().caption
    crowd = MAKE["Baujat of sixty"]()
    named = [text for text, _ in drawn_texts(crowd) if text.startswith("Study ")]
    assert f"{60 - len(named)} studies in the crowd are not named." in crowd.caption


@given(
    st.lists(st.tuples(st.floats(0, 80), st.floats(0, 80)), min_size=1, max_size=20),
    st.floats(0.5, 2),
)
def test_names_lie_on_nothing(points: list[tuple[float, float]], radius: float) -> None:
    names, at = [f"Study {i}" for i in range(len(points))], np.array(points)
    found = places(at, names, radius=np.full(len(at), radius), width=80, height=80)
    boxes = [
        (place.x, place.y, place.x + text_width(name, size=SIZE), place.y + HEIGHT)
        for name, place in zip(names, found, strict=True)
        if place is not None
    ]
    for x, y in points:
        for box in boxes:
            assert not (box[0] < x < box[2] and box[1] < y < box[3])
    for one, other in itertools.combinations(boxes, 2):
        across, up = (
            min(one[2], other[2]) - max(one[0], other[0]),
            min(one[3], other[3]) - max(one[1], other[1]),
        )
        assert across <= 1e-9 or up <= 1e-9


@pytest.mark.parametrize(
    ("measure", "at"),
    [
        ("risk_ratio", lambda x: 0.5 * x),
        ("odds_ratio", lambda x: 0.5 * x / (1 - x) / (1 + 0.5 * x / (1 - x))),
        ("risk_difference", lambda x: x - 0.01),
    ],
)
def test_labbe_draws_shares_and_the_pooled_line(measure: str, at: Callable[[np.ndarray], np.ndarray]) -> None:
    figure, frame = labbe_figure(events(measure), "events"), trials()
    shares = np.column_stack([frame["events_none"] / frame["n_none"], frame["events_bcg"] / frame["n_bcg"]])
    assert offsets(figure) == pytest.approx(shares)
    (line,) = [line for line in figure.drawing.axes[0].lines if line.get_label() == "Pooled effect"]
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    assert len(x) > 100
    assert y == pytest.approx(at(x))
    (drawn,) = figure.drawing.axes[0].collections
    assert isinstance(drawn, PathCollection)
    sizes = np.asarray(drawn.get_sizes())
    total = (frame["n_bcg"] + frame["n_none"]).to_numpy()
    big = total > total.max() / 10
    assert (sizes / sizes.max())[big] == pytest.approx((total / total.max())[big])


def test_bubbles_have_the_models_line_and_the_saved_band() -> None:
    results = regression("effect ~ latitude", predicted=True)
    axes = bubble_figure(results, "regression", "latitude").drawing.axes[0]
    rows = {e.term: e.estimate for e in results["regression"].estimates if e.quantity.name == "coefficient"}
    x, y = (np.asarray(values) for values in (axes.lines[0].get_xdata(), axes.lines[0].get_ydata()))
    # a term names its value to six digits
    assert y == pytest.approx(rows["intercept"] + rows["latitude"] * x, abs=1e-6)
    plain = bubble_figure(regression("effect ~ latitude"), "regression", "latitude").drawing.axes[0]
    assert len(plain.collections) == len(axes.collections) - 1
    assert np.asarray(plain.lines[0].get_ydata()) == pytest.approx(
        rows["intercept"] + rows["latitude"] * np.array([13.0, 55.0])
    )


def test_beside_other_moderators_there_is_no_line_without_predictions() -> None:
    figure = bubble_figure(regression("effect ~ latitude + allocation"), "regression", "latitude")
    assert len(figure.drawing.axes[0].lines) == 1  # that of no effect
    assert "no line, as it depends on the other moderators" in figure.caption


def test_influence_has_a_row_of_each_study_and_fills_what_is_beyond_the_bounds() -> None:
    results = influence_of(made_up(40))
    figure = influence_figure(results, "influence")
    dffits = np.array([e.estimate for e in results["influence"].estimates if e.quantity.name == "dffits"])
    beyond = np.abs(dffits) > 3 / np.sqrt(39)
    panel = figure.drawing.axes[3]
    filled = [line for line in panel.lines if line.get_marker() == "o"][1]
    assert np.asarray(filled.get_xdata()) == pytest.approx(dffits[beyond])
    assert 0 < beyond.sum() < 40
    words = [text for text, _ in drawn_texts(figure)]
    assert all(f"Study {i}" in words for i in range(1, 41))


def test_influence_has_the_pooled_effect_of_the_same_studies_and_no_other() -> None:
    results = influence_of(bcg())
    pooled = results["bcg"].estimate("effect_ratio").estimate
    plot = influence_figure(results, "influence").drawing.axes[1]
    assert [float(np.asarray(line.get_xdata())[0]) for line in plot.lines].count(pooled) == 1
    other = replace(results.items[0], analysis=replace(results.items[0].analysis, where="latitude > 30"))
    alone = influence_figure(replace(results, items=(other, results.items[1])), "influence")
    assert "line: that of all studies" not in alone.caption


def test_each_analysis_of_studies_gets_the_figure_that_suits_it() -> None:
    pooled, left = bcg(), influence_of(bcg())
    cumulative = Quantity("cumulative_ratio", "Ratio of the studies so far", null=1, ratio=True)
    rows = tuple(
        replace(e, quantity=cumulative) for e in left["bcg"].estimates if e.quantity.ratio and e.term
    )
    after = replace(pooled.items[0], estimates=(pooled["bcg"].estimate("effect_ratio"), *rows))
    found = [
        meta_figure(results, name)
        for results, name in (
            (pooled, "bcg"),
            (left, "influence"),
            (replace(pooled, items=(after,)), "bcg"),
            (regression("effect ~ latitude", predicted=True), "regression"),
        )
    ]
    starts = [
        "Forest plot of Ratio. Aronson",
        "Ratio without the study",
        "Forest plot of Ratio of the studies so far",
    ]
    starts.append("Bubble plot")
    assert all(figure and figure.alt.startswith(start) for figure, start in zip(found, starts, strict=True))
    assert meta_figure(display_results.results(), "fsmc-by-group") is None


def test_what_cannot_be_drawn_says_why() -> None:
    first = proportions(3).items[0]
    exact = tuple(replace(e, interval="exact", std_error=nan) for e in first.estimates)
    with pytest.raises(ReportError, match="have no standard errors to draw"):
        funnel_figure(replace(proportions(3), items=(replace(first, estimates=exact),)), "made")
    with pytest.raises(ReportError, match="neither studies filled in nor Egger's regression"):
        funnel_figure(bcg(), "bcg", bias="bcg")
    with pytest.raises(ReportError, match="'meta_influence' has them"):
        baujat_figure(bcg(), "bcg")
    with pytest.raises(ReportError, match="'meta_influence' has them"):
        influence_figure(bcg(), "bcg")
    with pytest.raises(ReportError, match="'meta_events' has"):
        labbe_figure(bcg(), "bcg")
    with pytest.raises(ReportError, match="no coefficient of 'dose'; its coefficients: latitude"):
        bubble_figure(regression("effect ~ latitude"), "regression", "dose")
