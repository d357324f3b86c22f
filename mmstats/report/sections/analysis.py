"""The statistical methods of a study, in the words of a manuscript."""

from collections.abc import Sequence

from mmstats import format as fmt
from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks
from mmstats.report.displays import shape
from mmstats.report.saved_values import Report, begun_small
from mmstats.report.sections.models import models
from mmstats.report.sections.wording import (
    begun,
    by_method,
    cited,
    counted,
    left_out,
    listed,
    purposes,
    several,
)
from mmstats.results import Result, Results
from mmstats.tables.coverage import told
from mmstats.tables.effect import sentence_end

ADJUSTMENTS = {
    "holm": ("Holm's method", "holm1979"),
    "bh": ("the Benjamini-Hochberg method", "benjamini1995"),
}
SHAPES = {
    "comparison": "Groups were compared by",
    "correlation": "Pairs of variables were related by",
    "model": "Several rows of each participant were modelled by",
    "repeated": "Repeated measures were compared by",
    "checks": "Models were checked by",
    "pooling": "Effects of studies were pooled by",
    "studies": "Studies were further examined by",
    "other": "Further analyses used",
}
PACKAGES = {
    "mmstats": "mmstats",
    "numpy": "NumPy",
    "scipy": "SciPy",
    "pandas": "pandas",
    "statsmodels": "statsmodels",
}


def analysis(report: Report) -> Blocks:
    """Return which methods were used for what, how p values were adjusted, and with which software."""
    results = report.results
    parts = (_described, _methods, models, _subgroups, _intervals, _coverage, _families, _missing, software)
    return Blocks(part(results) for part in parts)


def _described(results: Results) -> str:
    found = by_method(results).get(labels.DESCRIBE, [])
    if not found:
        return ""
    keys = dict.fromkeys(key for result in found for key in result.references)
    return (
        "Numbers are described by mean and standard deviation, ordinal scores by median and quartiles, "
        f"and categories by counts and percentages{cited(keys)}."
    )


def _methods(results: Results) -> str:
    told: dict[str, list[str]] = {}
    for name, found in by_method(results).items():
        if name != labels.DESCRIBE:
            keys = dict.fromkeys(key for result in found for key in result.references)
            text = f"**{escape(found[0].title or name)}**{cited(keys)}: {purposes(results, found)}"
            told.setdefault(shape(found[0]), []).append(text)
    return "\n\n".join(
        f"{SHAPES[kind]} {texts[0]}."
        if len(texts) == 1
        else f"{SHAPES[kind]}:\n\n" + "\n".join(f"- {text}." for text in texts)
        for kind, texts in told.items()
    )


def _subgroups(results: Results) -> str:
    some: dict[str, list[Result]] = {}
    for result in results:
        if where := labels.condition(results, result):
            some.setdefault(where, []).append(result)
    said = [
        f"{begun(several(len(found), 'analysis was', 'analyses were'))} restricted to {escape(where)}: "
        f"{purposes(results, found)}."
        for where, found in some.items()
    ]
    return f"Subgroup analyses. {' '.join(said)}" if said else ""


def _intervals(results: Results) -> str:
    found = [r for r in results if r.analysis.method != labels.DESCRIBE and r.estimates]
    shown = [r.estimate() for r in found if shape(r) not in ("model", "checks")]  # `models` tells of these
    every = [e.conf_level for r in found for e in (r.estimates if shape(r) == "model" else [r.estimate()])]
    levels = sorted({level for level in every if level == level})
    if not levels:
        return ""
    ways: dict[str, dict[str, None]] = {}
    for e in shown:
        if e.interval:
            ways.setdefault(begun_small(e.quantity.label), {})[labels.way_named(e.interval)] = None
    kinds = [f"{name} ({' or '.join(way)})" for name, way in ways.items()]
    said = [f"Intervals are {listed([fmt.level(x) for x in levels])} confidence intervals"]
    said[0] += f", made in the way named in parentheses: {escape('; '.join(kinds))}." if kinds else "."
    said.append("A difference is the comparison group minus the reference group.")
    drawn = sorted({e.resamples for result in results for e in result.estimates if e.resamples})
    seed = results.provenance.get("plan", {}).get("seed")
    if drawn:
        counts = listed([fmt.count(n) for n in drawn])
        said.append(
            f"Resampling used {counts} resamples{f' from the seed {seed}' if seed is not None else ''}."
        )
    return " ".join(said)


