"""Generalised estimating equations."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan, sqrt
from typing import Literal

import numpy as np
import pandas as pd

from mmstats.adjusted_rows import holm
from mmstats.comparisons import own_comparisons
from mmstats.effects.coefficient import COEFFICIENT
from mmstats.effects.f_test import F_TEST
from mmstats.effects.least_squares import fit as decompose
from mmstats.effects.odds_ratio import LOG_ODDS, ODDS_RATIO
from mmstats.effects.rate_ratio import LOG_RATE, RATE_RATIO
from mmstats.effects.t_interval import with_t
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import Design, ModelData, ModelFormula
from mmstats.generalised_rows import BEYOND, beyond, exp_of
from mmstats.kind import Grouping, Ordered
from mmstats.mixed.estimating_equations import DISPERSION, FamilyName, solve
from mmstats.mixed.sandwich import Correction, Sandwich, hotelling_f, sandwich
from mmstats.mixed.working_correlation import WORKING_CORRELATION, Clusters, Correlation, timed
from mmstats.registry import Level, method
from mmstats.samples import FloatArray, measured

SLOPES = {"gaussian": COEFFICIENT, "binomial": ODDS_RATIO, "poisson": RATE_RATIO}
INTERCEPTS = {"gaussian": COEFFICIENT, "binomial": LOG_ODDS, "poisson": LOG_RATE}
WORDS = {
    "kauermann-carroll": "covariance with the correction of Kauermann and Carroll",
    "mancl-derouen": "covariance with the correction of Mancl and DeRouen",
    "fay-graubard": "covariance with the correction of Fay and Graubard",
    "robust": "covariance of Liang and Zeger, without a correction for few participants",
}
ENOUGH = 10  # participants per coefficient


@method(
    title="Generalised estimating equations",
    references=(
        "liang1986", "yan2004", "kauermann2001", "mancl2001", "fay2001", "li2015", "pustejovsky2018",
        "searle1980", "holm1979",
    ),
)  # fmt: skip
def gee(
    formula: ModelFormula,
    participant: Grouping,
    time: Ordered | None = None,
    *,
    distribution: FamilyName = "gaussian",
    correlation: Correlation = "exchangeable",
    covariance: Correction = "kauermann-carroll",
    df_method: Literal["participants", "satterthwaite"] = "participants",
    comparisons: str = "",
    adjust: Literal["none", "holm"] = "none",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Effects on the mean of a population, from several rows of each participant.

    What is modelled is the mean of everybody with given values of the variables, not that of one person, as a
    mixed model does: with a logit link its odds ratios are nearer to 1. The working correlation of
    a participant's rows need not be true. The covariance is judged by how participants vary, and corrected
    for how few they are: with 10 to 24 of them, tests of a coefficient at 5 % rejected 2 to 7 % of true
    hypotheses by the default, 1 to 5 % with Mancl and DeRouen's correction, and 4 to 9 % without one (see the
    validation notes).

    Rows that are missing must not depend on what was measured before (a mixed model allows that). With
    variables that change within participants, only ``independence`` is right whatever depends on earlier
    rows.
    Categorical variables have treatment contrasts: each level against the first.

    Yields for each term ``coefficient`` (gaussian), ``odds_ratio`` (binomial) or ``rate_ratio`` (poisson) of
    its columns, preceded by ``f_test`` (Hotelling's T squared as F) if it has several, which a term inside an
    interaction has not; the intercept as ``coefficient``, ``log_odds`` or ``log_rate``; what the columns have
    of each of the `comparisons`; the ``working_correlation``, unless it is independence; and the
    ``dispersion``, the mean square of the residuals over the distribution's variance. Ratios have the t
    interval of their logarithm.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables, such as ``tapping ~ group * hand``.
    participant : Series of id or category, shape (n,)
        Whose each row is.
    time : Series of float, shape (n,), optional
        When each row was measured; ``ar1`` needs it.
    distribution : {"gaussian", "binomial", "poisson"}
        Numbers with the identity link, an outcome of two levels (the second is the event) with the logit
        link, or counts with the log link.
    correlation : {"exchangeable", "independence", "ar1"}
        Any two rows of a participant correlate alike; not at all; or the less, the farther apart in `time`
        they are: by the working correlation raised to the power of their distance, in units of the smallest.
    covariance : {"kauermann-carroll", "mancl-derouen", "fay-graubard", "robust"}
        How residuals are corrected for the fit having followed them. ``fay-graubard`` is computed with
        numeric variables centred, so that their origin does not matter; ``robust`` does not correct.
    df_method : {"participants", "satterthwaite"}
        Of t and F: participants less coefficients; or those at which the covariance is as variable as it
        would be if the working correlation were true: fewer where few participants inform a coefficient.
    comparisons : str
        Combinations of marginal means, such as ``left = hand[left]:group[MS] - hand[left]:group[HC]``,
        separated by ``;`` or line breaks. Cells name some of the categorical variables of the fixed part, and
        are averaged over the others; numbers or fractions stand in front, ``1/2 * task[a]``, and add up to 0.
    adjust : {"none", "holm"}
        Whether p values of `comparisons` allow for their number; intervals do not.
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If there are no more participants than coefficients, the outcome does not fit the distribution,
        columns depend on each other, the data are separated or fitted exactly, the residuals give no
        correlation matrix, ``ar1`` has no times or a participant has two rows at one time, values are
        infinite, the steps do not come to an end, or `comparisons` are wrong, with everything that is.

    Notes
    -----
    References: liang1986, yan2004, kauermann2001, mancl2001, fay2001, li2015, pustejovsky2018, searle1980,
    holm1979.

    Examples
    --------
    >>> who = pd.Series([f"p{i}" for i in range(8)]).repeat(2).reset_index(drop=True)
    >>> hand = pd.Categorical(["left", "right"] * 8)
    >>> taps = [41.0, 47, 38, 45, 52, 55, 36, 44, 45, 46, 40, 49, 39, 41, 50, 57]
    >>> data = ModelData.of("taps ~ hand", pd.DataFrame({"taps": taps, "hand": hand}))
    >>> for e in list(gee(data, who))[:2]:
    ...     print(f"{e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f}), p = {e.p_value:.4f}")
    hand[right]: 5.38 (2.80 to 7.95), p = 0.0022
    intercept: 42.62 (37.60 to 47.65), p = 0.0000
    """
    response, data = _response(formula, distribution)
    for name, values in data.frame.items():
        if not isinstance(values.dtype, pd.CategoricalDtype):
            measured(values, str(name))
    design = Design.of(data)
    if not design.names:
        raise NotEstimableError("The formula has neither an intercept nor a term, so nothing is estimated.")
    own = own_comparisons(comparisons, design, data.frame)
    matrix, intercept = design.matrix(data.frame), design.formula.intercept
    who = pd.factorize(participant, sort=True)[0]
    when = np.zeros(len(who)) if time is None else measured(time, "time")
    order = np.lexsort((*matrix.T[::-1], response, when, who))  # one order of rows, whatever the order given
    matrix, response, who, when = matrix[order], response[order], who[order], when[order]
    parts = decompose(matrix, response, design.names, intercept=intercept, covariance="classical")
    count = len(np.unique(who))
    if count <= len(design.names):
        raise NotEstimableError(
            f"{len(design.names)} coefficients need more than {len(design.names)} participants, however many "
            f"rows they have; there {'is' if count == 1 else 'are'} {count}."
        )
    starts = np.unique(who, return_index=True)[1]
    clusters = Clusters(starts, np.diff(np.append(starts, len(who))))
    apart = ""
    if correlation == "ar1":
        if time is None:
            raise NotEstimableError("An ar1 correlation needs the role 'time': when each row was measured.")
        clusters, gap = timed(clusters, when)
        apart = f"Of two rows {gap:g} apart in {time.name or 'time'}."
    root, origin = sqrt(len(response)), parts.origin if distribution == "gaussian" else 0.0
    fit = solve(response - origin, root * parts.q, clusters, distribution, correlation)
    contrasts = root * parts.directions(np.eye(len(design.names)))
    centred = contrasts.copy()
    if intercept:
        centred[0] = root * parts.q.mean(axis=0)
    spread = sandwich(
        fit.columns, fit.residuals, clusters.codes, covariance, centred=centred, rounding=fit.rounding
    )
    report = _Report(
        spread, fit.coefficients, count, len(response), level, f"{covariance}-t", df_method, WORDS[covariance]
    )

    places = np.array(design.term_of)
    for place, term in enumerate(design.formula.terms):
        at = np.flatnonzero(places == place)
        inside = any(set(term) < set(other) for other in design.formula.terms)
        base = Estimate(quantity=SLOPES[distribution], estimate=0, n=len(response), note=report.note)
        if len(at) > 1 and not inside:
            yield report.f_test(replace(base, term=":".join(map(str, term))), contrasts[at])
        for column in at:
            yield report.combination(replace(base, term=design.names[column]), contrasts[column])
    if intercept:
        base = Estimate(
            quantity=INTERCEPTS[distribution], term="intercept", estimate=0, n=len(response), note=report.note
        )
        yield report.combination(base, contrasts[0], origin)
    base = Estimate(quantity=SLOPES[distribution], estimate=0, n=len(response))
    rows = [
        report.combination(
            replace(base, term=one.term, note=f"{report.note} {one.note}".strip()), one.weights @ contrasts
        )
        for one in own
    ]
    yield from holm(rows) if adjust == "holm" else rows
    if correlation != "independence":
        yield Estimate(quantity=WORKING_CORRELATION, estimate=fit.alpha + 0.0, n=len(response), note=apart)
    yield Estimate(quantity=DISPERSION, estimate=fit.dispersion, n=len(response))


