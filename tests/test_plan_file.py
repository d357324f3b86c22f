"""Plans are read whole: every mistake of the text in one report, with the way out."""

import tomllib
from pathlib import Path

import pytest

from mmstats.errors import PlanError
from mmstats.plan import Analysis, Plan
from mmstats.plan_file import parse_plan, read_plan

GOOD = """
title = "A study"
seed = 1
note = "Simulated"
[tables.participants]
source = "data/p.csv"
schema = "participants"
score = ["fsmc", { instrument = "woods_teuber", summary = "worst" }]
[[tables.participants.resolve]]
rule = "number"
column = "age"
key = "P1"
value = "4O"
becomes = "40"
reason = "letter O for zero"
[tables.tms]
source = "data/tms.csv"
schema = "tms"
summarise = [{ name = "latency", value = "isp_latency", by = "mean", where = "hand == 'left'" }]
[tables.tms.derive]
late = "isp_latency > 40"
[cohort]
group = "group"
exclude = [{ where = "age < 18", reason = "under 18" }]
[cohort.derive]
marked = "mm > 1"
ratio = { value = "a / b", label = "Ratio", unit = "%" }
[families.primary]
adjust = "holm"
[[analysis]]
id = "severity"
method = "welch"
outcome = "mm"
group = "group"
family = "primary"
level = 0.9
[[analysis]]
id = "describe"
method = "describe"
each = { outcome = ["age", "sex"] }
[[analysis]]
id = "hands"
method = "describe"
rows = "tms"
each = { outcome = ["isp_latency", "late"] }
"""

BAD = """
titel = "A study"
seed = -3
[tables.participants]
sorce = "data/p.csv"
schema = 5
score = [7]
[[tables.participants.resolve]]
rule = "number"
[[tables.participants.resolve]]
rule = "number"
becomes = "4"
accept = ""
[tables.rows.derive]
x = { value = "a > 1", unit = 5 }
[tables.tms]
source = ""
schema = "tms"
max_megabytes = true
summarise = [{ name = "x", value = "y", by = "meen" }]
[cohort]
groop = "group"
exclude = [{ where = "age < 18" }]
[cohort.derive]
marked = { value = "a > 1", levels = { maybe = "Maybe" } }
[families.primary]
adjust = "bonferoni"
[families.idle]
adjust = "bh"
[[analysis]]
id = "a"
method = "welch"
family = "primery"
[[analysis]]
id = "a"
method = "welch"
family = "primary"
[[analysis]]
id = "no/good"
method = "welch"
each = { outcome = "age" }
[[analysis]]
method = "welch"
rows = 3
"""


def parsed(text: str) -> tuple[Plan, list[str]]:
    return parse_plan(tomllib.loads(text))


def test_a_good_plan_has_every_part() -> None:
    plan, problems = parsed(GOOD)
    assert not problems
    assert [s.instrument for s in plan.tables[0].score] == ["fsmc", "woods_teuber"]
    assert plan.tables[0].score[1].options == {"summary": "worst"}
    assert plan.tables[0].resolve[0].becomes == "40"
    assert plan.tables[1].summarise[0].where == "hand == 'left'"
    assert plan.tables[1].derive[0].value == "isp_latency > 40"
    assert plan.cohort.derive[1].unit == "%"
    assert plan.analyses[0].arguments == {"outcome": "mm", "group": "group", "level": 0.9}


def test_each_makes_one_analysis_per_value() -> None:
    plan, _ = parsed(GOOD)
    assert [(one.id, one.rows) for one in plan.analyses[3:]] == [
        ("hands-isp_latency", "tms"),
        ("hands-late", "tms"),
    ]
    assert plan.analyses[1:3] == (
        Analysis(id="describe-age", method="describe", arguments={"outcome": "age"}),
        Analysis(id="describe-sex", method="describe", arguments={"outcome": "sex"}),
    )


@pytest.mark.parametrize(
    "words",
    [
        "Unknown key 'titel'. Did you mean 'title'?",
        "'title' is missing",
        "'seed' takes a whole number of at least 0; it has -3",
        "Unknown key 'sorce'. Did you mean",
        "'schema' takes text; it has 5",
        "a table is needed, such as { name = value }; it has 7",
        "exactly one of becomes, missing and accept; it has none",
        "exactly one of becomes, missing and accept; it has becomes and accept",
        "'accept' is empty",
        "'source' is empty",
        "'max_megabytes' takes a whole number; it has True",
        "Unknown by 'meen'. Did you mean 'mean'",
        "Unknown key 'groop'. Did you mean 'group'?",
        "exclude number 1, 'reason' is missing",
        "'levels' gives the labels of no and yes; it has maybe",
        "Unknown adjust 'bonferoni'",
        "Family 'idle' has no analysis",
        "Unknown family 'primery'. Did you mean 'primary'?",
        "Two analyses are called 'a'",
        "the id may hold letters, digits, '-', '_' and '.' only",
        "'each' takes one role and a list of variables",
        "In analysis number 4, 'id' is missing",
        "In analysis number 4, 'rows' takes text; it has 3",
        "In [tables.rows.derive] x, 'unit' takes text; it has 5",
    ],
)
def test_every_mistake_is_reported_at_once(words: str) -> None:
    _, problems = parsed(BAD)
    assert any(words in problem for problem in problems), problems


def test_reading_a_bad_plan_raises_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(BAD, encoding="utf-8")
    with pytest.raises(PlanError, match=r"plan\.toml has \d+ problem") as caught:
        read_plan(path)
    assert len(caught.value.problems) >= 20


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"title = ", "not valid TOML"), (b"title = '\xe9'", "not UTF-8"), (None, "There is no file plan.toml")],
)
def test_a_file_that_is_no_plan_is_one_clear_error(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "plan.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PlanError, match=words):
        read_plan(path)


def test_the_digest_depends_on_content_and_not_on_layout() -> None:
    plan, _ = parsed(GOOD)
    assert plan.digest == parsed(GOOD.replace("\n[cohort]", "\n# a comment\n[cohort]"))[0].digest
    assert plan.digest != parsed(GOOD.replace("level = 0.9", "level = 0.95"))[0].digest
