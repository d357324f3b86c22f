"""``mmstats pool``: bring cohorts to one dictionary, and pool what the plan asks for."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmstats.commands import parameters
from mmstats.commands.progress import counted
from mmstats.printable import for_terminal

if TYPE_CHECKING:
    from mmstats.pooled_study import PooledStudy
    from mmstats.results import Result, Results

Key = Annotated[Path | None, typer.Option("--key", help="A file with the key that bundles are signed with.")]
Bundles = Annotated[
    list[Path] | None,
    typer.Option("--bundle", help="A cohort's bundle, in place of its rows; may be repeated."),
]


def command(
    study: parameters.Name,
    bundle: Bundles = None,
    data: parameters.Data = None,
    out: parameters.Out = None,
    key: Key = None,
) -> None:
    """Pool cohorts: in two stages and in one, from their rows or from the sums they share."""
    from mmstats.pooled_study import PooledStudy

    carry_out(PooledStudy.find(study, data=data, out=out, bundles=tuple(bundle or ()), key=key))


def carry_out(study: "PooledStudy") -> None:
    """Run a pooling study and print what came of each analysis."""
    with counted("Analyses", len(study.plan.analyses)) as progress:
        results = study.run(progress=progress)
    for result in results:
        for line in _lines(results, result):
            typer.echo(for_terminal(line))
    for search in results.lookalikes:
        if search.found:
            done = f"{search.dropped} left out" if search.dropped else "all stay"
            typer.echo(
                for_terminal(
                    f"{search.first} and {search.second}: {search.found} in both, {done} ({search.reason})."
                )
            )
    typer.echo(f"Saved in {study.results_folder}")
    if any(result.status == "failed" for result in results):
        raise typer.Exit(1)


def _lines(results: "Results", result: "Result") -> Iterator[str]:
    """Yield what came of an analysis: its cohorts, the estimate in two stages and in one, and warnings."""
    from mmstats import format as fmt
    from mmstats import labels

    if result.analysis.method != "two_stage":
        return
    yield f"{result.analysis.id}: {labels.analysis(results, result)}"
    rows = [e for e in result.estimates if e.quantity.name in ("effect", "effect_ratio")]
    cohorts = [e for e in rows if e.term and e.term != "one-stage"]
    if cohorts:
        yield f"  {len(cohorts)} cohorts, {result.n:,} participants"
    for e in cohorts:
        name = labels.level(results, "cohort", e.term.removeprefix("cohort[").removesuffix("]"))
        yield f"    {name:12} {fmt.with_interval(e)}, {e.n} participants"
    for term, words in (("", "two stages"), ("one-stage", "one stage")):
        for e in (e for e in rows if e.term == term):
            yield f"  {words:12}   {fmt.with_interval(e)}, {fmt.p_value(e.p_value)}"
            if e.note:
                yield f"    {e.note}"
    if not rows:
        yield f"  {result.status}: {result.reason}"
    for warning in result.warnings:
        yield f"  {warning}"
