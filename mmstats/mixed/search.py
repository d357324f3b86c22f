"""The least deviance of a linear mixed model: Newton steps that do not stop at saddles.

The deviance is even in the sign of each column of a Cholesky factor, so a zero on its diagonal is always
stationary, and bounded methods that come there stay. Here the factor is free, a step follows the absolute
curvatures, and where the slope vanishes a direction of negative curvature is taken.
"""

import numpy as np

from mmstats.compiling import compiled
from mmstats.mixed.derivatives import Curvature, derivatives
from mmstats.mixed.deviance import Columns, Response, Solved, deviance
from mmstats.mixed.structure import FloatArray, IntArray

DONE = 1e-13  # the decrease of the deviance that one more step promises
CURVED_DOWN = -1e-7  # a curvature, relative to the largest, that is negative beyond doubt
MOST_STEPS = 200


@compiled
def by_theta(
    theta: FloatArray, sizes: IntArray, slope: FloatArray, curvature: FloatArray,
    gradient: FloatArray, hessian: FloatArray, jacobian: FloatArray,
) -> None:  # fmt: skip
    """Write gradient and Hessian by the Cholesky factors, given those by elements of the covariances.

    Parameters
    ----------
    theta, slope, gradient : float arrays, shape (t,)
    curvature, hessian, jacobian : float arrays, shape (t, t)
        The Jacobian has a row for each element of the covariances.
    """
    t = len(theta)
    jacobian[:, :] = 0.0
    extra = np.zeros((t, t))
    first = 0
    for r in range(len(sizes)):
        s = sizes[r]
        for column in range(s):
            for a in range(column, s):
                own = first + column * s - column * (column - 1) // 2 + a - column
                for b in range(column, s):
                    other = first + column * s - column * (column - 1) // 2 + b - column
                    low, high = min(a, b), max(a, b)
                    element = first + low * s - low * (low - 1) // 2 + high - low
                    double = 2.0 if a == b else 1.0
                    jacobian[element, own] = double * theta[other]
                    extra[own, other] = double * slope[element]
        first += s * (s + 1) // 2
    for i in range(t):
        total = 0.0
        for e in range(t):
            total += jacobian[e, i] * slope[e]
        gradient[i] = total
    half = curvature @ jacobian
    for i in range(t):
        for j in range(t):
            total = extra[i, j]
            for e in range(t):
                total += jacobian[e, i] * half[e, j]
            hessian[i, j] = total


