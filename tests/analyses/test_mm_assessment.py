"""The simulated study of assessing mirror movements: its data are the script's, the rules hold, it runs."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmstats.results import Results
from mmstats.study import Study
from tests.analyses.simulation_script import simulation_script

FOLDER = Path(__file__).parents[2] / "analyses" / "mm_assessment"
TABLES = ("participants", "woods_teuber", "espay", "accelerometer", "classifications")
RULES = ("rule_acquired", "rule_physiological", "rule_congenital", "rule_undecided")


@pytest.fixture(scope="module")
def simulated() -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = simulation_script(FOLDER).simulate()
    return tables


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.find(FOLDER)


@pytest.fixture(scope="module")
def results(study: Study) -> Results:
    return study.compute()


@pytest.mark.parametrize("name", TABLES)
def test_the_committed_data_are_what_the_script_makes(simulated: dict[str, pd.DataFrame], name: str) -> None:
    text = simulated[name].to_csv(index=False, lineterminator="\n")
    assert (FOLDER / "data" / f"{name}.csv").read_text(encoding="utf-8") == text


def test_there_are_no_other_data() -> None:
    assert {path.name for path in (FOLDER / "data").iterdir()} == {f"{name}.csv" for name in TABLES}


def test_everything_says_that_it_is_simulated(simulated: dict[str, pd.DataFrame]) -> None:
    plan = tomllib.loads((FOLDER / "plan.toml").read_text(encoding="utf-8"))
    assert plan["note"].startswith("Simulated data")
    assert "simulated" in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()[2]
    for table in simulated.values():
        assert table["participant_id"].str.startswith("SIM").all()


def test_another_seed_gives_other_people(simulated: dict[str, pd.DataFrame]) -> None:
    assert not simulation_script(FOLDER).simulate(seed=1)["espay"].equals(simulated["espay"])


def test_the_wheel_carries_every_file_of_the_study() -> None:
    project = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    own = {path.name for path in FOLDER.iterdir()} - {"results", "report", "__pycache__", "run_log.csv"}
    assert own == {Path(name).name for name in shipped if name.startswith("analyses/mm_assessment/")}


def test_the_study_runs(study: Study, results: Results) -> None:
    assert study.plan_problems == ()
    assert [f.violation.sentence for f in study.intake.findings] == []
    assert {r.analysis.id: r.reason for r in results if r.status != "ok"} == {}
    assert {r.analysis.id: r.warnings for r in results if r.warnings} == {}
    assert results.flow[-1].groups == {"HC": 14, "TD": 15, "CMM": 10, "ND": 17}


def test_the_rules_put_everybody_with_clear_mirror_movements_into_one_class(study: Study) -> None:
    frame = study.cohort().frame
    classes = (frame[list(RULES)] == "yes").sum(axis=1)
    assert frame[list(RULES)].notna().all(axis=None)
    assert classes.equals((frame["clear"] == "yes").astype(int))


@pytest.mark.parametrize(
    ("grade", "began", "age", "noticed", "rule"),
    [
        (2, "yes", 55, 53, "rule_acquired"),
        (3, "yes", 9, 8, "rule_acquired"),
        (2, "no", 10, np.nan, "rule_physiological"),
        (4, "no", 11, 5, "rule_congenital"),
        (2, "no", 11, np.nan, "rule_undecided"),
        (2, "no", 40, 30, "rule_undecided"),
        (1, "yes", 55, 53, ""),
    ],
)
def test_a_rule_says_what_the_readme_says(
    study: Study, grade: float, began: str, age: float, noticed: float, rule: str
) -> None:
    from mmstats import expression

    values = {made.name: made.value for made in study.plan.cohort.derive}
    row = pd.DataFrame(
        {
            "worst_a": [float(grade)],
            "began_with_disease": [began],
            "age": [float(age)],
            "noticed_at": [noticed],
        }
    )
    row["began_with_disease"] = pd.Categorical([began], ["no", "yes"])
    clear = expression.parse(values["clear"]).evaluate(row).iloc[0]
    row["clear"] = pd.Categorical(["yes" if clear else "no"], ["no", "yes"])
    found = [name for name in RULES if expression.parse(values[name]).evaluate(row).iloc[0]]
    assert found == ([rule] if rule else [])


def test_a_rater_who_sees_more_is_consistent_but_does_not_agree(results: Results) -> None:
    raters = results["raters-sum"]
    assert raters.estimate("icc", "ICC(3,1)").estimate > raters.estimate("icc", "ICC(2,1)").estimate + 0.02
    assert results["raters-limits"].estimate("mean_difference").conf_low > 0


def test_differences_of_the_ratio_grow_with_it_and_those_of_its_logarithm_do_not(results: Results) -> None:
    assert results["retest-ratio-limits"].estimate("proportional_bias").p_value < 0.05
    assert results["retest-log-ratio-limits"].estimate("proportional_bias").p_value > 0.05


def test_who_did_not_come_again_is_left_out_of_what_needs_it(results: Results) -> None:
    assert results["retest-sum"].n == 54
    assert results["retest-ratio"].n == 53
    assert results["raters-sum"].n == 56
