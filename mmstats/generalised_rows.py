"""How the fit of a generalised or ordinal mixed model becomes rows of results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import exp, inf, isnan, nan, sqrt
from typing import Annotated, Literal

import numpy as np
from scipy import linalg, stats

from mmstats.adjusted_rows import holm
from mmstats.effects.independent_columns import independent
from mmstats.effects.intraclass_correlation import ICC
from mmstats.effects.likelihood import LIKELIHOOD_RATIO
from mmstats.effects.profile_interval import ANYTHING, SEPARATED
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.formula import Design
from mmstats.mixed.generalised.fit import GeneralisedFit
from mmstats.mixed.generalised.profile import deviation_limits, likelihood_ratio, profile_limits
from mmstats.mixed.generalised.random import Component, components, latent_icc
from mmstats.mixed.generalised.simulate import bootstrapped
from mmstats.mixed.quantities import RANDOM_CORRELATION, RANDOM_SD
from mmstats.mixed.structure import MixedData
from mmstats.reference_grid import Combination
from mmstats.registry import AtLeast, Random
from mmstats.resampling.intervals import Limits
from mmstats.samples import FloatArray

NEGATIVE_BINOMIAL_SIZE = Quantity("negative_binomial_size", "Size of the negative binomial")

MixedInterval = Literal["profile", "wald", "parametric-bootstrap"]
Penalty = Literal["none", "soft"]
Points = Annotated[int, AtLeast(1)]
HolmOrNone = Literal["none", "holm"]

LARGEST_LOG = 709.0
TIE = 1e-5  # of the draws' standard deviation: what is left of a search's rounding

NO_VARIANCE = "No variance between groups was found: the estimate is at its boundary."
IN_LINE = "The random effects are found in one line, at the boundary of what can be: no limits."
STILL = "A random effect that does not vary has no correlation."
ENDLESS = (
    "The random effects vary without end: groups hardly differ in what they answer from row to row. "
    "Coefficients depend on how far; a soft penalty keeps them in bounds."
)
NO_WALD = "The data are separated, so there is no standard error: take profile limits, or a soft penalty."
POISSON = "The counts vary no more than Poisson counts do, so that the size is infinite."
NO_DRAWS = (
    "The data are separated, so there is no model to draw from: take profile limits, or a soft penalty."
)
BEYOND = "The ratio is beyond what a computer holds: measure the variable in a larger unit."
NO_REFITS = "Too many resamples have no finite estimate for these limits."


def in_order(data: MixedData) -> MixedData:
    """Return the rows in one order, whatever the order given."""
    keys = [data.response, *data.fixed.T]
    keys += [column for term in data.random for column in (term.codes, *term.matrix.T)]
    keys += [column for column in (data.weights, data.offset) if column is not None]
    order = np.lexsort(tuple(reversed(keys)))
    random = tuple(replace(t, matrix=t.matrix[order], codes=t.codes[order]) for t in data.random)
    weights, offset = (None if v is None else v[order] for v in (data.weights, data.offset))
    return MixedData(data.response[order], data.fixed[order], data.names, random, weights, offset)


def orthogonal(data: MixedData, design: Design) -> tuple[MixedData, FloatArray]:
    """Return the data with fixed columns that are orthogonal, and the coefficients' combinations of theirs.

    Neither a unit nor a distant origin of a variable then costs digits. The first column is the intercept's,
    if there is one. The combinations have shape (p, p).
    """
    q, r = independent(data.fixed, data.names, intercept=design.formula.intercept)
    root = sqrt(len(q)) * (np.sign(q[0, 0]) if design.formula.intercept else 1.0)
    names = tuple(f"column {j}" for j in range(len(data.names)))
    return replace(data, fixed=root * q, names=names), root * linalg.solve_triangular(r, np.eye(len(r)))


def compared(
    own: Sequence[Combination], parts: FloatArray, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return comparisons as `Inference` has combinations.

    Parameters
    ----------
    own : sequence of Combination
    parts : float array, shape (p, q)
        Each coefficient as a combination of parameters; the intercept, of which a comparison has nothing, may
        be left out.
    names : sequence of str, length q
        Of these parameters.
    """
    return {
        _compared(one.term): dict(zip(names, one.weights[-len(parts) :] @ parts, strict=True)) for one in own
    }


