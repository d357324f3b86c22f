"""Tables of models and of tests: each number on the page is one that was saved."""

import io
import zipfile
from dataclasses import replace

import pytest

from mmstats.effects.cumulative_logit import PROPORTIONALITY
from mmstats.errors import ReportError
from mmstats.tables.anova import anova_table
from mmstats.tables.html import html
from mmstats.tables.model import model_table
from mmstats.tables.pandoc import docx
from mmstats.tables.table import Table, as_cell
from tests.display_results import results
from tests.mixed_results import mixed_results
from tests.tables.test_table_functions import headings, texts


def lines(table: Table) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in texts(table)}


def notes(table: Table, row: str, place: int = 1) -> tuple[str, ...]:
    (found,) = [one for one in table.rows if as_cell(one.cells["name"]).text == row]
    return table.cell(found, table.columns[place]).notes


def test_a_model_has_its_parts_under_headings() -> None:
    table = model_table(mixed_results(), ["taps"])
    assert headings(table) == ["", "Coefficient [95% CI]", "p"]
    assert [as_cell(row.cells["name"]).text for row in table.rows if row.heading] == [
        "Fixed part",
        "Tests of terms",
        "Random part",
        "Marginal means",
        "Differences of marginal means",
        "Model",
    ]
    found = lines(table)
    assert found["Group: Multiple sclerosis × Hand: Left hand"] == ["0.35 [−1.40, 2.10]", ".684"]
    assert found["Group × Hand"] == ["F(1, 22.0) = 0.17", ".684"]
    assert found["SD of intercept, by Participant"] == ["3.90 [2.80, 5.40]", ""]
    assert found["Correlation of intercept and Hand: Left hand, by Participant"] == ["–", ""]
    assert found["SD of residuals"] == ["2.05 [1.80, 2.36]", ""]
    assert found["R², fixed and random parts"] == ["0.84", ""]
    assert (found["Rows"], found["Participants"]) == (["144", ""], ["24", ""])
    assert table.notes[0].startswith("Reference levels: Group, Healthy control; Hand, Right hand.")


def test_every_estimate_is_in_the_table_once() -> None:
    for name in ("taps", "tasks", "marked"):
        result = mixed_results()[name]
        table = model_table(mixed_results(), [name])
        told = [row for row in table.rows if not row.heading]
        assert len(told) == len(result.estimates) + 2  # rows and participants


def test_footnotes_say_how_a_model_was_made_and_what_was_noted() -> None:
    table = model_table(mixed_results(), ["taps"])
    assert as_cell(table.spanners[0].label).notes == (
        "Linear mixed model: taps ~ group * hand + (1 + hand | participant_id).",
        "Intervals: Kenward-Roger (fixed part, marginal mean, difference of marginal means); "
        "profile (random part).",
        "The random part is singular: a coefficient does not vary between participants.",
    )
    assert notes(table, "SD of Hand: Left hand, by Participant") == (
        "No variance was found: the estimate is at its boundary.",
    )


def test_models_stand_side_by_side_and_share_lines() -> None:
    table = model_table(mixed_results(), ["taps", "tasks", "marked"])
    assert [as_cell(spanner.label).text for spanner in table.spanners] == [
        "Finger taps, model 1",
        "Finger taps, model 2",
        "marked",
    ]
    found = lines(table)
    effect = found["Group: Multiple sclerosis"]
    assert effect[::2] == ["−5.91 [−8.80, −3.02]", "−5.70 [−8.50, −2.90]", "2.40 [1.10, 5.60]"]
    assert found["Hand: Left hand"][2:] == ["", "", "", ""]
    assert found["Task"][-2:] == ["χ²(2) = 6.10", ".047"]
    assert next(iter(list(found)[1:])) == "Intercept"
    assert notes(table, "Intercept", place=5) == ("Log odds, not a ratio.",)
    assert headings(table)[5] == "Odds ratio [95% CI]"


def test_a_model_that_failed_keeps_its_column() -> None:
    table = model_table(mixed_results(), ["taps", "absent"])
    notes = as_cell(table.spanners[1].label).notes
    assert notes[-1] == "Not estimable: There are 2 rows for 3 fixed coefficients."
    assert lines(table)["Rows"] == ["144", "", "–"]


def test_references_are_named_only_where_terms_leave_no_doubt() -> None:
    simulated = mixed_results()
    marked = simulated["marked"]
    fewer = [e for e in marked.estimates if e.term != "task[fist]"]
    changed = replace(simulated, items=(replace(marked, estimates=tuple(fewer)),))
    assert "Task" not in model_table(changed).notes[0]
    summed = replace(simulated, items=(replace(marked, options={"contrasts": "sum"}),))
    assert "Reference" not in model_table(summed).notes[0]


