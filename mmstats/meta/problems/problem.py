"""One thing that is wrong with the material of a study."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A problem with the study that it concerns.

    Parameters
    ----------
    row : int
        Counted from 1.
    study : str
    columns : tuple of str
        The columns that it lies in.
    text : str

    Examples
    --------
    >>> print(Problem(3, "Nijland 2010", ("conf_low", "conf_high"), "The limits are swapped."))
    Row 3, Nijland 2010: The limits are swapped.
    """

    row: int
    study: str
    columns: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"Row {self.row}, {self.study or 'without a name'}: {self.text}"
