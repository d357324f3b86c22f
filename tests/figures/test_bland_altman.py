"""The Bland-Altman plot draws what is saved, and nothing where there is nothing."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats import analyze
from mmstats.errors import ReportError
from mmstats.figures.bland_altman import bland_altman_figure
from mmstats.figures.scatter import scatter_figure
from mmstats.notebook import Answer

FRAME = pd.DataFrame(
    {
        "second": [9.5, 12.0, 14.5, 8.0, 11.0, 11.0, 16.0],
        "first": [9.0, 13.0, 13.0, 8.5, 10.0, 10.0, 15.5],
        "arm": list("aabbaab"),
    }
)


def agreement(frame: pd.DataFrame = FRAME, **more: Any) -> Answer:
    return analyze(frame, "bland_altman", comparison="second", reference="first", **more)


def test_an_answer_with_limits_of_agreement_plots_the_differences() -> None:
    answer = agreement()
    drawn = answer.plot()
    assert drawn.alt.startswith("Bland-Altman plot of second minus first, 7 pairs.")
    axes = drawn.drawing.axes[0]
    heights = {round(float(np.asarray(line.get_ydata())[0]), 9) for line in axes.get_lines()}
    saved = {round(e.estimate, 9) for e in answer.result.estimates[:3]}
    assert saved | {0.0} == heights
    assert len(np.asarray(axes.collections[0].get_offsets())) == 7


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert agreement().plot().svg() == agreement().plot().svg()
    assert agreement().plot().png() == agreement().plot().png()


def test_a_condition_is_said_and_held() -> None:
    drawn = agreement(where="arm == 'a'").plot()
    assert "4 pairs" in drawn.alt
    assert "arm: a" in drawn.caption


def test_repeated_pairs_are_drawn_as_well() -> None:
    answer = analyze(
        FRAME, "bland_altman_repeated", comparison="second", reference="first", participant="arm"
    )
    assert "limits of agreement" in answer.plot().alt


def test_limits_without_intervals_have_no_bands() -> None:
    drawn = agreement(FRAME.assign(first=FRAME["second"] - 1.0)).plot()
    assert not drawn.drawing.axes[0].patches
    assert np.isfinite(drawn.width)


def test_an_analysis_without_limits_is_refused() -> None:
    answer = analyze(FRAME, "paired_t", comparison="second", reference="first")
    with pytest.raises(ReportError, match="no limits of agreement"):
        bland_altman_figure(answer.results, "analysis")
    with pytest.raises(ReportError):
        scatter_figure(agreement().results, "analysis")
