"""A table analysed at its own rows: whose rows they are, what is joined, counted and refused."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mmstats.commands import app
from mmstats.errors import PlanError
from mmstats.methods.bland_altman_repeated import bland_altman_repeated
from mmstats.study import Study
from tests.example_study import PLAN, make

NAMES = [f"P{i:02}" for i in range(1, 13)]
TRIALS_SCHEMA = """
table = "trials"
key = ["participant_id", "hand", "task"]
[columns.participant_id]
kind = "id"
[columns.hand]
kind = "binary"
label = "Hand"
levels = { left = "Left", right = "Right" }
[columns.task]
kind = "nominal"
label = "Task"
levels = { tap = "Tapping", fist = "Fist", turn = "Turning" }
[columns.rater]
kind = "id"
label = "Rater"
[columns.first]
kind = "continuous"
label = "First reading"
missing_codes = { -9 = "not done" }
[columns.second]
kind = "continuous"
label = "Second reading"
"""
TABLE = """[tables.trials]
source = "data/trials.csv"
schema = "trials"
[tables.trials.derive]
change = { value = "second - first", label = "Change" }
strong = "first > 8 and age >= 30"
"""
ANALYSES = """
[[analysis]]
id = "agreement"
method = "bland_altman_repeated"
rows = "trials"
comparison = "second"
reference = "first"
participant = "participant_id"
family = "main"
[[analysis]]
id = "left"
method = "bland_altman_repeated"
rows = "trials"
comparison = "second"
reference = "first"
participant = "participant_id"
where = "hand == 'left' and group == 'MS' and rater == 'A'"
[[analysis]]
id = "pooled"
method = "welch"
rows = "trials"
outcome = "change"
group = "group"
[[analysis]]
id = "tapping-left"
method = "spearman"
rows = "trials"
x = "first"
y = "age"
where = "hand == 'left' and task == 'tap'"
[[analysis]]
id = "describe-strong"
method = "describe"
rows = "trials"
outcome = "strong"
group = "group"
"""


def plan(analyses: str = ANALYSES, table: str = TABLE) -> str:
    return PLAN.replace("[cohort]\n", f"{table}[cohort]\n") + analyses


def trials() -> pd.DataFrame:
    """Return six rows of each participant but P12, and of one who is in no other table."""
    rng = np.random.default_rng(3)
    keys = [
        (p, h, t) for p in [*NAMES[:-1], "P99"] for h in ("left", "right") for t in ("tap", "fist", "turn")
    ]
    frame = pd.DataFrame(keys, columns=["participant_id", "hand", "task"])
    frame["rater"] = np.where(np.arange(len(frame)) % 2 == 0, "A", "B")
    frame["first"] = rng.normal(10, 2, len(frame)).round(2).astype(str)
    frame["second"] = (frame["first"].astype(float) + rng.normal(0.3, 1, len(frame))).round(2).astype(str)
    frame.loc[0, "first"] = "-9"
    frame.loc[8, "second"] = ""
    return frame


def study(
    folder: Path, text: str = "", frame: pd.DataFrame | None = None, schema: str = TRIALS_SCHEMA
) -> Study:
    make(folder, plan=text or plan())
    (folder / "data_schemas/trials.toml").write_text(schema)
    (trials() if frame is None else frame).to_csv(folder / "data/trials.csv", index=False)
    return Study.find(folder)


def problems(folder: Path, text: str, schema: str = TRIALS_SCHEMA) -> str:
    return "\n".join(study(folder, text, schema=schema).plan_problems)


def used() -> pd.DataFrame:
    """Return the rows that the whole analysis should have: P06 is under 18, P12 has none, P99 is unknown."""
    frame = trials()
    frame = frame[~frame["participant_id"].isin(["P06", "P99"])]
    frame = frame[(frame["first"] != "-9") & (frame["second"] != "")]
    return frame.astype({"first": float, "second": float})


def test_rows_of_the_cohort_are_analysed_and_counted(tmp_path: Path) -> None:
    results = study(tmp_path).run()
    result = results["agreement"]
    assert (result.status, result.n, result.participants) == ("ok", 58, 10)
    assert result.excluded == {"second is missing": 1, "first is missing": 1}
    frame = used()
    expected = bland_altman_repeated(
        frame["second"], frame["first"], frame["participant_id"].astype("category")
    )
    assert repr(result.estimates) == repr(tuple(expected))
    assert result.p_adjusted >= result.estimate().p_value
    assert not result.warnings
    assert (results["fatigue"].n, results["fatigue"].participants) == (10, 0)


def test_a_condition_sees_the_rows_and_the_participants(tmp_path: Path) -> None:
    result = study(tmp_path).compute()["left"]
    # P07 to P11, left, rater A: tapping and turning
    assert (result.n, result.participants) == (10, 5)
    assert result.excluded == {"condition does not hold": 50}


def test_what_is_derived_at_the_rows_may_use_what_is_known_of_participants(tmp_path: Path) -> None:
    results = study(tmp_path).compute()
    frame = used()
    change = frame["second"] - frame["first"]
    in_ms = frame["participant_id"] >= "P07"
    assert results["pooled"].estimate("mean_difference").estimate == pytest.approx(
        change[in_ms].mean() - change[~in_ms].mean()
    )
    assert results["pooled"].excluded == {"change is missing": 2}
    assert results.variables["change"].label == "Change"
    ages = {"P01": 34, "P02": 41, "P03": 29, "P04": 52, "P05": 38, "P07": 36, "P08": 48, "P09": 27, "P10": 55}
    first = trials().set_index("participant_id")["first"].astype(float)
    first = first[first.index.isin([*ages, "P11"])]
    known = first[first != -9]
    old = np.array([ages.get(name, 40) >= 30 for name in known.index])
    expected = int(((known > 8).to_numpy() & old).sum())
    assert results["describe-strong"].estimate("count", "yes").estimate == expected


def test_rows_taken_for_independent_are_warned_about(tmp_path: Path) -> None:
    results = study(tmp_path).compute()
    (told,) = results["pooled"].warnings
    assert "58 rows are of 10 participants" in told
    assert "'participant_id'" in told
    assert results["pooled"].evidence == ()
    assert not results["tapping-left"].warnings  # one row of each
    assert "60 rows are of 10" in results["describe-strong"].warnings[0]  # it has intervals too


def test_rows_grouped_by_another_name_of_each_participant_are_not_taken_for_independent(
    tmp_path: Path,
) -> None:
    named = trials()
    named["rater"] = "of " + named["participant_id"]
    model = """
