"""Derivatives of the profiled deviance by the elements of the random terms' relative covariance matrices.

They are those of Gaussian likelihoods. With P the projection of restricted likelihood, Q = Z'PZ (or Z'V^-1 Z,
without restriction), z = Z'Py, E_a the matrix by which element a enters the covariance, and r^2 the residual
sum of squares, the slope is tr(Q E_a) - N z'E_a z / r^2, and the curvature
-tr(Q E_a Q E_b) + N (2 z'E_a Z'PZ E_b z / r^2 - z'E_a z z'E_b z / r^4).
"""

from typing import NamedTuple

import numpy as np

from mmstats.compiling import compiled
from mmstats.mixed.deviance import Columns, Response, Solved
from mmstats.mixed.positive_definite import multiply
from mmstats.mixed.structure import FloatArray


class Curvature(NamedTuple):
    """What slope and curvature are made of.

    - trace and quadratic, shape (t,): tr(Q E_a) and z'E_a z;
    - traces and bends, shape (t, t): tr(Q E_a Q E_b) and z'E_a Z'PZ E_b z;
    - spread, shape (t, w, w): the sum of H'V1^-1 Z E_a Z'V1^-1 H over the blocks, with H as in `Solved`; 0
      for crossed terms;
    - pulls, shape (t, w): H'V1^-1 Z E_a z, likewise.
    """

    trace: FloatArray
    quadratic: FloatArray
    traces: FloatArray
    bends: FloatArray
    spread: FloatArray
    pulls: FloatArray


def curvature_for(columns: Columns) -> Curvature:
    """Return room for what `derivatives` writes."""
    t, w = len(columns.elements), len(columns.within)
    return Curvature(
        np.empty(t), np.empty(t), np.empty((t, t)), np.empty((t, t)), np.empty((t, w, w)), np.empty((t, w))
    )


def derivatives(
    restricted: bool, columns: Columns, response: Response, solved: Solved, curvature: Curvature
) -> None:
    """Write the derivatives where `deviance` was evaluated last.

    Parameters
    ----------
    restricted : bool
    columns : Columns
    response : Response
    solved : Solved
        As `deviance` left it.
    curvature : Curvature
    """
    within_blocks(restricted, columns, response, solved, curvature)
    between_blocks(restricted, columns, solved, curvature)


@compiled
def within_blocks(
    restricted: bool, columns: Columns, response: Response, solved: Solved, curvature: Curvature
) -> None:
    """Write what comes from each block alone: the first part of `derivatives`."""
    elements, counts, root, cross = columns.elements, columns.counts, columns.root, columns.cross
    taken, inverse, shrink = solved.taken, solved.turn, solved.shrink
    trace, quadratic, traces, bends, spread, pulls = curvature
    kept = solved.full if restricted else solved.plain
    t, k, w = len(trace), root.shape[1], cross.shape[2]
    used = np.empty((w, w))  # I - K
    for x in range(w):
        for y in range(w):
            used[x, y] = (1.0 if x == y else 0.0) - kept[x, y]
    for a in range(t):
        trace[a], quadratic[a] = 0.0, 0.0
        for b in range(t):
            traces[a, b], bends[a, b] = 0.0, 0.0
        for x in range(w):
            pulls[a, x] = 0.0
            for y in range(w):
                spread[a, x, y] = 0.0
    half, bare, moved, above = np.empty((k, k)), np.empty((k, k)), np.empty((k, w)), np.empty(w)
    s_block, r_block = np.empty((k, k)), np.empty((k, k))
    z_sum, z_square = np.empty(k), np.empty((k, k))
    s_e, r_e, z_e = np.empty((t, k, k)), np.empty((t, k, k)), np.empty((t, k, k))
    fitted, lean, given = np.empty(k), np.empty((k, w)), np.empty(k)
    for u in range(len(counts)):
        count = counts[u]
        for i in range(k):  # R'(I + R L L'R')^-1
            for j in range(k):
                total = 0.0
                for m in range(k):
                    total += root[u, m, i] * shrink[u, m, j]
                bare[i, j] = total
        for i in range(k):
            for j in range(k):
                total = 0.0
                for m in range(k):
                    total += bare[i, m] * root[u, m, j]
                s_block[i, j] = total
            for x in range(w):
                above[x] = 0.0
                moved[i, x] = 0.0
                lean[i, x] = 0.0
            for m in range(k):
                for x in range(w):
                    above[x] += bare[i, m] * cross[u, m, x]
            for v in range(w):
                if above[v] != 0.0:
                    for x in range(v, w):
                        moved[i, x] += above[v] * inverse[v, x]
            total = 0.0
            for x in range(w):
                total += moved[i, x] * taken[x]
            fitted[i] = total
            total = 0.0
            for m in range(k):
                total += bare[i, m] * response.sums[u, m]
            given[i] = total
            z_sum[i] = total - count * fitted[i]
            for v in range(w):
                if moved[i, v] != 0.0:
                    for x in range(w):
                        lean[i, x] += moved[i, v] * used[v, x]
        for i in range(k):
            for j in range(k):
                total = 0.0
                for x in range(w):
                    total += lean[i, x] * moved[j, x]
                r_block[i, j] = total
                total = 0.0
                for m in range(k):
                    total += bare[i, m] * response.squares[u, m, j]
                half[i, j] = total
        for i in range(k):
            for j in range(k):
                total = 0.0
                for m in range(k):
                    total += half[i, m] * bare[j, m]
                z_square[i, j] = (
                    total - given[i] * fitted[j] - fitted[i] * given[j] + count * fitted[i] * fitted[j]
                )
        for e in range(t):
            if elements[e, 0] == 0:
                continue
            for x in range(k):
                for y in range(k):
                    s_e[e, x, y] = 0.0
                    r_e[e, x, y] = 0.0
                    z_e[e, x, y] = 0.0
            for c in range(elements[e, 4]):
                a, b = elements[e, 1] + c * elements[e, 3], elements[e, 2] + c * elements[e, 3]
                double = 1.0 if a == b else 2.0
                trace[e] += count * double * (s_block[a, b] - r_block[a, b])
                quadratic[e] += double * z_square[a, b]
                for x in range(k):
                    s_e[e, x, b] += s_block[x, a]
                    r_e[e, x, b] += r_block[x, a]
                    z_e[e, x, b] += z_square[x, a]
                    if a != b:
                        s_e[e, x, a] += s_block[x, b]
                        r_e[e, x, a] += r_block[x, b]
                        z_e[e, x, a] += z_square[x, b]
                for x in range(w):
                    left, right = count * moved[a, x], count * moved[b, x]
                    pulls[e, x] += moved[a, x] * z_sum[b]
                    for y in range(w):
                        spread[e, x, y] += left * moved[b, y]
                    if a != b:
                        pulls[e, x] += moved[b, x] * z_sum[a]
                        for y in range(w):
                            spread[e, x, y] += right * moved[a, y]
        for e in range(t):
            for f in range(e + 1):
                if elements[e, 0] == 1 and elements[f, 0] == 1:
                    total, turn = 0.0, 0.0
                    for x in range(k):
                        for y in range(k):
                            total += (
                                s_e[e, x, y] * (s_e[f, y, x] - r_e[f, y, x]) - r_e[e, x, y] * s_e[f, y, x]
                            )
                            turn += s_e[e, x, y] * z_e[f, y, x]
                    traces[e, f] += count * total
                    bends[e, f] += turn


