"""Tables of a review: each number is one that was saved, and what is not known says so."""

from dataclasses import replace
from math import nan

import pandas as pd
import pytest

from mmstats.errors import ReportError
from mmstats.pooled_parts import cited_studies, is_of_studies, is_pooling, pooled_parts
from mmstats.results import Results
from mmstats.review import Finding, Published, Review
from mmstats.tables.effects import effects_table
from mmstats.tables.findings import findings_table
from mmstats.tables.poolings import poolings_table
from mmstats.tables.published import published_table
from mmstats.tables.studies import risk_of_bias_table, studies_table
from mmstats.tables.table import Table
from tests.pooled_results import made_up
from tests.review_study import TRIALS, computed


def texts(table: Table) -> list[list[str]]:
    return [[table.cell(row, column).text for column in table.columns] for row in table.rows]


def reviewed(**changes: object) -> Results:
    results = computed()
    assert results.review is not None
    return replace(results, review=replace(results.review, **changes))  # type: ignore[arg-type]


def failed(id: str) -> Results:
    results = computed()
    items = tuple(
        replace(r, estimates=(), status="not estimable", reason="too few studies")
        if r.analysis.id == id
        else r
        for r in results
    )
    return replace(results, items=items)


def test_studies_come_in_the_order_of_their_levels_with_what_is_known_of_them() -> None:
    rows = texts(studies_table(computed()))
    assert [row[0] for row in rows] == [label for _, label, *_ in TRIALS]
    assert rows[0] == ["Aronson 1948", "44", "Random"]
    assert rows[4] == ["Frimodt-Møller et al. 1973", "13", "Alternate"]


def test_years_have_no_commas_and_large_numbers_have() -> None:
    rows = texts(studies_table(reviewed(characteristics=("n",))))
    assert rows[0][1] == "262"
    assert rows[7][1] == "176,782"
    results = reviewed(characteristics=("latitude",))
    points = results.points.assign(latitude=[1948.0 + i for i in range(13)])
    years = texts(studies_table(replace(results, points=points)))
    assert sorted(row[1] for row in years) == [str(1948 + i) for i in range(13)]


def test_a_study_with_several_rows_shows_each_value_once() -> None:
    results = reviewed(characteristics=("latitude", "allocation"))
    more = results.points.assign(latitude=results.points["latitude"] + 1)
    both = replace(results, points=pd.concat([results.points, more], ignore_index=True))
    assert texts(studies_table(both))[0] == ["Aronson 1948", "44; 45", "Random"]


def test_judgements_that_are_missing_are_not_judged() -> None:
    table = risk_of_bias_table(computed())
    rows = {row[0]: row[2] for row in texts(table)}
    assert rows["Comstock & Webster 1969"] == "–"
    assert rows["Ferguson & Simes 1949"] == "Some concerns"
    assert table.notes == ("–, not judged.",)


def test_each_study_has_its_citation() -> None:
    found = cited_studies(computed())
    assert found["Aronson 1948"] == "bcgt1"
    assert len(found) == 13
    assert cited_studies(reviewed(citation="")) == {}


def test_effects_are_those_of_metafor() -> None:
    """R: rma(yi, vi, test = "knha") of dat.bcg's log risk ratios, REML; metafor 5.1.12."""
    table = effects_table(computed(), "bcg")
    rows = {row[0]: row[1:] for row in texts(table)}
    assert rows["Aronson 1948"] == ["262", "Counts of both groups", "0.41 [0.13, 1.26]", "5.1"]
    assert rows["All studies"] == ["357,347", "", "0.49 [0.33, 0.73]", ""]
    assert rows["True effect of a new study"][2] == "[0.14, 1.76]"
    assert "Q = 152.2 (df = 12, p < .001)" in table.notes[0]
    assert "I² = 92% [82, 98]" in table.notes[0]


def test_subgroups_have_rows_of_their_own() -> None:
    rows = {row[0]: row for row in texts(effects_table(computed(), "by-allocation"))}
    assert rows["Random"][3] == "0.38 [0.20, 0.70]"
    assert list(rows)[-5:] == [
        "Random",
        "Alternate",
        "Systematic",
        "All studies",
        "True effect of a new study",
    ]


def test_what_pooled_nothing_says_why() -> None:
    with pytest.raises(ReportError, match=r"pooled no studies\. It is not estimable: too few studies"):
        effects_table(failed("bcg"), "bcg")
    rows = texts(poolings_table(failed("common"), ["bcg", "common"]))
    assert rows[1][:3] == ["Risk of tuberculosis, one true effect", "", "–"]


def test_analyses_of_studies_are_told_apart() -> None:
    found = {r.analysis.id: (is_of_studies(r), is_pooling(r)) for r in computed()}
    assert found == {
        "bcg": (True, True), "by-allocation": (True, True), "common": (True, True), "small": (True, False),
        "without": (True, False), "latitude": (True, False), "counts": (True, True),
    }  # fmt: skip
    with pytest.raises(ReportError, match="pooled no studies"):
        pooled_parts(computed(), "small")