[[analysis]]
id = "model"
method = "lmm"
rows = "trials"
formula = "first ~ hand + (1 | rater)"
"""
    own = study(tmp_path / "own", plan(model), named).compute()["model"]
    assert own.status == "ok"
    assert not any("takes all of them as independent" in told for told in own.warnings)
    other = study(tmp_path / "other", plan(model)).compute()["model"]  # two raters of all participants
    assert any("takes all of them as independent" in told for told in other.warnings)


def test_the_study_tells_how_much_of_the_table_is_of_the_cohort(tmp_path: Path) -> None:
    results = study(tmp_path).run()
    assert "1 in trials have no row in the first table and are not analysed" in results.scoring
    told = "60 of 72 rows in trials are of the analysis set; 10 of its 11 participants have one or more"
    assert told in results.scoring
    of_rows = [(m.variable, m.reason, m.group, m.n) for m in results.missing if m.rows == "trials"]
    assert of_rows == [
        ("first", "not done", "HC", 1),
        ("second", "empty", "HC", 1),
        ("change", "made from a missing value", "HC", 2),
        ("strong", "made from a missing value", "HC", 1),
    ]
    assert [s.kept for s in results.flow] == [12, 11]


def test_saved_results_have_rows_participants_and_no_identifier(tmp_path: Path) -> None:
    one = study(tmp_path)
    results = one.run()
    again = one.results()
    assert again.tidy().to_csv() == results.tidy().to_csv()
    assert again["agreement"] == replace(results["agreement"], warnings=again["agreement"].warnings)
    assert again.missing == results.missing
    points = results.row_points["trials"]
    assert again.row_points["trials"].equals(points.astype(again.row_points["trials"].dtypes.to_dict()))
    assert not {"participant_id", "rater"} & set(points)
    assert len(points) == 60
    assert "first" not in results.points
    for path in one.results_folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not any(name in text for name in [*NAMES, "P99"]), path.name
    with (one.results_folder / "results.csv").open(encoding="utf-8") as file:
        rows = {row["analysis"]: row for row in csv.DictReader(file)}
    assert (rows["agreement"]["rows"], rows["agreement"]["participants"]) == ("trials", "10")
    assert (rows["fatigue"]["rows"], rows["fatigue"]["participants"]) == ("", "")


def test_a_method_that_breaks_cannot_tell_who_is_in_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmstats.registry import METHODS, Method

    def broken(comparison, reference, participant, **options):  # type: ignore[no-untyped-def]
        raise ValueError(f"Whom to blame: {', '.join(participant)}, {list(participant.cat.categories)}")

    known = METHODS["bland_altman_repeated"]
    method = Method(known.title, known.references, broken)
    for name in ("roles", "options", "random"):
        method.__dict__[name] = getattr(known, name)
    monkeypatch.setitem(METHODS, "bland_altman_repeated", method)
    reason = study(tmp_path).compute()["agreement"].reason
    assert "Whom to blame: 1, 1" in reason
    assert not any(name in reason for name in NAMES)


def test_workers_the_order_of_rows_and_verify_change_nothing(tmp_path: Path) -> None:
    one = study(tmp_path / "one")
    one.run()
    saved = {path.name: path.read_bytes() for path in one.results_folder.iterdir()}
    one.run(on="processes:2")
    assert {path.name: path.read_bytes() for path in one.results_folder.iterdir()} == saved
    assert one.verify().ok
    turned = study(tmp_path / "two", frame=trials().iloc[::-1]).compute()
    assert [repr(r.estimates) for r in turned] == [repr(r.estimates) for r in one.results()]
    assert turned.row_points["trials"].equals(one.compute().row_points["trials"])
    changed = trials()
    changed.loc[40, "second"] = "99"
    changed.to_csv(one.folder / "data/trials.csv", index=False)
    found = Study.find(one.folder).verify()
    assert found.inputs == ("table trials (data/trials.csv) has other content",)
    assert {change.analysis for change in found.changes} >= {"agreement"}


def test_an_analysis_does_not_depend_on_others_at_rows(tmp_path: Path) -> None:
    with_rows, without = study(tmp_path / "one").compute(), Study.find(make(tmp_path / "two")).compute()
    assert repr(with_rows["boot"].estimates) == repr(without["boot"].estimates)
    assert with_rows.points.equals(without.points)


def test_hashes_of_plans_that_say_nothing_of_rows_still_hold() -> None:
    whole = Study.find("ms_fatigue").plan
    plan = replace(whole, analyses=tuple(one for one in whole.analyses if not one.rows))
    assert plan.digest.startswith("e3da4c655c97")
    at_rows = replace(plan, analyses=(replace(plan.analyses[0], rows="tms"), *plan.analyses[1:]))
    assert at_rows.digest != plan.digest


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'rows = "trials"\ncomparison = "second"',
            'rows = "trails"\ncomparison = "second"',
            "In analysis 'agreement': Unknown table with several rows per participant 'trails'. Did you mean "
            "'trials'?",
        ),
        (
            'rows = "trials"\ncomparison',
            "comparison",
            "In analysis 'agreement': 'second' is a variable of table trials, which has several rows per "
            "participant: give the analysis rows = 'trials'",
        ),
        (
            'rows = "trials"\nx = "first"',
            'x = "total"',
            "In analysis 'tapping-left': 'hand' is a variable of table",
        ),
        (
            'rows = "trials"\nx = "first"',
            'rows = "people"\nx = "total"',
            "In analysis 'tapping-left': table 'people' has one row per participant_id, so rows = 'people' "
            "is needless: leave it out.",
        ),
        (
            'rows = "trials"\noutcome = "change"',
            'rows = "scores"\noutcome = "change"',
            "'change' is a variable of table trials, whose rows are not joined with those of scores",
        ),
        ('outcome = "change"', 'outcome = "chance"', "Unknown variable 'chance'. Did you mean 'change'"),
        ('outcome = "change"', 'outcome = "hand"', "outcome, but 'hand' is binary"),
        (
            'participant = "participant_id"',
            'participant = "age"',
            "needs an id or binary or nominal or ordinal participant, but 'age' is continuous",
        ),
        (
            "group == 'MS' and",
            "participant_id != 'P07' and",
            "'where' may not use 'participant_id', since results must not name participants",
        ),
        ("second - first", "second - frist", "In [tables.trials.derive] change: Unknown variable 'frist'"),
        ("strong =", "age =", "In [tables.trials.derive] age: there is a variable of this name already"),
        ("group == 'MS'", "gruop == 'MS'", "Unknown variable 'gruop'. Did you mean 'group'"),
    ],
)
def test_what_is_wrong_with_rows_is_told_before_any_data_are_read(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in plan()
    assert words in problems(tmp_path, plan().replace(old, new, 1))


def test_a_name_that_table_and_cohort_share_is_refused(tmp_path: Path) -> None:
    schema = TRIALS_SCHEMA + '[columns.age]\nkind = "continuous"\nlabel = "Age"\n'
    told = problems(tmp_path, plan(), schema)
    assert (
        "In [tables.trials], whose rows are analysed (rows = 'trials'): 'age' is in this table and in" in told
    )
    with pytest.raises(PlanError, match="'age' is in this table and in the cohort too"):
        study(tmp_path, schema=schema).run()


def test_what_is_derived_for_nobody_is_refused(tmp_path: Path) -> None:
    told = problems(tmp_path, plan(""))
    assert "there is none" in told
    assert "give analyses of the rows themselves rows = 'trials'" in told
    people = PLAN.replace("[tables.scores]", '[tables.people.derive]\nx = "age > 1"\n[tables.scores]')
    assert "derive in [cohort.derive] instead" in problems(tmp_path, people)


def test_a_table_without_the_unit_is_refused(tmp_path: Path) -> None:
    told = problems(tmp_path, plan(), TRIALS_SCHEMA.replace("participant_id", "person"))
    assert "In [tables.trials]: Unknown unit 'participant_id'" in told


def test_one_name_means_one_thing_in_all_results(tmp_path: Path) -> None:
    both = ANALYSES + '[[analysis]]\nid = "hands"\nmethod = "describe"\nrows = "scores"\noutcome = "hand"\n'
    both += '[[analysis]]\nid = "hands-too"\nmethod = "describe"\nrows = "trials"\noutcome = "hand"\n'
    text = plan(both)
    assert not problems(tmp_path / "same", text)
    other = TRIALS_SCHEMA.replace('label = "Hand"', 'label = "Moving hand"')
    assert "'hand' is not the same in table 'scores' as in 'trials'" in problems(tmp_path / "x", text, other)


def test_a_table_may_be_summarised_and_analysed_at_its_rows(tmp_path: Path) -> None:
    table = TABLE.replace(
        "[tables.trials.derive]",
        'summarise = [{ name = "mean_first", value = "first", by = "mean" }]\n[tables.trials.derive]',
    )
    more = (
        '[[analysis]]\nid = "own-mean"\nmethod = "spearman"\nrows = "trials"\nx = "first"\ny = "mean_first"\n'
    )
    results = study(tmp_path, plan(ANALYSES + more, table)).compute()
    assert (results["own-mean"].n, results["own-mean"].participants) == (59, 10)


def test_check_report_and_figure_say_rows(tmp_path: Path) -> None:
    from mmstats.figures.bland_altman import bland_altman_figure
    from mmstats.tables.estimates import estimates_table
    from mmstats.tables.methods import methods_table

    one = study(tmp_path)
    checked = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert checked.exit_code == 0, checked.output
    assert "analysed at its own rows: 5 analyses" in checked.output
    assert "no row here, but in" in checked.output  # P12, and P99 in the others
    results = one.run()
    assert "58 rows of 10 participants." in estimates_table(results, ["agreement"]).to_html()
    assert "58 rows of 10 participants." in methods_table(results).to_html()
    assert "Points: pairs (n = 58, of 10 participants)." in bland_altman_figure(results, "agreement").caption


def test_the_manuscript_counts_rows_and_names_nobody(tmp_path: Path) -> None:
    from mmstats.report.render import render
    from mmstats.shipped import shipped

    one = study(tmp_path)
    one.run()
    document = shipped("reports", "manuscript.qmd")
    (path,) = render(
        document,
        study_results=one.results_folder,
        formats=("html",),
        out=tmp_path / "report",
        engine="embedded",
    )
    page = path.read_text(encoding="utf-8")
    for words in (
        "58 rows of 10 participants.",
        "(at most one participant or two rows)",
        "Points: pairs (n = 58, of 10 participants).",
        "60 of 72 rows in trials are of the analysis set",
    ):
        assert words in page
    assert not any(name in page for name in [*NAMES, "P99"])


def test_a_condition_on_an_identifier_leaves_out_the_figure_and_says_why(tmp_path: Path) -> None:
    from mmstats.errors import ReportError
    from mmstats.figures.bland_altman import bland_altman_figure

    results = study(tmp_path).compute()
    with pytest.raises(ReportError, match="The saved points have no 'rater'"):
        bland_altman_figure(results, "left")


def test_nothing_of_an_earlier_exclusion_stays(tmp_path: Path) -> None:
    from mmstats.plan import Exclusion

    cohort = study(tmp_path).cohort()
    fewer = cohort.exclude(Exclusion(where="age > 50", reason="over 50"))
    assert (len(cohort.at_rows("trials").frame), len(fewer.at_rows("trials").frame)) == (60, 48)
    assert cohort.at_rows("trials").frame["participant_id"].dtype == object
    assert str(cohort.at_rows("trials").variables["participant_id"].kind) == "id"
