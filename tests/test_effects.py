"""Effects of studies as variables: from a plan's words to saved results, and every way to stop before."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mmstats import labels, saved
from mmstats.commands import app
from mmstats.errors import PlanError, SchemaError
from mmstats.figures.flow import flow_figure
from mmstats.meta.measures import effect_sizes
from mmstats.plan import EffectPlan, Plan
from mmstats.plan_file import parse_plan
from mmstats.report import Report
from mmstats.report.sections.notice import participants_in_words
from mmstats.study import Study
from tests.trials_study import EFFECTS, LEVELS, PLAN, SCHEMA, TRIALS, make


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study.find(make(tmp_path / "trials"))


def changed(folder: Path, *swaps: tuple[str, str], plan: str = PLAN, trials: str = TRIALS) -> Study:
    """Return the example with some text of its plan or table changed."""
    for old, new in swaps:
        assert (old in plan) != (old in trials), old
        plan, trials = plan.replace(old, new), trials.replace(old, new)
    return Study.find(make(folder / "changed", plan=plan, trials=trials))


def test_the_road_from_papers_to_pooled_effects(study: Study) -> None:
    assert study.check().ok
    results = study.run()
    assert [r.status for r in results] == ["ok", "ok", "ok"]
    motor = results["motor"]
    assert motor.n == 6
    own = effect_sizes(
        "SMD",
        {
            "comparison_mean": [12.5],
            "comparison_sd": [4],
            "comparison_n": [20],
            "reference_mean": [10],
            "reference_sd": [4.5],
            "reference_n": [21],
        },
    )
    found = motor.estimate("effect", "study[Adler 2010]")
    assert found.estimate == own.effects[0]
    assert found.std_error == pytest.approx(own.std_errors[0], rel=1e-14)
    assert results["falls"].estimate("effect_ratio", "study[Adler 2010]").estimate == pytest.approx(
        3 / 20 / (6 / 21)
    )


def test_what_has_no_effect_is_counted_with_its_reason(study: Study) -> None:
    results = study.run()
    assert results["motor"].excluded == {"motor is missing: nothing is given to compute it from": 1}
    assert results["falls"].excluded == {
        "falls is missing: No events in either group: a ratio is not estimable, a difference is.": 1,
        "falls is missing: nothing is given to compute it from": 1,
    }
    reasons = {m.reason: m.n for m in results.missing if m.variable == "falls_se"}
    assert sum(reasons.values()) == 2
    assert any(reason.startswith("No events in either group") for reason in reasons)


def test_how_each_effect_was_had_reaches_the_results(study: Study) -> None:
    results = study.run()
    frame = study.cohort().frame
    ways = dict(zip(frame["study"], frame["motor_from"].astype(object), strict=True))
    assert list(ways.values())[:6] == [
        "as_printed",
        "standard_error_of_mean",
        "median",
        "t",
        "p",
        "interval",
    ]
    assert results.scoring[:2] == (
        "Motor function, Berg 2012: comparison standard deviation from the standard error 1.2 of a mean, "
        "n = 16",
        "Motor function, Costa 2009: comparison mean from the median 14 and the quartiles 10 and 18 of "
        "n = 30 (Luo 2018), supposing a normal outcome; comparison standard deviation from the median 14 and "
        "the quartiles 10 and 18 of n = 30 (Wan 2014), supposing a normal outcome",
    )
    assert len([note for note in results.scoring if note.startswith("Motor function, ")]) == 6
    assert "Risk ratio (logarithm), Dorn 2014: 1/2 was added to each cell, since one is 0." in results.scoring
    assert study.results().scoring == results.scoring


def test_the_variables_are_what_the_plan_says(study: Study) -> None:
    variables = study.cohort().variables
    assert variables["motor"].label == "Motor function"
    assert variables["falls"].label == "Risk ratio (logarithm)"
    assert variables["motor_se"].label == "Motor function: standard error"
    assert variables["motor_from"].levels["median"] == "Median with quartiles or range"


def test_what_the_units_are_called(study: Study) -> None:
    outcome = CliRunner().invoke(app, ["run", str(study.folder)])
    assert "3 of 3 analyses done, of 7 trials." in outcome.output
    results = study.results()
    assert results.called == "trials"
    path = study.results_folder / "results.json"
    old = json.loads(path.read_text())
    del old["called"]
    path.write_text(json.dumps(old))
    assert saved.read(study.results_folder).called == "participants"


def test_a_constant_for_all_studies_is_told(tmp_path: Path) -> None:
    plan = PLAN.replace('reference_sd = "sd2"', "reference_sd = 5")
    results = Study.find(make(tmp_path / "constant", plan=plan)).run()
    assert "Motor function: reference_sd is 5 in every study, by the plan" in results.scoring


def test_an_excluded_study_is_not_looked_at(tmp_path: Path) -> None:
    study = changed(tmp_path, ("20,12.5,4,", "20,12.5,-4,"))
    assert not study.check().ok
    plan = PLAN.replace(
        'called = "trials"', 'called = "trials"\nexclude = [{ where = "sd1 < 0", reason = "no" }]'
    )
    assert changed(tmp_path, ("20,12.5,4,", "20,12.5,-4,"), plan=plan).check().ok


BAD = [
    (
        "20,12.5,4,",
        "20,12.5,-4,",
        "sd1",
        "-4",
        "Adler 2010: comparison_sd is -4; a standard deviation is above 0.",
    ),
    (
        "T1,Adler 2010,20,",
        "T1,Adler 2010,0,",
        "n1",
        "0",
        "Adler 2010: comparison_n is 0; it is a whole number",
    ),
    ("0.4,0.1,0.7", "0.4,0.7,0.1", "lo, hi", "", "Falk 2015: The limits are swapped: 0.7 is above 0.1."),
    (
        "T5,Egli 2012,13,,,,,,,15,,,,0.03",
        "T5,Egli 2012,13,,,,,,,15,,,-2,0.03",
        "t, dir",
        "",
        "direction is positive",
    ),
    (
        "0.4,0.1,0.7",
        "-0.4,0.1,0.7",
        "est, lo, hi",
        "",
        "Falk 2015: The estimate -0.4 is outside its interval",
    ),
    (",3,6\n", ",23,6\n", "fell1, n1", "", "Adler 2010: comparison_events is 23, more than comparison_n"),
    ("1.2,,,,18", "-1.2,,,,18", "m1, se1, n1", "", "Berg 2012: The standard error is -1.2; it is above 0"),
    ("T2,Berg 2012", "T2,Adler 2010", "study", "Adler 2010", "The same study is in row 2, as 'Adler 2010'."),
    ("T2,Berg 2012", "T2,", "study", "", "The study has no name."),
]


@pytest.mark.parametrize(("old", "new", "columns", "value", "text"), BAD)
def test_bad_material_stops_until_the_plan_decides(
    tmp_path: Path, old: str, new: str, columns: str, value: str, text: str
) -> None:
    study = changed(tmp_path, (old, new))
    open_ = [v for v in study.check().intake.open if text in v.message]
    assert open_, [v.sentence for v in study.check().intake.open]
    found = open_[0]
    rows = TRIALS.replace(old, new).splitlines()
    line = 1 + next(at for at, row in enumerate(rows) if row != TRIALS.splitlines()[at])
    assert (found.table, found.row, found.column or ", ".join(found.columns), found.value) == (
        "trials",
        line,
        columns,
        value,
    )
    assert found.key == f"T{line - 1}"
    with pytest.raises(SchemaError, match="unresolved problem"):
        study.run()
    checked = CliRunner().invoke(app, ["check", str(study.folder)])
    assert checked.exit_code == 1
    assert text in checked.output.replace("\n", " ")
    decisions = "".join(
        f'[[tables.trials.resolve]]\nrule = "{rule}"\nkey = "{found.key}"\naccept = "as it is in the paper"\n'
        for rule in dict.fromkeys(v.rule for v in study.check().intake.open)
    )
    plan = PLAN.replace("[cohort]", f"{decisions}[cohort]")
    accepted = changed(tmp_path / "accepted", (old, new), plan=plan)
    assert accepted.check().ok, accepted.check().intake
    assert accepted.run().provenance["violations"]


def test_a_study_that_is_there_twice_is_told_once_for_all_effects(tmp_path: Path) -> None:
    found = changed(tmp_path, ("T2,Berg 2012", "T2,Adler 2010")).check().intake.open
    assert [(v.rule, v.row, v.value) for v in found] == [("same-study", 3, "Adler 2010")]


def test_the_numbers_of_one_trial_under_two_names(tmp_path: Path) -> None:
    study = changed(
        tmp_path,
        ("T2,Berg 2012,16,11,,1.2,,,,18,9,5,,,,,,,0,0", "T2,Berg 2012,20,12.5,4,,,,,21,10,4.5,,,,,,,3,6"),
    )
    said = [v.sentence for v in study.check().intake.open]
    assert any("All 6 numbers are those of row 2, 'Adler 2010': is it one trial?" in text for text in said), (
        said
    )


def decided(what: str) -> str:
    """Return the example's plan with a decision about a standard deviation."""
    start = '[[tables.trials.resolve]]\nrule = "effect-material"\ncolumn = "sd1"'
    return PLAN.replace("[cohort]", f"{start}\n{what}\n[cohort]")


