"""One-stage models of individual data from several cohorts, from the sufficient statistics of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import Literal, get_args

import numpy as np
from scipy import linalg, stats

from mmstats.errors import NotEstimableError, unknown
from mmstats.meta.cohort_least_squares import EXACT
from mmstats.meta.one_stage_likelihood import Likelihood, Projected, likelihood, projected
from mmstats.meta.one_stage_search import lowest
from mmstats.meta.sufficient import FloatArray, Statistics
from mmstats.mixed.structure import IntArray

Residual = Literal["by-cohort", "common"]
RESIDUALS = get_args(Residual)

CERTAIN = 1e-9  # what one more step may promise of a decrease where a search has arrived
SINGULAR = 1e-4  # a random standard deviation, next to the residual one, that counts as none
FLAT = 1e-12  # what of the information, relative to the largest, tells nothing


@dataclass(frozen=True)
class OneStage:
    """`y ~ 0 + cohort + cohort:own + common + (0 + random | cohort)`, with residual variances by cohort.

    Parameters
    ----------
    cohorts : tuple of str, length k
    names : tuple of str, length c
        Of the common columns.
    random : tuple of str, length q
        Those whose coefficients differ between cohorts.
    restricted : bool
    factor : float array, shape (q, q)
        Lower triangular, L: the covariance of random coefficients is LL'.
    variances : float array, shape (g,)
        Residual ones.
    strata : int array, shape (k,)
        Which of them each cohort has.
    found : Likelihood
        At the optimum.
    data : Projected
    promised : float
        By how much a further Newton step would lower the deviance; about 0.
    curvatures : float array, shape (v,)
        Eigenvalues of the deviance's Hessian by the factor, in units of the data, and log variances.
    steps : int
    """

    cohorts: tuple[str, ...]
    names: tuple[str, ...]
    random: tuple[str, ...]
    restricted: bool
    factor: FloatArray
    variances: FloatArray
    strata: IntArray
    found: Likelihood
    data: Projected
    promised: float
    curvatures: FloatArray
    steps: int

    @property
    def deviance(self) -> float:
        """Minus twice the log likelihood."""
        return self.found.deviance

    @property
    def coefficients(self) -> FloatArray:
        """Of the common columns: the averages over cohorts where they are random, shape (c,)."""
        return self.found.coefficients

    @property
    def random_covariance(self) -> FloatArray:
        """Of the random coefficients, shape (q, q)."""
        return self.factor @ self.factor.T

    @property
    def residual_sds(self) -> FloatArray:
        """Of each cohort, shape (k,)."""
        return np.sqrt(self.variances)[self.strata]

    @cached_property
    def singular(self) -> bool:
        """Whether some combination of random coefficients does not differ between cohorts."""
        q = len(self.random)
        spread = np.sqrt(np.diagonal(self.data.gram[:, :q, :q], axis1=1, axis2=2).sum(axis=0))
        unit = spread / np.sqrt(self.variances.mean() * self.data.counts.sum())
        return bool(q and linalg.svdvals(unit[:, None] * self.factor).min() < SINGULAR)

    @cached_property
    def _weights(self) -> FloatArray:
        """The covariance of the variance parameters, by the expected information, shape (v, v)."""
        units = 1 / np.sqrt(np.diag(self.found.traces))
        inner = linalg.pinvh(self.found.traces * np.outer(units, units), rtol=FLAT)
        return np.asarray(2 * inner * np.outer(units, units))

    @cached_property
    def covariance(self) -> FloatArray:
        """Of the coefficients, shape (c, c); by Kenward and Roger if the likelihood is restricted.

        References: kenward1997.
        """
        plain, found = self.found.covariance, self.found
        if not self.restricted:
            return plain
        inside = np.einsum("ef,efxy->xy", self._weights, found.curves) - np.einsum(
            "ef,exy,yz,fzv->xv", self._weights, found.slopes, plain, found.slopes, optimize=True
        )
        adjusted = plain + 2 * plain @ inside @ plain
        return np.asarray((adjusted + adjusted.T) / 2)

    @property
    def std_errors(self) -> FloatArray:
        """Shape (c,)."""
        return np.sqrt(np.diag(self.covariance))

    def df(self, contrast: FloatArray) -> float:
        """Return the degrees of freedom of a combination, shape (c,); infinite by full likelihood.

        References: kenward1997.
        """
        if not self.restricted:
            return inf
        plain = self.found.covariance
        along = plain @ contrast
        variance = float(contrast @ along)
        slopes = np.einsum("x,exy,y->e", along, self.found.slopes, along) / variance
        spread = float(slopes @ self._weights @ slopes)
        return 2 / spread if spread > 0 else inf

    def row(self, name: str, *, level: float = 0.95) -> tuple[float, float, float, float, float]:
        """Return a coefficient, its standard error, degrees of freedom and confidence limits.

        t with Kenward and Roger's degrees of freedom; normal if the likelihood is not restricted.
        """
        at = self.names.index(name)
        df = self.df(np.eye(len(self.names))[at])
        value, error = float(self.coefficients[at]), float(self.std_errors[at])
        half = float(stats.t.isf((1 - level) / 2, df)) * error
        return value, error, df, value - half, value + half

    @cached_property
    def random_coefficients(self) -> FloatArray:
        """How far each cohort's coefficients are predicted to be from the average, shape (k, q)."""
        q = len(self.random)
        zz, rest = self.data.gram[:, :q, :q], self.data.gram[:, :q, q:]
        w = np.append(-self.coefficients, 1.0)
        own = self.variances[self.strata][:, None, None]
        inner = np.linalg.solve(own * np.eye(q) + self.factor.T @ zz @ self.factor, self.factor.T @ rest)
        return np.asarray((self.factor @ inner) @ w)

    @cached_property
    def own_slopes(self) -> FloatArray:
        """Of the columns that each cohort has for itself, without intercepts, shape (k, s)."""
        at = [self.names.index(name) for name in self.random]
        found = []
        for slopes, mode in zip(self.data.slopes, self.random_coefficients, strict=True):
            beta = self.coefficients.copy()
            beta[at] += mode
            found.append(slopes[:, -1] - slopes[:, :-1] @ beta)
        return np.array(found)


