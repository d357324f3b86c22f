"""The variance between studies that makes the likelihood largest, for many sets of studies, compiled."""

import numpy as np

from mmstats.compiling import compiled
from mmstats.meta.weighted import FloatArray

STEPS = 500
HALVINGS = 60
ROUNDING = 1e-15
SQUARED = 1e-9  # a Newton step of this relative size leaves about its square


@compiled
def likeliest(
    effects: FloatArray, variances: FloatArray, design: FloatArray, counted: FloatArray, restricted: bool
) -> FloatArray:
    """Return tau squared of each set, shape (b,), by Newton's steps where that is concave, else by Fisher's.

    Parameters
    ----------
    effects, variances, counted : float array, shape (b, k)
    design : float array, shape (k, p)
    restricted : bool
    """
    sets = effects.shape[0]
    found = np.empty(sets)
    for s in range(sets):
        y, v, c = effects[s], variances[s], counted[s]
        tau2 = _start(y, v, design, c)
        here, slope, expected, observed = _at(tau2, y, v, design, c, restricted)
        for _ in range(STEPS):
            newton = observed > 0.1 * expected
            moved = max(tau2 + slope / (observed if newton else expected), 0.0)
            there, slope, expected, observed = _at(moved, y, v, design, c, restricted)
            for _ in range(HALVINGS):
                if not there > here + 1e-12 * abs(here):
                    break
                moved, newton = (moved + tau2) / 2, False
                there, slope, expected, observed = _at(moved, y, v, design, c, restricted)
            near = SQUARED if newton else ROUNDING
            done = abs(moved - tau2) <= near * (moved + v.min())
            tau2, here = moved, there
            if done:
                break
        none = _at(0.0, y, v, design, c, restricted)[0]
        found[s] = 0.0 if none < here else tau2
    return found


@compiled
def _start(y: FloatArray, v: FloatArray, x: FloatArray, c: FloatArray) -> float:
    """Return the larger of DerSimonian and Laird's estimate and Hedges's."""
    df = c.sum() - x.shape[1]
    _, square, trace = _projected(y, c / v, x)
    by_variances = (square - df) / trace
    hat, square, trace = _projected(y, c, x)
    expected = 0.0
    for i in range(len(y)):
        expected += c[i] * (1 - hat[i]) * v[i]
    return float(max(by_variances, (square - expected) / trace, 0.0))


@compiled
def _at(
    tau2: float, y: FloatArray, v: FloatArray, x: FloatArray, c: FloatArray, restricted: bool
) -> tuple[float, float, float, float]:
    """Return the deviance; twice the likelihood's slope, its expected and its observed curvature."""
    k, p = x.shape
    w = c / (v + tau2)
    lower = _factor(w, x)
    residuals = _residuals(lower, w, y, x)
    logs, q, square, sum_w, sum_w2 = 0.0, 0.0, 0.0, 0.0, 0.0
    cube, trace_of_square, trace = 0.0, 0.0, 0.0
    along = np.zeros(p)
    second, third = np.zeros((p, p)), np.zeros((p, p))
    for i in range(k):
        logs += c[i] * np.log(v[i] + tau2)
        score = w[i] * residuals[i]
        q += score * residuals[i]
        square += score * score
        cube += w[i] * score * score
        sum_w += w[i]
        sum_w2 += w[i] * w[i]
        for a in range(p):
            along[a] += w[i] * score * x[i, a]
            for b in range(p):
                second[a, b] += w[i] * w[i] * x[i, a] * x[i, b]
                third[a, b] += w[i] * w[i] * w[i] * x[i, a] * x[i, b]
    inner = _solved(lower, along.reshape(p, 1))
    for a in range(p):
        cube -= along[a] * inner[a, 0]
    second, third = _solved(lower, second), _solved(lower, third)
    half = 0.0
    for a in range(p):
        half += np.log(lower[a, a])
        trace -= second[a, a]
        trace_of_square -= 2 * third[a, a]
        for b in range(p):
            trace_of_square += second[a, b] * second[b, a]
    if restricted:
        expected = sum_w2 + trace_of_square
        return logs + q + 2 * half, square - sum_w - trace, expected, 2 * cube - expected
    return logs + q, square - sum_w, sum_w2, 2 * cube - sum_w2


@compiled
def _projected(y: FloatArray, w: FloatArray, x: FloatArray) -> tuple[FloatArray, float, float]:
    """Return leverages, y'Py and the trace of P = W - WX (X'WX)^-1 X'W."""
    k, p = x.shape
    lower = _factor(w, x)
    residuals = _residuals(lower, w, y, x)
    solved = _solved(lower, x.T.copy())
    hat = np.zeros(k)
    square, trace = 0.0, 0.0
    for i in range(k):
        for a in range(p):
            hat[i] += w[i] * x[i, a] * solved[a, i]
        square += w[i] * residuals[i] * residuals[i]
        trace += w[i] * (1 - hat[i])
    return hat, square, trace


@compiled
def _factor(w: FloatArray, x: FloatArray) -> FloatArray:
    """Return the Cholesky factor of X'WX."""
    k, p = x.shape
    lower = np.zeros((p, p))
    for a in range(p):
        for b in range(a + 1):
            total = 0.0
            for i in range(k):
                total += w[i] * x[i, a] * x[i, b]
            for j in range(b):
                total -= lower[a, j] * lower[b, j]
            lower[a, b] = np.sqrt(total) if a == b else total / lower[b, b]
    return lower


@compiled
def _solved(lower: FloatArray, right: FloatArray) -> FloatArray:
    """Return (LL')^-1 times columns."""
    p, m = right.shape
    found = right.copy()
    for column in range(m):
        for a in range(p):
            for j in range(a):
                found[a, column] -= lower[a, j] * found[j, column]
            found[a, column] /= lower[a, a]
        for a in range(p - 1, -1, -1):
            for j in range(a + 1, p):
                found[a, column] -= lower[j, a] * found[j, column]
            found[a, column] /= lower[a, a]
    return found


@compiled
def _residuals(lower: FloatArray, w: FloatArray, y: FloatArray, x: FloatArray) -> FloatArray:
    """Return the effects less what the columns predict."""
    k, p = x.shape
    right = np.zeros((p, 1))
    for i in range(k):
        for a in range(p):
            right[a, 0] += w[i] * y[i] * x[i, a]
    slopes = _solved(lower, right)
    found = y.copy()
    for i in range(k):
        for a in range(p):
            found[i] -= slopes[a, 0] * x[i, a]
    return found
