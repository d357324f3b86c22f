"""What a review found: its studies, what was pooled of them, published results beside, and the certainty."""

import re
from collections.abc import Iterator, Sequence

from mmstats import format as fmt
from mmstats import labels
from mmstats.pooled_parts import cited_studies, is_pooling, pooled_parts, split, study_values, study_variable
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float, label
from mmstats.report.cited import Cited
from mmstats.report.saved_values import Report, begun_small
from mmstats.report.sections.review_figures import counts_of, forest, funnel, further, seen_in
from mmstats.report.sections.review_words import (
    by_effect,
    has_subgroups,
    heterogeneity_sentence,
    influence_sentence,
    left_out,
    parts_sentence,
    pooled_sentence,
    prediction_sentence,
    subgroup_sentences,
    told,
)
from mmstats.report.sections.wording import after, begun, listed, several
from mmstats.results import Result, Results

DRAWN = ("filled_effect", "predicted_effect")  # for figures alone


def review_summary(report: Report) -> Blocks:
    """Return the review in short: its question, how many studies, and the findings."""
    return Blocks(_summary(report))


def studies(report: Report) -> Blocks:
    """Return how studies were found and chosen, their characteristics, and how likely each is biased."""
    return Blocks(_studies(report.results))


def review_findings(report: Report) -> Blocks:
    """Return what was pooled of each effect: words, forest plots, effects, and sensitivity to choices."""
    found = by_effect(report.results)
    if not found:
        return Blocks(["This study pools no studies."])
    return Blocks(block for members in found.values() for block in _effect(report, members))


def published(report: Report) -> Blocks:
    """Return the published results beside ours."""
    return Blocks(_published(report.results))


def certainty(report: Report) -> Blocks:
    """Return the summary of findings."""
    from mmstats.tables.findings import findings_table

    if not (report.results.review and report.results.review.findings):
        return Blocks([])
    table = findings_table(report.results)
    return Blocks(
        ["## Summary of findings",
         "@tbl-findings sums up the evidence of each outcome, and how certain it is [@guyatt2008].",
         Float("tbl-findings", escape(table.caption) + ".", table)]
    )  # fmt: skip


def _summary(report: Report) -> Iterator[str]:
    results, review = report.results, report.results.review
    said = [told(review.question)] if review and review.question else []
    flow = review.flow if review else None
    if flow and flow.included_studies is not None:
        screened = f"The search gave {fmt.count(flow.found)} records; " if flow.found else ""
        included = several(flow.included_studies, "study is", "studies are")
        said.append(escape(begun(f"{screened}{included} included.")))
    yield " ".join(said)
    lines = []
    graded = {one.analysis: one for one in (review.findings if review else ())}
    for members in by_effect(results).values():
        for result in members:
            if is_pooling(result) and (result.analysis.id in graded or (not graded and result is members[0])):
                found = pooled_parts(results, result.analysis.id)
                text = pooled_sentence(results, found, report.style)
                sure = graded.get(result.analysis.id)
                name = told(sure.outcome) if sure else escape(labels.analysis(results, result))
                end = f" Certainty of the evidence: {sure.certainty}." if sure else ""
                lines.append(f"- **{name}.** {text} {prediction_sentence(found)}{end}")
    yield "\n".join(lines)


