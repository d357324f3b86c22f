"""Power of a linear mixed model, by simulation."""

from collections.abc import Iterator
from math import sqrt
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.effects.wilson import wilson_interval
from mmstats.errors import MmstatsError, PlanError, unknown
from mmstats.estimate import Estimate
from mmstats.formula import Contrasts, Design, MixedFormula
from mmstats.kind import Numeric
from mmstats.mixed.layout import outermost
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.power import DfMethod, power, recycled
from mmstats.mixed.quantities import POWER
from mmstats.mixed.structure import MixedData
from mmstats.mixed_design import mixed_design
from mmstats.registry import AtLeast, Between, Level, Random, Resamples, method

IntArray = npt.NDArray[np.int64]
Participants = Annotated[int | Literal["pilot"], AtLeast(2)]
Alpha = Annotated[float, Between(0, 1)]


@method(
    title="Power of a linear mixed model",
    references=("green2016", "bates2015", "kenward1997", "kuznetsova2017", "wilson1927"),
)
def lmm_power(
    formula: MixedFormula,
    weights: Numeric | None = None,
    offset: Numeric | None = None,
    *,
    coefficient: str,
    effect: float,
    participants: Participants = "pilot",
    alpha: Alpha = 0.05,
    df_method: DfMethod = "kenward-roger",
    contrasts: Contrasts = "treatment",
    level: Level = 0.95,
    resamples: Resamples = 1_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Share of simulated data sets in which the test of a coefficient rejects that it is 0.

    The rows at hand are a pilot study: the model is fitted to them by restricted maximum likelihood, and data
    sets are simulated from it, in which the coefficient has the value asked for. Other coefficients do not
    matter to its test; variances are those of the pilot, taken as they are, so power is as uncertain as
    these. A pilot of few participants may well have estimated a variance of 0, which a note says: power is
    then too high. Each data set is fitted anew, and has the test that ``lmm`` makes.

    Data sets have the pilot's participants (groups of the outermost random part), or as many as asked for.
    Each new one has the rows of one of the pilot: its number of measurements and what the formula has of
    them. All of the pilot take turns, in the order of their names, and those alike in all categorical
    variables that do not vary within participants keep their share.

    Yields ``power``. Its interval, Wilson's, is that of the simulation: it holds the power given the pilot's
    estimates, and says nothing of how far these are from the truth.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables: ``time ~ group * hand + (1 + hand | participant_id)``.
    weights : Series of float, shape (n,), optional
        A row has the residual variance over its weight.
    offset : Series of float, shape (n,), optional
        Added to predictions as it is.
    coefficient : str
        As ``lmm`` calls it: ``group[MS]``, ``age``, ``group[MS]:hand[right]``.
    effect : float
        Its value, in its own unit.
    participants : int or "pilot"
        How many data sets have, if not as many as the pilot. Grouping factors must not be crossed then.
    alpha : float
        The test rejects if p is at most this.
    df_method : {"kenward-roger", "satterthwaite"}
        Of the test.
    contrasts : {"treatment", "sum", "helmert", "polynomial"}
        Of categorical variables.
    level : float
        The confidence level of the simulation's interval.
    resamples : int
        How many data sets are simulated.
    rng : numpy.random.Generator
        What they are drawn from.

    Raises
    ------
    PlanError
        If the model has no such coefficient.
    NotEstimableError
        If the model cannot be set up or fitted, or does not suit so few participants, or participants are
        asked for and grouping factors are crossed.

    Notes
    -----
    References: green2016, bates2015, kenward1997, kuznetsova2017, wilson1927.

    Examples
    --------
    >>> from mmstats.formula import ModelData
    >>> taps = [41.0, 47, 38, 45, 52, 55, 36, 44, 45, 46, 40, 49]
    >>> frame = pd.DataFrame({"taps": taps, "hand": pd.Categorical(["l", "r"] * 6),
    ...                       "person": np.repeat(np.arange(6.0), 2)})
    >>> model, rng = ModelData.of("taps ~ hand + (1 | person)", frame), np.random.default_rng(1)
    >>> for e in lmm_power(model, coefficient="hand[r]", effect=3.0, participants=12, rng=rng):
    ...     print(f"{e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    0.87 (0.85 to 0.88)
    """
    data, design = mixed_design(formula, contrasts=contrasts, weights=weights, offset=offset)
    if coefficient not in data.names:
        raise PlanError(unknown(coefficient, data.names, what="coefficient"))
    if rng is None:
        raise MmstatsError("Power is simulated, and rng is None. Give it a seeded generator.")
    pilot, at = fit(data), data.names.index(coefficient)
    truth = pilot.coefficients.copy()
    truth[at] = effect
    other = None if participants == "pilot" else _other(data, design, formula.frame, int(participants))
    found = power(
        pilot, np.eye(len(truth))[at], truth, data=other, df_method=df_method, resamples=resamples, rng=rng
    )
    rejected = found.rejected(alpha)
    low, high = wilson_interval(rejected, resamples, level=level)
    share = rejected / resamples
    yield Estimate(
        quantity=POWER,
        term=coefficient,
        estimate=share,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval="wilson",
        n=pilot.rows,
        resamples=resamples,
        mcse=sqrt(share * (1 - share) / resamples),
        note=" ".join(_notes(pilot, other or data, found.failed, effect, alpha)),
    )


def _other(data: MixedData, design: Design, frame: pd.DataFrame, count: int) -> MixedData:
    """Return the rows of so many participants, like those at hand."""
    groups = outermost(data).groups
    first = np.unique(groups, return_index=True)[1]
    levels = np.zeros(len(first), dtype=np.int64)
    for name in sorted(design.levels):
        codes = frame[name].cat.codes.to_numpy(dtype=np.int64)
        if (codes == codes[first][groups]).all():
            levels = np.unique(levels * (codes.max() + 1) + codes[first], return_inverse=True)[1]
    return recycled(data, levels, count)


def _notes(pilot: LinearFit, data: MixedData, failed: int, effect: float, alpha: float) -> Iterator[str]:
    sizes = {term.group: len(term.levels) for term in data.random}
    groups = " and ".join(f"{count} groups by {name}" for name, count in sizes.items())
    yield (
        f"Each data set has {len(data.response)} rows, {groups}; the true value is {effect:g}, and p must be "
        f"at most {alpha:g}. The interval is that of the simulation."
    )
    if pilot.singular:
        yield f"The pilot's fit is singular ({', '.join(pilot.singular)}), so power may be too high."
    if failed:
        yield f"{failed} data sets had no certain optimum; they count as not rejected."