def one_stage(
    cohorts: Mapping[str, Statistics],
    *,
    common: Sequence[str],
    own: Sequence[str] = (),
    random: Sequence[str] = (),
    residual: Residual | FloatArray = "by-cohort",
    restricted: bool = True,
) -> OneStage:
    """Fit a linear mixed model to the rows of several cohorts, of which only the statistics are known.

    Each cohort has an intercept of its own. Random effects are by cohort, so that the likelihood is a
    product over cohorts, and each factor depends on its rows only through n, X'X, X'y and y'y. With residual
    variances by cohort and few rows it can have several maxima; the highest that six searches find is taken.

    Parameters
    ----------
    cohorts : mapping of str to Statistics
    common : sequence of str
        Columns with one coefficient, or one average coefficient.
    own : sequence of str
        Columns with a coefficient for each cohort, such as the baseline.
    random : sequence of str
        Common columns whose coefficients differ between cohorts, by any covariance. Full likelihood takes
        them as given, so that it matters whether they are centred; restricted likelihood does not mind.
    residual : {"by-cohort", "common"} or float array, shape (k,)
        Whether cohorts differ in residual variance; or what the residual variances are known to be.
    restricted : bool
        Restricted maximum likelihood, or full.

    Raises
    ------
    NotEstimableError
        If columns depend on each other, a cohort is fitted exactly, there are fewer than two cohorts for
        random coefficients, or the search ends without an optimum.

    References: debray2015, burke2017, riley2020.

    Examples
    --------
    >>> from mmstats.meta.sufficient import statistics
    >>> rng, group = np.random.default_rng(1), np.arange(20.0) % 2
    >>> names = ("group", "score")
    >>> trials = [np.column_stack([group, e * group + rng.standard_normal(20)]) for e in (0, 1, 2, 3)]
    >>> cohorts = {name: statistics(rows, names) for name, rows in zip("ABCD", trials)}
    >>> fitted = one_stage(cohorts, common=("group",), random=("group",))
    >>> [round(value, 2) for value in fitted.row("group")]
    [1.41, 0.64, 2.98, -0.64, 3.46]
    """
    parts = dict(cohorts)
    _check(parts, common, random, residual)
    data = projected(parts, own=own, common=common, random=random)
    q, k = len(random), len(parts)
    start, strata = _start(data, tuple(parts), residual)
    known = not isinstance(residual, str)
    unit = float(np.sqrt(start.mean()))
    sizes = np.sqrt(np.diagonal(data.gram, axis1=1, axis2=2).sum(axis=0) / data.counts.sum())
    if not sizes[:-1].min() > 0:
        flat = [name for name, size in zip(common, sizes[q:-1], strict=True) if not size > 0]
        raise NotEstimableError(
            f"{', '.join(flat)} does not vary within any cohort, or follows from the cohorts' own columns."
        )
    sizes[q:-1] = 1.0
    sizes[-1] = unit
    scaled = replace(
        data, gram=data.gram / np.outer(sizes, sizes), raw=data.raw / np.outer(sizes[:q], sizes[:q])
    )
    factor, logs, _, promised, curvatures, steps = lowest(
        scaled, np.log(start / unit**2), strata, known=known, restricted=restricted
    )
    if not promised < CERTAIN:
        raise NotEstimableError(
            f"The search for the least deviance ended after {steps} steps without finding it (a further step "
            f"would promise {promised:.1g}). The cohorts do not tell the spread of {' and '.join(random)} "
            f"from {k} residual variances: take residual = 'common', or fewer random coefficients."
        )
    factor = unit * factor / sizes[:q, None]
    variances = start if known else np.exp(logs) * unit**2
    found = likelihood(data, factor, variances, strata, restricted=restricted)
    return OneStage(
        tuple(parts), tuple(common), tuple(random), restricted, factor, variances, strata, found, data,
        promised, curvatures, steps,
    )  # fmt: skip