def _studies(results: Results) -> Iterator[str | Float]:
    from mmstats.figures.prisma import prisma_figure
    from mmstats.tables.studies import risk_of_bias_table, studies_table

    review = results.review
    if review is None:
        return
    if review.flow:
        yield "## Studies found"
        yield _chosen(results)
    if review.flow and review.flow.tells:
        figure = prisma_figure(results)
        yield Float("fig-prisma", escape(figure.caption), figure)
    if review.texts.get("excluded_studies"):
        yield told(review.texts["excluded_studies"])
    if review.characteristics:
        yield "## Characteristics of the studies"
        count = len(study_values(results, review.characteristics))
        yield f"@tbl-studies describes {several(count, 'study', 'studies')}."
        table = studies_table(results)
        yield Float("tbl-studies", escape(table.caption) + ".", Cited(table, cited_studies(results)))
    elif keys := cited_studies(results):
        yield "The studies are " + "; ".join(f"{escape(name)} [@{key}]" for name, key in keys.items()) + "."
    if review.risk_of_bias:
        yield "## Risk of bias in the studies"
        yield " ".join([*_judged(results), "@tbl-bias has the judgements of each study."])
        table = risk_of_bias_table(results)
        yield Float("tbl-bias", escape(table.caption) + ".", table)


def _chosen(results: Results) -> str:
    """Return the flow in words, and how many of the included studies have data here."""
    flow = results.review.flow if results.review else None
    if flow is None:
        return ""
    here = len(study_values(results, []))
    reports = f", with {several(flow.included_reports, 'report')}" if flow.included_reports else ""
    said = []
    if flow.included_studies is not None:
        included = several(flow.included_studies, "study is", "studies are")
        data = (
            ""
            if flow.included_studies == here
            else f"; {several(here, 'of them has', 'of them have')} data here"
        )
        said.append(f"{begun(included)} included{reports}{data}.")
    shown = "@fig-prisma shows how studies were found and chosen."
    return " ".join([*said, shown if flow.tells else "The records and reports before that are not reported."])


def _judged(results: Results) -> Iterator[str]:
    """Yield how many studies got which judgement, of each thing that was judged."""
    names = results.review.risk_of_bias if results.review else ()
    values = study_values(results, names)
    for name in names:
        counts = {
            labels.level(results, name, level): sum(level in map(str, own[name]) for own in values.values())
            for level in labels.levels(results, name)
        }
        none = sum(not own[name] for own in values.values())
        said = [f"{begun_small(level)} in {n}" for level, n in counts.items() if n]
        said += [f"not judged in {none}"] if none else []
        yield escape(f"{labels.label(results, name)}: {listed(said)}.")


def _effect(report: Report, members: Sequence[Result]) -> Iterator[str | Float]:
    """Yield one effect: the pooling that is graded, or the first, in full, and all others in tables."""
    results = report.results
    graded = {one.analysis for one in (results.review.findings if results.review else ())}
    pooled = [result for result in members if is_pooling(result)]
    pooled.sort(key=lambda result: result.analysis.id not in graded)  # as the summary has it
    full = [r for i, r in enumerate(pooled) if i == 0 or has_subgroups(results, r)]
    checks = [r for r in members if r not in pooled and r.estimates]
    failed = [r for r in members if not r.estimates]
    yield f"## {escape(_heading(results, members))}"
    for result in full:
        yield from _pooling(report, result, first=result is full[0])
    if len(pooled) > 1:
        yield from _sensitivity(report, [r for r in members if r in pooled or r in failed])
    elif failed:
        yield " ".join(escape(f"{labels.analysis(results, r)}: {r.status}. {r.reason}") for r in failed)
    if checks:
        yield from _checks(report, checks)
    drawn = [one for result in full[:1] for one in funnel(report, result, checks)]
    alike = {counts_of(result) or result.analysis.id: result for result in reversed(members)}
    drawn += [one for result in members if result in alike.values() for one in further(report, result)]
    said = [influence_sentence(results, r) for r in checks if left_out(r)]
    yield " ".join([*said, *(seen_in(one) for one in drawn)])
    yield from drawn


def _heading(results: Results, members: Sequence[Result]) -> str:
    """Return what an effect is called: by its variable, where it is that of several analyses."""
    effect = members[0].roles.get("effect")
    label = labels.label(results, effect) if isinstance(effect, str) else ""
    return label if len(members) > 1 and label not in ("", effect) else labels.analysis(results, members[0])