def _coverage(results: Results) -> str:
    """Return how the intervals fare in simulations of data like these."""
    found = [one for *_, one in told(results)]
    if not found:
        return ""
    low, high = (fmt.number(100 * end([one.coverage for one in found]), 1) for end in (min, max))
    few = [one for one in found if one.warning]
    share = f"{low} %" if low == high else f"between {low} and {high} %"
    said = (
        "In simulations of data of the same kind and size, 95 % intervals made in these ways held the true "
        f"value in {share} of samples ({several(len(found), 'analysis', 'analyses')})."
    )
    if few:
        count = begun(several(len(few), "interval covers", "intervals cover"))
        said += f" {count} less than 92 % and should be read as too narrow."
    return said


def _families(results: Results) -> str:
    said = []
    tested = [r for r in results if r.analysis.method != labels.DESCRIBE and r.tested >= 0]
    for adjust in dict.fromkeys(results.families.values()):
        how, key = ADJUSTMENTS[adjust]
        sizes = {
            name: sum(r.analysis.family == name for r in results)
            for name, own in results.families.items()
            if own == adjust
        }
        said.append(
            f"Within {'the family' if len(sizes) == 1 else 'each of the families'} {_sized(results, sizes)}, "
            f"p values were adjusted by {how}{cited([key])}."
        )
    alone = [r for r in tested if not r.analysis.family]
    if alone:
        said.append(
            f"The p {'value' if len(alone) == 1 else 'values'} of {several(len(alone), 'further test')} "
            f"{'was' if len(alone) == 1 else 'were'} not adjusted for multiplicity."
        )
    return " ".join(said)


def _sized(results: Results, sizes: dict[str, int]) -> str:
    return listed(
        [f"*{escape(labels.family(results, name))}* ({several(n, 'test')})" for name, n in sizes.items()]
    )


def _missing(results: Results) -> str:
    tested = [r for r in results if r.analysis.method != labels.DESCRIBE]
    some = [r for r in tested if labels.excluded(results, r)]
    notes: Sequence[str] = [escape(sentence_end(note)) for note in results.scoring]
    if not some:
        return " ".join(notes)
    at_most = []
    for word, own in (
        ("participant", [r for r in some if not r.analysis.rows]),
        ("row", [r for r in some if r.analysis.rows]),
    ):
        if own:
            at_most.append(several(max(sum(labels.excluded(results, r).values()) for r in own), word))
    using, left = "participants who", "somebody"
    if any(r.analysis.rows for r in some):
        using, left = f"{left_out(tested)} that", left_out(some)
    said = (
        f"Missing values were not imputed: each analysis used the {using} have all of its variables. "
        f"That left {left} out of {counted(len(some))} of {several(len(tested), 'analysis', 'analyses')} "
        f"(at most {' or '.join(at_most)}); the number used stands beside each result."
    )
    return " ".join([said, *notes])


def software(results: Results) -> str:
    """Return which software computed the results, from which plan."""
    source = results.provenance
    packages = source.get("packages", {})
    used = [f"{name} {packages[key]}" for key, name in PACKAGES.items() if key in packages]
    if not used:
        return ""
    python = f" on Python {source['python']}" if "python" in source else ""
    plan = source.get("plan", {}).get("digest", "")
    said = f"The analyses were computed with {escape(listed(used) + python)}"
    return said + (f" from the plan with the SHA-256 digest `{plan[:16]}`." if plan else ".")
