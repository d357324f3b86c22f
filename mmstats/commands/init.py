"""``mmstats init``: a study folder to start from."""

from pathlib import Path
from typing import Annotated

import typer

PLAN = """title = "{title}"
seed  = {seed}            # any whole number; write it down before you look at the data

# The first table decides who is in the study: one row per participant.
[tables.participants]
source = "data/participants.csv"
schema = "participants"   # data_schemas/participants.toml here, or a dictionary that mmstats ships

[cohort]
unit  = "participant_id"
group = "group"
# exclude = [{{ where = "age < 18", reason = "under 18" }}]

# [cohort.derive]
# older = "age >= 50"

[families.primary]
adjust = "holm"
label  = "Primary outcomes"

[[analysis]]
id      = "describe"
method  = "describe"
group   = "group"
each    = {{ outcome = ["age", "sex"] }}

[[analysis]]
id      = "age"
method  = "welch"
outcome = "age"
group   = "group"
family  = "primary"
"""


def command(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    like: Annotated[str, typer.Option("--like", help="Copy the plan and dictionaries of this study.")] = "",
) -> None:
    """Make a study folder: a plan to edit, a place for data, a place for dictionaries."""
    from mmstats.errors import StudyError
    from mmstats.writing import write_whole

    if folder.exists() and not folder.is_dir():
        raise StudyError(f"{folder} is a file; nothing was written. Give the name of a new folder.")
    if folder.exists() and any(folder.iterdir()):
        raise StudyError(f"{folder} is there already and not empty; nothing was written.")
    title = folder.name.replace("_", " ").replace("-", " ").capitalize() or "A study"
    files = {"plan.toml": PLAN.format(title=title, seed=20250101), "data/README.md": "Raw tables go here.\n"}
    if like:
        files |= _copied(like)
    else:
        from mmstats.shipped import shipped

        dictionary = shipped("data_schemas", "participants.toml").read_text(encoding="utf-8")
        files["data_schemas/participants.toml"] = dictionary
    for name, text in files.items():
        write_whole(folder / name, text)
    typer.echo(
        f"Made {folder}/ with {', '.join(sorted(files))}.\nNext: put your tables into {folder}/data and run"
    )
    typer.echo(f"  mmstats check {folder}\n  mmstats run {folder}\n  mmstats render {folder}")


def _copied(name: str) -> dict[str, str]:
    """Return the plan and the dictionaries of another study."""
    from mmstats.commands.either import either
    from mmstats.shipped import shipped
    from mmstats.study import Study

    study = either(name)
    files = {"plan.toml": (study.folder / "plan.toml").read_text(encoding="utf-8")}
    if isinstance(study, Study):
        schemas = [table.schema for table in study.plan.tables]
    else:
        tables = (table for cohort in study.plan.cohorts if cohort.own for table in cohort.own.tables)
        schemas = [study.plan.schema, *(table.schema for table in tables)]
    for schema in schemas:
        own = study.folder / "data_schemas" / f"{schema}.toml"
        path = own if own.is_file() else shipped("data_schemas", f"{schema}.toml")
        files[f"data_schemas/{schema}.toml"] = path.read_text(encoding="utf-8")
    return files
