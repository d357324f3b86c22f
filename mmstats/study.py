"""A study folder as one value: its plan, its data, and what is made of them."""

import csv
import os
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from mmstats import saved
from mmstats.arguments import check_analyses
from mmstats.cohort import Cohort, assemble, declared_variables
from mmstats.compute import HERE, Place
from mmstats.errors import PlanError, SchemaError, StudyError, nearest
from mmstats.intake import Intake, read_schemas, take_in
from mmstats.long_rows import declared_rows
from mmstats.own_methods import OwnMethods, load
from mmstats.plan import Plan
from mmstats.plan_file import parse_plan
from mmstats.provenance import provenance
from mmstats.results import Results
from mmstats.review_file import check_review
from mmstats.run import Progress, run
from mmstats.schema import Schema
from mmstats.shipped import in_installation, shipped
from mmstats.toml import read_toml
from mmstats.verification import Verification, compare
from mmstats.writing import cannot_write


@dataclass(frozen=True)
class Check:
    """Everything that is wrong with a study, and what was read.

    Parameters
    ----------
    title : str
    plan_problems : tuple of str
        Of the plan and its dictionaries.
    intake : Intake
        The tables and what is wrong with them.
    at_rows : mapping of str to int
        How many analyses each table has that are of its own rows.
    section : {"tables", "cohorts"}
        What the plan calls its tables.
    """

    title: str
    plan_problems: tuple[str, ...]
    intake: Intake
    at_rows: Mapping[str, int] = field(default_factory=dict)
    section: str = "tables"

    @property
    def ok(self) -> bool:
        """Whether the study can be run."""
        return not (self.plan_problems or self.intake.problems or self.intake.open)