def test_a_correction_of_the_plan_makes_the_effect(tmp_path: Path) -> None:
    plan = decided('becomes = "4"\nreason = "a slip"')
    study = changed(tmp_path, ("20,12.5,4,", "20,12.5,-4,"), plan=plan)
    assert study.check().ok
    right = Study.find(make(tmp_path / "right")).run()
    assert study.run()["motor"].estimate() == right["motor"].estimate()


def test_calling_a_value_missing_lets_the_next_way_be_taken(tmp_path: Path) -> None:
    plan = decided('missing = "no standard deviation"')
    study = changed(tmp_path, ("20,12.5,4,,", "20,12.5,-4,0.9,"), plan=plan)
    assert study.cohort().frame["motor_from"].iloc[0] == "standard_error_of_mean"


WRONG = [
    (
        'called = "trials"',
        'called = "trials"\nexclude = [{ where = "missing(motor)", reason = "none" }]',
        "[cohort] exclude number 1: 'motor' is made of the studies that are left after exclusions",
    ),
    ('measure = "SMD"', 'measure = "SDM"', "In [effects.motor]: Unknown measure 'SDM'. Did you mean"),
    ('measure = "SMD"\n', "", "In [effects.motor], 'measure' is missing; it takes text."),
    (
        'comparison_sd = "sd1"',
        'comparison_ds = "sd1"',
        "'comparison_ds' is no column of Standardised mean difference",
    ),
    ('comparison_events = "fell1"\n', "", "(risk_ratio) lacks comparison_events."),
    (
        'comparison_sd = "sd1"',
        'comparison_sd = "sd9"',
        "In [effects.motor]: comparison_sd: Unknown variable 'sd9'.",
    ),
    ('comparison_sd = "sd1"', 'comparison_sd = "dir"', "comparison_sd takes a number, but 'dir' is binary."),
    (
        'comparison_sd = "sd1"',
        "comparison_sd = true",
        "'comparison_sd' takes the name of a variable, or a number",
    ),
    (
        'direction = "dir"',
        'direction = "study"',
        "direction is 'positive', 'negative', or a variable with these",
    ),
    (
        'direction = "dir"',
        'direction = "up"',
        "direction is 'positive', 'negative', or a variable with these levels; it",
    ),
    (
        'label = "Motor function"',
        'study = "trial"',
        "one with levels, beside the key, since results hold no identifiers.",
    ),
    (
        'label = "Motor function"',
        'study = "trail"',
        "In [effects.motor]: Unknown variable 'trail'.",
    ),
    (
        'label = "Motor function"',
        'variance = "unbised"',
        "Unknown variance 'unbised'. Did you mean 'unbiased'?",
    ),
    ('label = "Motor function"', 'rows = "hands"', "In [effects.motor]: Unknown table 'hands'."),
    ('label = "Motor function"', 'rows = "trials"', "so rows = 'trials' is needless: leave it out."),
    ("[effects.motor]", "[effects.motor-x]", "a name holds letters, digits and '_' only"),
    ("[effects.falls]", "[effects.motor_se]", "there is a variable 'motor_se' already; choose another name."),
    ("[effects.falls]", "[effects.study]", "there is a variable 'study' already; choose another name."),
    (
        'called = "trials"',
        'called = "7"',
        "In [cohort], 'called' is the word for several of them, such as 'trials'",
    ),
    ('std_error = "motor_se"', 'std_error = "falls_se"', "the standard error of 'motor' is 'motor_se', but"),
    (
        'std_error = "motor_se"',
        'std_error = "motor_se"\nscale = "logarithms"',
        "scale = 'logarithms' gives back ratios, but 'motor' is no logarithm of one",
    ),
]


