"""Tables of a pooling of cohorts: where variables came from, people twice, two stages and one."""

import pytest

from mmstats.errors import ReportError
from mmstats.pooled_study import PooledStudy
from mmstats.report.blocks import Float
from mmstats.report.saved_values import Report
from mmstats.report.sections.harmonisation import harmonisation
from mmstats.results import Results
from mmstats.tables.harmonisation import harmonisation_table
from mmstats.tables.lookalikes import lookalikes_table
from mmstats.tables.stages import has_stages, stages_table


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> PooledStudy:
    found = PooledStudy.find("three_cohorts", out=tmp_path_factory.mktemp("three"))
    found.run()
    return found


@pytest.fixture(scope="module")
def results(study: PooledStudy) -> Results:
    return study.results()


def test_every_variable_of_every_cohort_has_a_line(results: Results) -> None:
    table = harmonisation_table(results)
    names = [row.cells["name"] for row in table.rows]
    assert names.count("Lyon") == names.count("Porto") == names.count("Bern") == 8
    assert [name for row, name in zip(table.rows, names, strict=True) if row.heading][2] == "Age (years)"
    text = table.to_csv()
    assert '"  Lyon","âge (mois), months","–","months to years: times 0.0833333","67","0"' in text
    assert '"  Lyon","–","–","not available: not asked","–","–"' in text
    assert "the cohort shares sums, and no rows" in text


def test_people_twice_are_told(results: Results) -> None:
    text = lookalikes_table(results).to_csv()
    assert '"2","2","examined once, by both teams' in text
    assert '"Lyon and Porto","–","–","–","Porto shares no rows"' in text


def test_stages_stand_side_by_side_with_reasons(results: Results) -> None:
    assert has_stages(results)
    table = stages_table(results)
    assert [row.cells["cohorts"] for row in table.rows] == ["3", "3", "3"]
    assert any("Kenward and Roger" in note for note in table.marks)


def test_the_section_has_three_tables(study: PooledStudy) -> None:
    blocks = harmonisation(Report(study.results_folder)).blocks
    floats = [block.label for block in blocks if isinstance(block, Float)]
    assert floats == ["tbl-harmonisation", "tbl-lookalikes", "tbl-stages"]
    assert "Porto shares sums over participants in place of rows." in str(blocks[0])


def test_other_results_have_no_such_tables() -> None:
    nothing = Results(title="One cohort", items=())
    assert not has_stages(nothing)
    for make in (harmonisation_table, lookalikes_table, stages_table):
        with pytest.raises(ReportError):
            make(nothing)
