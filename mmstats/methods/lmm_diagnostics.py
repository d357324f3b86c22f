"""What speaks against a linear mixed model."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import nan

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import Contrasts, MixedFormula
from mmstats.kind import Numeric
from mmstats.mixed.components import components
from mmstats.mixed.determined import refuse_undetermined
from mmstats.mixed.influence import influence
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.profile import DRAWN, Profile, profile_coefficient, profile_component
from mmstats.mixed.quantities import CONDITIONAL_MODE, COOKS_DISTANCE, FITTED_VALUE, PROFILE, RESIDUAL
from mmstats.mixed.residuals import conditional_modes, residuals
from mmstats.mixed_design import mixed_design
from mmstats.registry import Level, method

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MOST = 200  # rows or groups; of more, as many are kept
ENDS = 20  # of these, at each end
DIGITS = 9  # of their spread, to which values are equal


@method(
    title="Diagnostics of a linear mixed model",
    references=("bates2015", "cook1977", "demidenko2005", "nieuwenhuis2012"),
)
def lmm_diagnostics(
    formula: MixedFormula,
    weights: Numeric | None = None,
    offset: Numeric | None = None,
    *,
    contrasts: Contrasts = "treatment",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Residuals, conditional modes and the influence of each group, as figures of a model's checks draw them.

    The model is that of ``lmm`` with the same formula, by restricted maximum likelihood. Groups and rows
    are told by rank alone, in the order of each quantity, so that no two ranks are known to be of one group.
    Of more than 200 rows or groups, 200 ranks are kept: 20 at each end, and others evenly between them.

    Yields for each random coefficient the ``conditional_mode`` of each group, smallest first
    (``intercept | participant_id #1``). Its standard error is the conditional standard deviation, which takes
    the parameters as known, its interval is normal, and its ``statistic`` is the normal quantile of its
    rank. Yields for each row the ``residual``, smallest first (``#1``), with its normal quantile as
    ``statistic``, and the ``fitted_value`` of the same row. Residuals are conditional on the modes, and times
    the root of the weight. Yields for each grouping factor ``cooks_distance``, largest first
    (``participant_id #1``): how far the coefficients of the fixed part move, in their own covariance and by
    their number, when a group's rows are left out and everything is estimated anew. Yields for each
    parameter points of its ``profile``, smallest first (``residual #1``): values, with the signed root of how
    far the deviance of full maximum likelihood is above its least as ``statistic``; the point at 0 is the
    estimate by full maximum likelihood, and has the profile interval.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables: ``time ~ group * hand + (1 + hand | participant_id)``.
    weights : Series of float, shape (n,), optional
        A row's variance is the residual one over its weight.
    offset : Series of float, shape (n,), optional
        Added to the prediction as it is.
    contrasts : {"treatment", "sum", "helmert", "polynomial"}
        Of categorical variables.
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If the model cannot be set up or fitted.

    Notes
    -----
    References: bates2015, cook1977, demidenko2005, nieuwenhuis2012.

    Examples
    --------
    >>> from mmstats.formula import ModelData
    >>> import pandas as pd
    >>> taps = [41.0, 47, 38, 45, 52, 55, 36, 44, 45, 46, 40, 49]
    >>> frame = pd.DataFrame({"taps": taps, "hand": pd.Categorical(["l", "r"] * 6),
    ...                       "person": np.repeat(np.arange(6.0), 2)})
    >>> found = list(lmm_diagnostics(ModelData.of("taps ~ hand + (1 | person)", frame)))
    >>> for e in found[:2]:
    ...     print(f"{e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    intercept | person #1: -4.32 (-7.17 to -1.47)
    intercept | person #2: -2.98 (-5.83 to -0.13)
    """
    data, _ = mixed_design(formula, contrasts=contrasts, weights=weights, offset=offset)
    found = fit(data)
    refuse_undetermined(found)
    yield from _modes(found, level)
    yield from _residuals(found)
    yield from _influences(found)
    yield from _profiles(found, level)


def _modes(found: LinearFit, level: float) -> Iterator[Estimate]:
    z = float(stats.norm.isf((1 - level) / 2))
    for modes in conditional_modes(found):
        for column, name in enumerate(modes.term.names):
            values, spreads = modes.values[:, column], modes.std_devs[:, column]
            order = ranks(values, spreads)
            for rank in kept(len(order)):
                value, spread = float(values[order[rank]]) + 0.0, float(spreads[order[rank]])
                yield Estimate(
                    quantity=CONDITIONAL_MODE,
                    term=f"{name} | {modes.term.group} #{rank + 1}",
                    estimate=value,
                    std_error=spread,
                    conf_low=value - z * spread,
                    conf_high=value + z * spread,
                    conf_level=level,
                    interval="conditional-normal",
                    statistic=quantile(rank, len(order)),
                    n=found.rows,
                )


