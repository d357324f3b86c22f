"""Write docs/coverage from the shipped table: ``python -m docs.build_coverage`` (or ``make docs``)."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mmstats.coverage.designs import SIZES
from mmstats.coverage.evidence import better_than
from mmstats.coverage.people import simulated_as
from mmstats.coverage.shapes import LABELS, SHAPES
from mmstats.coverage.table import Row, shipped
from mmstats.coverage.ways import in_a_plan, ways
from mmstats.figures.style import PALETTE, look

FOLDER = Path(__file__).parent / "coverage"
LOW, HIGH = 0.94, 0.965
SMALL = 15
TICKS = [8, 10, 15, 20, 30, 50]
MEASURED = {"normal", "skewed"}  # where these were simulated, there is a panel for each kind of numbers

HEAD = """# Simulated coverage

How often a 95 % interval holds the true value, by method, kind of data and size. Made from
[`mmstats/coverage/table.csv`](../../mmstats/coverage/table.csv), which ships with the package and is
made anew by `mmstats coverage --out mmstats/coverage/table.csv`.

**The data.** Two groups of n each, n pairs (correlated at 0.6), or n people with two variables
(correlated at 0, 0.4 and 0.8 on the normal scale beneath). Shapes: normal; skewed (lognormal, log sd
0.8); heavy-tailed (t, 3 df); scores of 0 to 4 with a floor (55 % zeros); scores of 1 to 5; half zeros
with a skewed rest. Effects: none, medium (half a standard deviation, or an odds ratio of e), large (twice
that), and, for groups, another spread (twice as wide; for scores, log odds of 0.6 times their size).
Bootstraps draw 999.

