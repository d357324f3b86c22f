"""Counting how often an interval holds the truth, for one method, shape, n and effect at a time."""

import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, log, nan

import numpy as np

from mmstats.coverage.designs import DESIGNS, design_of
from mmstats.coverage.ways import default_way, ways
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods import METHODS

LEVEL = 0.95
RESAMPLES = 999
SEED = 20240906
TESTS = {"f_test"}  # whose hypothesis is true in every design


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
        The sum of the widths: of a ratio, that of its logarithm; NaN for a test. One without end counts 1e6.
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
    shapes: Sequence[str] = (),
    sizes: Sequence[int] = (),
    replications: int,
    alternatives: int = 0,
    block: int = 500,
) -> list[Cell]:
    """Return what to simulate: the default interval of each method, and the others if `alternatives`.

    Parameters
    ----------
    methods : sequence of str
    shapes : sequence of str
    sizes : sequence of int
        By default those of each method's design; shapes that it has not are left out.
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
        default, *others = ways(name)
        slow = SLOW | (NESTED if name in RANKS else REFITTED if name in MIXED else set())
        choices = [(default, replications), *((other, alternatives) for other in others if other not in slow)]
        for interval, wanted in choices:
            for shape in (one for one in shapes or design.shapes if one in design.shapes):
                for n in sizes or design.sizes:
                    for effect in design.effects:
                        for number, first in enumerate(range(0, wanted, block)):
                            size = min(block, wanted - first)
                            found.append(Cell(name, interval, shape, effect, n, size, number))
    return found


# Methods whose intervals are those of another, and which.
ELSEWHERE = {"ordinal_comparison": "mann_whitney", "bland_altman": "paired_t"}
# Intervals that resample resamples, and take a hundred times as long: left to those who ask for them.
SLOW = {"calibrated-bootstrap"}
NESTED, RANKS = {"studentized-bootstrap", "stabilized-bootstrap"}, {"spearman", "kendall"}
REFITTED, MIXED = {"parametric-bootstrap", "cluster-bootstrap"}, {"lmm", "glmm", "clmm"}
ENDLESS = 1e6  # what an interval without end counts in a mean width


def simulated() -> list[str]:
    """Return the methods that a design exists for, and that give an interval whose truth it knows."""
    fitting = [
        name
        for name, method in METHODS.items()
        if design_of(method)
        and name not in ELSEWHERE
        and not any(option.required for option in method.options.values())
    ]
    return [
        name
        for name in fitting
        if simulate(
            Cell(
                name,
                default_way(name),
                DESIGNS[design_of(METHODS[name])].shapes[0],
                DESIGNS[design_of(METHODS[name])].effects[0],
                12,
                1,
            )
        )
    ]


def simulate(cell: Cell) -> list[Count]:
    """Return the counts of one cell, by quantity; of a test without an interval, how often it rejects.

    The data depend on design, shape, effect, n, block and number alone: every method sees the same.
    """
    method = METHODS[cell.method]
    name = design_of(method)
    design = DESIGNS[name]
    truth = design.truth(cell.shape, cell.effect)
    options = {"level": LEVEL} if "level" in method.options else {}
    options |= ways(cell.method)[cell.interval]
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
                estimates = _until_known(method.function(**data, **options, **extra), truth)
        except NotEstimableError:
            continue
        for quantity, e in estimates.items():
            judged = _tested(e, cell) if quantity.split(" ")[0] in TESTS else _held(e, truth[quantity])
            if judged is None:
                continue
            interval, *values = judged
            count = counts.setdefault((quantity, interval), [0, 0, 0, 0.0])
            for place, value in enumerate((1, *values)):
                count[place] += value
    return [
        Count(cell, quantity, interval, int(n), int(below), int(above), width)
        for (quantity, interval), (n, below, above, width) in counts.items()
    ]


def _until_known(found: Iterable[Estimate], truth: Mapping[str, float]) -> dict[str, Estimate]:
    """Return the estimates whose truth is known; what a method would compute after them is not asked for."""
    known: dict[str, Estimate] = {}
    for e in found:
        quantity = f"{e.quantity.name} {e.term}".strip()
        if quantity in truth:
            known[quantity] = e
        if len(known) == len(truth):
            break
    return known


def _held(e: Estimate, true: float) -> tuple[str, bool, bool, float] | None:
    """Return an interval's name, whether it is below and above the truth, and its width."""
    if not e.interval or isnan(e.conf_low) or isnan(e.conf_high):
        return None
    slack = 1e-9 * (1 + abs(true))
    low, high = e.conf_low, e.conf_high
    width = high - low
    if e.quantity.ratio:
        width = log(high / low) if low > 0 and isfinite(high) else ENDLESS
    return e.interval, high < true - slack, low > true + slack, min(width, ENDLESS)


def _tested(e: Estimate, cell: Cell) -> tuple[str, bool, bool, float] | None:
    """Return the same of a test: wrongly rejecting is as an interval above the truth; it has no width."""
    rejected = e.p_value < 1 - LEVEL
    return None if isnan(e.p_value) else (cell.interval.removesuffix("-t"), False, rejected, nan)


def _seed(design: str, cell: Cell) -> np.random.SeedSequence:
    key = f"{design}/{cell.shape}/{cell.effect}/{cell.n}/{cell.block}"
    digest = hashlib.sha256(key.encode()).digest()
    return np.random.SeedSequence([SEED, *np.frombuffer(digest, dtype="<u4").tolist()])
