"""Whatever a study folder holds: one report that says what is wrong and what to do; never a traceback."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from mmstats.commands import main
from tests.example_study import PARTICIPANTS, PEOPLE_SCHEMA, PLAN, SCORES, make

ROOT = Path(__file__).parents[2]
Said = tuple[int, str]
Command = Callable[..., Said]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the program in this process, as its entry point does; return its exit code and all it said."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["mmstats", *map(str, arguments)])
        said = io.StringIO()
        code = 0
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                main()
            except SystemExit as stopped:
                code = int(stopped.code or 0)
        return code, said.getvalue()

    return run


def refused(command: Command, folder: Path, *words: str) -> None:
    """Both commands refuse the study, say each of the words, and write nothing."""
    for name in ("check", "run"):
        code, said = command(name, folder)
        assert code == 1, said
        for word in words:
            assert word in said, (name, word, said)
        assert len(said) < 12_000
        assert "Traceback" not in said
    assert not (folder / "results").exists()


MISTAKES = (
    (PLAN.replace('title = "An example"\nseed = 7', "seed = -3\ncolour = 'red'"))
    .replace('"data/people.csv"', '"../people.csv"')
    .replace('by = "max", label', 'by = "maxx", label')
    .replace('value = "score", by = "max", where', 'value = "scoer", by = "max", where')
    .replace(
        'schema = "scores"',
        'schema = "scores"\nscore = ["fsmcc", { instrument = "fsmc", n = 3 }]\nsheat = 1',
    )
    .replace("age < 18", "age <")
    .replace('marked = "worst > 1"', 'marked = "wrost > 1"\nodd-name = "age + "\nage = "worst + 1"')
    .replace('group = "group"\nexclude', 'group = "grup"\nexclude')
    .replace('adjust = "holm"', 'adjust = "holmes"')
    .replace('method = "welch"\noutcome = "total"\ngroup = "group"', 'method = "wlech"\noutcome = "total"', 1)
    .replace('method = "brunner_munzel"\noutcome = "worst"', 'method = "brunner_munzel"\noutcome = "sex"')
    .replace("resamples = 199", "resamples = 3\nlevel = 95\ncolor = 1")
    .replace('interval = "bca-bootstrap"', 'interval = "bca"')
    .replace('x = "total"\ny = "age"', 'x = ["total"]')
    .replace("group == 'MS'", "group == 'MX'")
    .replace('id = "nobody"', 'id = "no body"')
    + """