@dataclass(frozen=True)
class _Report:
    """How a fit is turned into estimates."""

    spread: Sandwich
    coefficients: FloatArray
    participants: int
    rows: int
    level: float
    interval: str
    df_method: str
    words: str

    @property
    def note(self) -> str:
        """Return who was counted, and how."""
        count, p = self.participants, len(self.coefficients)
        few = f" Fewer than {ENOUGH} participants per coefficient: approximate." if count < ENOUGH * p else ""
        return f"{count} participants with {self.rows} rows; {self.words}.{few}"

    def problem(self, contrasts: FloatArray) -> str:
        """Return why combinations (rows) have no standard errors, or nothing."""
        if self.spread.alone:
            alone = self.spread.alone
            whom = "1 participant is" if alone == 1 else f"{alone} participants are each"
            return (
                f"{whom} the only one to inform some coefficient, which leaves this correction undefined. "
                "Merge levels or drop a term."
            )
        if not np.diag(self.spread.covariance(contrasts)).all():
            return "Its standard error is 0: every row that informs it is fitted exactly."
        return ""

    def df(self, contrasts: FloatArray) -> float:
        """Return the degrees of freedom of combinations (rows)."""
        if self.df_method == "satterthwaite":
            return self.spread.satterthwaite(contrasts)
        return float(self.participants - len(self.coefficients))

    def combination(self, base: Estimate, contrast: FloatArray, origin: float = 0.0) -> Estimate:
        """Return one linear combination of coefficients, or its exponential."""
        ratio, value = base.quantity.ratio, float(contrast @ self.coefficients) + origin
        problem = self.problem(contrast[None])
        if not problem and not (df := self.df(contrast[None])) > 0:
            problem = "It has no degrees of freedom."
        if problem:
            note, estimate = f"{base.note} {problem}", exp_of(value) if ratio else value + 0.0
            return replace(base, estimate=estimate, conf_level=self.level, interval=self.interval, note=note)
        std_error = float(np.sqrt(self.spread.covariance(contrast[None])[0, 0]))
        found = replace(base, estimate=value, std_error=std_error, statistic=value / std_error)
        found = with_t(found, df, level=self.level, interval=self.interval)
        if not ratio:
            return found
        return replace(
            found,
            estimate=exp_of(value),
            std_error=nan,
            conf_low=exp_of(found.conf_low),
            conf_high=exp_of(found.conf_high),
            note=f"{base.note} {BEYOND}" if beyond((value, found.conf_low, found.conf_high)) else base.note,
        )

    def f_test(self, base: Estimate, contrasts: FloatArray) -> Estimate:
        """Return the test that all combinations (rows) are 0: Hotelling's T squared as F, or why none."""
        base, problem = replace(base, quantity=F_TEST), self.problem(contrasts)
        if not problem:
            try:
                values, covariance = contrasts @ self.coefficients, self.spread.covariance(contrasts)
                f, df2, p_value = hotelling_f(values, covariance, self.df(contrasts))
            except NotEstimableError as found:
                problem = found.message
        if problem:
            return replace(base, estimate=nan, note=f"{base.note} {problem}")
        return replace(base, estimate=f, statistic=f, df=len(contrasts), df2=df2, p_value=p_value)


