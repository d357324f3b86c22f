"""A pooling study as one value: cohorts with their own words, or with bundles, and what is pooled of them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mmstats import saved
from mmstats.arguments import check_analyses
from mmstats.bundle import Bundle, read_bundle, save_bundle, together
from mmstats.bundle.canonical import read_key
from mmstats.cohort import Cohort, Step, declared_variables
from mmstats.errors import BundleError, MmstatsError, PlanError, SchemaError, StudyError, unknown
from mmstats.harmonise.checking import mapping_problems, scale_problems
from mmstats.harmonise.columns import Model, columns_of, model_of
from mmstats.harmonise.each import pooled_by_method
from mmstats.harmonise.gathering import Gathered, gather
from mmstats.harmonise.plan import CohortSource, PooledAnalysis, PoolingPlan
from mmstats.harmonise.plan_file import is_pooling, parse_pooling
from mmstats.harmonise.rows import COHORT, Together, results_of
from mmstats.harmonise.sharing import Bundles, dictionary_digest, read_shared, summarised
from mmstats.harmonise.table import harmonised
from mmstats.intake import read_schemas
from mmstats.kind import Kind
from mmstats.missing_counts import Missing, missing_counts
from mmstats.plan import Plan, TablePlan
from mmstats.provenance import provenance
from mmstats.results import Result, Results
from mmstats.run import Progress
from mmstats.schema import Schema, Variable
from mmstats.study import Check, Study
from mmstats.toml import read_toml
from mmstats.verification import Verification, compare

THRESHOLD = 5


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
        found = cls(place, bundles, key)
        if not is_pooling(found._raw):
            raise StudyError(
                f"{place.folder.name} has no [cohorts.*] to pool: carry it out with `mmstats run`."
            )
        return found

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
    def _raw(self) -> dict[str, Any]:
        return read_toml(self.folder / "plan.toml", PlanError)

    @cached_property
    def _parsed(self) -> tuple[PoolingPlan, list[str]]:
        plan, problems = parse_pooling(self._raw)
        if self.place.data != self.folder:
            plan = replace(plan, cohorts=tuple(map(_without_data, plan.cohorts)))
        return plan, problems

    @property
    def plan(self) -> PoolingPlan:
        """The plan, as far as it can be understood."""
        return self._parsed[0]

    @cached_property
    def _shared(self) -> tuple[Schema | None, list[str]]:
        name = self.plan.schema
        table = TablePlan(name="shared", source="-", schema=name)
        schemas, problems = read_schemas(Plan(title="", tables=(table,)), self.folder)
        found = schemas.get("shared")
        problems = [text.replace("In [tables.shared]", "In the plan, schema") for text in problems]
        if found and found.key != (self.plan.unit,):
            problems.append(
                f"The shared dictionary {name!r} must have the key {self.plan.unit!r} alone; it has "
                f"{', '.join(found.key)}."
            )
        if found and COHORT in found.variables:
            problems.append(f"The shared dictionary {name!r} has a variable {COHORT!r}: call it otherwise.")
        return found, problems

    @property
    def shared(self) -> Schema:
        """The dictionary that all cohorts come to."""
        found, problems = self._shared
        if found is None:
            raise PlanError("There is no shared dictionary:", problems)
        return found

    @cached_property
    def _own(self) -> tuple[dict[str, dict[str, Schema]], dict[str, dict[str, Variable]], list[str]]:
        """Return each cohort's dictionaries and variables, and what is wrong with them."""
        schemas, variables = {}, {}
        problems: list[str] = []
        for cohort in self.plan.cohorts:
            if cohort.own is not None:
                schemas[cohort.name], broken = read_schemas(cohort.own, self.folder)
                found: list[str] = []
                variables[cohort.name] = declared_variables(cohort.own, schemas[cohort.name], found)
                problems += [
                    text.replace("[tables.", "[cohorts.").replace("[cohort", f"[cohorts.{cohort.name}")
                    if "[cohorts." not in text
                    else text
                    for text in (*(t.replace("[tables.", "[cohorts.") for t in broken), *found)
                ]
        return schemas, variables, problems

    @cached_property
    def _models(self) -> tuple[dict[str, Model], list[str]]:
        """Return the model of each analysis with a formula, and what is wrong with analyses."""
        models: dict[str, Model] = {}
        problems = []
        for analysis in self.plan.analyses:
            if analysis.formula:
                model, wrong = model_of(analysis, self.shared.variables)
                problems += [f"In analysis {analysis.id!r}: {text}" for text in wrong]
                if model is not None:
                    models[analysis.id] = model
        each = tuple(analysis.each for analysis in self.plan.analyses if analysis.each)
        return models, [*problems, *check_analyses(Plan(title="", analyses=each), self._variables)]

    @property
    def _variables(self) -> dict[str, Variable]:
        return {name: v for name, v in self.shared.variables.items() if name != self.plan.unit}

    @cached_property
    def plan_problems(self) -> tuple[str, ...]:
        """Everything that is wrong with the plan and its dictionaries, before any data are read."""
        plan, problems = self._parsed
        shared, broken = self._shared
        schemas, local, wrong = self._own
        found = [*problems, *broken, *wrong]
        if shared is not None:
            for cohort in plan.cohorts:
                if cohort.own is not None and len(schemas[cohort.name]) == len(cohort.own.tables):
                    found += mapping_problems(cohort, local[cohort.name], shared, plan)
            found += scale_problems(plan, shared)
            found += self._models[1]
        return tuple(dict.fromkeys(found))

    @cached_property
    def gathered(self) -> Gathered:
        """The cohorts whose rows are here."""
        here = [cohort for cohort in self.plan.cohorts if cohort.own is not None and not cohort.bundles]
        return gather(self.plan, here, self._own[0], self.shared, self.place.data)

    @cached_property
    def _bundles(self) -> tuple[Bundles, list[str]]:
        folders = {c.name: self.place.data / c.bundles for c in self.plan.cohorts if c.bundles}
        key = read_key(self.key) if self.key else None
        return read_shared(folders, self.more, self._models[0], self.plan, self.shared, key)

    def check(self) -> Check:
        """Report every problem of the plan, the dictionaries, the mappings, the tables and the bundles."""
        if self.plan_problems:
            return Check(self.plan.title, self.plan_problems, Gathered().intake, section="cohorts")
        intake = self.gathered.intake
        problems = (*intake.problems, *self._bundles[1])
        return Check(self.plan.title, (), replace(intake, problems=problems), section="cohorts")

    def _refuse(self) -> None:
        """Raise every problem of the study.

        Raises
        ------
        PlanError, SchemaError
        """
        if self.plan_problems:
            count = len(self.plan_problems)
            raise PlanError(f"plan.toml has {count} problem{'s' * (count > 1)}:", self.plan_problems)
        intake = self.check().intake
        problems = [*intake.problems, *(violation.sentence for violation in intake.open)]
        if problems:
            count = len(problems)
            raise SchemaError(
                f"The cohorts have {count:,} unresolved problem{'s' * (count > 1)} "
                "(`mmstats check` shows them with suggestions):",
                problems[:20],
            )

    def compute(self, *, progress: Progress | None = None) -> Results:
        """Carry out the plan; nothing is saved."""
        self._refuse()
        items: list[Result] = []
        for analysis in self.plan.analyses:
            items += self._pooled(analysis)
            if progress:
                progress(analysis.id)
        cohorts = {cohort.name: cohort.label for cohort in self.plan.cohorts}
        named = Variable(name=COHORT, kind=Kind.NOMINAL, label="Cohort", levels=cohorts)
        return Results(
            title=self.plan.title,
            items=tuple(items),
            variables={COHORT: named, **self._variables},
            flow=tuple(self._flow()),
            missing=tuple(self._missing()),
            provenance=self._record(),
            group=COHORT,
            note=self.plan.note,
            harmonisation=tuple(harmonised(self.plan, self.shared, self._own[1], self.gathered.mapped)),
            lookalikes=self.gathered.searches,
        )

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
        """Recompute the study and compare every number with what is saved."""
        return compare(self.results(), self.compute())

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
        if self.plan_problems:
            raise PlanError("plan.toml has problems:", self.plan_problems)
        known = [one.name for one in self.plan.cohorts]
        if cohort not in known:
            raise PlanError(unknown(cohort, known, what="cohort"))
        source = self.plan.cohort(cohort)
        if source.own is None:
            raise PlanError(f"[cohorts.{cohort}] has no 'source': say which file holds its rows, and map it.")
        found = gather(
            replace(self.plan, cohorts=(source,), duplicates=()),
            [source],
            self._own[0],
            self.shared,
            self.place.data,
        )
        problems = [*found.intake.problems, *(violation.sentence for violation in found.intake.open)]
        if problems:
            raise SchemaError(f"The rows of {cohort!r} have unresolved problems:", problems[:20])
        folder = out or (
            self.place.data / source.bundles if source.bundles else self.out / "bundles" / cohort
        )
        paths = {analysis: folder / f"{analysis}.json" for analysis in self._models[0]}
        previous = {name: read_bundle(path) for name, path in paths.items() if path.is_file()}
        made = summarised(
            found.mapped[cohort],
            self._models[0],
            self.plan,
            self.shared,
            threshold=threshold,
            previous=previous,
        )
        if not made:
            raise BundleError("The plan has no analysis with a formula, and only those are made from sums.")
        key = read_key(self.key) if self.key else None
        return [save_bundle(bundle, paths[name], key) for name, bundle in made.items()]

    def _pooled(self, analysis: PooledAnalysis) -> tuple[Result, ...]:
        mapped, bundles = self.gathered.mapped, self._bundles[0]
        left_out: dict[str, str] = {}
        if analysis.each:
            for cohort in self.plan.cohorts:
                if cohort.name not in mapped:
                    left_out[cohort.name] = "it shares sums, and this method needs rows."
            frames = {name: Cohort(one.frame, one.reasons, self._variables) for name, one in mapped.items()}
            return (pooled_by_method(analysis, frames, left_out, self.plan.seed),)
        model, found = self._models[0][analysis.id], dict[str, Bundle]()
        excluded: dict[str, int] = {}
        for cohort in self.plan.cohorts:
            shared = bundles.get((analysis.id, cohort.name))
            if shared is not None:
                found[cohort.name] = shared[1]
            elif cohort.name not in mapped:
                left_out[cohort.name] = "there is no bundle of it for this model."
            else:
                try:
                    own, lost = self._by_rows(analysis, model, cohort.name)
                except MmstatsError as failed:
                    left_out[cohort.name] = " ".join(str(failed).split())
                    continue
                found[cohort.name] = own
                for why, n in lost.items():
                    excluded[why] = excluded.get(why, 0) + n
        known = together(list(found.values())) if found else {}
        return results_of(analysis, model, Together(known, left_out, excluded))

    def _by_rows(self, analysis: PooledAnalysis, model: Model, cohort: str) -> tuple[Bundle, dict[str, int]]:
        """Return what a bundle of a cohort's rows would be, for use here: nothing is disclosed."""
        from mmstats.meta.sufficient import statistics

        found = columns_of(analysis, model, self.gathered.mapped[cohort].frame, self._variables)
        part = statistics(found.rows, model.names)
        digest = dictionary_digest(self.shared, self.plan)
        return Bundle(cohort, digest, analysis.model, THRESHOLD, part), found.excluded

    def _shared_sizes(self) -> dict[str, int]:
        """Return how many participants a cohort without rows here has, as far as its bundles tell."""
        sizes: dict[str, int] = {}
        for (_, cohort), (_, bundle) in self._bundles[0].items():
            if cohort not in self.gathered.mapped:
                sizes[cohort] = max(sizes.get(cohort, 0), bundle.statistics.count)
        return sizes

    def _flow(self) -> list[Step]:
        """Return who is there in all cohorts, and who left each."""
        own, sizes = self.gathered.steps, self._shared_sizes()
        counts = {
            cohort.name: own[cohort.name][0].kept if cohort.name in own else sizes.get(cohort.name, 0)
            for cohort in self.plan.cohorts
        }
        steps = [Step("In the tables and bundles of the cohorts", sum(counts.values()), 0, dict(counts))]
        for cohort in self.plan.cohorts:
            for step in own.get(cohort.name, ())[1:]:
                counts[cohort.name] -= step.removed
                reason = f"Excluded: {cohort.label}, {step.reason.removeprefix('Excluded: ')}"
                steps.append(Step(reason, sum(counts.values()), step.removed, dict(counts)))
        return steps

    def _missing(self) -> list[Missing]:
        return [
            replace(one, group=name)
            for name, mapped in self.gathered.mapped.items()
            for one in missing_counts(mapped.frame, mapped.reasons, list(mapped.frame), group="")
        ]

    def _record(self) -> dict[str, Any]:
        """Return where results come from: digests of plan, tables, bundles and dictionaries, and versions."""
        record = provenance(Plan(title=self.plan.title, seed=self.plan.seed), self.gathered.intake)
        record["plan"]["digest"] = self.plan.digest
        record["shared"] = {"schema": self.plan.schema, "digest": self.shared.digest}
        record["tables"] = (
            [*record["tables"], *map(_bundle_record, *zip(*self._bundles[0].items(), strict=True))]
            if (self._bundles[0])
            else record["tables"]
        )
        return record


def _bundle_record(place: tuple[str, str], found: tuple[Path, Bundle]) -> dict[str, Any]:
    (analysis, cohort), (path, bundle) = place, found
    return {
        "name": f"{cohort}, {analysis}",
        "source": path.name,
        "digest": bundle.digest,
        "rows": bundle.statistics.count,
        "columns": len(bundle.statistics.names),
        "schema": "bundle",
        "schema_digest": bundle.dictionary,
        "details": {
            "sums of": bundle.formula,
            "least participants": str(bundle.threshold),
            "signature": "checked" if bundle.signed else "not checked",
        },
    }


def _without_data(cohort: CohortSource) -> CohortSource:
    """Return a cohort whose files lie in the folder of data itself."""
    own = cohort.own
    if own is not None:
        tables = tuple(replace(table, source=table.source.removeprefix("data/")) for table in own.tables)
        own = replace(own, tables=tables)
    return replace(cohort, own=own, bundles=cohort.bundles.removeprefix("data/"))