**Several rows of each person.** Here n is all people, in two groups, with six rows each (two hands by three
tasks), all there or a fifth missing (but each person's first).

- `lmm` and `rm_anova`: numbers of the six shapes, 40 % of whose variance, on the normal scale beneath, is
  between people, without effects; a shift would change nothing. For `rm_anova` also with unequal
  correlations (0.8 between fist and pronation, 0.3 with tapping). It leaves out whoever lacks a cell.
- `gee`: the same, and events (40 or 15 % of rows) that are normal variables above a threshold, so that the
  odds ratios of the population are exact: 1, or e for the group, 1.65 for the hand and for their interaction.
  The working correlation is exchangeable, also where it is not so.
- `glmm` and `clmm`: drawn from the model that is fitted, `score ~ group * hand + (1 | person)`: events (40
  or 15 % of rows of a person in the middle), counts (2 by row), scores of 0 to 4 with a floor, and
  with a peak in the middle. People differ by a standard deviation of 1.2 in log odds (0.6 in log rates):
  an intraclass correlation of 0.3. Ratios are those of one person: all 1, or, where cells are missing too,
  e, 1.65 and 1.65. Where people differ more, or each has fewer rows, nothing was simulated.

Without an effect, what is not covered is a test that rejects wrongly. F tests have no interval: of them it
is the share of data in which they rightly do not reject at 5 %.

**How to read it.** Coverage is the mean over effects; below each table stands its Monte-Carlo standard
error. Intervals that could not be computed are counted apart, not as misses. A good interval covers 95 %
wherever it is used; below 92 % `mmstats` warns, and names an interval that covers better. A report says
of each interval how it fared for data of the same size and the kind that they are most like; of a model of
several rows of each person, on average over effects between people, or within them, whichever it is.
"""

WHY = """What to make of it:

- **Shifts of scores** (Hodges-Lehmann, medians) have intervals that hold the truth too often: few shifts are
  possible, and the test is exact. Nothing narrower is honest; the probability of superiority, whose
  interval is not so coarse, says more about scores.
- **Standardized differences** of skewed or heavy-tailed measurements have no interval that covers 95 %:
  their precision hangs on third and fourth moments, of which small samples know little, and more people help
  slowly. Of pairs, the jackknife covers 90 to 93 % where intervals that suppose normal data cover 78 to 91;
  for two groups nothing covers better than the noncentral t. Expanded percentile, BCa and studentized
  bootstraps, and the jackknife on a scale that evens out the variance, were tried and cover less. Report the
  difference itself, or the probability of superiority, beside it.
- **Pearson's r** of skewed measurements, or of scores most of which are 0, is known less well than any
  interval says; the jackknife on Fisher's scale misses by 1 to 3 %, and the exact interval, which supposes
  normal pairs, by 3 to 9. Spearman's rho has an interval that holds.
- **Odds and rate ratios of mixed models** (`glmm`, `clmm`) between people cover 90 to 95 % with 12 people
  and 92 to 96 % with 16 to 40 (125 data sets each, with and without effects: ± 1 to 2 points): neither the
  likelihood ratio nor a normal quantile knows that people are few. Wald intervals (100 data sets), and a
  soft penalty (50), hardly differ. Effects within people cover 93 to 97 %. With 12 to 16 people, read an
  effect of a group whose p is near 0.05 with that in mind.
- **Standard deviations between people** in these models are estimated too small: their profile intervals
  cover 91 to 95 % by kind of data, hardly better with 40 people, and mostly lie below the truth; with a
  soft penalty 90 to 96 %. Wald intervals, on the logarithm, cover 97 to 99 % of events and scores, and 92 %
  of counts. But they are too wide, and there is none where the estimate is 0, as in 9 to 18 % of data of
  events, and 3 to 6 % of scores, of 12 people: their figures leave that out.
- **Estimating equations** (`gee`) cover 95 to 98 % of numbers, the most with 12 people, whose degrees of
  freedom are 12 less 6 coefficients; the F test of three tasks then rejects 0 to 3 % of what is true. With
  so few degrees of freedom the covariance without a correction covers 94 to 95 % of numbers. That
  correlations are unequal, where an exchangeable one is supposed, makes no difference. Of events in 15 % of
  rows, a third of data from 12 people and a tenth from 16 give no interval, and that of the group covers 99
  %. `glmm` gives one, of one person's odds ratio.
- **Repeated-measures analysis of variance** (`rm_anova`) rejects 2 to 5 % of what is true in every shape,
  unequal correlations included, where tests that involve the tasks reject 5 to 6 % without a correction.
  Where a fifth of cells is missing, too few people are complete in 53 % of data from 8 and 24 % from 12;
  `lmm` uses all rows, and holds its level.
- **g_z beside a paired t test** keeps the noncentral t, so that it agrees with the test; the warning names
  `paired_effect_sizes`, which covers better.
"""


def document() -> str:
    """Return the text of the page."""
    rows = shipped()
    parts = [
        HEAD,
        "## Where a default interval leaves 94 to 96.5 % at n of 15 and more\n",
        _outside(rows),
        WHY,
    ]
    for (method, quantity), own in _by_method(rows).items():
        words = "Coverage by n, a panel for each kind of data; the table below has the numbers."
        parts.append(f"## `{method}`: {quantity.replace('_', ' ')}\n")
        parts += [f"![{words}]({file_name(method, quantity)}.svg)\n", _table(own)]
    return "\n".join(parts).rstrip() + "\n"


def file_name(method: str, quantity: str) -> str:
    """Return what the figure of a method and quantity is called: letters, digits, dashes and underscores."""
    return re.sub(r"\W+", "-", f"{method}-{quantity}").strip("-")


def _by_method(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.method, row.quantity), []).append(row)
    return dict(sorted(found.items()))


def pooled(rows: list[Row]) -> tuple[float, float, float]:
    """Return the mean coverage over effects, its Monte-Carlo standard error, and the share estimable."""
    known = [row for row in rows if row.estimable]
    if not known:
        return float("nan"), float("nan"), 0.0
    error = float(np.sqrt(np.sum([row.mcse**2 for row in known]))) / len(known)
    estimable = sum(row.estimable for row in rows) / sum(row.replications for row in rows)
    return float(np.mean([row.coverage for row in known])), error, estimable


def _outside(rows: tuple[Row, ...]) -> str:
    lines = [
        "| method | interval | data | n | coverage | estimable | nearest to 95 % at the least n |",
        "|---|---|---|---|---|---|---|",
    ]
    for (method, quantity, interval, shape), own in _grouped(rows, default=True):
        sizes = {}
        for n in sorted({row.n for row in own if row.n >= SMALL}):
            coverage, error, estimable = pooled([row for row in own if row.n == n])
            if not LOW - 2 * error <= coverage <= HIGH + 2 * error:
                sizes[n] = (coverage, estimable)
        if sizes:
            covered = ", ".join(f"{100 * coverage:.1f}" for coverage, _ in sizes.values())
            share = f"{100 * min(estimable for _, estimable in sizes.values()):.0f} %"
            words = quantity.replace("_", " ").replace("|", "\\|")
            instead = better_than(method, simulated_as(quantity), shape, min(sizes))
            own_way = in_a_plan(method, interval) if interval in ways(method) else ""
            instead = "–" if instead in ("", own_way) else instead
            lines.append(
                f"| `{method}`: {words} | {interval} | {LABELS[shape]} "
                f"| {', '.join(map(str, sizes))} | {covered} | {share} | {instead} |"
            )
    return "\n".join(lines) + "\n"


def _table(rows: list[Row]) -> str:
    sizes = sorted({row.n for row in rows})
    lines = [
        "| interval | data |" + "".join(f" {n} |" for n in sizes),
        "|---|---|" + "---|" * len(sizes),
    ]
    errors = []
    for (_, _, interval, shape), own in _grouped(tuple(rows)):
        cells = []
        for n in sizes:
            coverage, error, estimable = pooled([row for row in own if row.n == n])
            errors.append(error)
            mark = "*" if estimable < 0.99 else ""
            cells.append(f"{100 * coverage:.1f}{mark}" if coverage == coverage else "–")
        bold = "**" if own[0].default else ""
        lines.append(f"| {bold}{interval}{bold} | {LABELS[shape]} | " + " | ".join(cells) + " |")
    known = [error for error in errors if error == error]
    foot = f"Percent; Monte-Carlo standard errors up to {100 * max(known):.1f}. Bold: the method's default."
    starred = any("*" in line.rpartition("|")[0].split("|")[-1] or "* |" in line for line in lines[2:])
    foot += " \\*: less than 99 % of samples gave an interval." if starred else ""
    return "\n".join(lines) + f"\n\n{foot}\n"


def _grouped(
    rows: tuple[Row, ...], *, default: bool = False
) -> Iterator[tuple[tuple[str, str, str, str], list[Row]]]:
    found: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        if row.default or not default:
            found.setdefault((row.method, row.quantity, row.interval, row.shape), []).append(row)
    yield from found.items()


def figure(rows: list[Row]) -> Figure:
    """Return coverage by n, a panel for each shape and a line for each interval."""
    there = {row.shape for row in rows}
    shapes = [shape for shape in LABELS if shape in there or (shape in SHAPES and there & MEASURED)]
    lines = 2 if len(shapes) > 3 else 1
    drawn = Figure(figsize=(9, 2.7 * lines + 0.6 * (lines == 1)), layout="constrained")
    axes = np.atleast_2d(drawn.subplots(lines, len(shapes) // lines, sharex=True, sharey=True))
    known = sorted({row.n for row in rows})
    ticks = TICKS if set(known) <= set(SIZES) else known
    ways = list(dict.fromkeys(row.interval for row in sorted(rows, key=lambda row: not row.default)))
    for axis, shape in zip(axes.flat, shapes, strict=True):
        axis.axhspan(LOW, HIGH, color="0.93", zorder=0)
        axis.axhline(0.95, color="0.6", linewidth=0.8, zorder=1)
        axis.axhline(0.92, color="0.75", linewidth=0.8, linestyle=":", zorder=1)
        for place, way in enumerate(ways):
            own = [row for row in rows if (row.interval, row.shape) == (way, shape)]
            sizes = sorted({row.n for row in own})
            values = [pooled([row for row in own if row.n == n])[0] for n in sizes]
            default = any(row.default for row in own)
            axis.plot(
                sizes, np.clip(values, 0.8, 1.0), label=way,
                color=PALETTE[place % len(PALETTE)], linestyle="-" if place < len(PALETTE) else "--",
                linewidth=2 if default else 1, marker="o" if default else None, markersize=3.5,
            )  # fmt: skip
        axis.set_title(LABELS[shape], fontsize=9)
        axis.set_ylim(0.8, 1.0)
        axis.set_xscale("log")
        axis.set_xticks(ticks, list(map(str, ticks)))
        axis.minorticks_off()
    for axis in axes[-1]:
        axis.set_xlabel("n")
    drawn.supylabel("Coverage (0.80 also stands for less)", fontsize=9)
    handles, words = axes.flat[0].get_legend_handles_labels()
    drawn.legend(handles, words, loc="outside lower center", ncols=3, fontsize=7, frameon=False)
    return drawn


def main() -> None:
    """Write the page and its figures."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "README.md").write_text(document(), encoding="utf-8")
    rows = shipped()
    for old in FOLDER.glob("*.svg"):
        old.unlink()
    with look(**{"svg.hashsalt": "mmstats", "svg.fonttype": "none"}):
        for (method, quantity), own in _by_method(rows).items():
            figure(own).savefig(FOLDER / f"{file_name(method, quantity)}.svg", metadata={"Date": None})
    print(f"Written to {FOLDER}")


if __name__ == "__main__":
    main()