def _response(formula: ModelData, distribution: FamilyName) -> tuple[FloatArray, ModelData]:
    """Return the outcome as numbers, and the data with it so."""
    response = formula.formula.response
    values = formula.frame[response.variable]
    levels = list(values.cat.categories) if isinstance(values.dtype, pd.CategoricalDtype) else []
    if distribution == "gaussian":
        return Design.of(formula).response(formula.frame), formula
    if response.transformation:
        raise NotEstimableError(
            f"The {distribution} distribution takes the outcome as it is: write it without {response}."
        )
    if distribution == "binomial":
        if len(levels) != 2:
            has = len(levels) if levels else "numbers"
            raise NotEstimableError(
                f"The binomial distribution needs an outcome of two levels; {response.variable!r} has {has}."
            )
        numbers = (values == levels[1]).to_numpy(dtype=np.float64)
    else:
        counted = not levels and bool((measured(values, "the outcome") >= 0).all())
        if not counted or not bool((values == np.rint(values)).all()):
            raise NotEstimableError(
                f"The poisson distribution takes counts: {response.variable!r} has other values."
            )
        numbers = values.to_numpy(dtype=np.float64)
    if len(numbers) and not np.ptp(numbers):
        raise NotEstimableError(f"Every row has the same {response.variable}.")
    return numbers, ModelData(formula.formula, formula.frame.assign(**{response.variable: numbers}))
