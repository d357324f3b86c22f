"""Analysis of variance of participants who have all cells of one or two within factors, in groups or not.

Each effect within participants is tested on the participants' contrasts of their cells. With d > 1 contrasts
F supposes sphericity (all of them vary alike and do not correlate); epsilon says how far that fails.

References: geisser1958, huynh1976, lecoutre1991, mauchly1940, anderson2003, olejnik2003.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, log, nan, pi, sqrt

import numpy as np
import numpy.typing as npt
from scipy import integrate, linalg, optimize
from scipy.special import digamma, loggamma

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

GREENHOUSE_GEISSER = Quantity("greenhouse_geisser_epsilon", "Greenhouse-Geisser epsilon")
HUYNH_FELDT = Quantity("huynh_feldt_epsilon", "Huynh-Feldt epsilon")
MAUCHLY = Quantity("mauchly_w", "Mauchly's W")
PARTIAL_ETA_SQUARED = Quantity("partial_eta_squared", "Partial eta squared", null=0)
GENERALISED_ETA_SQUARED = Quantity("generalised_eta_squared", "Generalised eta squared", null=0)


@dataclass(frozen=True)
class Stratum:
    """What the participants' contrasts of one within effect say; of none, their means.

    Parameters
    ----------
    within : tuple of int
        The within factors of the effect, by place; empty for the participants' means.
    effect : float
        Sum of squares of the within effect, mean of groups without weights (type III); NaN for the means.
    interaction : float
        Sum of squares of its interaction with the groups, or of the groups themselves; NaN if there are none.
    errors : float array, shape (d, d)
        Sums of squares and products of the contrasts within groups.
    df_error : int
        Participants less groups.
    groups : int
    rounding : float
        How large a sum of squares can be by rounding alone.
    """

    within: tuple[int, ...]
    effect: float
    interaction: float
    errors: FloatArray
    df_error: int
    groups: int
    rounding: float

    @property
    def size(self) -> int:
        """The number of contrasts, d."""
        return len(self.errors)

    @property
    def error(self) -> float:
        """The error sum of squares; exactly 0 where it could be rounding."""
        found = float(np.trace(self.errors))
        return found if found > self.rounding else 0.0

    @property
    def greenhouse_geisser(self) -> float:
        """Epsilon of Greenhouse and Geisser: 1 if the contrasts are spherical, 1/d at the least."""
        if self.size == 1:
            return 1.0
        return float(np.trace(self.errors) ** 2 / (self.size * (self.errors**2).sum()))

    @property
    def huynh_feldt(self) -> float:
        """Epsilon of Huynh and Feldt with Lecoutre's correction for groups; it may exceed 1."""
        d, df, share = self.size, self.df_error, self.size * self.greenhouse_geisser
        if d == 1:
            return 1.0
        below = d * (df - share)
        return ((df + 1) * share - 2) / below if below > 1e-9 * d * df else nan

    def mauchly(self) -> tuple[float, float]:
        """Return Mauchly's W and its exact p; NaN if the contrasts have no determinant."""
        sizes = np.linalg.eigvalsh(self.errors)
        if self.df_error < self.size or sizes[0] <= 1e-13 * sizes[-1]:
            return nan, nan
        distance = self.size * log(sizes.mean()) - float(np.log(sizes).sum())
        return exp(-distance), sphericity_p(max(0.0, distance), self.size, self.df_error)