def _pooling(report: Report, result: Result, *, first: bool) -> Iterator[str | Float]:
    from mmstats.tables.effects import effects_table

    results = report.results
    found = pooled_parts(results, result.analysis.id)
    drawn = forest(report, result)
    key = label("tbl", "effects", result.analysis.id)
    table = effects_table(results, result.analysis.id, id=key)
    said = [pooled_sentence(results, found, report.style), heterogeneity_sentence(found, report.style),
            parts_sentence(results, found),
            prediction_sentence(found)]  # fmt: skip
    subgroups = list(subgroup_sentences(results, found, report.style))
    said += [f"By subgroup: {'; '.join(subgroups)}."] if subgroups else []
    shows = "shows" if len(drawn) == 1 else "show"
    said.append(f"{listed([f'@{one.label}' for one in drawn])} {shows} the studies.")
    said.append(f"@{key} has their numbers." if first else "")
    if not first:
        yield f"### {escape(labels.analysis(results, result))}"
    yield " ".join(filter(None, said))
    yield from drawn
    if first:
        caption = f"{after(labels.analysis(results, result))} effects of the studies."
        yield Float(key, escape(caption), table)
    told = dict.fromkeys(_warned(results, result, warning) for warning in result.warnings)
    yield from (f"*Note.* {escape(warning)}" for warning in told)


def _warned(results: Results, result: Result, warning: str) -> str:
    """Return a warning with the printed names of studies that have no rows."""
    variable = study_variable(result)
    found = re.fullmatch(rf"No row has {re.escape(variable)} (.+); left out\.", warning) if variable else None
    if not found:
        return warning
    names = [labels.level(results, variable, level) for level in found[1].split(" or ")]
    return f"Not in this analysis: {listed(names)}."


def _sensitivity(report: Report, members: Sequence[Result]) -> Iterator[str | Float]:
    from mmstats.tables.poolings import poolings_table

    key = label("tbl", "poolings", members[0].analysis.id)
    ids = [result.analysis.id for result in members]
    count = several(len(ids), "analysis", "analyses")
    yield "### Other choices"
    yield f"@{key} has the pooled effect by {count} that differ in what they pool, or how."
    caption = f"{after(_heading(report.results, members))} pooled in different ways."
    yield Float(key, escape(caption), poolings_table(report.results, ids, style=report.style, id=key))


def _checks(report: Report, members: Sequence[Result]) -> Iterator[str | Float]:
    """Yield what is of all studies in analyses that pool nothing: tests of small studies, regressions."""
    from mmstats.tables.estimates import estimates_table

    results = report.results
    kept = {
        e.quantity.name
        for r in members
        for e in r.estimates
        if split(e.term)[0] != study_variable(r) and e.quantity.name not in DRAWN
    }
    own = [r for r in members if any(e.quantity.name in kept for e in r.estimates) and not left_out(r)]
    if not own:
        return
    key = label("tbl", "checks", own[0].analysis.id)
    yield "### Further analyses"
    said = [f"{escape(after(labels.analysis(results, r)))} {escape(report.said(r.estimate()))}." for r in own]
    yield " ".join([*said, f"@{key} has more."])
    ids = [result.analysis.id for result in own]
    table = estimates_table(results, ids, quantities=tuple(kept), style=report.style, id=key)
    caption = f"{after(labels.analysis(results, own[0]))} further analyses."
    yield Float(key, escape(caption), table)


def _published(results: Results) -> Iterator[str | Float]:
    from mmstats.tables.published import published_table

    review = results.review
    if review is None or not review.published:
        return
    table = published_table(results)
    yield "## Published results"
    yield (
        f"@tbl-published sets {several(len(review.published), 'published result')} beside ours. They may "
        "differ in their studies, outcomes and methods."
    )
    keys = {one.label: one.citation for one in review.published if one.citation}
    yield Float("tbl-published", escape(table.caption) + ".", Cited(table, keys))