def test_comparisons_of_ones_own_have_a_place_and_say_what_they_are() -> None:
    simulated = mixed_results()
    asked = "sides = hand[left]:group[MS] - hand[left]:group[HC]; task[fist] - task[tap]"
    for name, heading in (
        ("taps", "Differences of marginal means"),
        ("marked", "Comparisons of marginal means"),
    ):
        model = simulated[name]
        like = next(
            e for e in model.estimates if e.quantity.name == ("contrast" if name == "taps" else "odds_ratio")
        )
        own = tuple(replace(like, term=term, note="") for term in ("sides", "task[fist] - task[tap]"))
        options = dict(model.options) | {"comparisons": asked}
        changed = replace(model, estimates=(*model.estimates, *own), options=options)
        table = model_table(replace(simulated, items=(changed,)))
        names = [as_cell(row.cells["name"]).text for row in table.rows]
        headed = [as_cell(row.cells["name"]).text for row in table.rows if row.heading]
        after = headed[headed.index(heading) + 1]
        shown = names[names.index(heading) : names.index(after)]
        assert shown[-2:] == ["sides", "Task: Making a fist − Finger tapping"]
        assert notes(table, "sides") == ("Group: Multiple sclerosis − Healthy control, Hand: Left hand.",)
        assert notes(table, "Task: Making a fist − Finger tapping") == ()
        assert table.notes[0] == model_table(replace(simulated, items=(model,))).notes[0]  # the references


def test_tests_have_degrees_of_freedom_and_what_stands_beside_them() -> None:
    table = anova_table(mixed_results(), ["anova"])
    assert headings(table) == ["Term", "F", "df", "p", "Partial η²", "ε, Greenhouse-Geisser"]
    found = lines(table)
    assert found["Group"] == ["4.20", "1, 22", ".052", "0.16", ""]
    assert found["Task"] == ["18.41", "1.5, 33.6", "<.001", "0.46", "0.76"]
    assert found["Group × Task"] == ["–", "", "–", "", ""]
    assert notes(table, "Task", place=0) == ("Mauchly's W = 0.69, p = .040.",)
    assert "24 participants with all 6 cells. Degrees of freedom by Greenhouse and Geisser." in table.marks
    everything = anova_table(mixed_results())
    assert sum(row.heading for row in everything.rows) == 2


def test_tests_of_what_has_none_are_refused() -> None:
    with pytest.raises(ReportError, match="'marked' has none"):
        anova_table(mixed_results(), ["marked"])
    with pytest.raises(ReportError, match="This table is of F tests"):
        anova_table(results())


def test_a_p_value_of_a_family_has_its_adjusted_one_in_a_footnote() -> None:
    simulated = mixed_results()
    for name, table, place in (("taps", model_table, 2), ("anova", anova_table, 3)):
        own = simulated[name]
        at = next(i for i, e in enumerate(own.estimates) if e.quantity.name == "f_test")
        tested = replace(own, analysis=replace(own.analysis, family="main"), tested=at, p_adjusted=0.04)
        changed = replace(simulated, items=(tested,), families={"main": "holm"})
        found = table(changed)
        noted = [
            found.cell(row, found.columns[place]).notes
            for row in found.rows
            if found.cell(row, found.columns[place]).notes
        ]
        assert noted == [("Adjusted by Holm's method within the family Main (1 tests): p = .040.",)]


def test_notes_tell_the_distribution_and_the_link() -> None:
    simulated = mixed_results()
    told = {"distribution": "negative-binomial", "link": "logit"}, {"link": "cloglog"}
    for options, words in zip(told, ("negative binomial", "complementary log-log link"), strict=True):
        own = replace(simulated["marked"], options=options)
        table = model_table(replace(simulated, items=(own,)))
        note = as_cell(table.spanners[0].label).notes[0]
        assert note.startswith(f"Generalised linear mixed model ({words}): marked ~")


def test_tests_of_proportional_odds_stand_under_their_own_heading() -> None:
    simulated = mixed_results()
    own = simulated["tasks"]
    tested = replace(
        own.estimates[0], quantity=PROPORTIONALITY, term="task", statistic=2.0, df=2, p_value=0.37
    )
    table = model_table(
        replace(simulated, items=(simulated["taps"], replace(own, estimates=(*own.estimates, tested))))
    )
    names = [as_cell(row.cells["name"]).text for row in table.rows]
    at = names.index("Tests of proportional odds")
    assert names[at + 1] == "Task"
    assert table.rows[at].heading
    assert at > names.index("Group × Hand")
    assert table.cell(table.rows[at + 1], table.columns[3]).text == "χ²(2) = 2.00"


def test_groups_that_are_no_participants_are_called_so() -> None:
    simulated = mixed_results()
    own = replace(simulated["taps"], analysis=replace(simulated["taps"].analysis, rows=""), participants=15)
    assert lines(model_table(replace(simulated, items=(own,))))["Groups"] == ["15", ""]


def test_a_name_of_several_lines_keeps_its_indent() -> None:
    table = model_table(mixed_results(), ["taps"])
    with zipfile.ZipFile(io.BytesIO(docx(table))) as archive:
        document = archive.read("word/document.xml").decode("utf-8")
    indented = sum(bool(row.indent) for row in table.rows)
    assert document.count('<w:ind w:left="180" w:hanging="180"/>') == indented > 10
    assert "text-indent: -1em" in html(table, caption=False)
