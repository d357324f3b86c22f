"""The least deviance of a linear mixed model: Newton steps that do not stop at saddles.

The deviance is even in the sign of each column of a Cholesky factor, so a zero on its diagonal is always
stationary, and bounded methods that come there stay. Here the factor is free, a step follows the absolute
curvatures, and where the slope vanishes a direction of negative curvature is taken.
"""

import numpy as np

from mmstats.compiling import compiled
from mmstats.mixed.derivatives import Curvature, between_blocks, within_blocks
from mmstats.mixed.deviance import Columns, Response, Solved, deviance
from mmstats.mixed.structure import FloatArray, IntArray

DONE = 1e-13  # the decrease of the deviance that one more step promises
CURVED_DOWN = -1e-7  # a curvature, relative to the largest, that is negative beyond doubt
NEAR = 1e-7  # a promise below which a step is taken unless the deviance rises by more than rounding
ROUNDING = 1e-10  # of the deviance, relative, where variances differ a hundred million times
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
    extra, half = np.zeros((t, t)), np.empty((t, t))
    for a in range(t):
        for b in range(t):
            jacobian[a, b] = 0.0
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
    for e in range(t):
        for j in range(t):
            total = 0.0
            for f in range(t):
                total += curvature[e, f] * jacobian[f, j]
            half[e, j] = total
    for i in range(t):
        for j in range(t):
            total = extra[i, j]
            for e in range(t):
                total += jacobian[e, i] * half[e, j]
            hessian[i, j] = total


@compiled
def search(
    thetas: FloatArray,
    restricted: bool,
    size: float,
    columns: Columns,
    sums: FloatArray,
    squares_: FloatArray,
    common: FloatArray,
    square: FloatArray,
    shift: FloatArray,
    solved: Solved,
    curvature: Curvature,
    coefficients: FloatArray,
    eigenvalues: FloatArray,
    ends: FloatArray,
) -> None:
    """Move `thetas` to where the deviance is least, for each of b responses.

    Diagonals of the factors come back as at least 0.

    Parameters
    ----------
    thetas : float array, shape (b, t)
        The starts; receives the optima.
    restricted, size, columns
        As `deviance` takes them.
    sums, squares_, common, square, shift
        As in `Moments`.
    solved, curvature
        Room; `solved` receives what the last response's least deviance is made of.
    coefficients : float array, shape (b, w)
    eigenvalues : float array, shape (t,)
        Receives those of the Hessian by theta, of the last response.
    ends : float array, shape (b, 5)
        Receives the deviance, infinite where the search leads to where it is undefined; the residual sum of
        squares; the decrease that one more Newton step promises; the smallest eigenvalue, relative to the
        largest if that is over 1; and the steps.
    """
    t = thetas.shape[1]
    slope, bent, jacobian = np.empty(t), np.empty((t, t)), np.empty((t, t))
    gradient, hessian, step = np.empty(t), np.empty((t, t)), np.empty(t)
    moved = np.empty(t)
    for response_at in range(len(thetas)):
        theta = thetas[response_at]
        response = Response(
            sums[response_at],
            squares_[response_at],
            common[response_at],
            square[response_at],
            shift[response_at],
        )
        promised, steps, escape = np.inf, 0, 0.5
        here, left = deviance(theta, restricted, size, columns, response, solved)
        while np.isfinite(here) and steps < MOST_STEPS:
            steps += 1
            within_blocks(restricted, columns, response, solved, curvature)
            between_blocks(restricted, columns, solved, curvature)
            for a in range(t):
                slope[a] = curvature.trace[a] - size * curvature.quadratic[a] / left
                for b in range(t):
                    both = curvature.quadratic[a] * curvature.quadratic[b]
                    bent[a, b] = (
                        size * (2 * curvature.bends[a, b] / left - both / left**2) - curvature.traces[a, b]
                    )
            by_theta(theta, columns.sizes, slope, bent, gradient, hessian, jacobian)
            values, vectors = np.linalg.eigh(hessian)
            largest = 1e-12
            for i in range(t):
                eigenvalues[i] = values[i]
                step[i] = 0.0
                largest = max(largest, abs(values[i]))
            promised = 0.0
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
                for a in range(t):
                    step[a] = escape * vectors[a, 0]
                escape *= 2
                last = False
            reach, longest = 0.0, 1e-300
            for a in range(t):
                reach, longest = max(reach, abs(theta[a])), max(longest, abs(step[a]))
            length = min(1.0, 4.0 * (1.0 + reach) / longest)
            better = False
            for _ in range(60):
                for a in range(t):
                    moved[a] = theta[a] + length * step[a]
                found, squares = deviance(moved, restricted, size, columns, response, solved)
                if found < here or (promised < NEAR and found <= here + ROUNDING * abs(here)):
                    better = True
                    break
                length /= 2
            if better:
                for a in range(t):
                    theta[a] = moved[a]
                here, left = found, squares
            if last or not better:
                break
        first = 0
        for r in range(len(columns.sizes)):  # a column's sign is free: diagonals become positive
            s = columns.sizes[r]
            for column in range(s):
                at = first + column * s - column * (column - 1) // 2
                if theta[at] < 0:
                    for a in range(s - column):
                        theta[at + a] = -theta[at + a]
            first += s * (s + 1) // 2
        here, left = deviance(theta, restricted, size, columns, response, solved)
        for x in range(len(solved.coefficients)):
            coefficients[response_at, x] = solved.coefficients[x]
        smallest, largest = np.inf, 1.0
        for i in range(t):
            smallest, largest = min(smallest, eigenvalues[i]), max(largest, abs(eigenvalues[i]))
        ends[response_at, 0], ends[response_at, 1], ends[response_at, 2] = here, left, promised
        ends[response_at, 3], ends[response_at, 4] = smallest / largest, steps
