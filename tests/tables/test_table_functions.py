"""Tables of simulated results: each number on the page is one that was saved."""

from dataclasses import replace
from math import nan

import pytest

from mmstats.coverage.evidence import Evidence
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.missing_counts import Missing
from mmstats.plan import Analysis
from mmstats.results import Result, Results
from mmstats.tables.comparison import comparison_table
from mmstats.tables.correlations import correlation_table
from mmstats.tables.coverage import coverage_table
from mmstats.tables.estimates import estimates_table
from mmstats.tables.flow import flow_table
from mmstats.tables.methods import methods_table
from mmstats.tables.missing import missing_table
from mmstats.tables.table import Table, as_cell
from mmstats.tables.table_one import table_one
from tests.display_results import HEDGES_G, ODDS_RATIO, results


def texts(table: Table) -> list[list[str]]:
    return [[table.cell(row, column).text for column in table.columns] for row in table.rows]


def headings(table: Table) -> list[str]:
    return [as_cell(column.label).text for column in table.columns]


def with_result(result: Result) -> Results:
    return replace(results(), items=(*results().items, result))


def test_table_one_shows_summaries_effects_and_missing_values() -> None:
    table = table_one(results(), style="bmc")
    assert headings(table) == [
        "Characteristic",
        "Healthy control\n(n = 20)",
        "Multiple sclerosis\n(n = 34)",
        "Overall\n(n = 54)",
        "Effect [95% CI]",
        "P",
        "Adjusted P",
    ]
    found = {row[0]: row[1:] for row in texts(table)}
    assert found["Age (years), mean (SD)"] == ["41.2 (8.4)", "40.1 (14.3)", "40.5 (12.4)", "", "", ""]
    assert found["Sex: Female, n (%)"][:4] == ["12 (60%)", "25 (74%)", "37 (69%)", "1.60 [0.44, 5.80]"]
    assert found["Disease course, n (%)"] == [""] * 6
    assert found["Relapsing-remitting"][:3] == ["0 (0%)", "25 (74%)", "25 (46%)"]
    ordinal = found["Mirror movements, stronger hand (0–4), median [Q1, Q3]"]
    assert ordinal == ["0 [0, 1]", "2 [1, 2]", "1 [0, 2]", "0.66 [0.52, 0.80]", "0.03", "0.03"]
    assert found["Nine-Hole Peg Test (s), mean (SD)"][0] == "27.4 (–)"
    assert [row[1:4] for row in texts(table) if row[0] == "Missing, n"] == [
        ["1", "1", "2"],
        ["19", "0", "19"],
    ]
    assert "Not estimable: Each level of group needs at least 2 values: 'HC' has 1." in table.marks
    assert "Adjusted by Holm's method within the family Primary (2 tests)." in table.marks


def test_table_one_takes_variables_medians_and_effects_on_request() -> None:
    table = table_one(
        results(), variables=["fsmc"], by_median=["fsmc"], quantities=["hedges_g"], overall=False
    )
    name, controls, _, effect, p, _ = texts(table)[0]
    assert name.endswith("median [Q1, Q3]")
    assert controls == "35.0 [27.0, 44.5]"
    assert (effect, p) == ("0.93 [0.35, 1.51]", ".001")
    assert "Hedges' g; Welch's t test." in table.marks
    plain = table_one(results(), variables=["age"], effects=False)
    assert headings(plain)[-1] == "Overall\n(n = 54)"


def test_table_one_says_what_is_not_described() -> None:
    with pytest.raises(ReportError, match=r"'edss' has no analysis with method = 'describe'\."):
        table_one(results(), variables=["edss"])
    with pytest.raises(ReportError, match=r"no analysis with method = 'describe' by 'sex'"):
        table_one(results(), group="sex")
    with pytest.raises(ReportError, match="Unknown variable in these results 'grup'"):
        table_one(results(), group="grup")
    with pytest.raises(ReportError, match="'age' is continuous and has no levels"):
        table_one(results(), group="age")


def test_table_one_leaves_out_conditions() -> None:
    effect = Analysis(
        id="age-women",
        method="welch",
        arguments={"outcome": "age", "group": "group"},
        where="sex == 'f'",
    )
    e = Estimate(quantity=HEDGES_G, estimate=1, n=9, p_value=0.5)
    table = table_one(with_result(Result(analysis=effect, title="Welch", estimates=(e,), tested=0)))
    assert texts(table)[0][4:] == ["", "", ""]