@compiled
def between_blocks(restricted: bool, columns: Columns, solved: Solved, curvature: Curvature) -> None:
    """Add what blocks share through the common columns, and what comes from the crossed terms: the second."""
    elements = columns.elements
    triangle, plain, full, along = solved.triangle, solved.plain, solved.full, solved.along
    trace, quadratic, traces, bends, spread, pulls = curvature
    kept = full if restricted else plain
    t, w = len(trace), len(full)
    crossed = w > columns.fixed
    upright, used, taken = (
        np.empty((w, w)),
        np.empty((w, w)),
        np.empty((w, w)),
    )  # R', then I - K of Q and of P
    for x in range(w):
        for y in range(w):
            unit = 1.0 if x == y else 0.0
            used[x, y], taken[x, y] = unit - kept[x, y], unit - full[x, y]
            upright[y, x] = triangle[x, y]
    passed, across, passed_full = np.empty((w, w)), np.empty((w, w)), np.empty((w, w))  # K R, R'K
    outer, outer_full, z = np.empty((w, w)), np.empty((w, w)), np.zeros(w)  # W'QW, W'PW, W'Py
    if crossed:
        multiply(kept, triangle, passed)
        multiply(full, triangle, passed_full)
        multiply(upright, kept, across)
        multiply(upright, passed, outer)
        multiply(upright, passed_full, outer_full)
        for x in range(w):
            for y in range(w):
                z[x] += passed_full[y, x] * along[y]
    turned, pulled, reached = np.empty((t, w, w)), np.empty(w), np.empty(w)
    half_carried, carried = np.empty((w, w)), np.empty((w, w))
    for a in range(t):
        if elements[a, 0] == 1:
            multiply(used, spread[a], turned[a])
    for a in range(t):
        if elements[a, 0] == 1:
            for x in range(w):
                pulled[x], reached[x] = 0.0, 0.0
                for y in range(w):
                    pulled[x] += taken[x, y] * pulls[a, y]
                    reached[x] += passed_full[y, x] * pulls[a, y]
            for b in range(a + 1):
                if elements[b, 0] == 1:
                    for x in range(w):
                        bends[a, b] -= pulled[x] * pulls[b, x]
                        for y in range(w):
                            traces[a, b] += turned[a, x, y] * turned[b, y, x]
            if not crossed:
                continue
            multiply(spread[a], passed, half_carried)
            multiply(across, half_carried, carried)
            for b in range(t):
                if elements[b, 0] == 0:
                    total, turn = 0.0, 0.0
                    for c in range(elements[b, 4]):
                        i, j = elements[b, 1] + c * elements[b, 3], elements[b, 2] + c * elements[b, 3]
                        half = 0.5 if i == j else 1.0
                        total += 2 * half * carried[i, j]
                        turn += half * (reached[i] * z[j] + reached[j] * z[i])
                    traces[max(a, b), min(a, b)] = total
                    bends[max(a, b), min(a, b)] = turn
        else:
            for c in range(elements[a, 4]):
                i, j = elements[a, 1] + c * elements[a, 3], elements[a, 2] + c * elements[a, 3]
                half_a = 0.5 if i == j else 1.0
                trace[a] += 2 * half_a * outer[i, j]
                quadratic[a] += 2 * half_a * z[i] * z[j]
                for b in range(a + 1):
                    if elements[b, 0] == 0:
                        for d in range(elements[b, 4]):
                            m, n = elements[b, 1] + d * elements[b, 3], elements[b, 2] + d * elements[b, 3]
                            half = half_a * (0.5 if m == n else 1.0)
                            traces[a, b] += 2 * half * (outer[n, i] * outer[j, m] + outer[n, j] * outer[i, m])
                            bends[a, b] += half * (
                                z[i] * (outer_full[j, m] * z[n] + outer_full[j, n] * z[m])
                                + z[j] * (outer_full[i, m] * z[n] + outer_full[i, n] * z[m])
                            )
    for a in range(t):
        for b in range(a):
            traces[b, a] = traces[a, b]
            bends[b, a] = bends[a, b]
