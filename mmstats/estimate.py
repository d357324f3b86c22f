"""The atom of every result: one estimated quantity with its uncertainty."""

from dataclasses import dataclass
from math import isnan, nan


@dataclass(frozen=True)
class Quantity:
    """What is estimated; tells tables what to call it and figures where its null is.

    Parameters
    ----------
    name : str
        The field's standard term in snake case, as a plan or a report writes it: ``hedges_g``.
    label : str
        The words printed for it: ``Hedges' g``.
    null : float
        The value of no effect, or NaN if there is none.
    ratio : bool
        Whether it is a ratio, drawn on a logarithmic axis.
    """

    name: str
    label: str
    null: float = nan
    ratio: bool = False


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One quantity; a field that does not apply is NaN, zero or empty.

    A NaN estimate, or a NaN endpoint of an interval that was asked for, must say why in `note`.

    Raises
    ------
    ValueError
        If a number is missing without a reason.

    Examples
    --------
    >>> Estimate(quantity=Quantity("mean_difference", "Mean difference", null=0), estimate=1.5, n=12).estimate
    1.5
    """

    quantity: Quantity
    term: str = ""
    estimate: float
    std_error: float = nan
    conf_low: float = nan
    conf_high: float = nan
    conf_level: float = nan
    interval: str = ""
    statistic: float = nan
    df: float = nan
    df2: float = nan
    p_value: float = nan
    n: int
    resamples: int = 0
    mcse: float = nan
    note: str = ""

    def __post_init__(self) -> None:
        missing = isnan(self.estimate) or (
            not isnan(self.conf_level) and (isnan(self.conf_low) or isnan(self.conf_high))
        )
        if missing and not self.note:
            what = f"{self.quantity.name} {self.term}".strip()
            raise ValueError(f"{what} is not estimable, but no note says why.")
