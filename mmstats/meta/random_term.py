"""Random terms of a multilevel model: `(1 | study)`, `(1 | study/effect)` and `outcome | study`."""

from dataclasses import dataclass

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.covariance_structure import StructureName, single, structure
from mmstats.meta.levels import Labels, numbered
from mmstats.meta.structure_elements import IntArray, Structure
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class RandomTerm:
    """Random effects, independent between outer levels and correlated within one.

    Parameters
    ----------
    name : str
    outer, inner : int array, shape (n,)
        Each row's levels, from 0; all inner ones are 0 in a term of one variance.
    outer_labels, inner_labels : tuple of str
    structure : Structure
    kind : {"intercept", "cs", "hcs", "ar", "har", "diag", "un"}
    """

    name: str
    outer: IntArray
    inner: IntArray
    outer_labels: tuple[str, ...]
    inner_labels: tuple[str, ...]
    structure: Structure
    kind: str


def intercepts(name: str, levels: Labels) -> RandomTerm:
    """Return the term `(1 | name)`: one effect for each level, of one variance.

    Parameters
    ----------
    name : str
    levels : sequence, length n

    Examples
    --------
    >>> intercepts("study", ["b", "b", "a"]).outer
    array([1, 1, 0])
    """
    labels, codes = numbered(name, levels)
    return _intercepts(name, tuple(map(str, labels)), codes)


def _intercepts(name: str, labels: tuple[str, ...], codes: IntArray) -> RandomTerm:
    return RandomTerm(name, codes, np.zeros_like(codes), labels, (), single(), "intercept")


def nested(name: str, *levels: Labels) -> tuple[RandomTerm, ...]:
    """Return the terms of `(1 | study/effect)`: one for studies, and one for effects within studies.

    Parameters
    ----------
    name : str
        Names of the levels with `/` between them, the coarsest first.
    levels : sequences, length n

    Examples
    --------
    >>> [term.name for term in nested("study/effect", [1, 1, 2], [1, 2, 1])]
    ['study', 'study/effect']
    """
    names = name.split("/")
    if len(names) != len(levels):
        raise NotEstimableError(f"{name!r} names {len(names)} levels, but {len(levels)} are given.")
    found: list[RandomTerm] = []
    for depth, (one, given) in enumerate(zip(names, levels, strict=True), 1):
        labels, codes = numbered(one, given)
        shown = tuple(map(str, labels))
        if found:
            above = found[-1]
            pairs, codes = np.unique(above.outer * len(labels) + codes, return_inverse=True)
            shown = tuple(
                f"{above.outer_labels[a]}/{shown[b]}"
                for a, b in zip(*divmod(pairs, len(labels)), strict=True)
            )
        found.append(_intercepts("/".join(names[:depth]), shown, np.asarray(codes, dtype=np.int64)))
    return tuple(found)


def within(
    name: str, inner: Labels, outer: Labels, kind: StructureName, *, rho: float | None = None
) -> RandomTerm:
    """Return the term `inner | outer`: an effect for each inner level, correlated within an outer one.

    Parameters
    ----------
    name : str
        As `outcome | study`.
    inner, outer : sequences, length n
        For `ar` and `har`, `inner` holds times.
    kind : {"cs", "hcs", "ar", "har", "diag", "un"}
        Compound symmetry with one variance or with several; autoregression, likewise; independent effects
        with several variances; or any covariance matrix.
    rho : float, optional
        Holds the correlation, as 1/2 of the effects of a network of treatments.

    Raises
    ------
    NotEstimableError
        If no outer level has two inner ones, or two inner ones of `un` are never together.
    """
    outer_labels, outer_codes = numbered(name, outer)
    labels, codes = numbered(name, inner)
    if len(codes) != len(outer_codes):
        raise NotEstimableError(f"{name}: {len(codes)} inner levels for {len(outer_codes)} outer ones.")
    if kind in ("ar", "har") and labels.dtype.kind not in "if":
        raise NotEstimableError(
            f"{name}: {kind!r} correlates by distance in time, so inner levels must be numbers, not "
            f"{str(labels[0])!r}. Give times, or take 'hcs'."
        )
    shown: tuple[str, ...] = tuple(map(str, labels))
    if kind == "cs":  # only same or not matters: number within outer levels, so that few numbers are needed
        pairs, rows = np.unique(np.stack([outer_codes, codes]), axis=1, return_inverse=True)
        starts = np.searchsorted(pairs[0], np.arange(len(outer_labels)))
        codes = (np.arange(pairs.shape[1]) - starts[pairs[0]])[rows]
        positions = np.arange(codes.max() + 1.0)
        shown = ()
    else:
        positions = labels.astype(float) if kind in ("ar", "har") else np.arange(float(len(labels)))
    made = structure(kind, positions, rho, shortest=_shortest(outer_codes, positions[codes]))
    found = RandomTerm(name, outer_codes, codes, tuple(map(str, outer_labels)), shown, made, kind)
    if kind != "diag" and rho is None:
        _correlations_seen(found)
    return found


def _shortest(outer: IntArray, positions: FloatArray) -> float:
    """Return the least distance between two positions of one outer level; 1 if there is none."""
    order = np.lexsort((positions, outer))
    steps = np.diff(positions[order])
    steps = steps[(np.diff(outer[order]) == 0) & (steps > 0)]
    return float(steps.min()) if len(steps) else 1.0


def _correlations_seen(term: RandomTerm) -> None:
    q = len(term.structure.table)
    present = np.zeros((int(term.outer.max()) + 1, q))
    present[term.outer, term.inner] = 1
    together = present.T @ present
    np.fill_diagonal(together, 0)
    if not together.any():
        raise NotEstimableError(
            f"{term.name}: no outer level has two inner levels, so their correlation is not determined. Take "
            "'diag', or a term of one variance."
        )
    if term.kind == "un":
        apart = [
            f"{term.inner_labels[i]!r} and {term.inner_labels[j]!r}"
            for i, j in zip(*np.triu_indices(q, 1), strict=True)
            if not together[i, j]
        ]
        if apart:
            raise NotEstimableError(
                f"{term.name}: no outer level has both {'; nor both '.join(apart)}, so their correlation is "
                "not determined. Take 'hcs' or 'diag'."
            )
