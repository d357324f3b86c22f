"""The simulated pooling: its data are the script's, its numbers those of the rows by other ways."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from mmstats.bundle import read_bundle
from mmstats.meta.pooling import pool
from mmstats.mixed.heterogeneous import fit_heterogeneous
from mmstats.mixed.structure import MixedData, RandomTerm
from mmstats.pooled_study import PooledStudy
from mmstats.results import Results
from tests.analyses.simulation_script import simulation_script

FOLDER = Path(__file__).parents[2] / "analyses" / "three_cohorts"
MODELS = ("fatigue-group-by-age", "fatigue-group", "fatigue-mm")
COHORTS = ("lyon", "porto", "bern")
REFERENCE = json.loads(
    (FOLDER.parents[1] / "tests/reference/three_cohorts/three_cohorts.json").read_text(encoding="utf-8")
)["analyses"]


@pytest.fixture(scope="module")
def simulated() -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = simulation_script(FOLDER).simulate()
    return tables


@pytest.fixture(scope="module")
def results() -> Results:
    return PooledStudy.find(FOLDER).compute()


@pytest.fixture(scope="module")
def by_hand(simulated: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The shared variables, made without the package: what the plan says, in pandas."""
    lyon, porto, bern = (simulated[name].copy() for name in COHORTS)
    lyon = lyon[lyon["âge (mois)"] >= 216]
    days = set(zip(lyon["date d'examen"], lyon["frappes"], strict=True))
    double = [
        (day, taps // 6) in days
        for day, taps in zip(bern["Untersucht am"], bern["Anschläge pro Minute"], strict=True)
    ]
    assert sum(double) == 2
    grades = lyon["mouvements en miroir"].str.replace(",", ".").astype(float)
    made = {
        "lyon": pd.DataFrame(
            {
                "ms": (lyon["groupe"] == "SEP").astype(float),
                "male": (lyon["sexe"] == "H").astype(float),
                "age": lyon["âge (mois)"] / 12,
                "mm": grades.replace(-9, np.nan),
                "fatigue": lyon["MFIS total"].astype(float).replace(-9, np.nan),
            }
        ),
        "porto": pd.DataFrame(
            {
                "ms": (porto["grupo"] == "EM").astype(float),
                "male": (porto["sexo"] == "masculino").astype(float),
                "age": porto["idade (anos)"],
                "mm": porto["movimentos em espelho (%)"] * 4 / 100,
                "fatigue": porto["FSMC total"].astype(float),
            }
        ),
        "bern": pd.DataFrame(
            {
                "ms": (bern["Gruppe"] == "MS").astype(float),
                "male": (bern["Geschlecht"] == "m").astype(float),
                "age": bern["Alter"],
                "mm": bern["Mitbewegungen"],
                "fatigue": bern["FSMC Summe"].astype(float).replace(-9, np.nan),
            }
        ),
    }
    for table in made.values():
        controls = table.loc[table["ms"] == 0, "fatigue"]
        table["fatigue"] = (table["fatigue"] - controls.mean()) / controls.std()
    made["bern"] = made["bern"][~np.array(double)]
    return made


@pytest.mark.parametrize("name", ["lyon", "bern"])
def test_the_committed_data_are_what_the_script_makes(
    simulated: dict[str, pd.DataFrame], name: str, tmp_path: Path
) -> None:
    simulation_script(FOLDER).written(simulated[name], tmp_path / f"{name}.csv")
    assert (FOLDER / f"data/{name}.csv").read_bytes() == (tmp_path / f"{name}.csv").read_bytes()


@pytest.mark.parametrize("name", MODELS)
def test_the_committed_bundles_are_what_porto_would_share(
    simulated: dict[str, pd.DataFrame], name: str, tmp_path: Path
) -> None:
    """To rounding: the last digits of sums differ between machines."""
    (tmp_path / "site").mkdir()
    simulation_script(FOLDER).written(simulated["porto"], tmp_path / "site" / "porto.csv")
    study = PooledStudy.find(FOLDER, data=tmp_path / "site")
    paths = {path.stem: path for path in study.summarise("porto", out=tmp_path / "made")}
    assert sorted(paths) == sorted(MODELS)
    now, before = read_bundle(paths[name]), read_bundle(FOLDER / f"data/porto/{name}.json")
    assert now.statistics.products == pytest.approx(before.statistics.products, rel=1e-9, abs=1e-9)
    assert (now.formula, now.dictionary, now.statistics.count) == (
        before.formula,
        before.dictionary,
        before.statistics.count,
    )


def test_portos_rows_are_nowhere() -> None:
    files = {path.relative_to(FOLDER / "data").as_posix() for path in (FOLDER / "data").rglob("*.*")}
    assert files == {"lyon.csv", "bern.csv", *(f"porto/{name}.json" for name in MODELS)}


def test_everything_says_that_it_is_simulated(simulated: dict[str, pd.DataFrame]) -> None:
    plan = tomllib.loads((FOLDER / "plan.toml").read_text(encoding="utf-8"))
    assert plan["note"].startswith("Simulated data")
    assert "simulated" in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()[2]
    for table in simulated.values():
        assert table.iloc[:, 0].str.startswith("SIM-").all()


@pytest.mark.parametrize(
    ("name", "columns", "term"),
    [("fatigue-mm", ["mm", "ms", "age"], "mm"), ("fatigue-group", ["ms", "age", "male"], "ms")],
)
def test_each_cohort_is_least_squares_of_its_rows(
    results: Results, by_hand: dict[str, pd.DataFrame], name: str, columns: list[str], term: str
) -> None:
    effects, variances = [], []
    for cohort, table in by_hand.items():
        rows = table[[*columns, "fatigue"]].dropna()
        found = sm.OLS(rows["fatigue"].to_numpy(), sm.add_constant(rows[columns].to_numpy())).fit()
        at = columns.index(term) + 1
        ours = results[name].estimate("effect", f"cohort[{cohort}]")
        assert (ours.estimate, ours.std_error) == pytest.approx((found.params[at], found.bse[at]), rel=1e-9)
        assert ours.n == len(rows)
        effects.append(found.params[at])
        variances.append(found.bse[at] ** 2)
    pooled, ours = pool(np.array(effects), np.array(variances)), results[name].estimate("effect")
    assert ours.estimate == pytest.approx(pooled.coefficients[0], rel=1e-8)
    assert ours.std_error == pytest.approx(pooled.std_errors[0], rel=1e-7)


@pytest.mark.parametrize("name", MODELS)
def test_r_has_the_same_numbers(results: Results, name: str) -> None:
    """Mapped, standardised, fitted (Porto from its sums) and pooled by metafor."""
    expected, found = REFERENCE[name], results[name]
    for cohort, row in expected["cohorts"].items():
        ours = found.estimate("effect", f"cohort[{cohort}]")
        assert (ours.estimate, ours.std_error) == pytest.approx((row["estimate"], row["std_error"]), rel=1e-9)
        assert ours.n == row["n"]
        weight = found.estimate("study_weight", f"cohort[{cohort}]").estimate
        assert weight == pytest.approx(expected["weights"][cohort], rel=1e-9)
    pooled = found.estimate("effect")
    for field, value in expected["effect"].items():
        assert getattr(pooled, field) == pytest.approx(value, rel=1e-9), field
    for quantity in ("tau2", "i2", "h2", "cochran_q"):
        value = expected["rest"][quantity]
        assert found.estimate(quantity).estimate == pytest.approx(value, rel=1e-9, abs=1e-12)
    new = found.estimate("prediction")
    limits = (expected["rest"]["new_low"], expected["rest"]["new_high"])
    assert (new.conf_low, new.conf_high) == pytest.approx(limits, rel=1e-9)


def test_one_stage_is_the_mixed_model_of_all_rows(results: Results, by_hand: dict[str, pd.DataFrame]) -> None:
    """Fitted by the engine for rows, which knows nothing of sums."""
    tables = [table[["mm", "ms", "age", "fatigue"]].dropna().to_numpy() for table in by_hand.values()]
    codes, whole = np.repeat(np.arange(3), [len(table) for table in tables]), np.concatenate(tables)
    fixed = np.zeros((len(whole), 10))
    for place in range(3):
        mine = codes == place
        fixed[mine, place] = 1
        fixed[np.ix_(mine, [3 + 2 * place, 4 + 2 * place])] = whole[mine, 1:3] - whole[mine, 1:3].mean(axis=0)
    fixed[:, -1] = whole[:, 0]
    names = (*COHORTS, *(f"{c}[{k}]" for k in COHORTS for c in ("ms", "age")), "mm")
    term = RandomTerm("cohort", ("mm",), whole[:, :1], codes, COHORTS)
    data = MixedData(whole[:, 3], fixed, names, (term,))
    theirs = fit_heterogeneous(data, codes, COHORTS)
    ours = results["fatigue-mm"].estimate("effect", "one-stage")
    adjusted = theirs.kenward_roger()
    last = np.eye(10)[-1]
    assert ours.estimate == pytest.approx(theirs.fit.coefficients[-1], rel=1e-8)
    assert ours.std_error == pytest.approx(adjusted.std_error(last), rel=1e-8)
    spread = results["fatigue-mm"].estimate("tau", "one-stage").estimate
    assert spread == pytest.approx(np.sqrt(theirs.fit.covariances[0][0, 0]), rel=1e-8)


def test_the_interaction_is_split(results: Results) -> None:
    """Within cohorts it is pooled; what cohorts of other mean ages show is a coefficient of its own."""
    model = results["fatigue-group-by-age.one-stage"]
    assert [e.term for e in model.estimates if e.quantity.name == "coefficient"] == [
        "group[MS]",
        "group[MS]:age",
        "group[MS]:age (between cohorts)",
    ]
    two = results["fatigue-group-by-age"]
    assert model.estimate("coefficient", "group[MS]:age").estimate == pytest.approx(
        two.estimate("effect", "one-stage").estimate
    )


def test_a_method_of_each_cohort_is_pooled_where_there_are_rows(results: Results) -> None:
    found = results["mm-group"]
    assert [e.term for e in found.estimates if e.quantity.name == "study_weight"] == [
        "cohort[lyon]",
        "cohort[bern]",
    ]
    assert "Porto is left out: it shares sums, and this method needs rows." in found.warnings


def test_the_two_doubles_are_left_out_of_bern(results: Results) -> None:
    assert [(s.first, s.second, s.found, s.dropped) for s in results.lookalikes] == [
        ("lyon", "porto", 0, 0),
        ("lyon", "bern", 2, 2),
        ("porto", "bern", 0, 0),
    ]
    assert results.flow[-1].groups == {"lyon": 67, "porto": 66, "bern": 62}


def test_how_every_variable_came_about_is_saved(results: Results, tmp_path: Path) -> None:
    from mmstats import saved

    saved.save(results, tmp_path / "results")
    back = saved.read(tmp_path / "results")
    assert back.harmonisation == results.harmonisation
    assert back.lookalikes == results.lookalikes
    lines = (tmp_path / "results" / "harmonisation.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 3 * 8
    assert any("asked" in line for line in lines)
