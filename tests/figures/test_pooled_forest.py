"""Forest plots of meta-analyses: whole, readable at every size, and only what the results say."""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats import format as fmt
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.forest_page import LARGEST, SMALLEST
from mmstats.figures.forest_pages import PAGE
from mmstats.figures.forest_ticks import tick, ticks
from mmstats.figures.judgements import sign
from mmstats.figures.pooled_forest import pooled_forest_figure, pooled_forest_pages
from mmstats.figures.style import text_width
from mmstats.meta.quantities import EFFECT_RATIO
from mmstats.results import Results
from tests.figures.test_figures import drawn_texts
from tests.pooled_results import (
    DOMAINS,
    LONG,
    bcg,
    dependent,
    made_up,
    proportions,
    published,
    with_one_stage,
)

OTHERS = published(("Colditz 1994", 0.49, 0.34, 0.70, 13), ("An older review", 0.6, nan, nan, 0))


def forest(results: Results, **more: object) -> Figure:
    return pooled_forest_figure(results, results.items[0].analysis.id, **more)  # type: ignore[arg-type]


MAKE: dict[str, Callable[[], Figure]] = {
    "one": lambda: forest(made_up(1)),
    "three, two stages": lambda: forest(with_one_stage(made_up(3)), columns=["n_bcg"], published=OTHERS),
    "bcg": lambda: forest(
        bcg(), columns=["n_bcg", "n_none"], risk_of_bias=list(DOMAINS), published=OTHERS[:1]
    ),
    "subgroups": lambda: forest(
        made_up(13, subgroups=True, names=[LONG], wide=[4], absent=[6]), columns=["allocation"], style="ama"
    ),
    "forty": lambda: forest(
        made_up(40, wide=[3, 9]), columns=["n_bcg", "latitude"], risk_of_bias=list(DOMAINS)
    ),
    "sixty": lambda: forest(made_up(60, subgroups=True, quantity=EFFECT_RATIO)),
    "proportions": lambda: forest(proportions(12)),
    "dependent": lambda: forest(dependent(), columns=["week"], published=OTHERS[:1]),
    "dependent, without names": lambda: forest(dependent(named=False), columns=["outcome"]),
    "one column of a journal": lambda: forest(bcg(), width=85.0),
    "wide, long": lambda: forest(
        made_up(8, names=[LONG] * 3, wide=range(8), quantity=EFFECT_RATIO),
        columns=["allocation"],
        risk_of_bias=list(DOMAINS),
    ),
}


@pytest.mark.parametrize("name", MAKE)
def test_no_text_lies_on_another_or_outside(name: str) -> None:
    figure = MAKE[name]()
    boxes, page = drawn_texts(figure), figure.drawing.bbox
    assert boxes
    for words, box in boxes:
        assert page.x0 - 1 <= box.x0 <= box.x1 <= page.x1 + 1, words
        assert page.y0 - 1 <= box.y0 <= box.y1 <= page.y1 + 1, words
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert not (across > 1 and up > 1), f"{one!r} lies on {other!r}"


@pytest.mark.parametrize("name", ["three, two stages", "bcg", "subgroups"])
def test_the_same_bytes_twice_whatever_the_readers_settings(name: str) -> None:
    first = MAKE[name]()
    with mpl.rc_context({"font.size": 20, "axes.grid": True, "svg.fonttype": "none"}):
        second = MAKE[name]()
        assert (first.svg(), first.pdf(), first.png()) == (second.svg(), second.pdf(), second.png())
    assert ElementTree.fromstring(first.svg()).attrib["aria-label"] == first.alt


def marks(figure: Figure, marker: str) -> list[tuple[float, float]]:
    plot = figure.drawing.axes[1]
    return [
        (float(np.asarray(line.get_xdata())[0]), float(line.get_markersize()))
        for line in plot.lines
        if line.get_marker() == marker
    ]


def test_areas_are_as_the_weights_and_places_are_the_estimates() -> None:
    results = bcg()
    result = results["bcg"]
    effects = [e.estimate for e in result.estimates if e.quantity.name == "effect_ratio" and e.term]
    weights = np.array([e.estimate for e in result.estimates if e.quantity.name == "study_weight"])
    drawn = marks(forest(results), "s")
    assert [at for at, _ in drawn] == effects
    sizes = np.array([size for _, size in drawn])
    assert sizes**2 / LARGEST**2 == pytest.approx(weights / weights.max())


def test_a_study_without_an_estimate_keeps_its_row_and_an_interval_out_of_sight_has_arrows() -> None:
    figure = MAKE["subgroups"]()
    words = [text for text, _ in drawn_texts(figure)]
    assert words.count("not estimable") == 1
    assert "Study 7: not estimable: No events.;" in figure.alt
    assert len(marks(figure, "s")) == 12
    assert len(marks(figure, "<")) == len(marks(figure, ">")) == 1
    assert "Pooled (12\u00a0studies)" in words
    for heading in ("Random", "Alternate", "Systematic"):
        assert heading in words
    assert "Differences between subgroups: χ²(2) = 3.21, P = .20" in [w.replace("\u00a0", " ") for w in words]


