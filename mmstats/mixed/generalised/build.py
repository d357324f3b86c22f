"""Models from data: checks, predictors, and where to start."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.generalised.binomial import Binomial
from mmstats.mixed.generalised.cumulative import Cumulative
from mmstats.mixed.generalised.density import FloatArray
from mmstats.mixed.generalised.links import LINKS
from mmstats.mixed.generalised.model import GeneralisedModel
from mmstats.mixed.generalised.negative_binomial import NegativeBinomial
from mmstats.mixed.generalised.poisson import Poisson
from mmstats.mixed.structure import MixedData

MOST_COUNT = 1e15  # beyond it a count is not a whole number any more


def binomial_model(data: MixedData, link: str = "logit") -> GeneralisedModel:
    """Return the model of events among trials: F^-1(chance) = fixed + random.

    Parameters
    ----------
    data : MixedData
        The response is the share of events; `weights` are the trials, 1 by default. A row without events,
        or with nothing else, may have any weight.
    link : {"logit", "probit", "cloglog"}

    Raises
    ------
    NotEstimableError
        If events are not whole numbers among their trials, or all alike; columns depend on each other; or
        nothing can tell rows from groups.
    """
    _check(data)
    n = len(data.response)
    trials = np.ones(n) if data.weights is None else data.weights
    y = data.response
    if y.min() < 0 or y.max() > 1 or trials.min() <= 0:
        raise NotEstimableError("Each row has the share of events among its trials, which is from 0 to 1.")
    events = y * trials
    shares = (y > 0) & (y < 1)
    if shares.any() and max(_from_whole(events[shares]), _from_whole(trials[shares])) > 1e-6:
        raise NotEstimableError(
            "Some shares of events are not of whole numbers of trials: give the trials as weights."
        )
    events[shares], trials = np.rint(events[shares]), np.where(shares, np.rint(trials), trials)
    if not events.any() or (events == trials).all():
        raise NotEstimableError("The outcome is the same in every row, so nothing can be told about it.")
    if not shares.any():
        _check_groups(data)
    family = Binomial(events, trials, LINKS[link])
    start = np.asarray(np.linalg.lstsq(data.fixed, -_offset(data), rcond=None)[0])
    return _simple(family, data, start, partial(binomial_model, link=link), family.link.variance)


def poisson_model(data: MixedData) -> GeneralisedModel:
    """Return the model of counts: log mean = fixed + random.

    Parameters
    ----------
    data : MixedData
        The response is the count; `weights` say how often each row counts.

    Raises
    ------
    NotEstimableError
        If responses are not counts, all are 0, or columns depend on each other.
    """
    _check_counts(data)
    return _simple(Poisson(data.response, _weights(data)), data, _log_start(data), poisson_model)


def negative_binomial_model(data: MixedData) -> GeneralisedModel:
    """Return the model of counts with variance mean + mean^2 / size: log mean = fixed + random.

    The last parameter is the logarithm of the size.

    Raises
    ------
    NotEstimableError
        If responses are not counts, all are 0, or columns depend on each other.
    """
    _check_counts(data)
    n, p = data.fixed.shape
    columns = np.zeros((2, n, p + 1))
    columns[0, :, :p], columns[1, :, p] = data.fixed, 1
    offset = np.stack([_offset(data), np.zeros(n)])
    family = NegativeBinomial(data.response, _weights(data))
    return GeneralisedModel(
        family=family,
        data=data,
        columns=columns,
        offset=offset,
        wide=columns,
        wide_offset=offset,
        wide_direction=family.direction,
        names=(*data.names, "log size"),
        start=np.append(_log_start(data), 0.5),
        typical=np.einsum("wnp,p->wn", columns, np.append(_log_start(data), 0.5)) + offset,
        rebuild=negative_binomial_model,
    )


def cumulative_model(data: MixedData, link: str = "logit", free: Sequence[str] = ()) -> GeneralisedModel:
    """Return the model of an ordinal response: F^-1(P(response <= k)) = threshold_k - fixed - random.

    The parameters are the thresholds (named ``1|2``), the coefficients and, for each name in `free`, by how
    much its coefficient differs from that at the first threshold (named ``x at 2|3``).

    Parameters
    ----------
    data : MixedData
        The response has the categories' scores; those that nobody has do not exist. No column of `fixed`
        may be constant: thresholds stand in the place of the intercept. `weights` say how often each row
        counts.
    link : {"logit", "probit", "cloglog"}
    free : sequence of str
        Names of columns whose coefficient differs by threshold: partial proportional odds.

    Raises
    ------
    NotEstimableError
        If there is one category, columns depend on each other, or nothing can tell rows from groups.

    References: mccullagh1980, peterson1990.
    """
    scores, codes = np.unique(data.response, return_inverse=True)
    if len(scores) < 2:
        raise NotEstimableError("The outcome is the same in every row, so nothing can be told about it.")
    n, p = data.fixed.shape
    _check(data, constant=True)
    _check_groups(data)
    levels = tuple(map(_shown, scores))
    top, chosen = len(scores) - 1, [data.names.index(name) for name in free]
    cuts = [f"{a}|{b}" for a, b in pairwise(levels)]
    names = (*cuts, *data.names, *(f"{name} at {cut}" for cut in cuts[1:] for name in free))
    wide = np.zeros((top, n, len(names)))
    for k in range(top):
        wide[k, :, k] = 1
        wide[k, :, top : top + p] = -data.fixed
        if k:
            first = top + p + (k - 1) * len(chosen)
            wide[k, :, first : first + len(chosen)] = -data.fixed[:, chosen]
    offset, at = _offset(data), np.arange(n)
    columns = np.stack([wide[np.minimum(codes, top - 1), at], wide[np.maximum(codes - 1, 0), at]])
    columns[0][codes == top], columns[1][codes == 0] = 0, 0
    shares = np.cumsum(np.bincount(codes, _weights(data)))[:-1] / _weights(data).sum()
    start = np.zeros(len(names))
    start[:top] = np.log(shares / (1 - shares)) + offset.mean()
    family = Cumulative(codes.astype(np.int64), top, _weights(data), LINKS[link])
    return GeneralisedModel(
        family=family,
        data=data,
        columns=columns,
        offset=np.tile(-offset, (2, 1)),
        wide=wide,
        wide_offset=np.tile(-offset, (top, 1)),
        wide_direction=np.full(top, -1.0),
        names=names,
        start=start,
        typical=np.tile(np.log(shares / (1 - shares))[:, None], (1, n)),
        rebuild=partial(cumulative_model, link=link, free=tuple(free)),
        latent_variance=family.link.variance,
        levels=levels,
    )


def _simple(
    family: Binomial | Poisson,
    data: MixedData,
    start: FloatArray,
    rebuild: Callable[[MixedData], GeneralisedModel],
    latent_variance: float = np.nan,
) -> GeneralisedModel:
    columns, offset = data.fixed[None], _offset(data)[None]
    log_mean = isinstance(family, Poisson)
    typical = (data.fixed @ start)[None] + offset if log_mean else np.zeros((1, len(data.response)))
    return GeneralisedModel(
        family=family,
        data=data,
        columns=columns,
        offset=offset,
        wide=columns,
        wide_offset=offset,
        wide_direction=family.direction,
        names=data.names,
        start=start,
        typical=typical,
        rebuild=rebuild,
        latent_variance=latent_variance,
    )


def _shown(score: float) -> str:
    """Return a score's text, which no other score has."""
    short = f"{score + 0.0:g}"
    return short if float(short) == score else repr(float(score))


