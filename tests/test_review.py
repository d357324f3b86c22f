"""A plan's review: read whole, held against itself and the study, saved and read back."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from mmstats import saved
from mmstats.errors import PlanError
from mmstats.kind import Kind
from mmstats.plan import Plan
from mmstats.plan_file import parse_plan
from mmstats.results import Results
from mmstats.review import Published, Review, as_document, from_document
from mmstats.review_file import check_review, parse_review
from mmstats.review_sums import contradictions, flow_problems
from mmstats.study import Study
from mmstats.variable import Variable

from .review_study import REVIEW, make

BAD = """
qestion = "?"
funding = 5
characteristics = ["year", 3]
risk_of_bias = ["blinding", "blinding"]
[pico]
populaton = "adults"
[flow]
databases = { PubMed = 100, CENTRAL = -1 }
screend = 5
excluded = [{ reason = "wrong" }, { n = 2 }]
[[published]]
label = "One"
conf_low = 2
conf_high = 1
i2 = 140
studies = -3
[[published]]
analysis = "a"
estimate = inf
conf_low = 0.1
conf_level = 95.0
[[finding]]
analysis = "a"
outcome = "Deaths"
certainty = "lo"
[[finding]]
analysis = "a"
outcome = "Falls"
certainty = "low"
[[finding]]
outcome = ""
certainty = "high"
reasons = [1]
"""

NOT_ADDING_UP = """
[flow]
databases = { PubMed = 100, CENTRAL = 50 }
registers = 10
duplicates = 30
automation = 5
screened = 120
excluded_screening = 100
sought = 25
not_retrieved = 1
assessed = 24
excluded = [{ reason = "no controls", n = 4 }]
included_studies = 0
included_reports = 21
[flow.other]
websites = 2
citations = 3
sought = 6
assessed = 5
excluded = [{ reason = "no controls", n = 6 }]
"""


def parsed(text: str) -> tuple[Review, list[str]]:
    problems: list[str] = []
    return parse_review(tomllib.loads(text), problems), problems


def test_a_good_review_has_every_part() -> None:
    plan, problems = parse_plan(tomllib.loads(f"title = 'x'\nseed = 1\n{REVIEW}"))
    assert not problems
    review = plan.review
    assert review is not None
    assert review.flow is not None
    assert review.flow.found == 1730
    assert review.flow.databases == {"MEDLINE": 900, "Embase": 700}
    assert review.flow.registers == {"": 130}
    assert review.flow.automation is None
    assert [one.n for one in review.flow.excluded] == [30, 12]
    assert review.texts["funding"] == "None."
    assert review.published[0].q != review.published[0].q
    assert review.findings[0].reasons == ("Trials differ by more than chance.",)
    assert review.variables == ("trial", "citation", "latitude", "allocation", "blinding")


@pytest.mark.parametrize(
    "words",
    [
        "In [review]: Unknown key 'qestion'. Did you mean 'question'",
        "In [review], 'funding' takes text; it has 5",
        "'characteristics' takes a list of variables; it has ['year', 3]",
        "'risk_of_bias' names 'blinding' twice",
        "In [review.pico]: Unknown key 'populaton'. Did you mean 'population'",
        "In [review.flow] databases, 'CENTRAL' takes a whole number of at least 0; it has -1",
        "In [review.flow]: Unknown key 'screend'. Did you mean 'screened'",
        "In [review.flow] excluded number 1, 'n' is missing",
        "In [review.flow] excluded number 2, 'reason' is missing",
        "In [[review.published]] 'One', 'analysis' is missing",
        "In [[review.published]] 'One', 'estimate' is missing",
        "In [[review.published]] 'One', 'conf_low' is 2, which is above 'conf_high', 1",
        "In [[review.published]] 'One', 'i2' is between 0 and 100; it has 140",
        "In [[review.published]] 'One', 'studies' takes a whole number of at least 0; it has -3",
        "In [[review.published]] number 2, 'label' is missing",
        "In [[review.published]] number 2, 'estimate' takes a number; it has inf",
        "In [[review.published]] number 2, an interval has both 'conf_low' and 'conf_high'",
        "In [[review.published]] number 2, 'conf_level' lies between 0 and 1, such as 0.95; it has 95",
        "In [[review.finding]] 'Deaths': Unknown certainty 'lo'. Did you mean 'low'?",
        "In [[review.finding]] 'Falls', the certainty is low: 'reasons' say why it is not high",
        "In [[review.finding]] number 3, 'outcome' is empty",
        "In [[review.finding]] number 3, 'reasons' takes a list of texts; it has [1]",
    ],
)
def test_every_mistake_is_told_at_once(words: str) -> None:
    assert any(words in problem for problem in parsed(BAD)[1]), parsed(BAD)[1]


def test_no_mistake_is_told_that_is_not_there() -> None:
    assert len(parsed(BAD)[1]) == 23  # these, and finding 3 has no analysis


def test_every_box_of_the_flow_that_does_not_add_up_is_told() -> None:
    assert parsed(NOT_ADDING_UP)[1] == [
        "In [review.flow], 160 records were found and 35 removed before screening, which leaves 125, but 120 "
        "were screened.",
        "In [review.flow], 120 records were screened and 100 excluded, which leaves 20, but 25 reports were "
        "sought.",
        "In [review.flow], in other ways 5 records were found, but 6 reports were sought.",
        "In [review.flow], 6 reports were sought in other ways and 0 not retrieved, which leaves 6, but 5 "
        "were assessed.",
        "In [review.flow], in other ways 5 reports were assessed, but 6 excluded.",
        "In [review.flow], 24 reports were assessed and 4 excluded, and in other ways 5 and 6, which leaves "
        "19, but 21 are included.",
        "In [review.flow], 0 studies are included with 21 reports: there is no study without a report, and "
        "no report without a study.",
    ]


def test_what_is_not_reported_is_held_to_nothing() -> None:
    review, problems = parsed("[flow]\nscreened = 120\nassessed = 24\nincluded_studies = 3")
    assert not problems
    assert review.flow is not None
    assert review.flow.found is None
    assert not list(flow_problems(review.flow))


@pytest.mark.parametrize(
    ("q", "i2", "told"),
    [
        (36.9, 2.4, 0),  # 100 (36.9 - 36) / 36.9 = 2.439
        (36.9, 2.7, 1),
        (36.9, 2, 0),  # printed without decimals
        (37, 2, 0),  # 2.7, but of 36.5 to 37.5: 1.4 to 4
        (20, 0, 0),  # below its degrees of freedom
        (20, 5, 1),
        (72, 50, 0),
        (72, 60, 1),
    ],
)
def test_q_and_i2_are_held_together_as_far_as_they_are_printed(q: float, i2: float, told: int) -> None:
    assert len(list(contradictions(Published(analysis="a", label="b", studies=37, q=q, i2=i2)))) == told


def test_an_estimate_outside_its_interval_is_a_contradiction() -> None:
    one = Published(analysis="a", label="b", estimate=2, conf_low=0.1, conf_high=0.4)
    assert list(contradictions(one)) == ["The estimate 2 is not in its interval, 0.1 to 0.4."]
    assert not list(contradictions(Published(analysis="a", label="b", estimate=2)))


def test_names_lead_somewhere() -> None:
    review, _ = parsed(
        'study = "trail"\ncitation = "key"\nrisk_of_bias = ["year"]\ncharacteristics = ["key", "begun"]\n'
        '[[published]]\nanalysis = "deths"\nlabel = "One"\nestimate = 1\n'
        '[[finding]]\nanalysis = "falls"\noutcome = "Falls"\ncertainty = "high"\n'
    )
    variables = {
        "trial": Variable(name="trial", kind=Kind.NOMINAL, label="Trial", levels={"a": "A"}),
        "year": Variable(name="year", kind=Kind.COUNT, label="Year"),
        "key": Variable(name="key", kind=Kind.NOMINAL, label="Key", levels={"a2000": ""}),
        "begun": Variable(name="begun", kind=Kind.DATE, label="Begun"),
    }
    assert list(check_review(review, ["deaths"], variables)) == [
        "In [[review.published]] 'One': Unknown analysis 'deths'. Did you mean 'deaths'? Known: deaths.",
        "In [[review.finding]] 'Falls': Unknown analysis 'falls'. Known: deaths.",
        "In [review], 'study': Unknown variable 'trail'. Did you mean 'trial'? Known: begun, key, "
        "trial, year.",
        "In [review], 'risk_of_bias' takes a variable with levels, but 'year' is count: declare its levels "
        "in the dictionary.",
        "In [review], 'characteristics': 'begun' is date, which results do not hold.",
    ]
    assert len(list(check_review(review, ["deaths"], None))) == 2


def test_a_plan_without_a_review_keeps_its_digest() -> None:
    assert (
        Plan(title="x", seed=1).digest == "c751b88b8aac30e6d33feeb0eb5776757cd562a693bc8fb11a2c4ede102ced48"
    )
    assert Plan(title="x", seed=1, review=Review(question="?")).digest != Plan(title="x", seed=1).digest


def test_a_review_is_saved_and_read_back(tmp_path: Path) -> None:
    plan, _ = parse_plan(tomllib.loads(f"title = 'x'\nseed = 1\n{REVIEW}"))
    saved.save(Results(title="x", items=(), review=plan.review), tmp_path / "results")
    again = saved.read(tmp_path / "results").review
    assert repr(again) == repr(plan.review)  # NaN equals nothing
    saved.save(Results(title="x", items=()), tmp_path / "results")
    assert saved.read(tmp_path / "results").review is None
    assert '"review"' not in (tmp_path / "results" / "results.json").read_text(encoding="utf-8")


def test_what_the_review_shows_is_in_the_saved_points_and_nothing_else(tmp_path: Path) -> None:
    study = Study.find(make(tmp_path))
    study.run()
    results = study.results()
    assert set(results.points.columns) == {
        "trial", "citation", "latitude", "allocation", "blinding", "effect", "effect_se", "n", "effect_from",
        "cases_bcg", "n_bcg", "cases_none", "n_none",
    }  # fmt: skip
    assert list(results.points["trial"].cat.categories)[:2] == ["t1", "t2"]
    assert results.review == replace(study.plan.review or Review(), published=results.review.published)  # type: ignore[union-attr]


def test_a_study_says_at_once_what_is_wrong_with_its_review(tmp_path: Path) -> None:
    folder = make(tmp_path)
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    text = text.replace('citation = "citation"', 'citation = "citations"').replace(
        "screened = 1500", "screened = 15"
    )
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as failed:
        Study.find(folder).run()
    assert any(
        "Unknown variable 'citations'. Did you mean 'citation'" in one for one in failed.value.problems
    )
    assert any("but 15 were screened" in one for one in failed.value.problems)


def test_what_a_finding_may_say_of_absolute_effects_is_checked() -> None:
    finding = '[[finding]]\nanalysis = "a"\noutcome = "{}"\ncertainty = "high"\n'
    review, problems = parsed(
        finding.format("Deaths") + 'assumed_risk = 12\nmeasure = "HR"\n'
        + finding.format("Walking") + 'instrument = "Steps"\n'
        + finding.format("Mood") + 'instrument = "BDI"\ninstrument_sd = -1\nmeasure = "RR"\n'
        + finding.format("Falls") + 'assumed_risk = 0.2\nmeasure = "OR"\n'
    )  # fmt: skip
    told = "\n".join(problems)
    assert "'Deaths', 'assumed_risk' is between 0 and 1; it has 12" in told
    assert "Unknown measure 'HR'" in told
    assert "'Walking', 'instrument' and 'instrument_sd' go together" in told
    assert "'Mood', 'instrument_sd' is above 0; it has -1" in told
    assert "'Mood', 'instrument' is of a standardised difference" in told
    assert "Falls" not in told
    assert (review.findings[3].assumed_risk, review.findings[3].measure) == (0.2, "OR")
    assert from_document(as_document(review)).findings[3] == review.findings[3]
