"""Where the names of points go, so that none lies on a point or on another name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import hypot

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from mmstats.figures.style import GREY, text_width

FloatArray = npt.NDArray[np.float64]
SIZE, HEIGHT = 6.5, 2.9  # of letters in points, of a line in millimetres
AWAY = (1.0, 2.2, 4.2, 6.5, 9.0, 12.0)  # millimetres from the edge of a point to its name
DIRECTIONS = (
    *((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)),
    *((0.3, 1), (-0.3, 1), (0.3, -1), (-0.3, -1)),
)
APART = 1.0  # millimetres between names in a line
LEADER = 1.5  # a name further away has a line to its point
_Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Place:
    """The lower left corner of a name, and where its line to the point ends, in millimetres."""

    x: float
    y: float
    end: tuple[float, float]
    line: bool


def places(
    points: FloatArray, names: Sequence[str], *, radius: FloatArray, width: float, height: float
) -> list[Place | None]:
    """Return where each name goes; None where there is no room for it.

    Names that find no room next to their points step aside, with a line. Of a few orders in which they are
    placed, the one that loses the fewest counts.

    Parameters
    ----------
    points : float array, shape (n, 2)
        Millimetres from the lower left corner.
    names : sequence of str, length n
    radius : float array, shape (n,)
        Of the points, in millimetres.
    width, height : float
        Of the area that names must not leave.

    Examples
    --------
    >>> found = places(np.array([[5.0, 5.0], [5.0, 5.5]]), ["a", "b"], radius=np.ones(2), width=40, height=40)
    >>> [place is None for place in found]
    [False, False]
    """
    away = np.hypot(*(points - np.median(points, axis=0)).T)
    best: list[Place | None] = []
    for order in (-away, -points[:, 0], points[:, 0], -points[:, 1], points[:, 1]):
        found = _in_order(points, names, np.argsort(order, kind="stable"), radius, (width, height))
        if not best or found.count(None) < best.count(None):
            best = found
        if None not in best:
            break
    return best


def _in_order(
    points: FloatArray,
    names: Sequence[str],
    order: npt.NDArray[np.intp],
    radius: FloatArray,
    size: tuple[float, float],
) -> list[Place | None]:
    """Return where each name goes if they are placed in an order, each at the first place that is free."""
    found: list[Place | None] = [None] * len(names)
    taken: list[_Box] = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(points, radius, strict=True)]
    for one in order:
        wide = text_width(names[one], size=SIZE)
        for place, box in _candidates(points[one], float(radius[one]), wide):
            if box[0] < 0 or box[1] < 0 or box[2] > size[0] or box[3] > size[1]:
                continue
            if any(_meet(box, other) for other in taken):
                continue
            line = _along(points[one], float(radius[one]), place) if place.line else []
            others = taken[:one] + taken[one + 1 :]
            if any(_meet(bit, other) for bit in line for other in others):
                continue
            if place.line or _nearest(box, points) == one:
                found[one] = place
                taken += [(box[0] - APART, box[1], box[2] + APART, box[3]), *line]
                break
    return found


def draw_names(
    drawing: Drawing, axes: Axes, x: FloatArray, y: FloatArray, names: Sequence[str], radius: FloatArray
) -> list[str]:
    """Name the points of axes whose place is fixed, and return the names that found no room.

    Parameters
    ----------
    drawing : matplotlib.figure.Figure
    axes : Axes
        With its limits set.
    x, y : float array, shape (n,)
    names : sequence of str, length n
    radius : float array, shape (n,)
        Of the points, in millimetres.
    """
    frame = axes.get_position()
    width = frame.width * drawing.get_figwidth() * 25.4
    height = frame.height * drawing.get_figheight() * 25.4
    shares = axes.transAxes.inverted().transform(axes.transData.transform(np.column_stack([x, y])))
    points = shares * [width, height]
    lost = []
    for name, point, place in zip(
        names, points, places(points, names, radius=radius, width=width, height=height), strict=True
    ):
        if place is None:
            lost.append(name)
            continue
        if place.line:
            ends = np.array([point, place.end]) / [width, height]
            axes.plot(*ends.T, color=GREY, linewidth=0.4, transform=axes.transAxes, zorder=2)
        axes.text(
            place.x / width,
            (place.y + HEIGHT / 2) / height,
            name,
            va="center",
            fontsize=SIZE,
            transform=axes.transAxes,
            zorder=5,
        )
    return lost


def _candidates(point: FloatArray, radius: float, wide: float) -> Iterator[tuple[Place, _Box]]:
    """Yield the places around a point, nearest first: beside it, above and below, then aslant."""
    x, y = float(point[0]), float(point[1])
    for away, (right, up) in product(AWAY, DIRECTIONS):
        reach = (radius + away) / hypot(right, up)
        left = x + right * reach - (wide if right < 0 else wide / 2 if right == 0 else 0)
        low = y + up * reach - (HEIGHT if up < 0 else HEIGHT / 2 if up == 0 else 0)
        end = (x + right * (reach - 0.3), y + up * (reach - 0.3))
        yield Place(left, low, end, away > LEADER), (left, low, left + wide, low + HEIGHT)


def _along(point: FloatArray, radius: float, place: Place) -> list[_Box]:
    """Return small boxes along the line from a point's edge to its name."""
    start, end = np.asarray(point), np.array(place.end)
    length = float(np.hypot(*(end - start)))
    at = [start + (end - start) * share for share in np.linspace(min(1.05 * radius / length, 1.0), 1.0, 8)]
    return [(x - 0.1, y - 0.1, x + 0.1, y + 0.1) for x, y in at]


def _nearest(box: _Box, points: FloatArray) -> int:
    """Return the point that a box is nearest to."""
    low, high = np.array(box[:2]), np.array(box[2:])
    away = np.hypot(*np.maximum(np.maximum(low - points, points - high), 0).T)
    return int(np.argmin(away))


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
