"""Where equal points go, so that each is seen: side by side, never at random."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
FEW = 12  # a scale of at most so many different values is drawn as rows of dots


def is_discrete(values: FloatArray) -> bool:
    """Return whether values come from a short scale, such as a score of 0 to 4."""
    return len(np.unique(values)) <= FEW


def side_by_side(values: FloatArray, *, step: float, width: float, rows: int = 34) -> FloatArray:
    """Return a sideways offset for each value of a long scale: a swarm, as close to zero as there is room.

    Parameters
    ----------
    values : array of float, shape (n,)
    step : float
        The distance between neighbours, made smaller where they would need more than `width`.
    width : float
        How wide the swarm may be.
    rows : int
        Values are neighbours when they differ by less than the range divided by this.

    Examples
    --------
    >>> side_by_side(np.array([1.0, 5.01, 5.02, 5.03, 9, 9]), step=0.1, width=1).round(2).tolist()
    [0.0, 0.0, 0.1, -0.1, 0.0, 0.1]
    """
    near = (float(np.ptp(values)) or 1.0) / rows
    order = np.argsort(values, kind="stable")
    places = np.zeros(len(values), dtype=int)
    for rank, one in enumerate(order):
        below = order[:rank]
        taken = set(places[below[values[one] - values[below] < near]].tolist())
        place = 0
        while place in taken:  # 0, 1, -1, 2, -2, ...
            place = -place if place > 0 else 1 - place
        places[one] = place
    widest = int(np.abs(places).max())
    return places * min(step, width / 2 / max(widest, 1))


def stacked(values: FloatArray, *, step: float, width: float, line: float) -> tuple[FloatArray, FloatArray]:
    """Return offsets for each value of a short scale: equal values form a block of lines around the value.

    Parameters
    ----------
    values : array of float, shape (n,)
    step : float
        The distance between neighbours in a line.
    width : float
        How wide a line may be; more values make more lines.
    line : float
        The distance between lines, made smaller where a block would reach half way to the next value.

    Examples
    --------
    >>> across, up = stacked(np.array([0.0, 1, 1, 1]), step=0.5, width=0.5, line=0.1)
    >>> across.tolist(), up.tolist()
    ([0.0, -0.25, 0.25, 0.0], [0.0, -0.05, -0.05, 0.05])
    """
    across, up = np.zeros(len(values)), np.zeros(len(values))
    levels, per_line = np.unique(values), int(width / step + 1e-9) + 1
    room = 0.7 * float(np.diff(levels).min()) if len(levels) > 1 else 0.7
    for level in levels:
        members = np.flatnonzero(values == level)
        lines = -(-len(members) // per_line)
        gap = min(line, room / max(lines - 1, 1))
        for number, some in enumerate(np.array_split(members, lines)):
            across[some] = (np.arange(len(some)) - (len(some) - 1) / 2) * step
            up[some] = (number - (lines - 1) / 2) * gap
    return across, up


def apart(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the points of a scatter plot, moved as little as shows each of them.

    Where one variable is a short scale, its points step aside along it, as in `side_by_side`; equal
    points of two short or two long scales stand around their place, as petals.

    Parameters
    ----------
    x, y : array of float, shape (n,)
    """
    if is_discrete(x) and not is_discrete(y):
        return _aside(x, y), y
    if is_discrete(y) and not is_discrete(x):
        return x, _aside(y, x)
    moved_x, moved_y = x.astype(float), y.astype(float)
    _, place, counts = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True, return_counts=True)
    golden = np.pi * (3 - np.sqrt(5))
    for where in np.flatnonzero(counts > 1):
        members = np.flatnonzero(place == where)
        order = np.arange(len(members)) + 0.5
        moved_x[members] += 0.012 * (np.ptp(x) or 1) * np.sqrt(order) * np.cos(order * golden)
        moved_y[members] += 0.014 * (np.ptp(y) or 1) * np.sqrt(order) * np.sin(order * golden)
    return moved_x, moved_y


def _aside(short: FloatArray, long: FloatArray) -> FloatArray:
    moved, levels = short.astype(float), np.unique(short)
    room = float(np.diff(levels).min()) if len(levels) > 1 else 1.0
    for level in levels:
        members = np.flatnonzero(short == level)
        moved[members] += side_by_side(long[members], step=0.022 * (np.ptp(short) or 1), width=0.6 * room)
    return moved
