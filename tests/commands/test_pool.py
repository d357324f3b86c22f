"""``mmstats pool`` and ``mmstats summarise``: the same numbers from rows and from sums, and no rows."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from mmstats import saved
from mmstats.bundle import read_bundle, save_bundle
from mmstats.commands import app
from mmstats.errors import MmstatsError
from mmstats.meta.sufficient import FloatArray
from mmstats.results import Results
from tests.analyses.simulation_script import simulation_script
from tests.analyses.test_three_cohorts import FOLDER

COHORTS = ("lyon", "porto", "bern")
MODELS = ("fatigue-mm", "fatigue-group", "fatigue-group-by-age")
FIELDS = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value", "n")


def command(*arguments: object) -> Result:
    """Run a command, and return what came of it; an error is its exception."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(*arguments: object) -> str:
    outcome = command(*arguments)
    assert outcome.exit_code == 1
    assert isinstance(outcome.exception, MmstatsError), outcome.exception
    return str(outcome.exception)


def study(folder: Path, *changes: tuple[str, str]) -> Path:
    """Return a copy of the study in which all rows are at hand, and nobody is left out as a double."""
    shutil.copytree(FOLDER / "data_schemas", folder / "data_schemas")
    (folder / "data").mkdir()
    module = simulation_script(FOLDER)
    for name, table in module.simulate().items():
        module.written(table, folder / "data" / f"{name}.csv")
    reason = "examined once, by both teams, and entered in both tables; Lyon has the first entry"
    decided = f'drop = "bern"\nreason = "{reason}"'
    plan = (FOLDER / "plan.toml").read_text(encoding="utf-8")
    # whoever lacks mirror movements would be the difference between two of Lyon's bundles
    under = 'exclude = [{ where = "age_mois < 216", reason = "under 18" }]'
    lacking = under.replace("]", ', { where = "missing(mouvements_miroir)", reason = "not examined" }]')
    own = (('bundles = "data/porto"\n', ""), (decided, 'accept = "for a test"'), (under, lacking))
    for old, new in (*own, *changes):
        assert old in plan
        plan = plan.replace(old, new)
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
    return folder


def by_bundles(of: Path, folder: Path) -> Path:
    """Return the same study without any rows: each cohort's site has summarised them."""
    plan = (of / "plan.toml").read_text(encoding="utf-8")
    for cohort in COHORTS:
        outcome = command("summarise", of, cohort, "--out", folder / "data" / cohort)
        assert outcome.exit_code == 0, outcome.exception
        plan = plan.replace(f'schema = "{cohort}"\n', f'schema = "{cohort}"\nbundles = "data/{cohort}"\n')
    start = plan.index("[[duplicates]]")
    plan = plan[:start] + plan[plan.index("[[analysis]]", start) :]
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
    shutil.copytree(of / "data_schemas", folder / "data_schemas")
    assert {path.suffix for path in (folder / "data").rglob("*") if path.is_file()} == {".json"}
    return folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = study(tmp_path_factory.mktemp("rows"))
    outcome = command("pool", folder)
    assert outcome.exit_code == 0, outcome.exception
    return folder