def test_every_study_stands_once_in_its_subgroup() -> None:
    results = made_up(13, subgroups=True)
    words = [text for text, _ in drawn_texts(forest(results))]
    points = results.points.set_index("trial")["allocation"]
    order = {"random": "Random", "alternate": "Alternate", "systematic": "Systematic"}
    headings = [word for word in words if word in order.values()]
    for level, kind in points.items():
        name = f"Study {int(str(level)[1:]) + 1}"
        assert words.count(name) == 1
        before = [word for word in words[: words.index(name)] if word in headings]
        assert before[-1] == order[str(kind)]


def test_both_stages_and_published_results_have_diamonds_of_their_own() -> None:
    figure = MAKE["three, two stages"]()
    words = [text for text, _ in drawn_texts(figure)]
    assert "Two-stage (3\u00a0studies)" in words
    assert "One-stage" in words
    assert "Colditz 1994 (13\u00a0studies)" in words
    filled = [patch.get_facecolor() for patch in figure.drawing.axes[1].patches]
    assert len(filled) == 3
    assert filled[0] == filled[1] != filled[2] == (1, 1, 1, 1)
    assert len(marks(figure, "D")) == 1  # the older review, whose interval nobody knows


def test_a_published_interval_of_another_level_says_so() -> None:
    words = [
        text
        for text, _ in drawn_texts(forest(bcg(), published=published(("Old", 0.5, 0.4, 0.6, 9), level=0.9)))
    ]
    assert "Old (9\u00a0studies), 90%\u00a0CI" in words


def test_a_proportion_is_drawn_in_percent_between_0_and_100() -> None:
    figure = MAKE["proportions"]()
    low, high = figure.drawing.axes[1].get_xlim()
    assert 0 <= low < high <= 100
    assert figure.drawing.axes[1].get_xlabel() == "Proportion (%)"
    pooled = proportions(12)["made"].estimate("proportion")
    assert f"Pooled (12 studies): {fmt.number(100 * pooled.estimate, 1)}" in figure.alt


def test_values_of_variables_are_those_of_the_points() -> None:
    results = bcg()
    words = [text for text, _ in drawn_texts(forest(results, columns=["n_bcg", "allocation"]))]
    for count in results.points["n_bcg"]:
        assert fmt.count(count) in words
    assert (words.count("Random"), words.count("Alternate"), words.count("Systematic")) == (7, 2, 4)


def test_a_value_that_differs_within_a_study_is_said_to_vary() -> None:
    results = made_up(3)
    points = results.points.loc[[0, 0, 1, 2]].reset_index(drop=True)
    points.loc[0, "n_bcg"] = 5.0
    words = [text for text, _ in drawn_texts(forest(replace(results, points=points), columns=["n_bcg"]))]
    assert words.count("varies") == 1


def test_signs_are_told_apart_without_colour() -> None:
    scales: Sequence[Sequence[str]] = (
        ("low", "some_concerns", "high"),
        ("low", "moderate", "serious", "critical", "no information"),
        ("Low risk", "Unclear risk", "High risk"),
        ("none", "one", "two"),
    )
    for levels in scales:
        letters = [sign(level, level, levels)[0] for level in levels]
        assert len(set(letters)) == len(levels)


def test_what_cannot_be_drawn_says_why() -> None:
    results = made_up(3)
    with pytest.raises(ReportError, match="have no 'dose'"):
        forest(results, columns=["dose"])
    with pytest.raises(ReportError, match="take fewer columns or judgements"):
        forest(results, columns=["n_bcg", "latitude", "allocation"], risk_of_bias=list(DOMAINS), width=85.0)
    nothing = replace(results.items[0], estimates=(), status="not estimable", reason="No studies.")
    with pytest.raises(ReportError, match=r"pooled no studies.*No studies"):
        forest(replace(results, items=(nothing,)))


@given(st.floats(-100, 100), st.floats(0.001, 1000), st.floats(15, 120), st.booleans())
def test_ticks_are_inside_and_their_labels_do_not_touch(
    start: float, width: float, room: float, ratio: bool
) -> None:
    low, high = (10 ** (start / 20), 10 ** (start / 20 + width / 50)) if ratio else (start, start + width)
    scale = np.log if ratio else np.asarray
    places = ticks(low, high, room=room, ratio=ratio)
    assert all(low <= value <= high for value in places)
    at = (scale(np.array(places)) - scale(low)) / (scale(high) - scale(low)) * room
    half = np.array([text_width(tick(value), size=7) / 2 for value in places])
    assert len(places) <= 2 or (np.diff(at) > half[1:] + half[:-1]).all()


