"""Profile likelihoods where residual variances differ by level.

Each of their points is a search over weights too, so they are given at the estimate and the limits alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg

from mmstats.mixed.components import Component
from mmstats.mixed.detail import detail
from mmstats.mixed.heterogeneous import HeterogeneousFit, fit_heterogeneous
from mmstats.mixed.likelihood_ratio import RatioTest
from mmstats.mixed.profile import Profile, profile_held, profile_of
from mmstats.mixed.structure import FloatArray, MixedData
from mmstats.mixed.uneven import RestrainedUneven

FREE = Component("residual_sd")
FAR = 8.0  # under a hypothesis that is far off, either the residuals or the groups vary that much more


@dataclass(frozen=True)
class UnevenProfiles:
    """A fit by full maximum likelihood, and profiles of its parameters: those that restricted fits lack.

    Parameters
    ----------
    best : HeterogeneousFit

    Examples
    --------
    >>> from mmstats.mixed.structure import RandomTerm
    >>> one, people, hand = np.ones((10, 1)), np.arange(10) // 2, np.arange(10) % 2
    >>> person = RandomTerm("person", ("intercept",), one, people, tuple("abcde"))
    >>> score = np.array([5.1, 4.2, 6.0, 7.4, 4.4, 6.1, 7.2, 5.8, 5.5, 7.9])
    >>> data = MixedData(score, one, ("intercept",), (person,))
    >>> found = fit_heterogeneous(data, hand, ("hand[left]", "hand[right]"))
    >>> right = UnevenProfiles.of(found).component(Component("residual_sd", first=1))
    >>> print(f"{right.estimate:.2f} ({right.low:.2f} to {right.high:.2f})")
    1.35 (0.50 to 3.04)
    """

    best: HeterogeneousFit

    @classmethod
    def of(cls, found: HeterogeneousFit) -> "UnevenProfiles":
        """Return them for what may have been fitted by restricted maximum likelihood."""
        if not found.fit.restricted:
            return cls(found)
        data = replace(found.equal.data, response=found.equal.response)
        return cls(fit_heterogeneous(data, found.strata, found.levels, restricted=False))

    def component(self, component: Component, *, level: float = 0.95) -> Profile:
        """Return the profile likelihood of a standard deviation or a correlation.

        Parameters
        ----------
        component : Component
            Of a residual standard deviation: with its level, from 0, as `first`.
        level : float

        Raises
        ------
        NotEstimableError
            For a correlation if a standard deviation is estimated as 0.

        References: pinheiro2000.
        """
        best, fit = self.best, self.best.fit
        held = RestrainedUneven(fit, component, best, self._rows)
        if component.kind == "residual_sd":
            units = int(np.bincount(best.strata)[component.first])
            estimate = float(best.residual_sds[component.first])
        else:
            units = len(fit.data.random[component.term].levels)
            estimate = float(component.of(fit.covariances, fit.residual_sd))
        return profile_held(held, estimate, held.evaluate(held.optimum)[0], units, level=level, drawn=1)

    def coefficient(self, contrast: FloatArray, *, level: float = 0.95) -> Profile:
        """Return the profile likelihood of a combination of fixed coefficients, shape (p,).

        References: pinheiro2000.
        """
        fit = self.best.fit
        least = self._with_held(np.atleast_2d(contrast))
        estimate = float(fit.values(contrast)[0])
        turned = fit.model.turned(contrast)[0]
        unit = fit.residual_sd * float(np.sqrt(turned @ detail(fit).covariance @ turned))
        start, bounds = self._free.optimum, (-np.inf, np.inf)

        def at(value: float, near: FloatArray) -> tuple[float, FloatArray]:
            return least(np.array([value - estimate]), near)

        return profile_of(at, estimate, start, self._lowest, unit, bounds, level, drawn=1)

    def ratio_test(self, contrasts: FloatArray) -> RatioTest:
        """Return the likelihood-ratio test that all combinations of coefficients (rows) are 0.

        References: pinheiro2000.
        """
        contrasts = np.atleast_2d(contrasts)
        least = self._with_held(contrasts)
        away, near = -self.best.fit.values(contrasts), self._free.optimum
        far = near.copy()
        far[: len(self.best.fit.optimum.theta)] *= FAR
        null = min(least(away, start)[0] for start in (near, far))
        return RatioTest(max(0.0, null - self._lowest), len(contrasts))

    @property
    def _rows(self) -> MixedData:
        """The rows, with weights as given."""
        return replace(self.best.equal.data, response=self.best.equal.response)

    @property
    def _free(self) -> RestrainedUneven:
        """The likelihood in the fit's own coordinates."""
        return RestrainedUneven(self.best.fit, FREE, self.best, self._rows)

    @property
    def _lowest(self) -> float:
        return self._free.evaluate(self._free.optimum)[0]

    def _with_held(
        self, contrasts: FloatArray
    ) -> Callable[[FloatArray, FloatArray], tuple[float, FloatArray]]:
        """Return the least deviance with combinations of coefficients held so far from their estimates.

        The response is taken off the fitted fixed part, so that what is held costs no digits.
        """
        fit, rows = self.best.fit, self._rows
        offset = np.zeros(fit.rows) if rows.offset is None else rows.offset
        left = rows.response - offset - rows.fixed @ fit.coefficients
        across = rows.fixed @ linalg.pinv(contrasts)
        kept = linalg.null_space(contrasts)
        names = tuple(f"axis {place + 1}" for place in range(kept.shape[1]))
        smaller = replace(rows, response=left, fixed=rows.fixed @ kept, names=names, offset=None)

        def least(away: FloatArray, near: FloatArray) -> tuple[float, FloatArray]:
            moved = replace(smaller, response=left - across @ away)
            return RestrainedUneven(fit, FREE, self.best, moved).anywhere(near)

        return least