def sphericity_p(distance: float, d: int, n: int) -> float:
    """Return the probability that Mauchly's W is below exp(-distance), if d contrasts are spherical.

    With n degrees of freedom of the errors, W is then the product of d - 1 independent beta variables
    (Anderson). The probability is the integral that inverts the moments of W, along a parabola through the
    saddle point, on which it falls like a normal density.

    References: anderson2003.

    Examples
    --------
    >>> round(sphericity_p(log(4), 2, 9), 12) == 0.25**4  # of two contrasts it is W^((n - 1) / 2)
    True
    """
    if distance <= 0:
        return 1.0
    i = np.arange(1, d)
    a = (n - i) / 2
    both = a + i * (0.5 + 1 / d)

    def slope(s: float) -> float:
        return float((digamma(both - s) - digamma(a - s)).sum()) - distance - 1 / s

    saddle = float(optimize.brentq(slope, 1e-12 * a[-1], a[-1] * (1 - 1e-12)))
    start = loggamma(both) - loggamma(a)

    def exponent(s: complex) -> complex:
        return complex((loggamma(a - s) - loggamma(both - s) + start).sum()) - s * distance

    top = exponent(saddle).real
    bend = 1 / (2 * (a[-1] - saddle) + saddle)

    def along(u: float) -> float:
        s = complex(saddle + bend * u * u, u)
        return float((np.exp(exponent(s) - top) / s * complex(1, -2 * bend * u)).real)

    area = float(integrate.quad(along, 0, np.inf, limit=500, epsabs=0, epsrel=1e-11)[0])
    return min(1.0, max(0.0, exp(top) * area / pi))


def repeated_anova(cells: FloatArray, levels: Sequence[int], group: IntArray) -> list[Stratum]:
    """Return the participants' means, then each within factor, then their interaction.

    Parameters
    ----------
    cells : float array, shape (n, k)
        A row for each participant; cells in the order of the first factor, and the second within it.
    levels : sequence of int
        How many levels each of one or two within factors has; their product is k.
    group : int array, shape (n,)
        Each participant's group, from 0; everybody 0 if there is one.
    """
    count, groups = len(cells), int(group.max()) + 1
    rounding = cells.size * (8 * float(np.finfo(np.float64).eps * np.abs(cells).max())) ** 2
    centred = cells - np.sort(cells, axis=None)[cells.size // 2]  # a large common offset costs no digits
    members = np.eye(groups)[group]
    sizes = members.sum(axis=0)
    factors = range(len(levels))
    found = []
    for within in [(), *(c for size in (1, 2) for c in combinations(factors, size))]:
        contrasts = np.ones((1, 1))
        for factor in factors:
            flat = np.full((levels[factor], 1), 1 / sqrt(levels[factor]))
            part = linalg.helmert(levels[factor]).T if factor in within else flat
            contrasts = np.kron(contrasts, part)
        values = centred @ contrasts
        means = (members.T @ values) / sizes[:, None]
        left = values - means[group]
        middle = np.full((1, groups), 1 / groups)
        apart = linalg.helmert(groups) if groups > 1 else np.empty((0, 1))
        found.append(
            Stratum(
                within,
                _explained(middle, means, sizes, rounding) if within else nan,
                _explained(apart, means, sizes, rounding) if groups > 1 else nan,
                left.T @ left,
                count - groups,
                groups,
                rounding,
            )
        )
    return found


def _explained(hypothesis: FloatArray, means: FloatArray, sizes: FloatArray, rounding: float) -> float:
    """Return the sum of squares of combinations (rows) of the groups' means, each group's mean as it is."""
    values = hypothesis @ means
    total = float((values * np.linalg.solve((hypothesis / sizes) @ hypothesis.T, values)).sum())
    return total if total > rounding else 0.0


def generalised_eta_squared(
    effect: float, errors: Sequence[float], measured: Sequence[float], *, includes_measured: bool
) -> float:
    """Return the share of the variance that a design without these within factors would have.

    Parameters
    ----------
    effect : float
        Its sum of squares.
    errors : sequence of float
        Those of all errors, of means and of contrasts.
    measured : sequence of float
        Those of all effects that include a factor that is measured, not made.
    includes_measured : bool
        Whether this effect is among them.

    References: olejnik2003.
    """
    total = sum(errors) + sum(measured) + (0.0 if includes_measured else effect)
    return effect / total if total > 0 else nan