@compiled
def search(
    theta: FloatArray,
    restricted: bool,
    size: float,
    columns: Columns,
    response: Response,
    solved: Solved,
    curvature: Curvature,
    eigenvalues: FloatArray,
) -> tuple[float, float, float, int]:
    """Move `theta` to the least deviance; return that, the residual sum of squares, the slope and the steps.

    The slope is the decrease that one more Newton step promises. The deviance is infinite where the search
    leads to where it is undefined. Diagonals of the factors come back as at least 0.

    Parameters
    ----------
    theta : float array, shape (t,)
        The start; receives the optimum.
    restricted, size, columns, response
        As `deviance` takes them.
    solved, curvature
        Room; `solved` receives what the least deviance is made of.
    eigenvalues : float array, shape (t,)
        Receives those of the Hessian by theta.
    """
    t = len(theta)
    slope, bent, jacobian = np.empty(t), np.empty((t, t)), np.empty((t, t))
    gradient, hessian, step = np.empty(t), np.empty((t, t)), np.empty(t)
    moved = np.empty(t)
    promised, steps, escape = np.inf, 0, 0.5
    here, left = deviance(theta, restricted, size, columns, response, solved)
    while np.isfinite(here) and steps < MOST_STEPS:
        steps += 1
        derivatives(restricted, columns, response, solved, curvature)
        for a in range(t):
            slope[a] = curvature.trace[a] - size * curvature.quadratic[a] / left
            for b in range(t):
                both = curvature.quadratic[a] * curvature.quadratic[b]
                bent[a, b] = (
                    size * (2 * curvature.bends[a, b] / left - both / left**2) - curvature.traces[a, b]
                )
        by_theta(theta, columns.sizes, slope, bent, gradient, hessian, jacobian)
        values, vectors = np.linalg.eigh(hessian)
        eigenvalues[:] = values
        largest = max(np.abs(values).max(), 1e-12)
        promised = 0.0
        step[:] = 0.0
        for i in range(t):
            along = 0.0
            for a in range(t):
                along += vectors[a, i] * gradient[a]
            curve = max(abs(values[i]), 1e-9 * largest)
            promised += along * along / curve / 2
            for a in range(t):
                step[a] -= vectors[a, i] * along / curve
        last = promised < DONE
        if last and values[0] < CURVED_DOWN * largest:  # a saddle
            step[:] = escape * vectors[:, 0]
            escape *= 2
            last = False
        reach = 4.0 * (1.0 + np.abs(theta).max())
        length = min(1.0, reach / max(np.abs(step).max(), 1e-300))
        better = False
        for _ in range(60):
            moved[:] = theta + length * step
            found, squares = deviance(moved, restricted, size, columns, response, solved)
            if found < here or (promised < 1e-9 and found <= here + 1e-12 * abs(here)):
                better = True
                break
            length /= 2
        if better:
            theta[:] = moved
            here, left = found, squares
        if last or not better:
            break
    first = 0
    for r in range(len(columns.sizes)):  # the sign of a factor's column is free: diagonals become positive
        s = columns.sizes[r]
        for column in range(s):
            at = first + column * s - column * (column - 1) // 2
            if theta[at] < 0:
                for a in range(s - column):
                    theta[at + a] = -theta[at + a]
        first += s * (s + 1) // 2
    here, left = deviance(theta, restricted, size, columns, response, solved)
    return here, left, promised, steps


@compiled
def search_all(
    start: FloatArray,
    restricted: bool,
    sizes: FloatArray,
    columns: Columns,
    counts: FloatArray,
    grams: FloatArray,
    sums: FloatArray,
    squares: FloatArray,
    common: FloatArray,
    square: FloatArray,
    solved: Solved,
    curvature: Curvature,
    thetas: FloatArray,
    coefficients: FloatArray,
    covariances: FloatArray,
    found: FloatArray,
) -> None:
    """Fit every one of b responses, each from the same start.

    Parameters
    ----------
    start : float array, shape (t,)
    restricted : bool
    sizes : float array, shape (b,)
        Rows, less p if restricted.
    columns : Columns
        Whose `counts` and `common` are not used.
    counts, grams : float arrays, shape (m, u) and (m, w, w)
        Those of each response, or (m = 1) of all.
    sums, squares, common, square
        As in `Moments`.
    solved, curvature
        Room.
    thetas : float array, shape (b, t)
        Receives the optima.
    coefficients : float array, shape (b, w)
    covariances : float array, shape (b, p, p)
        Of the fixed coefficients, relative to the residual variance.
    found : float array, shape (b, 4)
        Receives the deviance, the residual sum of squares, the slope, and the smallest curvature by theta,
        relative to the largest.
    """
    theta, eigenvalues = np.empty(len(start)), np.empty(len(start))
    q = len(columns.common) - columns.fixed
    for b in range(len(square)):
        m = b if len(counts) > 1 else 0
        own_columns = Columns(
            columns.sizes, columns.elements, columns.fixed, counts[m], columns.own, columns.cross, grams[m]
        )
        theta[:] = start
        eigenvalues[:] = 0.0
        response = Response(sums[b], squares[b], common[b], square[b])
        deviance_, left, slope, _ = search(
            theta, restricted, sizes[b], own_columns, response, solved, curvature, eigenvalues
        )
        thetas[b] = theta
        coefficients[b] = solved.coefficients
        covariances[b] = solved.full[q:, q:]
        largest = max(np.abs(eigenvalues).max(), 1.0)
        found[b, 0], found[b, 1], found[b, 2], found[b, 3] = (
            deviance_, left, slope, eigenvalues.min() / largest,
        )  # fmt: skip
