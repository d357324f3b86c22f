"""What a site shares of a cohort, and what is read of what other sites share."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from mmstats.bundle import Bundle, read_bundle, summarise
from mmstats.bundle.joint import Part, joint_problems
from mmstats.errors import BundleError, MmstatsError, unknown
from mmstats.formula import Formula
from mmstats.harmonise.columns import Model, columns_of
from mmstats.harmonise.mapping import MappedCohort
from mmstats.harmonise.plan import CohortSource, PooledAnalysis, PoolingPlan
from mmstats.plan import digest
from mmstats.schema import Schema

Bundles = dict[tuple[str, str], tuple[Path, Bundle]]  # by analysis and cohort


def dictionary_digest(shared: Schema, plan: PoolingPlan) -> str:
    """Return the digest of what columns follow: the shared dictionary, and how instruments meet in it."""
    return digest({"dictionary": shared.digest, "scales": [asdict(scale) for scale in plan.scales]})


def lacking(analysis: PooledAnalysis, source: CohortSource) -> str:
    """Return what a model needs and a cohort's map says is absent, with the reasons; or nothing."""
    names = Formula.parse(analysis.formula).columns
    absent = [source.of[name] for name in names if name in source.of and source.of[name].absent]
    return "; ".join(f"{one.name} is not in this cohort ({one.absent})" for one in absent)


def summarised(
    mapped: MappedCohort,
    models: Mapping[str, Model],
    plan: PoolingPlan,
    shared: Schema,
    *,
    threshold: int,
    previous: Mapping[str, Bundle],
) -> dict[str, Bundle]:
    """Return a cohort's bundle for each analysis with a formula whose variables it has.

    Parameters
    ----------
    mapped : MappedCohort
    models : mapping of str to Model
        By analysis.
    plan : PoolingPlan
    shared : Schema
    threshold : int
    previous : mapping of str to Bundle
        Those that were made before, by analysis.

    Raises
    ------
    BundleError
        With all reasons, of all analyses, why one must not be shared; then none is made.
    """
    made, problems = dict[str, Bundle](), list[str]()
    parts: dict[str, Part] = {}
    for analysis in plan.analyses:
        if analysis.id not in models or lacking(analysis, plan.cohort(mapped.name)):
            continue
        model = models[analysis.id]
        try:
            found = columns_of(analysis, model, mapped.frame, shared.variables)
            parts[analysis.id] = Part(found.rows, model.names, found.who)
            made[analysis.id] = summarise(
                found.rows,
                model.names,
                cohort=mapped.name,
                formula=analysis.model,
                dictionary=dictionary_digest(shared, plan),
                factors=found.factors,
                threshold=threshold,
                previous=previous.get(analysis.id),
                counted=False,
            )
        except MmstatsError as failed:
            problems += [f"{analysis.id}: {text}" for text in failed.problems or (str(failed),)]
    problems += joint_problems(parts, threshold)
    if problems:
        raise BundleError(f"Cohort {mapped.name!r} cannot share its sums; nothing was written:", problems)
    if not made:
        raise BundleError(f"Cohort {mapped.name!r} has the variables of no analysis with a formula.")
    return made


def read_shared(
    folders: Mapping[str, Path],
    more: Sequence[Path],
    models: Mapping[str, Model],
    plan: PoolingPlan,
    shared: Schema,
    key: bytes | None,
) -> tuple[Bundles, list[str]]:
    """Return the bundles that stand in place of rows, and everything that is wrong with them.

    Parameters
    ----------
    folders : mapping of str to Path
        Of each cohort that shares bundles.
    more : sequence of Path
        Further bundles, of any cohort.
    models : mapping of str to Model
    plan : PoolingPlan
    shared : Schema
    key : bytes or None
        What bundles must be signed with.
    """
    problems: list[str] = []
    files: list[tuple[str, Path]] = []
    for cohort, folder in folders.items():
        own = sorted(folder.glob("*.json")) if folder.is_dir() else []
        if not own and not more:
            problems.append(
                f"[cohorts.{cohort}]: there is no bundle in {folder.name}/. Its site makes them with "
                f"`mmstats summarise STUDY {cohort}`."
            )
        files += [(cohort, path) for path in own]
    files += [("", path) for path in more]
    found: Bundles = {}
    seen: dict[str, Path] = {}
    for cohort, path in files:
        try:
            bundle = read_bundle(path, key)
        except BundleError as failed:
            problems.append(str(failed))
            continue
        if bundle.digest in seen:
            problems.append(f"{path.name} is the same bundle as {seen[bundle.digest].name}: give it once.")
            continue
        seen[bundle.digest] = path
        wrong, analysis = _placed(bundle, path, cohort, models, plan, shared)
        problems += wrong
        if analysis is None:
            continue
        place = (analysis.id, bundle.cohort)
        if place in found:
            problems.append(
                f"{path.name} and {found[place][0].name} are both {bundle.cohort!r} in analysis "
                f"{analysis.id!r}: give one."
            )
        elif not wrong:
            found[place] = (path, bundle)
    return found, problems


def _placed(
    bundle: Bundle,
    path: Path,
    cohort: str,
    models: Mapping[str, Model],
    plan: PoolingPlan,
    shared: Schema,
) -> tuple[list[str], PooledAnalysis | None]:
    """Return what is wrong with a bundle in this study, and the analysis that it is for."""
    problems = []
    known = [one.name for one in plan.cohorts]
    if bundle.cohort not in known:
        problems.append(f"{path.name}: {unknown(bundle.cohort, known, what='cohort')}")
    elif cohort and bundle.cohort != cohort:
        problems.append(f"{path.name} is of {bundle.cohort!r}, but lies in the folder of {cohort!r}.")
    if bundle.dictionary != dictionary_digest(shared, plan):
        problems.append(
            f"{path.name} follows another dictionary, or other [scales], than this plan: "
            f"{bundle.dictionary[:12]}, not {dictionary_digest(shared, plan)[:12]}. Make it again with this "
            "plan."
        )
    own = next((a for a in plan.analyses if a.id in models and a.model == bundle.formula), None)
    if own is None:
        models_told = [a.model for a in plan.analyses if a.id in models]
        problems.append(f"{path.name}: {unknown(bundle.formula, models_told, what='model')}")
    elif bundle.statistics.names != models[own.id].names:
        problems.append(
            f"{path.name} has the columns {', '.join(bundle.statistics.names)}; analysis {own.id!r} has "
            f"{', '.join(models[own.id].names)}."
        )
    return problems, own
