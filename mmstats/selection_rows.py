"""How a selection model, and effects under supposed selection, become rows of results."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from math import isfinite, nan
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.likelihood import LIKELIHOOD_RATIO
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.meta.multilevel_interval import ProfileInterval
from mmstats.meta.pooling import Pooled
from mmstats.meta.quantities import SELECTION_WEIGHT, TAU2
from mmstats.meta.selection.fixed_steps import CHANCES, supposed
from mmstats.meta.selection.model import Selected, select
from mmstats.meta.selection.profile import tau2_interval, weight_interval
from mmstats.meta.selection.weights import Steps, TwoSidedSteps
from mmstats.pooled_rows import on_its_scale

FloatArray = npt.NDArray[np.float64]
Alternative = Literal["greater", "less", "two-sided"]

SELECTION = "selection"
PROFILE = "profile"


@dataclass(frozen=True)
class SelectionRows:
    """Studies without selection, and how selection is asked about.

    Parameters
    ----------
    plain : Pooled
        By maximum likelihood, without selection.
    steps : Steps
    alternative : {"greater", "less", "two-sided"}
    adjusted : Quantity
        Of adjusted effects.
    level : float
    """

    plain: Pooled
    steps: Steps
    alternative: Alternative
    adjusted: Quantity
    level: float

    @property
    def _few(self) -> str:
        k, wanted = self.plain.count, 10 * len(self.steps.names)
        if k >= wanted:
            return ""
        return f"With {k} studies, fewer than 10 for each weight, this is hardly more than a guess."

    def estimated(self) -> Iterator[Estimate]:
        """Yield the effect under the estimated selection, tau squared, each weight, and the test."""
        names = self.steps.names
        try:
            found = self._select(self.steps)
            effect = self._effect("", found, self._few)
        except NotEstimableError as failed:
            note = " ".join((failed.message, *failed.problems))
            missing = [(self.adjusted, ""), (TAU2, ""), *((SELECTION_WEIGHT, name) for name in names)]
            for quantity, term in (*missing, (LIKELIHOOD_RATIO, SELECTION)):
                yield self._row(quantity, term, nan, note)
            return
        yield effect
        base = self._row(TAU2, "", found.tau2, "")
        yield self._limited(base, partial(tau2_interval, found, level=self.level))
        stretches = self.steps.stretch(found.likelihood.z)
        for place, name in enumerate(names):
            count = int((stretches == place + 1).sum())
            note = f"{count} of {self.plain.count} studies; 1 is that of p <= {self.steps.steps[0]:g}."
            base = self._row(SELECTION_WEIGHT, name, float(found.parameters[place]), note)
            yield self._limited(base, partial(weight_interval, found, place, level=self.level))
        ratio, df, p_value = found.selection_test
        yield replace(
            self._row(LIKELIHOOD_RATIO, SELECTION, ratio, "That all results are as likely to be published."),
            statistic=ratio,
            df=df,
            p_value=p_value,
        )

    def as_they_are(self, quantity: Quantity) -> Estimate:
        """Return the average effect without selection, to compare with."""
        at = self.plain.predict(np.ones(1), level=self.level)
        return self._tested(
            quantity, "", at.estimate, at.std_error, (at.conf_low, at.conf_high), "By maximum likelihood."
        )

    def under_supposed_selection(self) -> Iterator[Estimate]:
        """Yield the effects under Vevea and Woods' examples of selection."""
        for name in CHANCES:
            if self.alternative == "two-sided" and "one" in name:
                continue
            shown = name.replace("-one", ", one").replace("-two", ", two")
            try:
                yield self._effect(shown, self._select(name), "Selection is supposed, not estimated.")
            except NotEstimableError as failed:
                yield self._row(self.adjusted, shown, nan, failed.message)

    def _select(self, weight: Steps | str) -> Selected:
        return select(
            self.plain.effects,
            self.plain.variances,
            weight=supposed(weight) if isinstance(weight, str) else weight,
            side="less" if self.alternative == "less" else "greater",
        )

    def _effect(self, term: str, found: Selected, note: str) -> Estimate:
        if not isfinite(found.std_error):
            raise NotEstimableError("The selection model gives its effect no standard error.")
        return self._tested(
            self.adjusted, term, found.estimate, found.std_error, found.interval(self.level), note
        )

    def _tested(
        self,
        quantity: Quantity,
        term: str,
        estimate: float,
        std_error: float,
        limits: tuple[float, float],
        note: str,
    ) -> Estimate:
        statistic = estimate / std_error
        return on_its_scale(
            replace(
                self._row(quantity, term, estimate, note),
                std_error=std_error,
                conf_low=limits[0],
                conf_high=limits[1],
                conf_level=self.level,
                interval="normal",
                statistic=statistic,
                p_value=float(2 * stats.norm.sf(abs(statistic))),
            )
        )

    def _limited(self, base: Estimate, make: Callable[[], ProfileInterval]) -> Estimate:
        try:
            found = make()
        except NotEstimableError as failed:
            found = ProfileInterval(base.estimate, nan, nan, failed.message)
        return replace(
            base,
            conf_low=found.low,
            conf_high=found.high,
            conf_level=self.level,
            interval=PROFILE,
            note=" ".join(filter(None, (base.note, found.note))),
        )

    def _row(self, quantity: Quantity, term: str, estimate: float, note: str) -> Estimate:
        return Estimate(quantity=quantity, term=term, estimate=estimate, n=self.plain.count, note=note)


def read_steps(text: str, alternative: Alternative) -> Steps:
    """Return the steps that a text such as ``0.025, 0.5`` lists.

    Raises
    ------
    NotEstimableError
        If a part is no number, or they are not ascending within 0 and 1; with every problem.

    Examples
    --------
    >>> read_steps("0.025, 0.5", "greater").names
    ('0.025 < p <= 0.5', '0.5 < p <= 1')
    """
    values, problems = [], []
    for part in text.split(","):
        try:
            values.append(float(part))
        except ValueError:
            problems.append(f"{part.strip()!r} is not a number.")
            continue
        if not 0 < values[-1] < 1:
            problems.append(f"{part.strip()} is not between 0 and 1.")
    problems += [
        f"{later:g} comes after {earlier:g}; steps ascend."
        for earlier, later in pairwise(values)
        if later <= earlier
    ]
    if problems:
        raise NotEstimableError(
            f"The steps, {text!r}, are not p values with commas between them, such as '0.025, 0.5':", problems
        )
    kind = TwoSidedSteps if alternative == "two-sided" else Steps
    return kind(tuple(values))