@pytest.mark.parametrize(("old", "new", "text"), WRONG)
def test_mistakes_of_the_plan_are_named(tmp_path: Path, old: str, new: str, text: str) -> None:
    assert old in PLAN
    study = Study.find(make(tmp_path / "wrong", plan=PLAN.replace(old, new)))
    assert any(text in problem for problem in study.plan_problems), study.plan_problems
    study.check()  # the tables are looked at all the same
    with pytest.raises(PlanError):
        study.run()


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    plan = PLAN.replace('"sd1"', '"sd9"').replace('"se1"', '"se9"').replace('"RR"', '"RRR"')
    problems = Study.find(make(tmp_path / "wrong", plan=plan)).plan_problems
    assert len([text for text in problems if text.startswith("In [effects.")]) == 3


def test_a_plan_is_read_as_a_value() -> None:
    plan, problems = parse_plan(tomllib.loads(PLAN))
    assert not problems
    assert plan.effects[1] == EffectPlan(
        name="falls",
        measure="risk_ratio",
        columns={
            "comparison_events": "fell1",
            "comparison_n": "n1",
            "reference_events": "fell2",
            "reference_n": "n2",
        },
    )


def test_digests_of_plans_without_effects_stay() -> None:
    assert (
        Plan(title="T", seed=1).digest == "473596d0d98220e80741d3813bec8b18d77f8a0c4f82d3d454f64c4106d5f567"
    )
    plans = [
        parse_plan(tomllib.loads(text))[0]
        for text in (PLAN, PLAN.replace(EFFECTS, ""), PLAN.replace("called", "#"))
    ]
    assert len({plan.digest for plan in plans}) == 3