def test_comparisons_have_one_measure_in_the_heading_or_a_column_of_measures() -> None:
    one = comparison_table(results(), ["fsmc-by-group"], quantities=("hedges_g",))
    assert headings(one)[-3:] == ["Hedges' g [95% CI]", "p", "Adjusted p"]
    assert texts(one)[0][1:] == ["52", "37.1 (13.2)", "57.8 (11.4)", "0.93 [0.35, 1.51]", ".001", ".002"]
    two = comparison_table(results(), ["fsmc-by-group", "sex-by-group"], summaries=False)
    assert headings(two) == ["Outcome", "n", "Measure", "Effect [95% CI]", "p", "Adjusted p"]
    assert [row[2] for row in texts(two)] == ["Mean difference", "Odds ratio"]
    with pytest.raises(ReportError, match="Did you mean 'fsmc-by-group'"):
        comparison_table(results(), ["fsmc-by-grup"])


def test_comparisons_keep_every_note() -> None:
    noted = Result(
        analysis=Analysis(id="x", method="two_by_two", arguments={"outcome": "sex", "group": "group"}),
        title="Fisher's exact test",
        estimates=(
            Estimate(quantity=ODDS_RATIO, estimate=2, conf_level=0.95, note="A cell is empty", n=5),
            Estimate(quantity=HEDGES_G, estimate=nan, note="No variation", n=5),
        ),
    )
    table = comparison_table(with_result(noted), ["x"])
    assert texts(table)[0][-2:] == ["2.00 [–]", "–"]
    assert list(table.marks) == []
    assert table.notes == ("Fisher's exact test. A cell is empty. CI, confidence interval.",)
    two = comparison_table(with_result(noted), ["x", "fsmc-by-group"], summaries=False)
    assert list(two.marks)[:2] == [
        "Adjusted by Holm's method within the family Primary (2 tests).",
        "Fisher's exact test.",
    ]
    other = comparison_table(with_result(noted), ["x"], quantities=["hedges_g"])
    assert "Not estimable: No variation." in other.notes[0]


def in_women(*names: str) -> Results:
    simulated = results()
    items = [
        replace(r, analysis=replace(r.analysis, where="sex == 'f'")) if r.analysis.id in names else r
        for r in simulated
    ]
    return replace(simulated, items=tuple(items), family_labels={"primary": "First things"})


def test_a_condition_is_told_in_words_once_if_all_have_it_and_by_a_mark_if_some_do() -> None:
    both = comparison_table(in_women("fsmc-by-group", "sex-by-group"), ["fsmc-by-group", "sex-by-group"])
    assert "Sex: Female. CI" in both.notes[0]
    assert "within the family First things" in next(iter(both.marks))
    one = comparison_table(in_women("sex-by-group"), ["fsmc-by-group", "sex-by-group"])
    assert "Sex: Female." in one.marks
    assert "Sex: Female" not in one.notes[0]


def test_correlations_with_one_variable_name_the_others() -> None:
    simulated = results()
    ids = [r.analysis.id for r in simulated if r.roles.get("x") == "mm_max" or r.roles.get("y") == "mm_max"]
    table = correlation_table(simulated, ids)
    assert headings(table)[0] == "Mirror movements, stronger hand (0–4) and"
    assert "Age (years)" in [row[0] for row in texts(table)]


def test_correlations_as_a_list_and_as_a_matrix() -> None:
    table = correlation_table(results())
    assert headings(table) == ["Variables", "n", "Spearman's ρ [95% CI]", "p"]
    assert texts(table)[1] == [
        "Mirror movements, stronger hand (0–4) and Age (years)",
        "52",
        "−0.08 [−0.36, 0.20]",
        ".740",
    ]
    matrix = texts(correlation_table(results(), matrix=True, style="ama"))
    assert [row[0] for row in matrix] == [
        "Fatigue Scale for Motor and Cognitive Functions",
        "Age (years)",
        "Nine-Hole Peg Test (s)",
    ]
    assert matrix[1][1:] == ["−0.08 [−0.36, 0.20]\nP = .74", "0.21 [−0.07, 0.49]\nP = .48"]


