"""The simulated study: the committed data are the script's, and hold what the README promises."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmstats.instruments import INSTRUMENTS
from mmstats.study import Study
from tests.analyses.simulation_script import simulation_script

FOLDER = Path(__file__).parents[2] / "analyses" / "ms_fatigue"
TABLES = ("participants", "mirror_movements", "fsmc_items", "callosum", "tms")


@pytest.fixture(scope="module")
def simulated() -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = simulation_script(FOLDER).simulate()
    return tables


@pytest.mark.parametrize("name", TABLES)
def test_the_committed_data_are_what_the_script_makes(simulated: dict[str, pd.DataFrame], name: str) -> None:
    text = simulated[name].to_csv(index=False, lineterminator="\n")
    assert (FOLDER / "data" / f"{name}.csv").read_text(encoding="utf-8") == text


def test_there_are_no_other_data() -> None:
    assert {path.name for path in (FOLDER / "data").iterdir()} == {f"{name}.csv" for name in TABLES}


def test_another_seed_gives_other_people(simulated: dict[str, pd.DataFrame]) -> None:
    other = simulation_script(FOLDER).simulate(seed=1)
    assert not other["fsmc_items"].equals(simulated["fsmc_items"])


def test_everything_says_that_it_is_simulated(simulated: dict[str, pd.DataFrame]) -> None:
    plan = tomllib.loads((FOLDER / "plan.toml").read_text(encoding="utf-8"))
    assert plan["note"].startswith("Simulated data")
    assert "simulated" in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()[2]
    for table in simulated.values():
        assert table["participant_id"].str.startswith("SIM").all()


def test_the_exclusions_leave_the_design(simulated: dict[str, pd.DataFrame]) -> None:
    people = simulated["participants"]
    kept = people[(people["age"] >= 18) & (people["recent_relapse"] == "no")]
    assert len(people) == 44
    assert kept["group"].value_counts().to_dict() == {"MS": 21, "HC": 19}
    assert set(people.loc[people["recent_relapse"] == "yes", "group"]) == {"MS"}


def test_controls_are_at_the_floor(simulated: dict[str, pd.DataFrame]) -> None:
    instrument = INSTRUMENTS["woods_teuber"]
    scored = instrument.score(simulated["mirror_movements"], unit="participant_id", summary="worst")
    worst = simulated["participants"].set_index("participant_id").join(scored.frame)
    share = worst["mm_worst"].eq(0).groupby(worst["group"]).mean()
    assert share["HC"] > 0.5 > share["MS"]
    assert worst["mm_worst"].max() >= 3
    assert scored.notes == ()


def test_what_is_missing_has_a_code(simulated: dict[str, pd.DataFrame]) -> None:
    items = simulated["fsmc_items"].set_index("participant_id")
    assert int((items == -9).sum().sum()) == 7
    scored = INSTRUMENTS["fsmc"].score(items.replace(-9, np.nan).reset_index(), unit="participant_id")
    assert int(scored.frame["fsmc_total"].isna().sum()) == 1
    assert len(scored.notes) == 2
    tms = simulated["tms"]
    assert (tms["isp_latency"] == -9).sum() == 4
    assert (tms["isp_latency"] == -8).sum() == 1
    assert (simulated["callosum"]["callosal_area"] == "-9").sum() == 1
    assert all(table.notna().all(axis=None) for table in simulated.values())


def test_the_study_runs() -> None:
    study = Study.find(FOLDER)
    assert study.plan_problems == ()
    assert [f.violation.sentence for f in study.intake.findings] == []
    results = study.compute()
    assert {r.analysis.id: r.reason for r in results if r.status != "ok"} == {}
    assert results.flow[-1].groups == {"HC": 19, "MS": 21}
    linear, ordinal = results["mm-by-hand-linear"], results["mm-by-hand-ordinal"]
    assert (linear.n, linear.participants) == (ordinal.n, ordinal.participants) == (320, 40)
    cuts = [e.term for e in ordinal.estimates if e.quantity.name == "threshold"]
    assert cuts == ["0|1", "1|2", "2|3"]  # nobody was rated 4
    means = [e.estimate for e in linear.estimates if e.quantity.name == "marginal_mean"]
    assert 0 < min(means) < max(means) < 1  # scores are numbers here, not levels
