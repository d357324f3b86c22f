import json
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.intake import Finding, Intake, take_in
from mmstats.plan import CohortPlan, Plan, TablePlan
from mmstats.report.data_check import as_dict, as_html, as_json_text, as_text, resolution_for
from mmstats.resolution import Resolution
from mmstats.schema import Schema
from mmstats.study import Check
from mmstats.violation import Violation

SCHEMA = Schema.from_dict(
    {
        "table": "clinical",
        "key": ["who"],
        "columns": {"who": {"kind": "id"}, "n": {"kind": "count", "heading": "<N>"}, "m": {"kind": "count"}},
        "rules": [{"name": "order", "rule": "n <= m", "reason": "n is part of m"}],
    }
)
CSV = "who,<N>,m,extra\n<script>alert(1)</script>,x?,1,\np2,3,2,\np3,-1,2,\n"
RESOLVED = Resolution.from_dict({"rule": "range", "becomes": "1", "reason": "a slip of <the> pen"})


@pytest.fixture
def check(tmp_path: Path) -> Check:
    (tmp_path / "c.csv").write_text(CSV)
    table = TablePlan(name="clinical", source="c.csv", schema="clinical", resolve=(RESOLVED,))
    plan = Plan(title="A <b>study</b>", seed=1, tables=(table,), cohort=CohortPlan(unit="who"))
    return Check(plan.title, (), take_in(plan, {"clinical": SCHEMA}, tmp_path))


def test_the_value_behind_all_three(check: Check) -> None:
    found = as_dict(check)
    assert not found["ok"]
    assert found["verdict"] == "Not ready to run: 2 problems in the tables."
    assert [f["rule"] for f in found["to_resolve"]] == ["number", "order"]
    assert [f["rule"] for f in found["warnings"]] == ["unknown-column"]
    assert [(f["rule"], f["action"], f["becomes"]) for f in found["resolved"]] == [
        ("range", "corrected", "1")
    ]
    (table,) = found["tables"]
    assert (table["name"], table["source"], table["rows"], table["variables"]) == ("clinical", "c.csv", 3, 3)
    assert table["read_as"]["encoding"] == "UTF-8"
    assert json.loads(as_json_text(check)) == found


def test_the_text_says_everything(check: Check) -> None:
    text = as_text(check)
    for finding in as_dict(check)["to_resolve"]:
        assert finding["sentence"] in text
    assert "To resolve (2)" in text
    assert "corrected to '1': a slip of <the> pen" in text
    assert '  rule = "number"' in text
    assert text.endswith("Not ready to run: 2 problems in the tables.")


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_says_everything_and_runs_nothing(check: Check) -> None:
    html = as_html(check)
    parsed = Words()
    parsed.feed(html)
    assert not {"script", "link", "img", "iframe", "b", "the"} & set(parsed.tags)
    for finding in (f for name in ("to_resolve", "warnings", "resolved") for f in as_dict(check)[name]):
        for part in ("message", "value", "reason"):
            assert finding[part] in parsed.words
    assert "http" not in html.replace("http-equiv", "")
    assert html == as_html(check)


def test_a_study_that_is_ready() -> None:
    check = Check("Fine", (), Intake((), (), ()))
    assert as_text(check) == "Fine\n====\n\nReady to run."
    assert 'class="verdict ready"' in as_html(check)


def test_problems_of_plan_and_files_are_listed() -> None:
    check = Check(
        "T", ("No <such> method.",), Intake((), (), ("The file cannot be read.\n  1. Row 3 is short.",))
    )
    assert as_text(check).splitlines()[2:] == [
        "",
        "In the plan (1)",
        "  1. No <such> method.",
        "",
        "In the tables as a whole (1)",
        "  1. The file cannot be read.",
        "       1. Row 3 is short.",
        "",
        "Not ready to run: 1 problem in the plan and 1 problem in the tables.",
    ]
    assert "No &lt;such&gt; method." in as_html(check)


def test_a_finding_cannot_steer_a_terminal() -> None:
    bad = Violation(
        table="t", row=2, column="\x1b[31mred", key="\u202eevil\n\u009b", rule="range", message="m"
    )
    text = as_text(Check("T", (), Intake((), (Finding(bad),), ())))
    assert not {"\x1b", "\u202e", "\u009b"} & set(text)
    assert "\\x1b[31mred" in text


def test_an_order_across_columns_names_one_to_change() -> None:
    several = Violation(table="t", row=2, columns=("a", "b"), key="x", rule="sum", message="m")
    assert 'column = "a"  # or the column to change' in resolution_for(several)
    whole = Violation(table="t", column="a", rule="shifted-scale", message="m")
    assert resolution_for(whole).endswith('accept = "why it may stay"')


@given(value=st.text(), key=st.text(min_size=1), column=st.text())
def test_what_is_proposed_settles_the_finding(value: str, key: str, column: str) -> None:
    violation = Violation(table="t", row=2, column=column, key=key, value=value, rule="range", message="m")
    spec = tomllib.loads(resolution_for(violation))["tables"]["t"]["resolve"][0]
    assert spec.pop("missing")
    if not (key.strip() and (not column or column.strip())):
        return
    assert Resolution.from_dict({**spec, "accept": "r"}).matches(violation)