def test_correlations_refuse_other_analyses_and_pairs_given_twice() -> None:
    with pytest.raises(ReportError, match="'fsmc-by-group' is of fsmc"):
        correlation_table(results(), ["fsmc-by-group"])
    again = replace(
        results()["mm_max-age"],
        analysis=Analysis(id="k", method="kendall", arguments={"x": "age", "y": "mm_max"}),
    )
    assert len(correlation_table(with_result(again)).rows) == 5
    with pytest.raises(ReportError, match="'mm_max-age' and 'k'"):
        correlation_table(with_result(again), matrix=True)


def test_estimates_stand_under_their_analysis_without_empty_columns() -> None:
    table = estimates_table(results(), ["fsmc-model", "pegs-by-group"])
    assert headings(table) == ["Quantity", "Estimate [95% CI]", "SE", "df", "p", "n"]
    assert texts(table)[2] == ["Coefficient: Age", "0.31 [−0.12, 0.74]", "0.214", "49", ".153", "52"]
    assert [row.heading for row in table.rows] == [True, False, False, False, True, False]
    assert texts(table)[-1][:2] == ["Not estimable", "–"]
    assert list(table.marks)[-1] == "Not estimable: Each level of group needs at least 2 values: 'HC' has 1."


def test_the_flow_and_the_methods() -> None:
    flow = flow_table(results())
    assert texts(flow)[1] == ["Excluded: under 18", "3", "57", "21", "36"]
    with pytest.raises(ReportError, match="no participant flow"):
        flow_table(replace(results(), flow=()))
    methods = methods_table(results())
    assert len(methods.rows) == sum(r.analysis.method != "describe" for r in results())
    assert texts(methods)[0][3:] == ["welch, noncentral-t", "Primary (Holm's method)", "52", "ok"]


def with_evidence(coverage: float, better: str = "") -> Results:
    """Return results whose first analysis has a main interval that covers so much."""
    items = list(results().items)
    at = next(i for i, r in enumerate(items) if r.estimates and r.analysis.method != "describe")
    first = items[at]
    told = [None] * len(first.estimates)
    told[max(first.tested, 0)] = Evidence(coverage, "skewed", 19, better)  # type: ignore[call-overload]
    items[at] = replace(first, evidence=tuple(told))
    return replace(results(), items=tuple(items))


def test_simulated_coverage_stands_beside_its_interval() -> None:
    table = coverage_table(with_evidence(0.9462))
    assert texts(table)[0][1:] == ["welch", "19", "skewed", "94.6 %"]
    assert len(table.rows) == 1
    poor = coverage_table(with_evidence(0.881, "interval = 'studentized-bootstrap'"))
    (mark,) = (mark for mark in poor.marks if "too little" in mark)
    assert "interval = 'studentized-bootstrap' covers better" in mark
    assert not coverage_table(results()).rows


def test_after_a_test_without_an_interval_that_of_the_next_estimate_is_told() -> None:
    items = list(with_evidence(0.9462).items)
    at = next(i for i, r in enumerate(items) if r.evidence)
    (main, *others), tested = items[at].estimates[items[at].tested :], items[at].tested
    f_test = replace(main, interval="", conf_low=nan, conf_high=nan, conf_level=nan)
    known = items[at].evidence[tested]
    items[at] = replace(items[at], estimates=(f_test, main, *others), evidence=(None, known), tested=0)
    assert (
        texts(coverage_table(replace(results(), items=tuple(items))))[0][1:]
        == texts(coverage_table(with_evidence(0.9462)))[0][1:]
    )


def test_missing_values_by_reason_and_group() -> None:
    table = missing_table(results())
    assert headings(table) == ["Variable", "Reason", "Healthy control", "Multiple sclerosis", "All"]
    assert texts(table) == [
        ["Fatigue Scale for Motor and Cognitive Functions", "not done", "0", "1", "1"],
        ["", "refused", "1", "0", "1"],
        ["Nine-Hole Peg Test", "empty", "19", "0", "19"],
    ]
    alone = replace(results(), group="", missing=(Missing("age", "empty", "", 2),))
    assert texts(missing_table(alone)) == [["Age", "empty", "2"]]


@pytest.mark.parametrize(
    "make", [table_one, comparison_table, estimates_table, flow_table, methods_table, correlation_table]
)
def test_every_table_prints_labels_as_text(make) -> None:  # type: ignore[no-untyped-def]
    nasty = "<img src=x onerror=alert(1)> *x*"
    simulated = results()
    variables = {name: replace(v, label=nasty) for name, v in simulated.variables.items()}
    page = make(replace(simulated, variables=variables)).to_html()
    assert "<img" not in page
