"""Power by simulation: how often a coefficient would be found in data like those of a pilot study."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt

from mmstats.compute import HERE, Place, each
from mmstats.mixed.crossproducts import Moments
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.layout import outermost
from mmstats.mixed.linear import LinearFit, Optimum
from mmstats.mixed.parts import part_sizes, streams
from mmstats.mixed.prepared import Prepared, prepared
from mmstats.mixed.refits import Optima, fit_all
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed.simulation import simulated
from mmstats.mixed.structure import FloatArray, IntArray, MixedData

DfMethod = Literal["kenward-roger", "satterthwaite"]
TESTS_OF_A_PART = 500  # about as many as take a quarter of a second


@dataclass(frozen=True)
class Power:
    """Tests of simulated data sets.

    Parameters
    ----------
    rows : int
        Of each data set.
    p_values : float array, shape (b,)
        NaN where no optimum was certain.
    """

    rows: int
    p_values: FloatArray

    @property
    def failed(self) -> int:
        """The number of data sets without a certain optimum."""
        return int(np.isnan(self.p_values).sum())

    def rejected(self, alpha: float) -> int:
        """Return how many tests reject; one without an optimum does not."""
        return int((self.p_values <= alpha).sum())


def power(
    pilot: LinearFit,
    contrast: FloatArray,
    coefficients: FloatArray,
    *,
    data: MixedData | None = None,
    df_method: DfMethod = "kenward-roger",
    resamples: int,
    rng: np.random.Generator,
    on: str | Place = HERE,
) -> Power:
    """Return the tests that a combination of coefficients is 0, in data simulated from a model.

    What the likelihood depends on is simulated itself, with the variances of the pilot's fit, and refitted
    by restricted maximum likelihood; each refit has the test that a fit to data has.

    Parameters
    ----------
    pilot : LinearFit
    contrast : float array, shape (p,)
    coefficients : float array, shape (p,)
        The truth.
    data : MixedData, optional
        The rows of each data set, if not the pilot's: as `recycled` makes them.
    df_method : {"kenward-roger", "satterthwaite"}
    resamples : int
    rng : Generator
        Gives each part of the data sets its own stream.
    on : str or Place
        Where, as `mmstats.compute.each` takes it; the answer is the same.

    Raises
    ------
    NotEstimableError
        If `data` do not determine the model.

    References: green2016, kenward1997, kuznetsova2017.
    """
    model = pilot.model if data is None else prepared(data)
    simulation = _Simulation(
        model, model.as_computed(pilot.theta), pilot.residual_sd, coefficients, contrast, df_method
    )
    sizes = [
        min(TESTS_OF_A_PART, size - first)
        for size in part_sizes(model.design.compiled, resamples)
        for first in range(0, size, TESTS_OF_A_PART)
    ]
    items = list(zip(sizes, streams(rng, len(sizes)), strict=True))
    p_values = np.concatenate(list(each(partial(_tested, simulation), items, on=on)))
    return Power(len(model.data.response), p_values)


def recycled(data: MixedData, levels: IntArray, count: int) -> MixedData:
    """Return the rows of a study with another number of groups of the outermost factor.

    Each new group has the rows of one of the old ones, but for the response. Old ones of the same level take
    turns, and levels stay in proportion as far as whole groups can.

    Parameters
    ----------
    data : MixedData
    levels : int array, shape (g,)
        From 0, of each group: what is kept in proportion.
    count : int
        How many groups.

    Raises
    ------
    NotEstimableError
        If factors are crossed.
    """
    groups = outermost(data).groups
    rows = [np.flatnonzero(groups == donor) for donor in donors(levels, count)]
    at, copies = np.concatenate(rows), np.repeat(np.arange(count), [len(own) for own in rows])
    random = []
    for term in data.random:
        pairs = np.stack([copies, term.codes[at]])
        there, codes = np.unique(pairs, axis=1, return_inverse=True)
        names = tuple(f"{copy + 1}:{term.levels[code]}" for copy, code in there.T.tolist())
        random.append(
            replace(term, matrix=term.matrix[at], codes=codes.reshape(-1).astype(np.int64), levels=names)
        )
    return MixedData(
        data.response[at],
        data.fixed[at],
        data.names,
        tuple(random),
        None if data.weights is None else data.weights[at],
        None if data.offset is None else data.offset[at],
    )


def donors(levels: IntArray, count: int) -> IntArray:
    """Return whose rows each of `count` groups has, level after level.

    Examples
    --------
    >>> donors(np.array([0, 0, 1, 1, 1]), 10).tolist()
    [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    >>> donors(np.array([0, 0, 0, 1]), 6).tolist()
    [0, 0, 1, 1, 2, 3]
    """
    sizes = np.bincount(levels)
    exact = sizes * count / sizes.sum()
    shares = np.floor(exact).astype(np.int64)
    largest = np.argsort(shares - exact, kind="stable")  # what is left goes where most was cut off
    shares[largest[: count - shares.sum()]] += 1
    found = [np.sort(np.resize(np.flatnonzero(levels == level), share)) for level, share in enumerate(shares)]
    return np.concatenate(found).astype(np.int64)


@dataclass(frozen=True)
class _Simulation:
    """A model, its truth, and what is tested; theta is of scaled random columns."""

    model: Prepared
    theta: FloatArray
    residual_sd: float
    coefficients: FloatArray
    contrast: FloatArray
    df_method: DfMethod


def _tested(one: _Simulation, part: tuple[int, np.random.SeedSequence]) -> npt.NDArray[np.float64]:
    """Return the p values of some simulated data sets."""
    count, rows = part[0], len(one.model.data.response)
    drawn = simulated(one.model.design, rows, one.theta, count, np.random.default_rng(part[1]))
    optima = fit_all(one.model.design.compiled, drawn, one.theta, rows, restricted=True)
    made = kenward_roger if one.df_method == "kenward-roger" else satterthwaite
    found = np.full(count, np.nan)
    for b in np.flatnonzero(optima.certified):
        found[b] = made(_fit(one, drawn, optima, int(b))).test(one.contrast[None]).p_value
    return found


def _fit(one: _Simulation, drawn: Moments, optima: Optima, b: int) -> LinearFit:
    """Return a refit as a fit, for its tests; the response itself was never made."""
    at = slice(b, b + 1)
    stats = Moments(drawn.sums[at], drawn.squares[at], drawn.common[at], drawn.square[at], drawn.shift[at])
    optimum = Optimum(
        optima.theta[b], float(optima.deviance[b]), optima.fixed[b], float(optima.squares[b]),
        0.0, np.zeros(len(one.theta)), 0,
    )  # fmt: skip
    along = one.model.triangle @ one.coefficients
    return LinearFit(one.model, one.model.data.response, True, optimum, stats, one.residual_sd, along)