def _start(
    data: Projected, cohorts: tuple[str, ...], residual: Residual | FloatArray
) -> tuple[FloatArray, IntArray]:
    """Return residual variances to start from, and which of them each cohort has."""
    q, c, k = data.random, data.common, len(data.counts)
    squares, rows, exact = np.empty(k), np.empty(k), []
    for i, gram in enumerate(data.gram[:, q:, q:]):
        scale = np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
        even = gram / np.outer(scale, scale)
        beta, _, rank, _ = np.linalg.lstsq(even[:c, :c], even[:c, c], rcond=1e-10)
        w = np.append(-beta, 1.0)
        left = float(w @ even @ w)
        squares[i], rows[i] = left * scale[-1] ** 2, data.rows[i] - rank
        if rows[i] < 1 or left <= EXACT:
            exact.append(cohorts[i])
    if not isinstance(residual, str):
        return np.asarray(residual, dtype=np.float64), np.arange(k, dtype=np.int64)
    if residual == "common":
        if not rows.sum() > 0 or not squares.sum() > 0:
            raise NotEstimableError("The model fits the rows of all cohorts exactly.")
        return np.array([squares.sum() / rows.sum()]), np.zeros(k, dtype=np.int64)
    if exact:
        raise NotEstimableError(
            f"The model fits the rows of {', '.join(map(repr, exact))} exactly, so that a residual variance "
            "of its own vanishes. Take residual = 'common', or leave out a column."
        )
    return squares / rows, np.arange(k, dtype=np.int64)


def _check(
    parts: dict[str, Statistics],
    common: Sequence[str],
    random: Sequence[str],
    residual: Residual | FloatArray,
) -> None:
    problems = []
    if isinstance(residual, str):
        if residual not in RESIDUALS:
            problems.append(unknown(residual, RESIDUALS, what="kind of residual variances"))
    elif (
        np.shape(residual) != (len(parts),) or not (np.isfinite(residual) & (np.asarray(residual) > 0)).all()
    ):
        problems.append(f"Known residual variances must be {len(parts)} positive numbers.")
    strange = [name for name in random if name not in common]
    if strange:
        problems.append(
            f"Random coefficients need an average: add {', '.join(strange)} to the common columns."
        )
    if not common:
        problems.append("There is no common column, so nothing is pooled.")
    if not parts or (random and len(parts) < 2):
        problems.append(f"Coefficients that differ between cohorts need two or more; there is {len(parts)}.")
    if problems:
        raise NotEstimableError("The cohorts cannot be analysed in one stage:", problems)
