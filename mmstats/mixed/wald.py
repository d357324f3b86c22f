"""The answer of a test of linear combinations of coefficients."""

from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True)
class WaldTest:
    """An F test.

    Parameters
    ----------
    statistic : float
        F, scaled.
    df : int
        The number of combinations.
    df2 : float
        Denominator degrees of freedom.
    scaling : float
        What F was multiplied by.
    """

    statistic: float
    df: int
    df2: float
    scaling: float = 1.0

    @property
    def p_value(self) -> float:
        """The probability of a larger F under the hypothesis."""
        return float(stats.f.sf(self.statistic, self.df, self.df2))