ROWS_SCHEMA = f"""
table = "effects"
key = ["trial", "outcome"]
[columns.trial]
kind = "id"
required = true
[columns.outcome]
kind = "nominal"
label = "Outcome"
levels = {{ arm = "Arm", hand = "Hand" }}
required = true
[columns.report]
kind = "nominal"
label = "Report"
levels = {{ {LEVELS} }}
[columns.g]
kind = "continuous"
label = "g"
[columns.g_se]
kind = "continuous"
label = "Standard error of g"
"""
ROWS = """trial,outcome,report,g,g_se
T2,hand,Berg 2012,0.5,0.2
T1,arm,Adler 2010,0.3,0.1
T1,hand,Adler 2010,0.4,0.1
T2,arm,Berg 2012,,
"""
ROWS_PLAN = (
    PLAN.replace(
        "[cohort]",
        """[tables.outcomes]
source = "data/outcomes.csv"
schema = "outcomes"
[cohort]""",
    )
    + """
[effects.several]
measure = "SMD"
rows = "outcomes"
study = "report"
estimate = "g"
std_error = "g_se"
[[analysis]]
id = "outcomes"
method = "describe"
outcome = "several"
rows = "outcomes"
"""
)


def at_rows(folder: Path, rows: str = ROWS, plan: str = ROWS_PLAN) -> Study:
    make(folder, plan=plan)
    (folder / "data/outcomes.csv").write_text(rows)
    (folder / "data_schemas/outcomes.toml").write_text(ROWS_SCHEMA)
    return Study.find(folder)


def test_several_effects_of_a_study(tmp_path: Path) -> None:
    study = at_rows(tmp_path / "rows")
    results = study.run()
    assert results["outcomes"].estimate("mean").estimate == pytest.approx(0.4)
    rows = study.cohort().at_rows("outcomes")
    assert rows.frame["several"].fillna(-1).tolist() == [0.3, 0.4, -1, 0.5]
    assert rows.frame["several_se"].fillna(-1).tolist() == [0.1, 0.1, -1, 0.2]
    notes = [note for note in results.scoring if "Hedges' g" in note]
    assert [note.split(": ")[0].rsplit(", ", 1)[1] for note in notes] == [
        "Adler 2010 (1 of 2)",
        "Adler 2010 (2 of 2)",
        "Berg 2012 (1 of 2)",
        "Berg 2012 (2 of 2)",
    ]
    assert results.variables["several"].label.startswith("Standardised mean difference")


