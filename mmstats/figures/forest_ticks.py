"""Where an axis of effects has its ticks: as many as there is room for their labels."""

from math import ceil, floor, log, log10

from matplotlib.ticker import MaxNLocator

from mmstats import format as fmt
from mmstats.figures.style import text_width

BETWEEN = 1.8  # millimetres between labels, at least
MOST = 8


def ticks(low: float, high: float, *, room: float, ratio: bool) -> list[float]:
    """Return the places of ticks, round numbers, whose labels do not touch.

    Parameters
    ----------
    low, high : float
        The axis's ends.
    room : float
        Its length in millimetres.
    ratio : bool
        Whether it is logarithmic.

    Examples
    --------
    >>> ticks(0.09, 6, room=60, ratio=True), ticks(0.09, 6, room=20, ratio=True)
    ([0.1, 0.2, 0.5, 1.0, 2.0, 5.0], [0.1, 1.0])
    >>> ticks(-0.9, 1.2, room=60, ratio=False)
    [-0.8, -0.4, 0.0, 0.4, 0.8, 1.2]
    """
    found: list[float] = []
    for places in _ratios(low, high) if ratio else _numbers(low, high):
        found = places
        if len(places) <= MOST and _fit(places, low, high, room, ratio=ratio):
            return found
    return found[:1]


def tick(value: float) -> str:
    """Return a tick's label.

    Examples
    --------
    >>> tick(-0.5), tick(1e-6), tick(2000.0)
    ('−0.5', '10⁻⁶', '2000')
    """
    if value and not 1e-3 <= abs(value) <= 1e4:
        return fmt.ratio(value, 0).removeprefix("1.00\u00a0×\u00a0")
    return f"{value:g}".replace("-", "−")


def _ratios(low: float, high: float) -> list[list[float]]:
    """Return ticks of a logarithmic axis, the densest first; each that holds two has 1 if the axis has."""
    first, last = floor(log10(low)), ceil(log10(high))
    made = [
        [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]
        for steps in ((1, 2, 5), (1, 3), (1,))
    ]
    made += [
        [float(f"1e{power}") for power in range(first, last + 1) if power % every == 0]
        for every in (2, 3, 4, 6, 10, 20, 50, 100)
    ]
    inside = [[value for value in places if low <= value <= high] for places in made]
    enough = [places for places in inside if len(places) > 1]
    return enough if len(inside[0]) > 2 else [*_numbers(low, high), *enough]


def _numbers(low: float, high: float) -> list[list[float]]:
    made = [
        [
            float(f"{value:.12g}")
            for value in MaxNLocator(nbins=bins, steps=[1, 2, 4, 5, 10]).tick_values(low, high)
        ]
        for bins in range(7, 1, -1)
    ]
    return [[value for value in places if low <= value <= high] for places in made]


def _fit(places: list[float], low: float, high: float, room: float, *, ratio: bool) -> bool:
    scale = log if ratio else float
    length = scale(high) - scale(low)
    at = [(scale(value) - scale(low)) / length * room for value in places]
    half = [text_width(tick(value), size=7) / 2 for value in places]
    return all(at[i + 1] - half[i + 1] - at[i] - half[i] >= BETWEEN for i in range(len(places) - 1))