def test_ways_of_pooling_stand_beside_each_other_with_what_differs() -> None:
    table = poolings_table(computed(), ["bcg", "common"])
    first = ["Risk of tuberculosis", "13", "0.49 [0.33, 0.73]", ".002", "[0.14, 1.76]", "0.56", "92%"]
    assert texts(table)[0] == first
    assert texts(table)[1][2] == "0.65 [0.60, 0.70]"
    assert any("tau2 = common; test = z" in note for note in table.marks)
    assert not any("scale" in note for note in table.marks)
    known = computed()
    plain = tuple(replace(r, analysis=replace(r.analysis, label="")) for r in known)
    unnamed = poolings_table(replace(known, items=plain), ["bcg", "common"])
    assert [row[0].partition(": ")[2] for row in texts(unnamed)] == [
        "tau2 = reml; test = hartung-knapp",
        "tau2 = common; test = z",
    ]
    assert not any("tau2" in note for note in unnamed.marks)


def test_findings_have_their_certainty_with_reasons_below() -> None:
    table = findings_table(computed())
    assert texts(table) == [
        ["Tuberculosis", "13", "357,347", "0.49 [0.33, 0.73]", "[0.14, 1.76]", "⊕⊕⊕○\nModerate",
         "BCG probably lowers the risk."]
    ]  # fmt: skip
    assert "Trials differ by more than chance." in table.marks


def test_a_finding_without_a_result_stays_with_the_reason() -> None:
    table = findings_table(failed("bcg"))
    assert texts(table)[0] == ["Tuberculosis", "–", "⊕⊕⊕○\nModerate", "BCG probably lowers the risk."]
    assert "Not estimable: too few studies." in table.marks
    of_a_test = Finding(analysis="small", outcome="Small trials", certainty="low", reasons=("one",))
    assert texts(findings_table(reviewed(findings=(of_a_test,))))[0][0] == "Small trials"


def risks(analysis: str, **more: object) -> tuple[dict[str, str], Table]:
    finding = Finding(analysis=analysis, outcome="Tuberculosis", certainty="high", **more)  # type: ignore[arg-type]
    table = findings_table(reviewed(findings=(finding,)))
    return {column.key: table.cell(table.rows[0], column).text for column in table.columns}, table


def test_a_ratio_of_events_has_risks_from_the_plan() -> None:
    cells, table = risks("bcg", assumed_risk=0.02, measure="RR")
    assert (cells["effect"], cells["assumed"], cells["risk"]) == ("0.49 [0.33, 0.73]", "20", "10 [7, 15]")
    assert "Risk without the intervention as the plan gives it." in table.marks
    cells, table = risks("bcg", assumed_risk=0.02)
    assert "risk" in cells
    assert "assumed" not in cells
    assert "The plan does not say whether the effect is RR, OR or RD." in table.marks


def test_without_one_in_the_plan_the_median_of_comparison_groups_is_named_as_such() -> None:
    cells, table = risks("counts")
    assert "Median risk in the comparison groups of the 13 studies." in table.marks
    ratio = float(cells["effect"].split()[0])
    assert int(cells["risk"].split()[0]) == pytest.approx(int(cells["assumed"]) * ratio, abs=1)
    _, table = risks("counts", measure="OR")
    assert "The plan says OR, but the analysis pooled risk ratios." in table.marks


def test_a_standardised_difference_is_told_in_units_of_an_instrument() -> None:
    results = made_up(8)
    finding = Finding(
        analysis="made", outcome="Walking", certainty="high", instrument="Steps a day", instrument_sd=2000.0
    )
    review = Review(study="trial", findings=(finding,))
    table = findings_table(replace(results, review=review))
    cells = {column.key: table.cell(table.rows[0], column).text for column in table.columns}
    e = results["made"].estimate("effect")
    assert cells["units"] == f"{2000 * e.estimate:,.0f} [{2000 * e.conf_low:,.0f}, {2000 * e.conf_high:,.0f}]"
    assert any(note.startswith("Steps a day: the effect times 2000") for note in table.marks)
    _, table = risks("bcg", instrument="Points", instrument_sd=3.0)
    assert "A ratio has no units of an instrument." in table.marks


def test_published_results_stand_as_printed_with_their_contradictions() -> None:
    table = published_table(computed())
    assert texts(table)[1:] == [
        ["This analysis", "Risk ratio", "13", "357,347", "0.49 [0.33, 0.73]", "92%"],
        ["Made up 1994", "RR", "13", "357,347", "0.49 [0.34, 0.70]", "–"],
        ["Made up 1995", "RR", "13", "–", "0.51", "70%"],
    ]
    assert list(table.marks) == [
        "Mantel-Haenszel.",
        "As printed, this cannot all be right: Q = 163 of 13 studies makes I² 93%, but 70% is printed.",
    ]


def test_a_published_interval_of_another_level_says_so() -> None:
    one = Published(analysis="bcg", label="A", estimate=1, conf_low=0.5, conf_high=2, conf_level=0.9, i2=nan)
    table = published_table(reviewed(published=(one,)))
    assert texts(table)[2][4] == "1.0 [0.5, 2.0]"
    assert list(table.marks) == ["90% interval."]
    assert published_table(replace(failed("bcg"), review=reviewed(published=(one,)).review)).rows


@pytest.mark.parametrize("make", [studies_table, risk_of_bias_table, findings_table, published_table])
@pytest.mark.parametrize("review", [None, Review(study="trial")])
def test_without_a_review_there_is_no_table(make, review: Review | None) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReportError, match="review"):
        make(replace(computed(), review=review))


def test_results_that_lack_a_variable_must_be_made_again() -> None:
    results = computed()
    with pytest.raises(ReportError, match="do not hold latitude: run the study again"):
        studies_table(replace(results, points=results.points.drop(columns="latitude")))