def test_bad_material_of_rows_is_named_by_its_row(tmp_path: Path) -> None:
    study = at_rows(
        tmp_path / "rows", ROWS.replace("T1,hand,Adler 2010,0.4,0.1", "T1,hand,Adler 2010,0.4,-0.1")
    )
    (found,) = study.check().intake.open
    assert (found.table, found.row, found.column, found.key) == ("outcomes", 4, "g_se", "T1 / hand")
    assert "Adler 2010 (2 of 2): std_error is -0.1; a standard error is above 0." in found.message


@pytest.mark.parametrize("name", ["Adler 2010", "ADLER (2010)"])
def test_rows_of_one_study_under_two_keys_are_told_once(tmp_path: Path, name: str) -> None:
    schema = ROWS_SCHEMA.replace(LEVELS, f'{LEVELS}, "ADLER (2010)" = "ADLER (2010)"')
    study = at_rows(tmp_path / "rows", ROWS.replace("Berg 2012", name))
    (study.folder / "data_schemas/outcomes.toml").write_text(schema)
    (found,) = study.check().intake.open
    assert (found.rule, found.table, found.column, found.value) == ("same-study", "outcomes", "report", name)
    assert f"{name}: The same study is T1, as 'Adler 2010'." in found.message


def test_effects_at_rows_that_nobody_analyses_are_a_mistake(tmp_path: Path) -> None:
    plan = ROWS_PLAN.split('[[analysis]]\nid = "outcomes"')[0]
    problems = at_rows(tmp_path / "rows", plan=plan).plan_problems
    assert any("[effects.several]" in text and "there is none" in text for text in problems)


def test_no_identifier_is_saved(study: Study) -> None:
    study.run()
    for path in study.results_folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert '"T1"' not in text, path.name
        assert "\nT1," not in text, path.name


@pytest.mark.parametrize("count", [1, 2])
def test_few_trials_are_no_problem_of_the_material(tmp_path: Path, count: int) -> None:
    trials = "\n".join(TRIALS.splitlines()[: count + 1]) + "\n"
    study = Study.find(make(tmp_path / "few", trials=trials))
    assert study.check().ok
    assert np.isfinite(study.cohort().frame["motor"]).all()


def test_names_are_shown_by_their_labels(tmp_path: Path) -> None:
    schema = SCHEMA.replace('"Berg 2012" = "Berg 2012"', '"Berg 2012" = "Berg et al."')
    assert schema != SCHEMA
    notes = Study.find(make(tmp_path / "labels", schema=schema)).cohort().notes
    assert any(note.startswith("Motor function, Berg et al.: ") for note in notes)


def test_a_condition_may_ask_how_effects_were_had(tmp_path: Path) -> None:
    plan = PLAN.replace('std_error = "motor_se"', 'std_error = "motor_se"\nwhere = "motor_from == \'t\'"')
    found = Study.find(make(tmp_path / "t", plan=plan)).compute()["motor"]
    assert found.excluded == {"condition does not hold": 5, "condition cannot be told": 1}


def test_a_fault_of_a_derived_variable_is_named_by_its_row(tmp_path: Path) -> None:
    plan = PLAN.replace('called = "trials"', 'called = "trials"\nderive = { spread = "0 - sd2" }')
    study = Study.find(make(tmp_path / "derived", plan=plan.replace('"sd2"\n', '"spread"\n')))
    found = study.check().intake.open
    assert [(v.row, v.key, v.column) for v in found] == [(2, "T1", ""), (3, "T2", ""), (4, "T3", "")]
    assert "Adler 2010: reference_sd is -4.5; a standard deviation is above 0." in found[0].sentence


def test_reports_tell_how_effects_were_had_and_what_was_left_out(study: Study) -> None:
    results = study.run()
    assert labels.excluded(results, results["motor"]) == {
        "Motor function missing: nothing is given to compute it from": 1
    }
    assert flow_figure(results).caption == "Flow of trials."
    assert "Of the trials, seven were analysed." in participants_in_words(Report(study.folder))
