"""PET-PEESE: the effect that a study without sampling error would find, by a rule of two regressions."""

from dataclasses import dataclass
from typing import Literal

from scipy import stats

from mmstats.meta.pooling import pool
from mmstats.meta.small_study import Regression, classical_test
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class PetPeese:
    """Both regressions and which of them the rule takes.

    Parameters
    ----------
    pet, peese : Regression
        On the standard error and on the variance; the limit is the corrected effect.
    p_value : float
        That PET's limit is 0, two-sided.
    chosen : {"pet", "peese"}
    """

    pet: Regression
    peese: Regression
    p_value: float
    chosen: Literal["pet", "peese"]

    @property
    def regression(self) -> Regression:
        """That which the rule takes."""
        return self.peese if self.chosen == "peese" else self.pet


def pet_peese(
    effects: FloatArray, variances: FloatArray, *, alpha: float = 0.10, level: float = 0.95
) -> PetPeese:
    """Return PEESE's effect where PET finds one at all, and PET's otherwise.

    Weights are 1 / variance, times a factor for whatever more variation there is. The rule tests PET's limit
    at a two-sided p of `alpha`, which is one-sided at half of it; the interval does not know of that test,
    so it is too narrow near the decision. With few or very heterogeneous studies it is far off: a
    sensitivity analysis.

    Parameters
    ----------
    effects, variances : float array, shape (k,)
    alpha, level : float

    References: stanley2014, stanley2017.

    Examples
    --------
    >>> import numpy as np
    >>> effects, errors = np.array([0.9, 0.7, 0.5, 0.45, 0.3]), np.array([0.4, 0.3, 0.2, 0.15, 0.1])
    >>> found = pet_peese(effects, errors**2)
    >>> found.chosen, round(found.regression.limit, 3)
    ('peese', 0.29)
    """
    given = pool(effects, variances, tau2="common", test="z")  # names the studies that cannot be
    pet = classical_test(given.effects, given.variances, predictor="std-error", level=level)
    peese = classical_test(given.effects, given.variances, predictor="variance", level=level)
    p_value = float(2 * stats.t.sf(abs(pet.limit / pet.limit_std_error), pet.df))
    return PetPeese(pet, peese, p_value, "peese" if p_value < alpha else "pet")
