"""The statistical methods of a study, in the words of a manuscript."""

from mmstats import format as fmt
from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import (
    SHOWN,
    by_method,
    called,
    cited,
    code,
    family_name,
    listed,
    several,
)
from mmstats.results import Result, Results

ADJUSTMENTS = {
    "holm": ("Holm's method", "holm1979"),
    "bh": ("the Benjamini-Hochberg method", "benjamini1995"),
}


def analysis(report: Report) -> Blocks:
    """Return which methods were used for what, how p values were adjusted, and with which software."""
    results = report.results
    methods = [_method(results, found) for found in by_method(results).values()]
    return Blocks(
        ["\n".join(methods), _intervals(results), _families(results), _missing(results), _software(results)]
    )


def _method(results: Results, found: list[Result]) -> str:
    first = found[0]
    keys = dict.fromkeys(key for result in found for key in result.references)
    parts = []
    for where in dict.fromkeys(result.analysis.where for result in found):
        names = dict.fromkeys(called(results, r, where=False) for r in found if r.analysis.where == where)
        shown = list(names)[:SHOWN] + ([f"{len(names) - SHOWN} more"] if len(names) > SHOWN else [])
        parts.append(listed(shown) + (f" (where {code(where)})" if where else ""))
    return f"- **{escape(first.title or first.analysis.method)}**{cited(keys)}: {'; '.join(parts)}."


def _intervals(results: Results) -> str:
    estimates = [e for result in results for e in result.estimates if e.conf_level == e.conf_level]
    levels = sorted({e.conf_level for e in estimates})
    if not levels:
        return ""
    said = f"Intervals are {listed([fmt.level(x) for x in levels])} confidence intervals. "
    said += "A difference is the comparison group minus the reference group. "
    drawn = sorted({e.resamples for result in results for e in result.estimates if e.resamples})
    if drawn:
        counts = listed([fmt.count(n) for n in drawn])
        seed = results.provenance.get("plan", {}).get("seed")
        said += f"Resampling used {counts} resamples" + (
            f" from the seed {seed}." if seed is not None else "."
        )
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
        named = [f"*{escape(family_name(n).lower())}* ({several(k, 'test')})" for n, k in sizes.items()]
        within = "the family" if len(named) == 1 else "each of the families"
        said.append(f"Within {within} {listed(named)}, p values were adjusted by {how}{cited([key])}.")
    alone = [r for r in tested if not r.analysis.family]
    if alone:
        said.append(
            f"The p {'value' if len(alone) == 1 else 'values'} of {several(len(alone), 'further test')} "
            f"{'was' if len(alone) == 1 else 'were'} not adjusted for multiplicity."
        )
    return " ".join(said)


def _missing(results: Results) -> str:
    some = [r for r in results if r.excluded and r.analysis.method != labels.DESCRIBE]
    if not some:
        return ""
    return (
        "Each analysis used the rows that have all of its variables; "
        f"{several(len(some), 'analysis', 'analyses')} left out at least one row, "
        "and the number used is printed with each result."
    )


def _software(results: Results) -> str:
    source = results.provenance
    packages = source.get("packages", {})
    named = {
        "mmstats": "mmstats",
        "numpy": "NumPy",
        "scipy": "SciPy",
        "pandas": "pandas",
        "statsmodels": "statsmodels",
    }
    used = [f"{name} {packages[key]}" for key, name in named.items() if key in packages]
    if not used:
        return ""
    python = f" on Python {source['python']}" if "python" in source else ""
    plan = source.get("plan", {}).get("digest", "")
    said = f"The analyses were computed with {escape(listed(used) + python)}"
    return said + (f" from the plan with the SHA-256 digest `{plan[:16]}`." if plan else ".")
