"""McDonald's omega."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from mmstats.effects import one_factor as effect
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import SeveralOrdered
from mmstats.registry import Level, Random, Resamples, method
from mmstats.resampling.attach import with_bootstrap
from mmstats.samples import sorted_rows


@method(title="McDonald's omega", references=("mcdonald1999", "joreskog1967", "kelley2016"))
def mcdonald_omega(
    items: SeveralOrdered,
    *,
    level: Level = 0.95,
    interval: Literal["bca-bootstrap", "percentile-bootstrap"] = "bca-bootstrap",
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Reliability of the sum of several items that one factor explains, each as well as it does.

    Yields ``mcdonald_omega``, of the sum of the items as they are scored, and the standardized
    ``factor_loading`` of each item, which should be alike and none negative. The factor is fitted by maximum
    likelihood; a uniqueness that reaches its bound (a Heywood case) is said in the note, and means that one
    factor does not fit or that there are too few participants. There should be many more participants than
    items: with few of them, resamples whose items determine each other leave the interval undefined.

    Parameters
    ----------
    items : DataFrame of float, shape (n, k)
        A row for each participant, a column for each item; only complete rows count.
    level : float
        Confidence level.
    interval : {"bca-bootstrap", "percentile-bootstrap"}
        How the interval is made, from resamples of the participants.
    resamples : int
        How many resamples are drawn; the factor is fitted in each.
    rng : numpy.random.Generator
        What they are drawn from.

    Raises
    ------
    NotEstimableError
        If there are fewer than 3 items, no more participants than items, an item is constant, items
        determine each other, or the likelihood has no maximum that is found.

    Notes
    -----
    References: mcdonald1999, joreskog1967, kelley2016.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> trait = rng.normal(size=(40, 1))
    >>> answers = pd.DataFrame(np.round(3 + trait + rng.normal(size=(40, 4))), columns=list("abcd"))
    >>> found = next(mcdonald_omega(answers, rng=rng))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f})"
    '0.75 (0.55 to 0.89)'
    """
    names = [str(name) for name in items]
    if len(names) < 3:
        raise NotEstimableError(f"One factor needs at least 3 items; there are {len(names)}.")
    columns = sorted_rows({str(name): items[name] for name in items}, at_least=len(names) + 1)
    n = len(columns[0])
    loadings, uniquenesses = effect.one_factor(*columns)
    if np.isnan(loadings).any():
        raise NotEstimableError("The items determine each other, or no one-factor model is found that fits.")
    at_bound = [
        name for name, u in zip(names, uniquenesses, strict=True) if u <= effect.LEAST_UNIQUENESS * (1 + 1e-9)
    ]
    notes = []
    if at_bound:
        notes.append(f"Heywood case: the uniqueness of {', '.join(at_bound)} is at its bound.")
    negative = [name for name, loading in zip(names, loadings, strict=True) if loading < 0]
    if negative:
        notes.append(f"Negative loading of {', '.join(negative)}: reversed items have to be turned first.")
    base = Estimate(
        quantity=effect.MCDONALD_OMEGA,
        estimate=float(effect.mcdonald_omega(*columns)),
        n=n,
        note=" ".join(notes),
    )
    yield with_bootstrap(
        base,
        columns,
        effect.mcdonald_omega,
        interval=interval,
        level=level,
        resamples=resamples,
        rng=rng,
        paired=True,
    )
    for name, loading in zip(names, loadings, strict=True):
        yield Estimate(quantity=effect.FACTOR_LOADING, term=name, estimate=float(loading), n=n)
