"""The restricted likelihood-ratio test of the only variance component, by its exact distribution."""

import numpy as np

from mmstats.compiling import compiled
from mmstats.errors import NotEstimableError
from mmstats.mixed.likelihood_ratio import SimulatedTest
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.structure import FloatArray

EQUAL = 1e-9  # eigenvalues closer than this share of the largest are one
FIRST, LAST, PLACES = -12.0, 18.0, 61  # of log(variance ratio x largest eigenvalue), where the search looks
NARROWED = 40


def exact_random_test(found: LinearFit, *, resamples: int, rng: np.random.Generator) -> SimulatedTest:
    """Return the test that groups do not differ, for a model with one random column.

    With mu_s the eigenvalues of Z'PZ, P the projection off the fixed columns, and w_s standard normal, the
    statistic is distributed as the greatest over l >= 0 of
    (n - p) log(1 + N(l) / D(l)) - sum log(1 + l mu_s), where N(l) = sum l mu_s / (1 + l mu_s) w_s^2 and
    D(l) = sum w_s^2 / (1 + l mu_s) + chi^2(n - p - s): for any sample size, whatever the fixed part. The only
    error is that of simulating it. The statistic is of restricted likelihood, however the fit was made.

    Parameters
    ----------
    found : LinearFit
    resamples : int
    rng : Generator

    Raises
    ------
    NotEstimableError
        If the model has other random columns, or the fixed part takes up all that groups could differ in.

    References: crainiceanu2004.
    """
    if len(found.data.random) > 1 or found.data.random[0].size > 1:
        raise NotEstimableError(
            "The exact distribution is known for one random column, and this model has more: simulate the "
            "likelihood-ratio test instead."
        )
    best = found if found.restricted else fit(found.model, response=found.response, start=found.theta)
    size = best.size
    squares = float(best.moments.square[0] + best.moments.squares[0].sum())
    null = size * (1 + np.log(2 * np.pi * squares / size))
    values, counts = _eigenvalues(best)
    drawn = rng.chisquare(counts, (resamples, len(counts)))
    beyond = size - int(counts.sum())
    rest = rng.chisquare(beyond, resamples) if beyond else np.zeros(resamples)
    found_ = np.empty(resamples)
    _greatest(values / values.max(), counts.astype(np.float64), drawn, rest, float(size), found_)
    return SimulatedTest(max(0.0, float(null) - best.optimum.deviance), found_)


def _eigenvalues(best: LinearFit) -> tuple[FloatArray, FloatArray]:
    """Return the distinct eigenvalues of Z'PZ above 0, and how often there is each."""
    design = best.model.design
    root = design.root[design.pattern_of, 0, 0]
    cross = root[:, None] * design.cross[design.pattern_of, 0]
    values = np.linalg.eigvalsh(np.diag(root**2) - cross @ cross.T)[::-1]
    values = values[values > EQUAL * float((root**2).max())]
    if not len(values):
        raise NotEstimableError(
            f"The fixed part takes up all that levels of {best.data.random[0].group!r} could differ in: "
            "there is no variance to test."
        )
    first = np.concatenate([[0], np.flatnonzero(-np.diff(values) > EQUAL * values[0]) + 1])
    return values[first], np.diff(np.append(first, len(values)))


@compiled
def _greatest(
    values: FloatArray,
    counts: FloatArray,
    drawn: FloatArray,
    rest: FloatArray,
    size: float,
    found: FloatArray,
) -> None:
    """Write the greatest value of the statistic over the variance ratio, for each draw."""
    for b in range(len(found)):
        best, where = 0.0, FIRST
        step = (LAST - FIRST) / (PLACES - 1)
        for place in range(PLACES):
            value = _ratio(FIRST + step * place, values, counts, drawn[b], rest[b], size)
            if value > best:
                best, where = value, FIRST + step * place
        if best > 0.0:
            low, high = where - step, where + step
            for _ in range(NARROWED):
                one, two = low + (high - low) * 0.381966, low + (high - low) * 0.618034
                at_one = _ratio(one, values, counts, drawn[b], rest[b], size)
                at_two = _ratio(two, values, counts, drawn[b], rest[b], size)
                best = max(best, at_one, at_two)
                if at_one < at_two:
                    low = one
                else:
                    high = two
        found[b] = best


@compiled
def _ratio(
    place: float, values: FloatArray, counts: FloatArray, drawn: FloatArray, rest: float, size: float
) -> float:
    """Return the statistic at the logarithm of a variance ratio."""
    ratio, whole, left, spread = np.exp(place), rest, rest, 0.0
    for j in range(len(values)):
        shrunk = 1 + ratio * values[j]
        whole += drawn[j]
        left += drawn[j] / shrunk
        spread += counts[j] * np.log(shrunk)
    return float(size * np.log(whole / left) - spread)
