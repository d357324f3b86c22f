"""Counting how often an interval holds the truth, for one method, shape, n and effect at a time."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from mmstats.coverage.designs import DESIGNS, design_of
from mmstats.errors import NotEstimableError
from mmstats.methods import METHODS

LEVEL = 0.95
RESAMPLES = 999
SEED = 20240906


@dataclass(frozen=True)
class Cell:
    """What is simulated at a time.

    Parameters
    ----------
    method, interval : str
        The interval is empty for a method that offers no choice.
    shape, effect : str
    n : int
        Of each group, or of pairs.
    replications : int
    block : int
        Replications come in blocks, each with random streams of its own.
    """

    method: str
    interval: str
    shape: str
    effect: str
    n: int
    replications: int
    block: int = 0


@dataclass(frozen=True)
class Count:
    """What one cell gave, for one quantity.

    Parameters
    ----------
    cell : Cell
    quantity, interval : str
    estimable : int
        Data sets that gave an interval.
    below, above : int
        How often the whole interval was below, or above, the truth.
    widths : float
        The sum of the finite widths.
    """

    cell: Cell
    quantity: str
    interval: str
    estimable: int
    below: int
    above: int
    widths: float


def cells(
    methods: Sequence[str],
    *,
    shapes: Sequence[str],
    sizes: Sequence[int] = (),
    replications: int,
    alternatives: int = 0,
    block: int = 500,
) -> list[Cell]:
    """Return what to simulate: the default interval of each method, and the others if `alternatives`.

    Parameters
    ----------
    methods, shapes : sequences of str
    sizes : sequence of int
        By default those of each method's design.
    replications : int
        For default intervals.
    alternatives : int
        For the others; 0 leaves them out.
    block : int
        The most replications in one cell.
    """
    found = []
    for name in methods:
        design = DESIGNS[design_of(METHODS[name])]
        default = default_interval(name)
        choices = [(default, replications)]
        if default:
            others = [str(c) for c in METHODS[name].options["interval"].choices if c != default]
            slow = SLOW | (NESTED if name in RANKS else set())
            choices += [(other, alternatives) for other in others if other not in slow]
        for interval, wanted in choices:
            for shape in shapes:
                for n in sizes or design.sizes:
                    for effect in design.effects:
                        for number, first in enumerate(range(0, wanted, block)):
                            size = min(block, wanted - first)
                            found.append(Cell(name, interval, shape, effect, n, size, number))
    return found


def default_interval(method: str) -> str:
    """Return the interval a method makes unless told otherwise; empty where it offers no choice."""
    option = METHODS[method].options.get("interval")
    return str(option.default) if option is not None else ""


# Methods whose intervals are those of another, and which.
ELSEWHERE = {"ordinal_comparison": "mann_whitney", "bland_altman": "paired_t"}
# Intervals that resample resamples, and take a hundred times as long: left to those who ask for them.
SLOW = {"calibrated-bootstrap"}
NESTED, RANKS = {"studentized-bootstrap", "stabilized-bootstrap"}, {"spearman", "kendall"}


def simulated() -> list[str]:
    """Return the methods that a design exists for, and that give an interval whose truth it knows."""
    fitting = [
        name
        for name, method in METHODS.items()
        if "level" in method.options
        and design_of(method)
        and name not in ELSEWHERE
        and not any(option.required for option in method.options.values())
    ]
    return [
        name
        for name in fitting
        if simulate(
            Cell(
                name,
                default_interval(name),
                "normal",
                DESIGNS[design_of(METHODS[name])].effects[0],
                12,
                1,
            )
        )
    ]


def simulate(cell: Cell) -> list[Count]:
    """Return the counts of one cell, by quantity.

    The data depend on design, shape, effect, n, block and number alone: every method sees the same.
    """
    method = METHODS[cell.method]
    name = design_of(method)
    design = DESIGNS[name]
    truth = design.truth(cell.shape, cell.effect)
    options = {"level": LEVEL} | ({"interval": cell.interval} if cell.interval else {})
    if "resamples" in method.options:
        options["resamples"] = RESAMPLES
    stream = np.random.default_rng(_seed(name, cell))
    counts: dict[tuple[str, str], list[float]] = {}
    for _ in range(cell.replications):
        data = design.draw(cell.shape, cell.effect, cell.n, stream)
        extra = {"rng": np.random.default_rng(stream.integers(2**63))} if method.random else {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                estimates = list(method.function(**data, **options, **extra))
        except NotEstimableError:
            continue
        for e in estimates:
            quantity = f"{e.quantity.name} {e.term}".strip()
            true = truth.get(quantity)
            if true is None or not e.interval or isnan(e.conf_low) or isnan(e.conf_high):
                continue
            slack = 1e-9 * (1 + abs(true))
            count = counts.setdefault((quantity, e.interval), [0, 0, 0, 0.0])
            count[0] += 1
            count[1] += e.conf_high < true - slack
            count[2] += e.conf_low > true + slack
            count[3] += min(e.conf_high - e.conf_low, 1e6)
    return [
        Count(cell, quantity, interval, int(n), int(below), int(above), width)
        for (quantity, interval), (n, below, above, width) in counts.items()
    ]


def _seed(design: str, cell: Cell) -> np.random.SeedSequence:
    key = f"{design}/{cell.shape}/{cell.effect}/{cell.n}/{cell.block}"
    digest = hashlib.sha256(key.encode()).digest()
    return np.random.SeedSequence([SEED, *np.frombuffer(digest, dtype="<u4").tolist()])