@dataclass(frozen=True)
class Study:
    """A folder with a ``plan.toml``.

    Parameters
    ----------
    folder : Path
        Holds the plan, and dictionaries of the study's own in ``data_schemas/``.
    data : Path
        The folder that the plan's sources are relative to.
    out : Path
        Where ``results/`` and ``report/`` are written.
    methods : OwnMethods, optional
        Methods that the study brings itself.
    """

    folder: Path
    data: Path
    out: Path
    methods: OwnMethods | None = None

    @classmethod
    def find(
        cls,
        name: str | Path,
        *,
        data: Path | None = None,
        out: Path | None = None,
        methods: Path | None = None,
    ) -> "Study":
        """Find a study by its folder, or by the name of one under ``analyses/`` or of a shipped one.

        Parameters
        ----------
        name : str or Path
        data : Path, optional
            Where the data are, when they are not in the study's folder; sources lose a leading ``data/``.
        out : Path, optional
            Where to write; by default the study's folder, or a folder of its name here for a shipped one.

        methods : Path, optional
            A Python file with methods of the study's own; it is run.

        Raises
        ------
        StudyError
            If there is none, with the nearest names; or if the file of methods cannot be used.

        Examples
        --------
        >>> Study.find("ms_fatigue").folder.name
        'ms_fatigue'
        """
        folder = _folder(str(name))
        if data is not None and not data.is_dir():
            raise StudyError(f"There is no folder {data} to read data from.")
        if out is None:
            out = Path.cwd() / folder.name if in_installation(folder) else folder
        return cls(folder, data or folder, out, load(methods) if methods else None)

    @property
    def results_folder(self) -> Path:
        """Where results are saved."""
        return self.out / "results"

    @cached_property
    def _parsed(self) -> tuple[Plan, list[str]]:
        raw = read_toml(self.folder / "plan.toml", PlanError)
        if "cohorts" in raw:
            raise StudyError(
                f"{self.folder.name} pools cohorts: carry it out with `mmstats pool`, in Python by "
                "mmstats.PooledStudy."
            )
        plan, problems = parse_plan(raw)
        if self.data != self.folder:
            tables = tuple(replace(t, source=t.source.removeprefix("data/")) for t in plan.tables)
            plan = replace(plan, tables=tables)
        return plan, problems

    @property
    def plan(self) -> Plan:
        """The plan, as far as it can be understood."""
        return self._parsed[0]

    @cached_property
    def _schemas(self) -> tuple[dict[str, Schema], list[str]]:
        return read_schemas(self.plan, self.folder)

    @cached_property
    def plan_problems(self) -> tuple[str, ...]:
        """Everything that is wrong with the plan and its dictionaries, before any data are read."""
        plan, problems = self._parsed
        schemas, broken = self._schemas
        found = [*problems, *broken]
        if not plan.tables:
            found.append(
                "The plan has no [tables.NAME] with a source and a schema: say which files hold the data."
            )
        if not plan.analyses:
            found.append("The plan has no [[analysis]].")
        declared: list[str] = []
        variables = declared_variables(plan, schemas, declared)
        known = (
            None if len(schemas) < len(plan.tables) else variables
        )  # without a dictionary, names are unknown
        rows = declared_rows(plan, schemas, variables, declared)
        found += [*declared, *check_analyses(plan, known, rows)]
        if plan.review:
            found += check_review(plan.review, [one.id for one in plan.analyses], known)
        if known is None and plan.tables:
            found.append(
                "Whether variables are named rightly is checked once every dictionary above can be read."
            )
        return tuple(dict.fromkeys(found))

    @cached_property
    def intake(self) -> Intake:
        """The tables, read, checked and resolved."""
        return take_in(self.plan, self._schemas[0], self.data)

    def check(self) -> Check:
        """Report every problem of the plan, the dictionaries and the tables."""
        at_rows = Counter(analysis.rows for analysis in self.plan.analyses if analysis.rows)
        return Check(self.plan.title, self.plan_problems, self.intake, at_rows)

    def cohort(self) -> Cohort:
        """Return the analysis set.

        Raises
        ------
        PlanError
            With every problem of the plan.
        SchemaError
            If tables cannot be read, or have violations that the plan does not resolve.
        """
        if self.plan_problems:
            count = len(self.plan_problems)
            raise PlanError(f"plan.toml has {count} problem{'s' * (count > 1)}:", self.plan_problems)
        problems = [*self.intake.problems, *(violation.sentence for violation in self.intake.open)]
        if problems:
            count = len(self.intake.problems) + sum(violation.count for violation in self.intake.open)
            raise SchemaError(
                f"The data have {count:,} unresolved problem{'s' * (count > 1)} "
                "(`mmstats check` shows them with suggestions):",
                _some(problems),
            )
        return assemble(self.plan, self.intake.tables)

    def compute(self, *, on: str | Place = HERE, progress: Progress | None = None) -> Results:
        """Carry out the plan, here or where `on` says (`mmstats.compute.each`); nothing is saved."""
        cohort = self.cohort()
        own = (self.methods,) if self.methods else ()
        results = run(self.plan, cohort, on=on, progress=progress, own=own)
        record = provenance(self.plan, self.intake, own)
        return replace(results, provenance=record, scoring=cohort.notes)

    def run(self, *, on: str | Place = HERE, progress: Progress | None = None) -> Results:
        """Carry out the plan, save its results, and log when that was and how long it took.

        Raises
        ------
        StudyError
            Before anything is computed, if results cannot be written here.
        """
        self.may_write()
        started, clock = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), time.monotonic()
        results = self.compute(on=on, progress=progress)
        saved.save(results, self.results_folder)
        self.log(started, time.monotonic() - clock, on, self.plan.digest)
        return results

    def results(self) -> Results:
        """Return the saved results."""
        return saved.read(self.results_folder)

    def verify(self, *, on: str | Place = HERE) -> Verification:
        """Recompute the study and compare every number with what is saved."""
        return compare(self.results(), self.compute(on=on))

    def may_write(self) -> None:
        """Refuse, before anything is computed, a place where results cannot be written.

        Raises
        ------
        StudyError
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.out):
                pass
        except OSError as failed:
            raise cannot_write(self.results_folder, failed) from None

    def log(self, started: str, seconds: float, on: str | Place, plan: str) -> None:
        """Note when a plan, given by its digest, was carried out, how long it took, and where."""
        path = self.out / "run_log.csv"
        new = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                writer.writerow(("started", "seconds", "on", "plan"))
            writer.writerow((started, f"{seconds:.1f}", str(on), plan[:12]))


def _folder(name: str) -> Path:
    places = (Path(name), Path("analyses") / name)
    for place in places:
        if (place / "plan.toml").is_file():
            return place.resolve()
    if name.replace("_", "").replace("-", "").isalnum():
        try:
            return shipped("analyses", name)
        except StudyError:
            known = {path.parent.name for path in shipped("analyses").glob("*/plan.toml")}
            known |= {path.parent.name for path in Path("analyses").glob("*/plan.toml")}
            hint = nearest(name, known) or f" There are: {', '.join(sorted(known))}."
            raise StudyError(f"There is no study {name!r} here or shipped.{hint}") from None
    folder = Path(name)
    if os.path.lexists(folder / "plan.toml"):
        raise StudyError(
            f"{folder / 'plan.toml'} is no file: a folder, a device, or a link that leads nowhere."
        )
    new = f"{name}/NAME" if folder.is_dir() and any(folder.iterdir()) else name
    raise StudyError(f"There is no plan.toml in {name}. `mmstats init {new}` makes a study to start from.")


def _some(problems: Sequence[str], most: int = 20) -> list[str]:
    more = [f"and {len(problems) - most} more"] if len(problems) > most else []
    return [*problems[:most], *more]
