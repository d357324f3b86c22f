"""Judgements, such as of the risk of bias, as signs in circles that are told apart without colour."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from mmstats.figures.style import GREY, INK, PALETTE, text_width

DIAMETER = 3.2  # millimetres
GREEN, AMBER, RED, NEUTRAL = PALETTE[2], PALETTE[5], PALETTE[1], "#8c8c8c"
_SIGNS = {
    "low": ("+", GREEN),
    "some concerns": ("?", AMBER),
    "unclear": ("?", AMBER),
    "moderate": ("?", AMBER),
    "high": ("−", RED),
    "serious": ("−", RED),
    "critical": ("!", INK),
    "no information": ("NI", NEUTRAL),
    "not applicable": ("NA", NEUTRAL),
}
_INSIDE = {GREEN: "white", AMBER: INK, RED: "white", NEUTRAL: "white", INK: "white"}


def sign(level: str, label: str, levels: Sequence[str]) -> tuple[str, str]:
    """Return the letters inside a judgement's circle, and its colour.

    Known judgements are those of RoB 2, ROBINS-I and the first Cochrane tool; others get their number in
    the order of the levels.

    Examples
    --------
    >>> sign("low", "Low", ["low", "high"])[0], sign("some_concerns", "", ["low", "some_concerns"])[0]
    ('+', '?')
    >>> sign("b", "Second star", ["a", "b"])[0]
    '2'
    """
    for words in (level, label):
        plain = " ".join(words.lower().replace("_", " ").replace("-", " ").split())
        plain = plain.removesuffix(" risk of bias").removesuffix(" risk")
        if plain in _SIGNS:
            return _SIGNS[plain]
    return str(list(levels).index(level) + 1 if level in levels else len(levels) + 1), NEUTRAL


def circle(axes: Axes, x: float, y: float, letters: str, colour: str) -> None:
    """Draw a judgement at a place of an axes whose units are millimetres."""
    points = DIAMETER * 72 / 25.4
    axes.plot([x], [y], marker="o", markersize=points, color=colour, markeredgecolor=INK, markeredgewidth=0.4)
    inside = _INSIDE.get(colour, INK)
    size = 7.0 if len(letters) == 1 else 4.6
    axes.text(
        x, y, letters, ha="center", va="center_baseline", color=inside, weight="bold", fontsize=size, zorder=6
    )


def legend(axes: Axes, y: float, start: float, shown: Sequence[tuple[str, str, str]]) -> None:
    """Draw what signs mean in one line: letters, colour and words of each."""
    x = start + DIAMETER / 2
    for letters, colour, words in shown:
        circle(axes, x, y, letters, colour)
        axes.text(x + DIAMETER / 2 + 0.9, y, words, va="center", color=GREY, fontsize=7)
        x += DIAMETER + 4.5 + text_width(words, size=7)
