"""The table of simulated coverage that ships with the package."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from math import sqrt

from mmstats.coverage.simulation import Cell, Count
from mmstats.coverage.ways import default_way

COLUMNS = (
    "method", "quantity", "interval", "default", "shape", "effect", "n",
    "replications", "estimable", "below", "above", "mean_width",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """The coverage of one interval in one situation.

    Parameters
    ----------
    method, quantity, interval : str
    default : bool
        Whether it is what the method gives unless told otherwise.
    shape, effect : str
    n : int
    replications, estimable : int
        Data sets drawn, and those that gave an interval.
    below, above : int
        Intervals wholly below, or above, the truth.
    mean_width : float
        Of a ratio, that of its logarithm; NaN for a test, and where limits were judged but not kept.
    """

    method: str
    quantity: str
    interval: str
    default: bool
    shape: str
    effect: str
    n: int
    replications: int
    estimable: int
    below: int
    above: int
    mean_width: float

    @property
    def coverage(self) -> float:
        """The share of intervals that hold the truth, of those there are."""
        return 1 - (self.below + self.above) / self.estimable if self.estimable else float("nan")

    @property
    def mcse(self) -> float:
        """Its Monte-Carlo standard error."""
        return sqrt(self.coverage * (1 - self.coverage) / self.estimable) if self.estimable else float("nan")


def tabulated(cells: Iterable[Cell], counts: Iterable[Count]) -> str:
    """Return counts added up over blocks, as CSV.

    Parameters
    ----------
    cells : iterable of Cell
        What was simulated.
    counts : iterable of Count
        What it gave.
    """
    drawn: Counter[tuple[str, ...]] = Counter()
    for cell in cells:
        drawn[_asked(cell)] += cell.replications
    sums: dict[tuple[str, ...], dict[str, list[float]]] = {}
    for one in counts:
        held = sums.setdefault((one.quantity, *_asked(one.cell)), {}).setdefault(one.interval, [0, 0, 0, 0.0])
        for i, value in enumerate((one.estimable, one.below, one.above, one.widths)):
            held[i] += value
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    seen = set()
    for (quantity, *asked), ways in sums.items():
        method, wanted, shape, effect, n = asked
        # Where data are too extreme for one way, a method may turn to another: both are what it does.
        interval = max(ways, key=lambda way: ways[way][0])
        if (key := (method, quantity, interval, shape, effect, n)) in seen:
            continue  # a quantity whose interval the option does not change
        seen.add(key)
        estimable, below, above, widths = (sum(column) for column in zip(*ways.values(), strict=True))
        writer.writerow(
            [
                method, quantity, interval, int(wanted == default_way(method)), shape, effect, n,
                drawn[tuple(asked)], int(estimable), int(below), int(above), f"{widths / estimable:.4g}",
            ]
        )  # fmt: skip
    return text.getvalue()


def _asked(cell: Cell) -> tuple[str, ...]:
    return (cell.method, cell.interval, cell.shape, cell.effect, str(cell.n))


def read(text: str) -> list[Row]:
    """Read a table back."""
    return [
        Row(
            method=line["method"],
            quantity=line["quantity"],
            interval=line["interval"],
            default=line["default"] == "1",
            shape=line["shape"],
            effect=line["effect"],
            n=int(line["n"]),
            replications=int(line["replications"]),
            estimable=int(line["estimable"]),
            below=int(line["below"]),
            above=int(line["above"]),
            mean_width=float(line["mean_width"]),
        )
        for line in csv.DictReader(StringIO(text))
    ]


@cache
def shipped() -> tuple[Row, ...]:
    """Return the table that ships with the package."""
    return tuple(read((files("mmstats.coverage") / "table.csv").read_text(encoding="utf-8")))
