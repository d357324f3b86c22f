"""A common effect, supposed to be the same in every study."""

from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True)
class Common:
    """A common effect with a normal interval.

    Parameters
    ----------
    estimate, std_error : float
        Of the logarithm if it is a ratio.
    studies : int
        How many studies inform it.
    """

    estimate: float
    std_error: float
    studies: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the confidence limits."""
        half = float(stats.norm.isf((1 - level) / 2)) * self.std_error
        return self.estimate - half, self.estimate + half

    @property
    def statistic(self) -> float:
        """The estimate over its standard error."""
        return self.estimate / self.std_error

    @property
    def p_value(self) -> float:
        """That the effect is 0, two-sided."""
        return float(2 * stats.norm.sf(abs(self.statistic)))


@dataclass(frozen=True)
class ChiSquared:
    """A statistic with its degrees of freedom and p."""

    statistic: float
    df: int

    @property
    def p_value(self) -> float:
        """The probability of a larger statistic."""
        return float(stats.chi2.sf(self.statistic, self.df))
