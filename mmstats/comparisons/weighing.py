"""Comparisons as combinations of a model's coefficients, once every one of them is right."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from mmstats.comparisons.parsing import Comparison, parse
from mmstats.errors import NotEstimableError, unknown
from mmstats.formula import Design
from mmstats.reference_grid import Combination, Grid, categorical, cell_mean, joined, reference_grid


def comparison_problems(
    text: str, levels: Mapping[str, Sequence[str]] | None, taken: Collection[str] = ()
) -> list[str]:
    """Return everything that is wrong with comparisons, a sentence each.

    Parameters
    ----------
    text : str
    levels : mapping of str to sequence of str, or None
        The categorical variables that cells may name, and their levels; None if they are not known.
    taken : collection of str
        What other rows of the results are called.

    Examples
    --------
    >>> comparison_problems("x = hand[left] - hand[rigth]", {"hand": ("left", "right")})
    ["Comparison 'x': Unknown level of hand 'rigth'. Did you mean 'right'? Known: left, right."]
    """
    found, problems = parse(text)
    for name, count in Counter(comparison.term for comparison in found).items():
        if count > 1:
            problems.append(f"Comparison {name!r} is there {count} times; give each a name of its own.")
        if name in taken:
            problems.append(
                f"Comparison {name!r}: another row of the results is called so; name it otherwise."
            )
    for comparison in found:
        own = list(_problems(comparison, levels))
        problems += [f"Comparison {comparison.term!r}: {problem}" for problem in dict.fromkeys(own)]
    return problems


def own_comparisons(
    text: str, design: Design, frame: pd.DataFrame, taken: Collection[str] = ()
) -> list[Combination]:
    """Return comparisons of marginal means as combinations of coefficients.

    A cell is the mean over all combinations of levels that it does not name, with equal weights.

    Parameters
    ----------
    text : str
        As `parse` reads it.
    design : Design
    frame : DataFrame
        The rows.
    taken : collection of str
        What other rows of the results are called, besides the coefficients.

    Raises
    ------
    NotEstimableError
        With everything that is wrong.

    References: searle1980.

    Examples
    --------
    >>> from mmstats.formula import ModelData
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4], "task": pd.Categorical(["a", "b", "c"])})
    >>> design = Design.of(ModelData.of("y ~ task", frame))
    >>> (late,) = own_comparisons("1/2*task[b] + 1/2*task[c] - task[a]", design, frame)
    >>> late.term, late.weights.tolist()
    ('1/2 * task[b] + 1/2 * task[c] - task[a]', [0.0, 0.5, 0.5])
    """
    if not text.strip():
        return []
    levels = {name: design.levels[name] for name in categorical(design)}
    problems = comparison_problems(text, levels, {*design.names, *taken})
    if problems:
        raise NotEstimableError("The comparisons cannot be made:", problems)
    grid = reference_grid(design, frame)
    combinations = [_combination(comparison, grid) for comparison in parse(text)[0]]
    if idle := [one.term for one in combinations if not one.weights.any()]:
        raise NotEstimableError(
            f"What is compared is the same whatever the data, since the formula lets nothing differ there: "
            f"{', '.join(map(repr, idle))}. Leave it out, or put the interaction into the formula."
        )
    return combinations


def _problems(comparison: Comparison, levels: Mapping[str, Sequence[str]] | None) -> Iterator[str]:
    total = sum(weight for weight, _ in comparison.parts)
    if total:
        yield (
            f"Its weights add up to {float(total):.6g}; those of a comparison add up to 0, so that equal "
            "means give 0. Thirds are fractions: 1/3 * task[a]."
        )
    sums: dict[frozenset[tuple[str, str]], Fraction] = {}
    for weight, cell in comparison.parts:
        sums[frozenset(cell)] = sums.get(frozenset(cell), Fraction(0)) + weight
    if not any(sums.values()):
        yield "It compares a mean with itself."
    for _, cell in comparison.parts:
        for name, count in Counter(name for name, _ in cell).items():
            if count > 1:
                yield f"A cell has {name!r} {count} times; it has one level of each variable."
        if levels is None:
            continue
        for name, level in cell:
            if name not in levels:
                yield unknown(name, levels, what="categorical variable of the fixed part")
            elif level not in levels[name]:
                yield unknown(level, levels[name], what=f"level of {name}")


def _combination(comparison: Comparison, grid: Grid) -> Combination:
    cells = [cell_mean(grid, dict(cell)) for _, cell in comparison.parts]
    weights = np.array([float(weight) for weight, _ in comparison.parts])
    rows = np.array([row for row, _ in cells])
    found = weights @ rows
    rounding = 1e-12 * (np.abs(weights) @ np.abs(rows))
    return Combination(
        comparison.term,
        np.where(np.abs(found) > rounding, found, 0.0),
        joined(note for (_, note), weight in zip(cells, weights, strict=True) if weight),
    )