@pytest.mark.parametrize(
    ("low", "value", "high"),
    [
        (0.0, 0.0, float("inf")),
        (1e100, 1e280, 1e300),
        (1e-290, 1e-280, 1e-100),
        (1.0, 1.0, 1.0),
        (nan, nan, nan),
        (nan, 2.0, nan),
    ],
)
def test_ratios_of_any_size_are_drawn_or_said_to_be_not_estimable(
    low: float, value: float, high: float
) -> None:
    results = made_up(4, quantity=EFFECT_RATIO, subgroups=True)

    def given_(e: Estimate) -> Estimate:
        if not e.quantity.ratio:
            return e
        return replace(e, estimate=value, conf_low=low, conf_high=high, note="Made so.")

    (first,) = results.items
    extreme = replace(first, estimates=tuple(map(given_, first.estimates)))
    figure = forest(replace(results, items=(extreme,)))
    words = [text for text, _ in drawn_texts(figure)]
    assert all(f"Study {i}" in words for i in range(1, 5))
    assert ("not estimable" in words) == (value != value)


def test_a_study_of_several_effects_is_named_once_with_the_weight_of_each() -> None:
    results = dependent()
    figure = forest(results, columns=["week"])
    words = [text for text, _ in drawn_texts(figure)]
    assert [words.count(f"Study {i}") for i in (1, 3, 4, 5)] == [1, 1, 1, 1]
    assert words.count("Study 2, Gait") == 1  # its only effect stands on its line
    assert words.count("Gait") == 4
    assert "Pooled (5\u00a0studies, 12\u00a0effects)" in words
    told = [float(word[:-1]) for word in words if word.endswith("%") and word != "100.0%"]
    weights = [e.estimate for e in results["made"].estimates if e.quantity.name == "study_weight"]
    assert told == [round(weight, 1) for weight in weights]
    assert sum(weights) == pytest.approx(100)
    assert "weight: the share of an effect in the pooled one" in figure.caption
    assert any(word.startswith("Variances of true effects: Trial\u00a0τ²") for word in words)


@pytest.mark.parametrize("named", [True, False])
def test_columns_of_dependent_effects_have_the_value_of_each_row(named: bool) -> None:
    """The row that an unnamed effect is of is not saved; its effect and error tell it."""
    results = dependent(named=named)
    points = results.points.sort_values("effect")
    figure = forest(results, columns=["week"])
    rows = re.findall(r"[\d.−]+ \[[^]]+\], weight", figure.alt)
    assert len(rows) == len(points) == 12
    boxes = drawn_texts(figure)
    weeks = {round(box.y0 + box.y1): text for text, box in boxes if text.isdigit()}
    effects = {round(box.y0 + box.y1): text for text, box in boxes if "[" in text and "." in text}
    drawn = {effects[y].split(" ")[0]: week for y, week in weeks.items() if y in effects}
    said = {fmt.number(e, 2): f"{week:g}" for e, week in zip(points["effect"], points["week"], strict=True)}
    assert drawn == said


def test_an_effect_that_weighs_less_than_nothing_is_drawn_small() -> None:
    results = dependent((4, 4, 4), rho=0.95)
    weights = [e.estimate for e in results["made"].estimates if e.quantity.name == "study_weight"]
    assert min(weights) < 0
    assert min(size for _, size in marks(forest(results), "s")) == SMALLEST


def test_many_studies_go_on_on_the_next_page_and_none_is_lost() -> None:
    results = made_up(60, subgroups=True)
    pages = pooled_forest_pages(results, "made", risk_of_bias=list(DOMAINS))
    assert [page.id for page in pages] == ["fig-pooled", "fig-pooled-2"]
    assert all(page.height <= PAGE for page in pages)
    assert max(page.height for page in pages) < 1.3 * min(page.height for page in pages)
    words = [[text for text, _ in drawn_texts(page)] for page in pages]
    every = [text for own in words for text in own]
    assert all(every.count(f"Study {i + 1}") == 1 for i in range(60))
    assert "Alternate (continued)" in words[1]
    assert pages[1].caption == "Walking (continued, 2 of 2)."
    assert pages[0].drawing.axes[1].get_xlim() == pages[1].drawing.axes[1].get_xlim()
    assert not any(text.startswith("Heterogeneity") for text in words[0])
    assert any(text.startswith("Heterogeneity") for text in words[1])


def test_what_fits_on_a_page_is_one_figure() -> None:
    results = made_up(13, subgroups=True)
    (page,) = pooled_forest_pages(results, "made")
    assert page.png(60) == forest(results).png(60)


def test_an_effect_very_far_from_all_others_is_an_arrow() -> None:
    results = made_up(20)
    first = results.items[0]
    far = [
        replace(e, estimate=90.0, conf_low=89.0, conf_high=91.0) if e.term == "trial[s4]" else e
        for e in first.estimates
        if e.quantity.name != "study_weight"
    ]
    figure = forest(replace(results, items=(replace(first, estimates=tuple(far)),)))
    assert figure.drawing.axes[1].get_xlim()[1] < 10
    assert len(marks(figure, "s")) == 19
    assert len(marks(figure, ">")) == 1
    assert "90.00 [89.00, 91.00]" in [text for text, _ in drawn_texts(figure)]
