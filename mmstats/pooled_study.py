"""A pooling study as one value: cohorts with their own words, or with bundles, and what is pooled of them."""

import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from mmstats import saved
from mmstats.bundle import read_bundle, save_bundle
from mmstats.bundle.canonical import read_key
from mmstats.errors import BundleError, PlanError, SchemaError, StudyError, unknown
from mmstats.harmonise.declared import Declared, declare
from mmstats.harmonise.gathering import Gathered, gather
from mmstats.harmonise.plan import PoolingPlan
from mmstats.harmonise.plan_file import plans_pooling
from mmstats.harmonise.pooling import BUNDLE, named, pooled, sum_problems
from mmstats.harmonise.sharing import Bundles, lacking, read_shared, summarised
from mmstats.intake import Intake
from mmstats.results import Results
from mmstats.run import Progress
from mmstats.study import Check, Study
from mmstats.toml import read_toml
from mmstats.verification import Verification, compare

THRESHOLD = 5
SHOWN = 20  # problems of one error


@dataclass(frozen=True)
class PooledStudy:
    """A folder with a ``plan.toml`` that has cohorts in place of tables.

    Parameters
    ----------
    place : Study
        Where its plan, data and results are.
    more : tuple of Path
        Bundles beside those of the plan; each stands in place of its cohort's rows.
    key : Path, optional
        A file with the key that bundles must be signed with.
    """

    place: Study
    more: tuple[Path, ...] = ()
    key: Path | None = None

    @classmethod
    def find(
        cls,
        name: str | Path,
        *,
        data: Path | None = None,
        out: Path | None = None,
        bundles: tuple[Path, ...] = (),
        key: Path | None = None,
    ) -> "PooledStudy":
        """Find a pooling study by its folder or name, as `Study.find` does.

        Raises
        ------
        StudyError
            If there is none of that name, or it is a study of one cohort.

        Examples
        --------
        >>> PooledStudy.find("three_cohorts").folder.name
        'three_cohorts'
        """
        place = Study.find(name, data=data, out=out)
        if not plans_pooling(read_toml(place.folder / "plan.toml", PlanError)):
            raise StudyError(
                f"{place.folder.name} has no [cohorts.*] to pool: carry it out with `mmstats run`."
            )
        return cls(place, bundles, key)

    @property
    def folder(self) -> Path:
        """The folder with the plan."""
        return self.place.folder

    @property
    def out(self) -> Path:
        """Where ``results/`` and ``report/`` are written."""
        return self.place.out

    @property
    def results_folder(self) -> Path:
        """Where results are saved."""
        return self.place.results_folder

    @cached_property
    def declared(self) -> Declared:
        """The plan with its dictionaries, and what is wrong with them."""
        raw = read_toml(self.folder / "plan.toml", PlanError)
        return declare(raw, self.folder, data_elsewhere=self.place.data != self.folder)

    @property
    def plan(self) -> PoolingPlan:
        """The plan, as far as it can be understood."""
        return self.declared.plan

    @cached_property
    def gathered(self) -> Gathered:
        """The cohorts whose rows are here."""
        here = [cohort for cohort in self.plan.cohorts if cohort.own is not None and not cohort.bundles]
        return gather(self.plan, here, self.declared.schemas, self.declared.shared, self.place.data)

    @cached_property
    def bundles(self) -> tuple[Bundles, list[str]]:
        """The bundles that stand in place of rows, and what is wrong with them."""
        folders = {c.name: self.place.data / c.bundles for c in self.plan.cohorts if c.bundles}
        key = read_key(self.key) if self.key else None
        known = self.declared
        return read_shared(folders, self.more, known.models, self.plan, known.shared, key)

    def check(self) -> Check:
        """Report every problem of the plan, the dictionaries, the mappings, the tables and the bundles."""
        if self.declared.problems:
            nothing = Intake((), (), ())
            return Check(self.plan.title, self.declared.problems, nothing, section="cohorts")
        intake, (bundles, wrong) = self.gathered.intake, self.bundles
        problems = [*intake.problems, *wrong]
        if not problems and not intake.open:
            problems += sum_problems(self.declared, self.gathered, bundles)
        return Check(self.plan.title, (), replace(intake, problems=tuple(problems)), section="cohorts")

    def compute(self, *, progress: Progress | None = None) -> Results:
        """Carry out the plan; nothing is saved.

        Raises
        ------
        PlanError, SchemaError
            With every problem of the plan, or of tables, mappings and bundles.
        """
        self.declared.refuse()
        _refuse(self.check().intake, "The cohorts have")
        return pooled(self.declared, self.gathered, self.bundles[0], progress)

    def run(self, *, progress: Progress | None = None) -> Results:
        """Carry out the plan, save its results, and log when that was and how long it took."""
        self.place.may_write()
        started, clock = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), time.monotonic()
        results = self.compute(progress=progress)
        saved.save(results, self.results_folder)
        self.place.log(started, time.monotonic() - clock, "here", self.plan.digest)
        return results

    def results(self) -> Results:
        """Return the saved results."""
        return saved.read(self.results_folder)

    def verify(self) -> Verification:
        """Recompute the study and compare every number with what is saved.

        Raises
        ------
        StudyError
            If saved results rest on bundles that neither the plan nor the caller gives.
        """
        before, (found, wrong) = self.results(), self.bundles
        here = {named(place) for place in found}
        lacking = [
            f"{one['name']} ({one['source']}, SHA-256 {one['digest'][:12]}...)"
            for one in before.provenance["tables"]
            if one["schema"] == BUNDLE and one["name"] not in here
        ]
        if lacking:
            raise StudyError(
                "The saved results rest on bundles that are not here. Give each by --bundle:",
                [*lacking, *wrong],
            )
        return compare(before, self.compute())

    def not_shared(self, cohort: str) -> dict[str, str]:
        """Return the analyses that a cohort makes no bundle for, and what it lacks."""
        source = self.plan.cohort(cohort)
        found = {a.id: lacking(a, source) for a in self.plan.analyses if a.id in self.declared.models}
        return {analysis: why for analysis, why in found.items() if why}

    def summarise(self, cohort: str, *, threshold: int = THRESHOLD, out: Path | None = None) -> list[Path]:
        """Write a cohort's bundles, as its site does, and return their paths.

        A bundle that is there already is made again only if it tells the same.

        Parameters
        ----------
        cohort : str
        threshold : int
            The least number of participants that any number may be about.
        out : Path, optional
            By default where the plan looks for them, or ``bundles/COHORT``.

        Raises
        ------
        PlanError, SchemaError, BundleError
            With every problem; then nothing is written.
        """
        known = self.declared
        known.refuse()
        names = [one.name for one in self.plan.cohorts]
        if cohort not in names:
            raise PlanError(unknown(cohort, names, what="cohort"))
        source = self.plan.cohort(cohort)
        if source.own is None:
            raise PlanError(f"[cohorts.{cohort}] has no 'source': say which file holds its rows, and map it.")
        if not known.models:
            raise BundleError("The plan has no analysis with a formula, and only those are made from sums.")
        alone = replace(self.plan, cohorts=(source,), duplicates=())
        found = gather(alone, [source], known.schemas, known.shared, self.place.data)
        _refuse(found.intake, f"The rows of {cohort!r} have")
        own = self.place.data / source.bundles if source.bundles else self.out / "bundles" / cohort
        paths = {analysis: (out or own) / f"{analysis}.json" for analysis in known.models}
        previous = {name: read_bundle(path) for name, path in paths.items() if path.is_file()}
        mapped = found.mapped[cohort]
        made = summarised(
            mapped, known.models, self.plan, known.shared, threshold=threshold, previous=previous
        )
        key = read_key(self.key) if self.key else None
        return [save_bundle(bundle, paths[name], key) for name, bundle in made.items()]


def _refuse(intake: Intake, whose: str) -> None:
    problems = [*intake.problems, *(violation.sentence for violation in intake.open)]
    if problems:
        count = len(problems)
        more = [f"and {count - SHOWN} more"] if count > SHOWN else []
        raise SchemaError(
            f"{whose} {count:,} unresolved problem{'s' * (count > 1)} (`mmstats check` shows them with "
            "suggestions):",
            [*problems[:SHOWN], *more],
        )
