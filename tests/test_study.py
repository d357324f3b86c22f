"""A study folder, from raw tables to saved results and back."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmstats.errors import PlanError, SchemaError, StudyError
from mmstats.study import Study
from tests.example_study import PARTICIPANTS, PLAN, make


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study.find(make(tmp_path / "example"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_road_from_tables_to_results(study: Study) -> None:
    results = study.run()
    assert [r.status for r in results] == ["ok", "ok", "ok", "ok", "not estimable"]
    assert [(s.reason, s.kept, s.removed) for s in results.flow] == [
        ("In people", 12, 0),
        ("Excluded: under 18", 11, 1),
    ]
    assert results.flow[-1].groups == {"HC": 5, "MS": 6}
    assert results["fatigue"].n == 10
    assert results["fatigue"].excluded == {"total is missing": 1}
    assert results["within"].excluded == {"condition does not hold": 5, "total is missing": 1}
    assert [(m.variable, m.reason, m.group, m.n) for m in results.missing] == [("total", "not done", "MS", 1)]
    assert results["fatigue"].p_adjusted >= results["fatigue"].estimate().p_value


def test_saved_results_read_back_as_they_were(study: Study) -> None:
    results = study.run()
    again = study.results()
    assert again.tidy().to_csv() == results.tidy().to_csv()
    assert again.flow == results.flow
    assert again.variables["sex"].levels == results.variables["sex"].levels
    assert again.points.equals(results.points.astype(again.points.dtypes.to_dict()))
    assert "participant_id" not in again.points


def test_no_identifier_is_saved(study: Study) -> None:
    study.run()
    for name, text in contents(study.results_folder).items():
        assert b"P01" not in text, name


def test_workers_and_repetition_give_the_same_bytes(study: Study) -> None:
    study.run()
    first = contents(study.results_folder)
    study.run(on="processes:2")
    assert contents(study.results_folder) == first


def test_the_order_of_analyses_does_not_change_them(tmp_path: Path) -> None:
    head, *analyses = PLAN.split("[[analysis]]")
    turned = "[[analysis]]".join([head, *reversed(analyses)])
    one = Study.find(make(tmp_path / "one")).compute()
    two = Study.find(make(tmp_path / "two", plan=turned)).compute()
    assert [repr(one[r.analysis.id].estimates) for r in two] == [repr(r.estimates) for r in two]


def test_one_changed_cell_is_named_by_verify(study: Study) -> None:
    study.run()
    assert study.verify().ok
    (study.folder / "data/people.csv").write_text(PARTICIPANTS.replace("P08,MS,48,f,39", "P08,MS,48,f,60"))
    found = Study.find(study.folder).verify()
    assert not found.ok
    assert found.inputs == ("table people (data/people.csv) has other content",)
    assert {change.analysis for change in found.changes} == {"fatigue", "within"}
    assert "fatigue mean_difference: estimate was 18.2, is now 22.4" in [str(c) for c in found.changes]


def test_a_killed_run_leaves_the_earlier_results_whole(study: Study) -> None:
    study.run()
    whole = contents(study.results_folder)
    code = f"from mmstats.study import Study\nwhile True: Study.find({str(study.folder)!r}).run()"
    for wait in (0.0, 0.01, 0.05):
        process = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[1])
        log = study.out / "run_log.csv"
        before = log.stat().st_size
        while log.stat().st_size == before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        process.wait()
        study.results()
        assert contents(study.results_folder) == whole


def test_a_crash_between_the_two_renames_is_mended(study: Study) -> None:
    results = study.run()
    study.results_folder.rename(study.results_folder.with_name("results.old"))
    assert study.results().tidy().to_csv() == results.tidy().to_csv()


def test_everything_wrong_with_the_tables_stops_the_run_at_once(tmp_path: Path) -> None:
    people = PARTICIPANTS.replace("P02,HC,41", "P02,HX,4l").replace("P05,HC,38", "P05,HC,380")
    study = Study.find(make(tmp_path / "bad", people=people))
    rules = {finding.violation.rule for finding in study.check().intake.findings}
    assert {"level", "number", "range"} <= rules
    assert not study.check().ok
    with pytest.raises(SchemaError, match="3 unresolved problems"):
        study.run()
    assert not study.results_folder.exists()


def test_a_resolved_violation_is_recorded_and_the_run_goes_on(tmp_path: Path) -> None:
    people = PARTICIPANTS.replace("P02,HC,41", "P02,HC,410")
    resolve = (
        '[[tables.people.resolve]]\nrule = "range"\nkey = "P02"\nbecomes = "41"\nreason = "typing error"\n'
    )
    plan = PLAN.replace("[tables.scores]", resolve + "[tables.scores]")
    study = Study.find(make(tmp_path / "resolved", plan=plan, people=people))
    study.run()
    (found,) = study.results().provenance["violations"]
    assert (found["action"], found["becomes"], found["reason"]) == ("corrected", "41", "typing error")
    assert (
        study.compute()["boot"].estimate().estimate
        == Study.find(make(tmp_path / "b")).compute()["boot"].estimate().estimate
    )


def test_a_plan_is_checked_whole_before_any_data_are_read(tmp_path: Path) -> None:
    plan = (
        PLAN.replace('method = "welch"\noutcome = "total"', 'method = "wlech"\noutcome = "total"', 1)
        .replace('outcome = "worst"', 'outcome = "wrost"')
        .replace("resamples = 199", "resamples = 3")
        .replace('x = "total"', 'x = "sex"')
        .replace("worst > 1", "worts > 1")
        .replace("age < 18", "age < 'x'")
        .replace("hand == 'left'", "hand == 'lft'")
        .replace('group = "sex"', 'grp = "sex"')
    )
    study = Study.find(make(tmp_path / "mistakes", plan=plan, people="nothing"))
    with pytest.raises(PlanError) as caught:
        study.run()
    text = str(caught.value)
    for words in (
        "Unknown method 'wlech'. Did you mean 'welch'",
        "'wrost'",
        "Did you mean 'worst'",
        "a whole number of at least 99",
        "'sex' is binary",
        "'worts'",
        "exclude number 1",
        "'lft'",
        "Unknown role or option 'grp'. Did you mean 'group'",
    ):
        assert words in text


def test_an_unknown_study_names_the_nearest() -> None:
    with pytest.raises(StudyError, match="Did you mean 'ms_fatigue'"):
        Study.find("ms_fatige")


def test_a_method_that_breaks_is_recorded_and_the_rest_go_on(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmstats.registry import METHODS, Method

    def broken(outcome, group, **options):  # type: ignore[no-untyped-def]
        raise ZeroDivisionError("broken on purpose")

    known = METHODS["brunner_munzel"]
    method = Method(known.title, known.references, broken)
    for name in ("roles", "options", "random"):
        method.__dict__[name] = getattr(known, name)
    monkeypatch.setitem(METHODS, "brunner_munzel", method)
    results = study.run()
    assert (results["severity"].status, results["severity"].reason) == (
        "failed",
        "ZeroDivisionError: broken on purpose",
    )
    assert results["fatigue"].status == "ok"
    row = json.loads((study.results_folder / "results.json").read_text())["analyses"][1]
    assert row["status"] == "failed"


def test_the_estimate_that_joins_a_family_can_be_named(tmp_path: Path) -> None:
    model = '[[analysis]]\nid = "model"\nmethod = "linear_model"\nfamily = "main"\n'
    model += 'formula = "total ~ age + group"\n'
    named = model + 'tested = "coefficient/group[MS]"\n'
    results = Study.find(make(tmp_path / "named", plan=PLAN + named)).compute()
    assert results["model"].estimate().term == "group[MS]"
    assert results["model"].p_adjusted >= results["model"].estimate().p_value
    wrong = Study.find(make(tmp_path / "wrong", plan=PLAN + named.replace("[MS]", "[SM]"))).compute()
    assert wrong["model"].status == "failed"
    assert "Did you mean 'coefficient/group[MS]'" in wrong["model"].reason
    assert wrong["fatigue"].status == "ok"