@dataclass(frozen=True)
class Inference:
    """Estimates of a fit with their limits, all made in one way.

    Parameters
    ----------
    fit : GeneralisedFit
    combinations : mapping of str to mapping of str to float
        Of each name, the parameters that it combines, and how.
    level : float
    interval : {"profile", "wald", "parametric-bootstrap"}
    resamples : int
    rng : Generator or None
    note : str
        Of every estimate.
    """

    fit: GeneralisedFit
    combinations: Mapping[str, Mapping[str, float]]
    level: float
    interval: MixedInterval
    resamples: int
    rng: Random
    note: str = ""
    label: str = field(init=False)

    def __post_init__(self) -> None:
        penalised = self.fit.penalised and self.interval != "wald"
        object.__setattr__(self, "label", f"{self.interval}-penalised" if penalised else self.interval)

    @cached_property
    def _base_note(self) -> str:
        return _joined(self.note, ENDLESS if self.fit.endless else "")

    def base(self, quantity: Quantity, term: str) -> Estimate:
        """Return an estimate without numbers."""
        return Estimate(quantity=quantity, term=term, estimate=0, n=self.fit.model.rows, note=self._base_note)

    def contrast(self, name: str) -> FloatArray:
        """Return a combination as what multiplies the parameters, shape (size,)."""
        found = np.zeros(self.fit.model.size)
        for part, weight in self.combinations[name].items():
            found[self.fit.model.names.index(part)] = weight
        return found

    def terms(self, design: Design, quantity: Quantity) -> Iterator[Estimate]:
        """Yield each term's coefficients, preceded by the test of all of them if there are several."""
        places = np.array(design.term_of)
        for place, term in enumerate(design.formula.terms):
            at = np.flatnonzero(places == place)
            inside = any(set(term) < set(other) for other in design.formula.terms)
            if len(at) > 1 and not inside:
                rows = np.array([self.contrast(design.names[j]) for j in at])
                base = self.base(LIKELIHOOD_RATIO, ":".join(map(str, term)))
                yield ratio_tested(base, lambda rows=rows: likelihood_ratio(self.fit, rows), len(at))
            for j in at:
                yield self.combination(quantity, design.names[j])

    def combination(self, quantity: Quantity, name: str, *, test: bool = True) -> Estimate:
        """Return the estimate of a combination of parameters, on the scale of its quantity."""
        contrast, base = self.contrast(name), self.base(quantity, name)
        value = self.fit.value(contrast)
        end = self.fit.end(contrast)
        base = replace(base, note=_joined(base.note, ANYTHING if isnan(end) else SEPARATED if end else ""))
        error = self.fit.std_error(contrast)
        if self.interval == "parametric-bootstrap":
            found = self._bootstrap(base, value, name, null=0.0 if test else nan)
            return found if quantity.ratio else replace(_positive_zero(found), std_error=error)
        made = self._wald if self.interval == "wald" else self._profiled
        found = made(base, value, contrast, test=test)
        if quantity.ratio:
            return _exponential(found)
        return replace(_positive_zero(found), std_error=error)

    def comparisons(
        self, own: Sequence[Combination], quantity: Quantity, adjust: HolmOrNone
    ) -> Sequence[Estimate]:
        """Return comparisons of means, on the scale of the coefficients' quantity."""
        rows = []
        for one in own:
            found = self.combination(quantity, _compared(one.term))
            rows.append(replace(found, term=one.term, note=_joined(found.note, one.note)))
        return holm(rows) if adjust == "holm" else rows

    def _wald(self, base: Estimate, value: float, contrast: FloatArray, *, test: bool) -> Estimate:
        error = self.fit.std_error(contrast)
        low, high = value - self._z * error, value + self._z * error
        if isnan(error):
            return replace(base, estimate=value, note=_joined(base.note, NO_WALD))
        found = self._between(replace(base, estimate=value), low, high, "wald")
        if not test or error == 0:
            return found
        z = value / error
        return replace(found, statistic=z, p_value=float(2 * stats.norm.sf(abs(z))))

    @cached_property
    def _z(self) -> float:
        return float(stats.norm.isf((1 - self.level) / 2))

    def _profiled(self, base: Estimate, value: float, contrast: FloatArray, *, test: bool) -> Estimate:
        found = replace(base, estimate=value)
        try:
            ratio = likelihood_ratio(self.fit, contrast[None]) if test else nan
            low, high = profile_limits(self.fit, contrast, self.level)
        except NotEstimableError as problem:
            return replace(found, note=_joined(base.note, problem.message))
        if test:
            found = replace(found, statistic=ratio, df=1, p_value=float(stats.chi2.sf(ratio, 1)))
        return self._between(found, low, high, self.label)

    def _between(self, e: Estimate, low: float, high: float, interval: str) -> Estimate:
        return replace(e, conf_low=low, conf_high=high, conf_level=self.level, interval=interval)

    @cached_property
    def draws(self) -> dict[str, FloatArray]:
        """The bootstrap's estimates by name."""
        rng = np.random.default_rng() if self.rng is None else self.rng
        return bootstrapped(self.fit, self.resamples, rng, self._statistics)

    def _statistics(self, fit: GeneralisedFit) -> dict[str, float]:
        places = {name: place for place, name in enumerate(fit.model.names)}
        found: dict[str, float] = {}
        for name, parts in self.combinations.items():
            if name == "log size" and name not in places:
                found[name] = inf
            elif parts.keys() <= places.keys():
                contrast = np.zeros(fit.model.size)
                contrast[[places[part] for part in parts]] = list(parts.values())
                found[name] = fit.value(contrast)
        found |= {_component(part): part.value for part in components(fit)}
        return found | {"icc": latent_icc(fit)}

    def _bootstrap(
        self,
        base: Estimate,
        value: float,
        name: str,
        *,
        null: float = nan,
        least: float = -inf,
        most: float = inf,
    ) -> Estimate:
        """Return percentile limits, within what the quantity can be; a ratio's on its own scale."""
        if self.fit.separated:
            value = exp_of(value) if base.quantity.ratio else value
            return replace(base, estimate=value, note=_joined(base.note, NO_DRAWS))
        draws = _snapped(self.draws[name], null)
        limits, alpha = Limits(draws), 1 - self.level
        p_value = nan if isnan(null) else limits.p_value(null)
        if base.quantity.ratio:
            value, least = exp_of(value), 0.0
            limits = Limits(np.array([exp_of(draw) for draw in draws]))
        low, high = limits.at(alpha)
        lost = not (np.isfinite(low) and np.isfinite(high))
        error = nan if lost else limits.std_error(alpha)
        found = replace(
            base,
            estimate=value,
            p_value=p_value,
            resamples=self.resamples,
            mcse=error if np.isfinite(error) else nan,
            note=_joined(base.note, NO_REFITS if lost else ""),
        )
        low, high = (least if isnan(low) else low), (most if isnan(high) else high)
        return self._between(found, max(low, least), min(high, most), self.label)

    def random_terms(self) -> Iterator[Estimate]:
        """Yield standard deviations, correlations, and the latent intraclass correlation if there is one."""
        for part in components(self.fit):
            yield self._deviation(part) if len(part.names) == 1 else self._correlation(part)
        share = latent_icc(self.fit)
        if not isnan(share):
            deviation = self._deviation(next(iter(components(self.fit))))
            base, spread = self.base(ICC, ""), self.fit.model.latent_variance
            if self.interval == "parametric-bootstrap":
                yield self._bootstrap(base, share, "icc", least=0.0, most=1.0)
                return
            low, high = (_share(limit, spread) for limit in (deviation.conf_low, deviation.conf_high))
            yield replace(
                deviation, quantity=ICC, term="", estimate=share, std_error=nan, conf_low=low, conf_high=high
            )

    def _deviation(self, part: Component) -> Estimate:
        base = self.base(RANDOM_SD, f"{part.names[0]} | {part.group}")
        note = _joined(base.note, NO_VARIANCE if part.value == 0 else "")
        base = replace(base, estimate=part.value, std_error=part.std_error, note=note)
        if self.interval == "parametric-bootstrap":
            return self._bootstrap(base, part.value, _component(part), least=0.0)
        if self.interval == "wald":
            if isnan(part.std_error) or part.std_error == 0:
                return replace(base, note=_joined(note, "There is no standard error there."))
            half = exp(min(self._z * part.std_error / part.value, 700.0))
            return self._between(base, part.value / half, part.value * half, "wald")
        try:
            low, high = deviation_limits(self.fit, part.term, part.columns[0], self.level)
        except NotEstimableError as problem:
            return replace(base, note=_joined(note, problem.message))
        return self._between(base, low, high, self.label)

    def _correlation(self, part: Component) -> Estimate:
        base = self.base(RANDOM_CORRELATION, f"{', '.join(part.names)} | {part.group}")
        if isnan(part.value):
            return replace(base, estimate=nan, note=_joined(base.note, STILL))
        if self.interval == "parametric-bootstrap":
            return self._bootstrap(base, part.value, _component(part), least=-1.0, most=1.0)
        base = replace(base, estimate=part.value, std_error=part.std_error)
        if isnan(part.std_error):
            return replace(base, note=_joined(base.note, IN_LINE))
        middle, half = np.arctanh(part.value), self._z * part.std_error / (1 - part.value**2)
        return self._between(base, float(np.tanh(middle - half)), float(np.tanh(middle + half)), "wald")

    def dispersion(self) -> Estimate:
        """Return the size of the negative binomial, infinite if counts vary no more than Poisson counts."""
        if "log size" not in self.fit.model.names:
            base = self.base(NEGATIVE_BINOMIAL_SIZE, "")
            return replace(base, estimate=inf, note=_joined(base.note, POISSON))
        found = self.combination(replace(NEGATIVE_BINOMIAL_SIZE, ratio=True), "log size")
        return replace(found, quantity=NEGATIVE_BINOMIAL_SIZE, term="", statistic=nan, df=nan, p_value=nan)