@pytest.fixture(scope="module")
def bundles(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = by_bundles(rows, tmp_path_factory.mktemp("bundles"))
    outcome = command("pool", folder)
    assert outcome.exit_code == 0, outcome.exception
    return folder


def numbers(results: Results, name: str) -> dict[tuple[str, str], list[float]]:
    return {
        (e.quantity.name, e.term): [float(getattr(e, field)) for field in FIELDS]
        for e in results[name].estimates
    }


@pytest.mark.parametrize("name", [name + end for name in MODELS for end in ("", ".one-stage")])
def test_bundles_give_what_rows_give(rows: Path, bundles: Path, name: str) -> None:
    one, two = (numbers(saved.read(folder / "results"), name) for folder in (rows, bundles))
    assert one.keys() == two.keys()
    assert len(one) > 4
    for key, found in one.items():
        assert two[key] == pytest.approx(found, rel=1e-8, abs=1e-12, nan_ok=True), key


def test_one_bundle_stands_in_place_of_rows(rows: Path, bundles: Path, tmp_path: Path) -> None:
    path = bundles / "data" / "lyon" / "fatigue-mm.json"
    outcome = command("pool", rows, "--bundle", path, "--out", tmp_path)
    assert outcome.exit_code == 0, outcome.exception
    mixed = saved.read(tmp_path / "results")
    for key, found in numbers(saved.read(rows / "results"), "fatigue-mm").items():
        assert numbers(mixed, "fatigue-mm")[key] == pytest.approx(found, rel=1e-8, abs=1e-12, nan_ok=True)
    tables = [table["name"] for table in mixed.provenance["tables"]]
    assert tables == ["lyon", "porto", "bern", "lyon, fatigue-mm"]


def test_both_stages_are_printed(rows: Path, tmp_path: Path) -> None:
    printed = command("pool", rows, "--out", tmp_path).output
    for words in ("3 cohorts", "two stages", "one stage", "Kenward and Roger", "Saved in"):
        assert words in printed


def test_run_check_and_verify_know_a_pooling_study(rows: Path, tmp_path: Path) -> None:
    assert "two stages" in command("run", rows, "--out", tmp_path).output
    checked = command("check", rows)
    assert (checked.exit_code, "Ready to run." in checked.output) == (0, True)
    verified = command("verify", rows, "--out", tmp_path)
    assert verified.output.startswith("All ")


def test_verify_asks_for_the_bundles_that_results_rest_on(rows: Path, bundles: Path, tmp_path: Path) -> None:
    path = bundles / "data/lyon/fatigue-mm.json"
    assert command("pool", rows, "--bundle", path, "--out", tmp_path).exit_code == 0
    said = refused("verify", rows, "--out", tmp_path)
    assert f"lyon, fatigue-mm (fatigue-mm.json, SHA-256 {read_bundle(path).digest[:12]}...)" in said
    verified = command("verify", rows, "--out", tmp_path, "--bundle", path)
    assert (verified.exit_code, verified.output[:4]) == (0, "All ")
    other = tmp_path / "other.json"
    save_bundle(replace(read_bundle(path), counts=None, threshold=6, source=None), other)
    changed = command("verify", rows, "--out", tmp_path, "--bundle", other)
    assert "table lyon, fatigue-mm (other.json) has other content" in changed.output


def test_a_study_of_one_cohort_takes_no_bundle(bundles: Path) -> None:
    path = bundles / "data/lyon/fatigue-mm.json"
    assert "Only a pooling of cohorts takes bundles" in refused("verify", "ms_fatigue", "--bundle", path)


def test_verify_says_which_number_changed(rows: Path, tmp_path: Path) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(rows, folder)
    path = folder / "data" / "bern.csv"
    table = pd.read_csv(path)
    table["FSMC Summe"] += (table["FSMC Summe"] > 0) & (table["Gruppe"] == "MS")
    table.to_csv(path, index=False)
    outcome = command("verify", folder)
    assert outcome.exit_code == 1
    assert "table bern (data/bern.csv) has other content" in outcome.output


def test_a_study_of_one_cohort_is_not_pooled() -> None:
    assert "carry it out with `mmstats run`" in refused("pool", "ms_fatigue")


class TestWhatABundleMustBe:
    def test_a_changed_bundle_is_refused(self, bundles: Path, rows: Path, tmp_path: Path) -> None:
        content = json.loads((bundles / "data/lyon/fatigue-mm.json").read_text())
        content["statistics"]["means"][0] += 0.1
        path = tmp_path / "changed.json"
        path.write_text(json.dumps(content))
        assert "digest" in refused("pool", rows, "--bundle", path, "--out", tmp_path)

    def test_a_bundle_of_other_scales_is_refused(self, bundles: Path, tmp_path: Path) -> None:
        other = study(tmp_path / "other", ("where = \"group == 'HC'\"\n", ""))
        path = bundles / "data/lyon/fatigue-mm.json"
        assert "follows another dictionary, or other [scales]" in refused("pool", other, "--bundle", path)

    def test_a_bundle_of_another_model_is_refused(self, bundles: Path, tmp_path: Path) -> None:
        other = study(
            tmp_path / "other", ("fatigue ~ mm_severity + group + age", "fatigue ~ mm_severity + age")
        )
        said = refused("pool", other, "--bundle", bundles / "data/lyon/fatigue-mm.json")
        assert "Unknown model 'fatigue ~ mm_severity + group + age'" in said

    def test_the_same_bundle_twice_is_refused(self, bundles: Path, tmp_path: Path) -> None:
        folder = tmp_path / "twice"
        shutil.copytree(bundles, folder)
        shutil.copy(folder / "data/lyon/fatigue-mm.json", folder / "data/lyon/again.json")
        assert "is the same bundle as" in refused("pool", folder)

    def test_one_bundle_under_two_names_is_refused(self, bundles: Path, tmp_path: Path) -> None:
        folder = tmp_path / "renamed"
        shutil.copytree(bundles, folder)
        for path in (folder / "data/lyon").glob("*.json"):
            renamed = replace(read_bundle(path), cohort="bern", source=None)
            save_bundle(renamed, folder / "data/bern" / path.name)
        assert "'lyon' and 'bern' have the same sums: they are of the same rows." in refused("pool", folder)

    def test_one_cohort_under_two_names_is_refused(self, rows: Path, tmp_path: Path) -> None:
        table = rows / "data" / "lyon.csv"
        copy = study(tmp_path / "copy")
        (copy / "data/lyon2.csv").write_bytes(table.read_bytes() + b"\n")
        plan = (copy / "plan.toml").read_text()
        own = plan[plan.index("[cohorts.lyon]") : plan.index("# Portuguese")]
        again = own.replace("cohorts.lyon", "cohorts.lyon2").replace("data/lyon.csv", "data/lyon2.csv")
        (copy / "plan.toml").write_text(plan.replace("[scales.fatigue]", again + "[scales.fatigue]"))
        assert "lyon and lyon2 seem to share 66 participants" in refused("pool", copy)

    def test_other_participants_than_the_rows_are_refused(self, rows: Path, bundles: Path) -> None:
        path = bundles / "data/bern/fatigue-mm.json"
        said = refused("pool", FOLDER, "--bundle", path, "--out", bundles / "out")
        assert "is of 63 participants, its rows here of 61" in said

    def test_a_signature_is_asked_for(self, rows: Path, tmp_path: Path) -> None:
        key = tmp_path / "key"
        key.write_text("a key of more than sixteen bytes")
        made = command("summarise", rows, "lyon", "--out", tmp_path / "signed", "--key", key)
        assert made.exit_code == 0, made.exception
        bundle = tmp_path / "signed/fatigue-mm.json"
        good = command("pool", rows, "--bundle", bundle, "--key", key, "--out", tmp_path)
        assert good.exit_code == 0, good.exception
        key.write_text("another key of sixteen bytes")
        assert "signature" in refused("pool", rows, "--bundle", bundle, "--key", key, "--out", tmp_path)


def porto_with(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    made = study(folder)
    path = made / "data" / "porto.csv"
    change(pd.read_csv(path)).to_csv(path, index=False)
    return made


class TestReconstruction:
    """Attempts to get rows, or small counts, back from what the command writes."""

    @staticmethod
    def written(folder: Path, name: str) -> tuple[int, FloatArray, FloatArray]:
        """Return n, sums of columns, and sums of products, as whoever has the file works them out."""
        content = json.loads((folder / f"{name}.json").read_text())
        n, part = content["n"], content["statistics"]
        means = np.array(part["means"]) + np.array(part["remainders"])
        return n, n * means, np.array(part["products"]) + n * np.outer(means, means)

    def test_two_bundles_that_differ_by_one_person_would_tell_their_row(self, tmp_path: Path) -> None:
        """The attack works on files of two places; beside the first file, the second is refused."""
        one = study(
            tmp_path / "one", ("where = \"group == 'HC'\"\n", "where = \"group == 'HC' and age < 60\"\n")
        )
        table = pd.read_csv(one / "data/porto.csv")
        ms = int(np.flatnonzero(table["grupo"] == "EM")[0])  # whose fatigue standardises nobody's
        two = porto_with(tmp_path / "two", lambda whole: whole.drop(index=ms))
        shutil.copy(one / "plan.toml", two / "plan.toml")
        command("summarise", one, "porto", "--out", tmp_path / "a")
        command("summarise", two, "porto", "--out", tmp_path / "b")
        before, after = self.written(tmp_path / "a", "fatigue-mm"), self.written(tmp_path / "b", "fatigue-mm")
        person = before[1] - after[1]
        assert 25 * person[0] == pytest.approx(table["movimentos em espelho (%)"].to_numpy()[ms], abs=1e-9)
        assert person[2] == pytest.approx(table["idade (anos)"].to_numpy()[ms], abs=1e-9)
        said = refused("summarise", two, "porto", "--out", tmp_path / "a")
        assert "what differs is about 1" in said

    def test_a_group_of_two_is_refused_with_every_reason_and_nothing_is_written(self, tmp_path: Path) -> None:
        def few(whole: pd.DataFrame) -> pd.DataFrame:
            ill = whole.index[whole["grupo"] == "EM"]
            return whole.drop(index=ill[2:])

        folder = porto_with(tmp_path / "few", few)
        said = refused("summarise", folder, "porto")
        assert "2 participants have the value 1" in said
        for name in MODELS:
            assert f"{name}: " in said
        assert not (folder / "bundles").exists()

    def test_a_small_count_is_not_told(self, tmp_path: Path) -> None:
        """Three men with MS: the counts of sex by group hide them, and sums of the file leave them open."""

        def men(whole: pd.DataFrame) -> pd.DataFrame:
            ill = whole.index[whole["grupo"] == "EM"]
            whole.loc[ill, "sexo"] = "feminino"
            whole.loc[ill[:3], "sexo"] = "masculino"
            return whole

        folder = porto_with(tmp_path / "men", men)
        said = refused("summarise", folder, "porto")
        assert "fatigue-group: " in said
        assert "3 participants have 1 and 1" in said

    def test_no_number_of_a_file_is_a_value_of_a_person(self, rows: Path, bundles: Path) -> None:
        table = pd.read_csv(rows / "data/porto.csv")
        values = set(table["idade (anos)"]) | set(table["FSMC total"].astype(float))
        for name in MODELS:
            content = json.loads((bundles / f"data/porto/{name}.json").read_text())
            part = content["statistics"]
            told = {abs(x) for key in ("means", "remainders") for x in part[key]}
            told |= {abs(x) for line in part["products"] for x in line}
            assert not told & {float(value) for value in values}

    def test_no_identifier_is_in_a_file(self, bundles: Path) -> None:
        for path in (bundles / "data").rglob("*.json"):
            assert "SIM-" not in path.read_text()

    def test_sums_leave_every_row_open(self, bundles: Path) -> None:
        """Fewer equations than unknowns: m sums and m (m + 1) / 2 products for n rows of m columns."""
        for path in (bundles / "data").rglob("*.json"):
            content = json.loads(path.read_text())
            n, m = content["n"], len(content["statistics"]["names"])
            assert n * m > 4 * (m + m * (m + 1) // 2)