def _from_whole(values: FloatArray) -> float:
    return float(np.abs(values - np.rint(values)).max())


def _offset(data: MixedData) -> FloatArray:
    return np.zeros(len(data.response)) if data.offset is None else data.offset


def _weights(data: MixedData) -> FloatArray:
    return np.ones(len(data.response)) if data.weights is None else data.weights


def _log_start(data: MixedData) -> FloatArray:
    aim = np.log(data.response + 0.5) - _offset(data)
    return np.asarray(np.linalg.lstsq(data.fixed, aim, rcond=None)[0])


def _check_counts(data: MixedData) -> None:
    _check(data)
    y = data.response
    if (y < 0).any() or (y != np.rint(y)).any() or y.max() > MOST_COUNT:
        raise NotEstimableError("Counts are whole numbers from 0; some values of the outcome are not.")
    if not y.any():
        raise NotEstimableError("All counts are 0, so nothing can be told about their rate.")


def _check(data: MixedData, *, constant: bool = False) -> None:
    """Raise unless there are rows and random terms, all finite, and columns stand on their own."""
    if not len(data.response):
        raise NotEstimableError("There are no rows.")
    if not data.random:
        raise NotEstimableError("A mixed model needs a random term, such as (1 | participant_id).")
    parts = [data.response, data.fixed, _offset(data), _weights(data), *(t.matrix for t in data.random)]
    if not all(np.isfinite(part).all() for part in parts):
        raise NotEstimableError("Some values are infinite or missing.")
    if data.weights is not None and (data.weights <= 0).any():
        raise NotEstimableError("Weights must be above 0.")
    size = np.sqrt((data.fixed**2).mean(axis=0))
    matrix = data.fixed / np.where(size > 0, size, 1)
    matrix = np.column_stack([np.ones(len(matrix)), matrix]) if constant else matrix
    if matrix.shape[1]:
        values = np.linalg.svd(matrix, compute_uv=False)
        if matrix.shape[1] > len(matrix) or values[-1] < 1e-10 * values[0]:
            raise NotEstimableError(
                f"The columns {', '.join(data.names)}{' and the thresholds' if constant else ''} depend on "
                "each other, so that no coefficient is determined: leave one out."
            )
    for term in data.random:
        if len(term.levels) < 2:
            raise NotEstimableError(f"All rows have the same {term.group}: a variance needs several groups.")
        if not (term.matrix**2).sum(axis=0).all():
            raise NotEstimableError(f"A random column by {term.group} is 0 throughout.")


def _check_groups(data: MixedData) -> None:
    """Raise if a group's effect cannot be told from a row's own chance."""
    for term in data.random:
        if len(np.unique(term.codes)) == len(term.codes):
            raise NotEstimableError(
                f"Each {term.group} has one row, so that differences between groups cannot be told from "
                "chance: leave that random term out."
            )