[[analysis]]
id = "fatigue"
method = "linear_model"
formula = "total ~ age + (wrong"
family = "man"
[[analysis]]
method = "linear_model"
formula = "total ~ agge"
each = 3
[[tables.people.resolve]]
rule = "range"
[families.idle]
adjust = "bh"
"""
)
SAID = (
    "'title' is missing", "'seed' takes a whole number of at least 0", "Unknown key 'colour'",
    "leads out of the study's folder", "Unknown by 'maxx'. Did you mean 'max'", "Unknown variable 'scoer'",
    "Unknown instrument 'fsmcc'. Did you mean 'fsmc'", "score 'fsmc'",
    "Unknown key 'sheat'. Did you mean 'sheet'", "exclude number 1",
    "'wrost'", "odd-name", "there is a variable of this name already",
    "Unknown group 'grup'",
    "Unknown adjust 'holmes'. Did you mean 'holm'", "Unknown method 'wlech'. Did you mean 'welch'",
    "'sex' is binary", "a whole number of at least 99", "between 0 and 1", "Unknown role or option 'color'",
    "option 'interval'", "needs one variable as its x", "needs one variable as its y", "'MX'", "'no body'",
    "Two analyses are called 'fatigue'", "'total ~ age + (wrong'", "Unknown family 'man'", "'id' is missing",
    "'agge'", "'each' of", "exactly one of becomes, missing and accept", "Family 'idle' has no analysis",
)  # fmt: skip


def test_every_mistake_of_every_layer_is_said_at_once(tmp_path: Path, command: Command) -> None:
    folder = make(tmp_path / "study", plan=MISTAKES)
    for name in ("check", "run"):
        code, said = command(name, folder)
        assert code == 1
        missing = [words for words in SAID if words not in said]
        assert not missing, (missing, said)
        assert "Traceback" not in said


def test_a_broken_dictionary_does_not_make_the_plan_look_wrong(tmp_path: Path, command: Command) -> None:
    folder = make(tmp_path / "study", plan=PLAN.replace('method = "welch"', 'method = "wlech"', 1))
    schema = PEOPLE_SCHEMA.replace('kind = "continuous"', 'kind = "continous"', 1).replace(
        "required", "requird", 1
    )
    (folder / "data_schemas/people.toml").write_text(schema)
    for name in ("check", "run"):
        _, said = command(name, folder)
        assert "Did you mean 'continuous'" in said
        assert "Did you mean 'required'" in said
        assert "Unknown method 'wlech'" in said
        assert "Unknown variable" not in said
        assert "once every dictionary above can be read" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"title = 'x\nseed = 1", "is not valid TOML"),
        ("title = 'Über'".encode("cp1252"), "plan.toml is not UTF-8 text (line 1). Save it as UTF-8."),
        (PLAN.encode("utf-16"), "not UTF-8"),
        (b"\0" * 50, "is not valid TOML"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = " + b"{a=" * 1_000, "nested too deeply"),
        (b"seed = " + b"9" * 5_000, "a value cannot be read"),
        (b"seed = 2024-02-31", "is not valid TOML"),
        (b"#" * 6_000_000, "more than 5 MB"),
        (b"", "'title' is missing"),
        (b"tables = 3\ncohort = []\nanalysis = {}\nfamilies = 'x'\ntitle = 1\nseed = 'x'", "takes text"),
        (b"title='x'\nseed=1\n[tables.a]\nsource=1\nschema=[]\nscore={}\nsummarise=3", "'source' takes text"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_read(tmp_path: Path, command: Command, content: bytes, words: str) -> None:
    folder = make(tmp_path / "study")
    (folder / "plan.toml").write_bytes(content)
    refused(command, folder, words)


@pytest.mark.skipif(os.name == "nt", reason="links and devices of Unix")
@pytest.mark.parametrize("target", ["plan.toml", "/dev/zero", "nowhere", "data"])
def test_a_plan_that_is_no_file(tmp_path: Path, command: Command, target: str) -> None:
    folder = make(tmp_path / "study")
    (folder / "plan.toml").unlink()
    (folder / "plan.toml").symlink_to(target)
    refused(command, folder, "is no file")


def test_a_folder_without_a_plan(tmp_path: Path, command: Command) -> None:
    folder = make(tmp_path / "study")
    (folder / "plan.toml").unlink()
    refused(command, folder, "There is no plan.toml", "`mmstats init")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PARTICIPANTS.encode() + b"P\x81\x8d,HC,30,f,20\n", "neither UTF-8 nor Windows-1252"),
        (PARTICIPANTS.encode("utf-16-le"), "NUL character"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n\n", "is empty"),
        (PARTICIPANTS.splitlines()[0].encode(), "has headings but no rows"),
        (PARTICIPANTS.encode() + b"P99,HC," + b"x" * 10_000_000 + b",f,20\n", "more than 131,072 characters"),
        (PARTICIPANTS.replace("34", "\x1b[31m34").encode(), "control character (0x1b) in line 2"),
        (PARTICIPANTS.encode() + b"P01,HC,34,f,20\n", "Row 2 has the same participant_id."),
        (PARTICIPANTS.replace("participant_id", "pid").encode(), "It names the rows: give its heading"),
        (PARTICIPANTS.replace("P0", "Q").replace("P1", "Q").encode(), "None of its 12 participants is"),
        (PARTICIPANTS.encode() + b"P13,HC\n", "Row 14 has 2 values; there are 5 headings."),
        (b"PK\x03\x04" + b"x" * 99, "is a workbook or another archive"),
        (PARTICIPANTS.replace(",f,", ',"f,').encode(), "A quote may be open"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used(tmp_path: Path, command: Command, content: bytes, words: str) -> None:
    folder = make(tmp_path / "study")
    (folder / "data/people.csv").write_bytes(content)
    refused(command, folder, words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PARTICIPANTS.replace("P02", "PÜ2").encode("cp1252"), "check that these read well: PÜ2"),
        (PARTICIPANTS.encode("utf-16"), "encoding: UTF-16"),
    ],
)
def test_another_encoding_is_read_and_reported(
    tmp_path: Path, command: Command, content: bytes, words: str
) -> None:
    folder = make(tmp_path / "study")
    (folder / "data/people.csv").write_bytes(content)
    code, said = command("check", folder)
    assert code == 0
    assert words in said


NOT_NUMBERS = (
    *(
        "1e999",
        "-1e999",
        "1e-999",
        "NaN",
        "nan",
        "inf",
        "Infinity",
        "１２",
        "٣٤",
        "1_000",
        "0x10",
        "0b1",
        "²",
    ),
    *(
        "½",
        "1 000",
        "1d3",
        "1,5",
        "−5",
        "9007199254740993",
        "1e5x",
        "--1",
        "+-1",
        "1.2.3",
        "٫5",
        "True",
        "#N/A",
    ),
)


def test_what_only_looks_like_a_number_is_never_taken_for_one(tmp_path: Path, command: Command) -> None:
    rows = "".join(f'N{i:02},HC,"{text}",f,40\n' for i, text in enumerate(NOT_NUMBERS))
    folder = make(tmp_path / "study", people=PARTICIPANTS + rows)
    schema = PEOPLE_SCHEMA.replace("range = [16, 90]", "")
    (folder / "data_schemas/people.toml").write_text(schema, encoding="utf-8")
    code, said = command("check", folder, "--json")
    assert code == 1
    found = {f["value"] for f in json.loads(said)["to_resolve"] if f["rule"] == "number"}
    assert found == set(NOT_NUMBERS)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("data", "is a folder, not a file"),
        ("data/nothing.csv", "does not exist. Beside it: device.csv, people.csv, "),
        ("data/loop.csv", "link that leads nowhere"),
        ("data/zero.csv", "is not a file"),
        ("data/fifo.csv", "is not a file"),
        ("data/device.csv", "is empty"),
        ("data/people.sav", "in no format that can be read"),
        ("/etc/passwd.csv", "leads out of the study's folder"),
        ("data/../../secret.csv", "leads out of the study's folder"),
        ("C:\\\\secret.csv", "leads out of the study's folder"),
        ("a\\u0000b.csv", "a\\x00b.csv"),
        ("a" * 5_000 + ".csv", "aaa"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="links and devices of Unix")
def test_a_source_that_is_no_table(tmp_path: Path, command: Command, source: str, words: str) -> None:
    folder = make(tmp_path / "study", plan=PLAN.replace("data/people.csv", source))
    (folder / "data/loop.csv").symlink_to("loop.csv")
    (folder / "data/zero.csv").symlink_to("/dev/zero")
    (folder / "data/device.csv").symlink_to("/proc/self/environ")
    (folder / "data/people.sav").write_text("x")
    os.mkfifo(folder / "data/fifo.csv")
    (tmp_path / "secret.csv").write_text(PARTICIPANTS)
    refused(command, folder, words)


def test_a_dictionary_is_named_not_pathed(tmp_path: Path, command: Command) -> None:
    plan = PLAN.replace('schema = "people"', 'schema = "../data_schemas/people"')
    refused(command, make(tmp_path / "study", plan=plan), "without folder or ending")


def test_a_file_that_may_not_be_read(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path / "study")
    known = Path.open

    def forbidden(self: Path, *arguments: object, **more: object) -> object:  # the superuser may read all
        if self.name == "people.csv":
            raise PermissionError(13, "Permission denied")
        return known(self, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", forbidden)
    refused(command, folder, "cannot be opened: Permission denied")


def test_a_large_file_is_refused_at_once(tmp_path: Path, command: Command) -> None:
    folder = make(tmp_path / "study")
    with (folder / "data/people.csv").open("wb") as file:
        file.truncate(200_000_000)
    started = time.monotonic()
    refused(command, folder, "has 200 MB; at most 100 MB are read", "raise max_megabytes")
    assert time.monotonic() - started < 5


def test_many_violations_make_a_short_report(tmp_path: Path, command: Command) -> None:
    rows = 20_000
    people = "participant_id,group,age,sex,total\n" + "".join(f"N{i},HC,x{i},q,40\n" for i in range(rows))
    folder = make(tmp_path / "study", people=people, scores=SCORES.replace("P", "N"))
    started = time.monotonic()
    refused(command, folder, "40,018 ", "19,000 more rows, beyond the first 1,000")
    assert time.monotonic() - started < 60  # it was quadratic: minutes


NASTY = (
    "<script>alert(1)</script>",
    "=cmd()|'/C calc'!A0",
    "\u202eabc",
    "@SUM(1)",
    "`x`",
    "[a](b)",
    "\u009b31m",
)


def test_nasty_values_and_headings_stay_text(tmp_path: Path, command: Command) -> None:
    rows = "".join(f'"{text}","{text}","{text}","{text}",40\n' for text in NASTY)
    folder = make(
        tmp_path / "study", people=f'participant_id,group,age,sex,total,"{NASTY[2]}{NASTY[6]}"\n' + rows
    )
    page = tmp_path / "page.html"
    code, said = command("check", folder, "--html", page)
    assert code == 1
    for name, text in (("run", command("run", folder)[1]), ("check", said)):
        assert "\u202e" not in text, name
        assert "\u009b" not in text, name
    assert "<script>alert" not in page.read_text(encoding="utf-8")
    _, drafted = command("dictionary", folder / "data/people.csv")
    assert "\u009b" not in drafted
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def workbook(folder: Path, change: Callable[[openpyxl.Workbook], object]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "people"
    for line in PARTICIPANTS.split():
        sheet.append([int(text) if text.lstrip("-").isdigit() else text for text in line.split(",")])
    change(book)
    book.save(folder / "data/people.xlsx")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda book: book["people"].merge_cells("A3:B3"), "Cells are merged: A3:B3. Unmerge them"),
        (
            lambda book: book["people"].__setitem__("C2", "=30+4"),
            "Formulas have no saved value: C2. Open it in",
        ),
        (
            lambda book: book.create_sheet("more").append([1]),
            "several sheets: people, more. Name one in the plan",
        ),
    ],
)
def test_a_workbook_that_cannot_be_read_as_a_table(
    tmp_path: Path, command: Command, change: Callable[[openpyxl.Workbook], object], words: str
) -> None:
    folder = make(tmp_path / "study", plan=PLAN.replace("people.csv", "people.xlsx"))
    workbook(folder, change)
    refused(command, folder, words)


def test_what_a_workbook_hides_is_said(tmp_path: Path, command: Command) -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book["people"].row_dimensions[3].hidden = True
        book["people"].column_dimensions["D"].hidden = True
        book.create_sheet("secret").append([1])
        book["secret"].sheet_state = "hidden"

    plan = PLAN.replace('source = "data/people.csv"', 'source = "data/people.xlsx"\nsheet = "people"')
    folder = make(tmp_path / "study", plan=plan)
    workbook(folder, hide)
    code, said = command("check", folder)
    assert code == 0
    for words in ("hidden rows: read like the others: 3", "hidden columns", "not read: secret (hidden)"):
        assert words in said


def test_zeros_that_a_workbook_shows_in_front_are_kept(tmp_path: Path) -> None:
    from mmstats.sources import read_table

    def pad(book: openpyxl.Workbook) -> None:
        for row in range(2, 5):
            cell = book["people"].cell(row, 1)
            cell.value, cell.number_format = 7 * row, "0000"

    (tmp_path / "data").mkdir()
    workbook(tmp_path, pad)
    table = read_table(tmp_path / "data/people.xlsx", name="people")
    assert list(table.frame["participant_id"][:4]) == ["0014", "0021", "0028", "P04"]
    assert list(table.frame["age"][:2]) == ["34", "41"]
    assert table.details["zeros in front"] == "kept as they are shown: 0014, 0021, 0028"


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_stopping_a_run_is_one_line_and_keeps_earlier_results(
    tmp_path: Path, command: Command, workers: str
) -> None:
    folder = make(tmp_path / "study")
    assert command("run", folder)[0] == 0
    earlier = {path.name: path.read_bytes() for path in (folder / "results").iterdir()}
    boot = '[[analysis]]\nid = "boot{}"\nmethod = "welch"\noutcome = "age"\ngroup = "group"\n'
    boot += 'interval = "bca-bootstrap"\nresamples = 9999999\n'
    slow = PLAN + "".join(boot.format(number) for number in range(200))
    (folder / "plan.toml").write_text(slow, encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from mmstats.commands import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", str(folder), "--workers", workers],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=60)
    assert process.returncode == 130, (said, complained)
    assert complained.strip().splitlines() == ["mmstats: stopped; earlier results are as they were."]
    assert {path.name: path.read_bytes() for path in (folder / "results").iterdir()} == earlier


def test_a_full_disk_leaves_earlier_results_whole(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path / "study")
    assert command("run", folder)[0] == 0
    earlier = {path.name: path.read_bytes() for path in (folder / "results").iterdir()}

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, said = command("run", folder)
    assert code == 1
    assert "results cannot be written: No space left on device. What was there before is still whole." in said
    assert {path.name: path.read_bytes() for path in (folder / "results").iterdir()} == earlier
    assert not list(folder.glob("results.*"))


@pytest.mark.skipif(os.name == "nt", reason="devices of Unix")
def test_a_place_that_cannot_be_written_is_said_before_anything_is_computed(
    tmp_path: Path, command: Command
) -> None:
    folder = make(tmp_path / "study")
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", Path("/proc/here")):
        code, said = command("run", folder, "--out", out)
        assert code == 1
        assert "cannot be written" in said
        assert "--out" in said
    code, said = command("check", folder, "--html", "/proc/page.html")
    assert code == 1
    assert "Ready to run." in said
    assert "page.html cannot be written" in said
