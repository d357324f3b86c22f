"""Each participant's rows as a line, with the marginal means of a model on top."""

from collections.abc import Mapping
from math import isfinite, isnan

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.figures.figure import Figure
from mmstats.figures.means import Means, as_number, has_means, is_in, means_of, response_label, rows_of
from mmstats.figures.style import INK, MARKERS, PALETTE, SINGLE, canvas, wrapped
from mmstats.formula import Formula
from mmstats.results import Result, Results

ACROSS = 3  # panels in a row
TICKS = 6  # so many times of measurement have a tick each


def spaghetti_figure(
    results: Results,
    analysis: str,
    *,
    x: str = "",
    group: str | None = None,
    width: float = 0.0,
    height: float = 70.0,
    id: str = "",
) -> Figure:
    """Return each participant's values as a line, a panel for each group, with saved marginal means on top.

    Rows are joined by a number that was saved in place of the participant's identifier; where several rows
    of one participant share a place of `x`, the line goes through their mean.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of a model of several rows of each participant, or of repeated measures.
    x : str
        The variable along the axis: a factor within participants, or time; by default the first variable of
        the formula whose values differ within participants.
    group : str, optional
        The variable of the panels; by default that of the participant flow, if the model has it; empty for
        one panel.
    width, height : float
        Millimetres, of a row of panels; by default a column of a journal, or what several panels need.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, the rows were not saved, or nothing says whose they are.
    """
    result = results[analysis]
    explaining = _explaining(result)
    by = (results.group if results.group in explaining else "") if group is None else group
    x = x or _within(results, result, [name for name in explaining if name != by])
    rows = rows_of(results, result, list(dict.fromkeys([x, *([by] if by else [])])))
    if rows is None or rows.empty:
        raise ReportError(f"The rows of analysis {analysis!r} were not saved, or are not numbers to draw.")
    if "who" not in rows:
        raise ReportError(f"Nothing that was saved says whose each row of analysis {analysis!r} is.")
    panels = [level for level in labels.levels(results, by) if is_in(rows[by], level).any()] if by else [""]
    places, levels = _places(results, rows[x], x)
    means = _saved_means(result, results, x, by)
    stands = _stands(means, levels)
    across, down = min(len(panels), ACROSS), -(-len(panels) // ACROSS)
    wide = width or min(SINGLE * (0.55 + 0.45 * across), 2.06 * SINGLE)
    letters = int(0.75 * wide / across / 1.45 / max(len(levels), 1))
    names = [wrapped(labels.level(results, x, level), max(letters, 6)) for level in levels]
    several = bool(rows.duplicated(["who", x]).any())
    with canvas(wide, height * down) as drawing:
        grid = drawing.subplots(down, across, squeeze=False, sharey=True, sharex=True)
        for position, axes in enumerate(grid.flat):
            if position >= len(panels):
                axes.set_visible(False)
                continue
            here = is_in(rows[by], panels[position]) if by else np.ones(len(rows), dtype=bool)
            _lines(axes, places[here], rows[here], position)
            if means is not None:
                _means(axes, means, stands, panels[position])
            if by:
                title = f"{labels.level(results, by, panels[position])} (n = {rows[here]['who'].nunique()})"
                axes.set_title(wrapped(title, 30), loc="left", fontsize=7.5)
            if levels:
                axes.set_xticks(range(len(levels)), names)
                axes.set_xlim(-0.4, len(levels) - 0.6)
            elif rows[x].nunique() <= TICKS:
                axes.set_xticks(np.unique(places).tolist())
        drawing.supxlabel(labels.with_unit(results, x), fontsize=7.5)
        drawing.supylabel(wrapped(response_label(results, result), 36), fontsize=7.5)
    people = rows["who"].nunique()
    what = f"{response_label(results, result)} by {labels.label(results, x).lower()}"
    where = labels.condition(results, result)
    among = f" ({where})" if where else ""
    black = ""
    if means is not None:
        conf = next(iter(means.cells.values())).conf_level
        black = (
            f" Black: marginal means{'' if isnan(conf) else f' with {fmt.level(conf)} confidence intervals'}."
        )
    through = ", through the means of rows in one place" if several else ""
    counts = f"{fmt.count(people)} participants, {fmt.count(len(rows))} rows"
    return Figure(
        id=id or f"fig-{analysis}-lines".replace("_", "-").lower(),
        drawing=drawing,
        alt=f"{what}{among}, a line for each of {counts}.{_told(results, means)}",
        caption=f"{what}{among}. Lines: participants ({counts}){through}.{black}",
    )


def _explaining(result: Result) -> list[str]:
    """Return the variables that explain the response: of a formula, or within factors and groups."""
    roles = result.roles
    if "within" in roles:
        within = [roles["within"]] if isinstance(roles["within"], str) else list(roles["within"])
        return [*within, *([str(roles["group"])] if "group" in roles else [])]
    if "formula" not in roles:
        raise ReportError(f"Analysis {result.analysis.id!r} has no formula, so there are no lines to draw.")
    formula = Formula.parse(str(roles["formula"]))
    random = [factor for part in formula.random for term in part.terms for factor in term]
    fixed = [factor for term in formula.terms for factor in term]
    return list(dict.fromkeys(factor.variable for factor in [*fixed, *random]))


def _within(results: Results, result: Result, names: list[str]) -> str:
    """Return the first variable whose values differ within participants."""
    for name in names:
        rows = rows_of(results, result, [name])
        if rows is not None and "who" in rows and (rows.groupby("who")[name].nunique() > 1).any():
            return name
    raise ReportError(
        f"No variable of analysis {result.analysis.id!r} that was saved differs within participants, so "
        "there is nothing to draw lines along."
    )


def _places(results: Results, values: pd.Series, name: str) -> tuple[np.ndarray, list[str]]:
    """Return where each row stands along the axis, and the levels that stand there, if it has levels."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return values.to_numpy(dtype=np.float64), []
    levels = [level for level in labels.levels(results, name) if is_in(values, level).any()]
    places = values.astype(str).map({level: place for place, level in enumerate(levels)})
    return places.to_numpy(dtype=np.float64), levels


def _stands(means: Means | None, levels: list[str]) -> dict[str, float]:
    """Return where the values that means are of stand along the axis."""
    if levels or means is None:
        return {level: float(place) for place, level in enumerate(levels)}
    numbers = {value: as_number(value) for value in means.values(0)}
    return {value: number for value, number in numbers.items() if number is not None}


def _lines(axes: Axes, places: np.ndarray, rows: pd.DataFrame, position: int) -> None:
    """Draw each row as a point, and each participant as a line through the means at each place."""
    colour, marker = PALETTE[position % len(PALETTE)], MARKERS[position % len(MARKERS)]
    response, who = rows["response"].to_numpy(), rows["who"].to_numpy()
    axes.scatter(places, response, s=5, color=colour, marker=marker, alpha=0.35, linewidths=0, zorder=2)
    means = (
        pd.DataFrame({"who": who, "place": places, "mean": response}).groupby(["who", "place"])["mean"].mean()
    )
    for _, own in means.groupby(level="who"):
        across = own.index.get_level_values("place").to_numpy()
        axes.plot(across, own.to_numpy(), color=colour, linewidth=0.6, alpha=0.45, zorder=2)


def _saved_means(result: Result, results: Results, x: str, by: str) -> Means | None:
    """Return the saved means along `x`, by panel if there are such, or nothing."""
    if not has_means(result):
        return None
    for factors in ([x, by], [x]) if by else ([x],):
        try:
            return means_of(results, result, factors)
        except ReportError:
            continue
    return None


def _means(axes: Axes, means: Means, places: Mapping[str, float], panel: str) -> None:
    """Draw the means of a panel where its values stand."""
    known = []
    for value, place in places.items():
        e = means.cells.get((value, panel) if len(means.factors) > 1 else (value,))
        if e is not None and isfinite(e.estimate):
            known.append((place, e))
    axes.plot([p for p, _ in known], [e.estimate for _, e in known], color=INK, linewidth=1.4, zorder=4)
    for place, e in known:
        if not isnan(e.conf_low) and not isnan(e.conf_high):
            axes.plot([place, place], [e.conf_low, e.conf_high], color=INK, linewidth=1.4, zorder=4)
        axes.plot([place], [e.estimate], marker="o", markersize=4.5, color=INK, zorder=5)


def _told(results: Results, means: Means | None) -> str:
    if means is None:
        return ""
    texts = []
    for key, e in means.cells.items():
        words = [labels.level(results, name, value) for name, value in zip(means.factors, key, strict=True)]
        texts.append(f"{', '.join(words)}: {fmt.with_interval(e)}")
    return f" Marginal means: {'; '.join(texts)}."