def _residuals(found: LinearFit) -> Iterator[Estimate]:
    left = residuals(found)
    values, fitted = left.scaled * found.residual_sd, left.fitted
    order = ranks(values, fitted)
    for rank in kept(len(order)):
        row, n = order[rank], found.rows
        yield Estimate(
            quantity=RESIDUAL,
            term=f"#{rank + 1}",
            estimate=float(values[row]) + 0.0,
            statistic=quantile(rank, len(order)),
            n=n,
        )
        yield Estimate(quantity=FITTED_VALUE, term=f"#{rank + 1}", estimate=float(fitted[row]) + 0.0, n=n)


def _influences(found: LinearFit) -> Iterator[Estimate]:
    groups = {term.group: term for term in found.data.random}
    for group, term in groups.items():
        without = influence(found, term.codes, term.levels)
        distances = without.cooks_distances
        order = np.lexsort((np.array(without.notes), -distances))  # what is NaN comes last
        for rank in kept(len(order)):
            one = order[rank]
            distance, note = float(distances[one]) + 0.0, without.notes[one]
            if np.isnan(distance) and not note:
                note = "There is no fixed part to be moved."
            yield Estimate(
                quantity=COOKS_DISTANCE,
                term=f"{group} #{rank + 1}",
                estimate=distance,
                n=found.rows,
                note=note,
            )


def _profiles(found: LinearFit, level: float) -> Iterator[Estimate]:
    """Yield the profile of each standard deviation and correlation, and of each coefficient."""
    ways: list[tuple[str, Callable[[], Profile]]] = [
        (component.name(found.data) or "residual", partial(profile_component, found, component, level=level))
        for component in components(found.data)
    ]
    for name, contrast in zip(found.data.names, np.eye(len(found.data.names)), strict=True):
        ways.append((name, partial(profile_coefficient, found, contrast, level=level)))
    for term, way in ways:
        try:
            yield from _points(way(), term, found.rows)
        except NotEstimableError as problem:
            yield Estimate(quantity=PROFILE, term=f"{term} #1", estimate=nan, n=found.rows, note=str(problem))


def _points(profile: Profile, term: str, rows: int) -> Iterator[Estimate]:
    """Yield the estimate, and values at even steps from it to each limit that was found."""
    steps = np.linspace(0, 1, DRAWN + 1)[1:]
    ends = [end for end in (profile.low, profile.high) if np.isfinite(end) and end != profile.estimate]
    wanted = [
        profile.estimate,
        *(profile.estimate + step * (end - profile.estimate) for end in ends for step in steps),
    ]
    places = {int(np.abs(profile.values - value).argmin()) for value in wanted}
    for number, place in enumerate(sorted(places), 1):
        point = Estimate(
            quantity=PROFILE,
            term=f"{term} #{number}",
            estimate=float(profile.values[place]) + 0.0,
            statistic=float(profile.signed_roots[place]) + 0.0,
            n=rows,
        )
        if profile.values[place] == profile.estimate:
            point = replace(
                point, conf_low=profile.low + 0.0, conf_high=profile.high + 0.0, conf_level=profile.level,
                interval="profile", note=profile.note,
            )  # fmt: skip
        yield point


def ranks(values: FloatArray, then: FloatArray) -> IntArray:
    """Return the order of values, smallest first; of those equal but for rounding, by another value."""
    keys = []
    for one in (then, values):
        spread = float(np.abs(one).max(initial=0.0))
        keys.append(np.round(one / spread, DIGITS) if spread > 0 else one)
    return np.lexsort(keys).astype(np.int64)


def kept(count: int) -> list[int]:
    """Return the ranks that are kept, from 0: all, or both ends and others evenly between them.

    Examples
    --------
    >>> kept(3), len(kept(1000)), kept(1000)[:2], kept(1000)[-1]
    ([0, 1, 2], 200, [0, 1], 999)
    """
    if count <= MOST:
        return list(range(count))
    between = np.linspace(ENDS, count - 1 - ENDS, MOST - 2 * ENDS).round().astype(int)
    return [*range(ENDS), *between.tolist(), *range(count - ENDS, count)]


def quantile(rank: int, count: int) -> float:
    """Return the normal quantile of a rank from 0, as R's ``ppoints`` places it."""
    a = 0.375 if count <= 10 else 0.5
    return float(stats.norm.ppf((rank + 1 - a) / (count + 1 - 2 * a))) + 0.0
