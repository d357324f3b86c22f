"""How the intervals of a study fare in simulations of data like its own."""

from collections.abc import Sequence

from mmstats import format as fmt
from mmstats import labels
from mmstats.coverage.evidence import Evidence
from mmstats.estimate import Estimate
from mmstats.results import Result, Results
from mmstats.tables.effect import sentence_end
from mmstats.tables.table import Cell, Column, Row, Table

NOTE = (
    "How often 95 % intervals made in this way held the true value of data of this size and kind, on average "
    "over effects from none to large. n is that of the smallest group, or of all "
    "people where each has several rows."
)


def told(results: Results, analyses: Sequence[str] | None = None) -> list[tuple[Result, Estimate, Evidence]]:
    """Return the analyses whose main interval was simulated for such data, that interval, and what is known.

    Where a test without an interval comes first, it is the interval after it.
    """
    found = []
    for result in labels.chosen(results, analyses):
        main = max(result.tested, 0)
        later = zip(result.estimates[main:], result.evidence[main:], strict=False)
        estimate, one = next(((e, one) for e, one in later if e.interval), (None, None))
        if estimate is not None and one is not None:
            found.append((result, estimate, one))
    return found


def coverage_table(
    results: Results,
    analyses: Sequence[str] | None = None,
    *,
    id: str = "tbl-coverage",
    caption: str = "Simulated coverage",
) -> Table:
    """Return one row per analysis whose interval was simulated for data like these.

    Raises
    ------
    ReportError
        If an id is unknown, or nothing was chosen.
    """
    rows = tuple(
        Row(
            {
                "name": labels.analysis(results, result),
                "interval": estimate.interval,
                "n": fmt.count(one.n),
                "shape": one.shape,
                "coverage": Cell(
                    f"{fmt.number(100 * one.coverage, 1)} %",
                    (sentence_end(one.warning),) if one.warning else (),
                ),
            }
        )
        for result, estimate, one in told(results, analyses)
    )
    columns = (
        Column("name", "Analysis", "left"),
        Column("interval", "Interval", "left"),
        Column("n", "n", "right"),
        Column("shape", "Data most like", "left"),
        Column("coverage", "Coverage", "right"),
    )
    return Table(id=id, columns=columns, rows=rows, caption=caption, notes=(NOTE,))