def ratio_tested(base: Estimate, ratio: object, df: int) -> Estimate:
    """Return `base` with a likelihood-ratio test, or why there is none."""
    assert callable(ratio)
    try:
        value = float(ratio())
    except NotEstimableError as problem:
        return replace(base, estimate=nan, note=_joined(base.note, problem.message))
    return replace(base, estimate=value, statistic=value, df=df, p_value=float(stats.chi2.sf(value, df)))


def _compared(term: str) -> str:
    """Return what a comparison is called among the combinations: as no column is."""
    return f"comparison {term}"


def _component(part: Component) -> str:
    return f"{len(part.names)} {', '.join(part.names)} | {part.group}"


def _share(deviation: float, spread: float) -> float:
    return 1.0 if deviation == inf else deviation**2 / (deviation**2 + spread)


def _joined(*notes: str) -> str:
    return " ".join(filter(None, notes))


def _snapped(draws: FloatArray, null: float) -> FloatArray:
    """Return draws that differ from the null by rounding only as the null: they are ties."""
    spread = np.std(draws[np.isfinite(draws)]) if np.isfinite(draws).any() else 0.0
    return np.where(np.abs(draws - null) < TIE * spread, null, draws)


def exp_of(value: float) -> float:
    """Return the exponential, infinite where it is too large."""
    return inf if value > LARGEST_LOG else exp(value)


def beyond(logs: Iterable[float]) -> bool:
    """Return whether some logarithm is that of a number which is too large or too small to be held."""
    return any(LARGEST_LOG < abs(log) < inf for log in logs)


def _exponential(e: Estimate) -> Estimate:
    logs = (e.estimate, e.conf_low, e.conf_high)
    estimate, low, high = map(exp_of, logs)
    note = _joined(e.note, BEYOND if beyond(logs) else "")
    return replace(e, estimate=estimate, conf_low=low, conf_high=high, note=note)


def _positive_zero(e: Estimate) -> Estimate:
    return replace(
        e,
        estimate=e.estimate + 0.0,
        conf_low=e.conf_low + 0.0,
        conf_high=e.conf_high + 0.0,
        statistic=e.statistic + 0.0,
    )
