"""Two-stage models of individual data: each cohort's estimate first, then their average; beside one stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.cohort_least_squares import CohortFit, cohort_least_squares
from mmstats.meta.one_stage import OneStage, one_stage
from mmstats.meta.pooling import Pooled, Tau2Method, Test, pool
from mmstats.meta.sufficient import FloatArray, Statistics

WAYS = {
    "z": "the normal distribution",
    "t": "t",
    "hartung-knapp": "Hartung and Knapp",
    "hartung-knapp-ad-hoc": "Hartung and Knapp, never narrower than the normal one",
}
SAME = 1e-9  # a difference, relative to the standard error, that is rounding


@dataclass(frozen=True)
class TwoStage:
    """Estimates of k cohorts, and the average of each coefficient.

    Parameters
    ----------
    cohorts : tuple of str, length k
        Those that determine all coefficients by themselves.
    names : tuple of str, length c
    estimates : float array, shape (k, c)
    covariances : float array, shape (k, c, c)
    variances : float array, shape (k,)
        Residual ones.
    pooled : tuple of Pooled, length c
        Each coefficient by itself.
    left_out : dict of str to str
        Cohorts that do not, and why.
    statistics : dict of str to Statistics
        Of the cohorts.
    own : tuple of str
        Columns beside the pooled ones.
    """

    cohorts: tuple[str, ...]
    names: tuple[str, ...]
    estimates: FloatArray
    covariances: FloatArray
    variances: FloatArray
    pooled: tuple[Pooled, ...]
    left_out: dict[str, str]
    statistics: dict[str, Statistics]
    own: tuple[str, ...]

    def of(self, name: str) -> Pooled:
        """Return the pooling of one coefficient."""
        return self.pooled[self.names.index(name)]

    @cached_property
    def joint(self) -> OneStage:
        """All coefficients averaged at once, each borrowing from those it is correlated with.

        It is the one-stage model whose residual variances are known to be those of the first stage.
        """
        return one_stage(
            self.statistics, common=self.names, own=self.own, random=self.names, residual=self.variances
        )


def two_stage(
    cohorts: Mapping[str, Statistics],
    *,
    common: Sequence[str],
    own: Sequence[str] = (),
    residual: FloatArray | None = None,
    tau2: Tau2Method = "reml",
    test: Test = "hartung-knapp",
) -> TwoStage:
    """Fit a linear model to each cohort, and average the coefficients.

    Parameters
    ----------
    cohorts : mapping of str to Statistics
    common : sequence of str
        Columns whose coefficients are averaged.
    own : sequence of str
        Other columns of each cohort's model, beside its intercept.
    residual : float array, shape (k,), optional
        Residual variances to take as known in place of each cohort's own, such as a one-stage model's.
    tau2, test : str
        As `pool` takes them.

    Raises
    ------
    NotEstimableError
        If too few cohorts determine the coefficients.

    References: burke2017, riley2010.

    Examples
    --------
    >>> from mmstats.meta.sufficient import statistics
    >>> rng, group = np.random.default_rng(1), np.arange(20.0) % 2
    >>> names = ("group", "score")
    >>> trials = [np.column_stack([group, e * group + rng.standard_normal(20)]) for e in (0, 1, 2, 3)]
    >>> found = two_stage(dict(zip("ABCD", (statistics(t, names) for t in trials))), common=("group",))
    >>> found.of("group").coefficients.round(2).tolist(), found.estimates.ravel().round(1).tolist()
    ([1.41], [0.2, 0.8, 1.5, 3.1])
    """
    fits, left_out = _each(cohorts, common, own)
    if not fits:
        raise NotEstimableError(
            f"No cohort determines {', '.join(common)} by itself:",
            [f"{name}: {reason}" for name, reason in left_out.items()],
        )
    estimates = np.array([[fit[name][0] for name in common] for fit in fits.values()])
    variances = np.array([fit.residual_sd**2 for fit in fits.values()])
    if residual is not None:
        variances = np.asarray(residual)[[name in fits for name in cohorts]]
    inner = np.array(
        [fit.covariance[-len(common) :, -len(common) :] / fit.residual_sd**2 for fit in fits.values()]
    )
    covariances = inner * variances[:, None, None]
    pooled = tuple(
        pool(estimates[:, place], covariances[:, place, place], names=(name,), tau2=tau2, test=test)
        for place, name in enumerate(common)
    )
    kept = {name: cohorts[name] for name in fits}
    return TwoStage(
        tuple(fits), tuple(common), estimates, covariances, variances, pooled, left_out, kept, tuple(own)
    )


@dataclass(frozen=True)
class SideBySide:
    """One coefficient in one stage and in two.

    Parameters
    ----------
    name : str
    one_stage, two_stage : tuple of float
        Estimate, standard error, degrees of freedom, lower and upper confidence limit.
    one_stage_sd, two_stage_sd : float
        The standard deviation between cohorts; 0 if it is not part of the model.
    reasons : tuple of str
        Why they differ; empty if they do not.
    """

    name: str
    one_stage: tuple[float, float, float, float, float]
    two_stage: tuple[float, float, float, float, float]
    one_stage_sd: float
    two_stage_sd: float
    reasons: tuple[str, ...]

    @property
    def difference(self) -> float:
        """The one-stage estimate less the two-stage one, in standard errors of the former."""
        return (self.one_stage[0] - self.two_stage[0]) / self.one_stage[1]


def side_by_side(one: OneStage, two: TwoStage, *, level: float = 0.95) -> tuple[SideBySide, ...]:
    """Return each common coefficient in one stage and in two, with the reasons for differences.

    References: burke2017.
    """
    rows = []
    for place, name in enumerate(two.names):
        pooled = two.of(name)
        value, error = float(pooled.coefficients[0]), float(pooled.std_errors[0])
        half = pooled.half_width(error, level)
        second = (value, error, pooled.df, value - half, value + half)
        first = one.row(name, level=level)
        sd = 0.0
        if name in one.random:
            at = one.random.index(name)
            sd = float(np.sqrt(one.random_covariance[at, at]))
        apart = max(abs(first[0] - value), abs(first[1] - error), abs(first[3] - second[3])) / first[1]
        reasons = _reasons(one, two, name, place) if apart > SAME else ()
        rows.append(SideBySide(name, first, second, sd, float(np.sqrt(pooled.tau2)), reasons))
    return tuple(rows)


def _reasons(one: OneStage, two: TwoStage, name: str, place: int) -> tuple[str, ...]:
    pooled, found = two.pooled[place], []
    absent = [cohort for cohort in one.cohorts if cohort not in two.cohorts]
    if absent:
        found.append(
            f"{', '.join(absent)} cannot be analysed alone, and {'counts' if len(absent) == 1 else 'count'} "
            "in one stage only."
        )
    if not np.allclose(
        one.variances[one.strata][[c not in absent for c in one.cohorts]], two.variances, rtol=1e-9
    ):
        found.append(
            "One stage estimates residual variances together with all else; two stages take those of the "
            "first as known."
        )
    if (name in one.random) != (pooled.tau2_method != "common"):
        where = "one stage" if name in one.random else "two stages"
        found.append(f"{name} differs between cohorts in {where} only.")
    elif name in one.random and pooled.tau2_method != ("reml" if one.restricted else "ml"):
        found.append(
            f"The variance between cohorts is by {'REML' if one.restricted else 'ML'} in one stage, and by "
            f"{pooled.tau2_method.upper()} in two."
        )
    others = [other for other in one.names if other != name]
    if others:
        found.append(
            f"One stage estimates {name} jointly with {', '.join(others)} over all cohorts; two stages "
            "average it by itself."
        )
    one_way = "Kenward and Roger" if one.restricted else "the normal distribution"
    found.append(f"Intervals are by {one_way} in one stage, and by {WAYS[pooled.test]} in two.")
    return tuple(found)


def _each(
    cohorts: Mapping[str, Statistics], common: Sequence[str], own: Sequence[str]
) -> tuple[dict[str, CohortFit], dict[str, str]]:
    fits, left_out = {}, {}
    for name, part in cohorts.items():
        try:
            fits[name] = cohort_least_squares({name: part}, common=common, own=own)
        except NotEstimableError as failed:
            left_out[name] = " ".join(str(failed).split())
    return fits, left_out
