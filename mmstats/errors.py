"""Errors that say what was wrong, where, and what would be right."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class MmstatsError(ValueError):
    """Base of every error this package raises on purpose.

    Parameters
    ----------
    message : str
        What was wrong.
    problems : sequence of str
        Every problem of one input, when there are several; they are printed below the message.
    """

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        self.message = message
        self.problems = tuple(problems)
        super().__init__("\n".join((message, *(f"  {i}. {text}" for i, text in enumerate(self.problems, 1)))))


class SourceError(MmstatsError):
    """A file cannot be read as a table."""


class SchemaError(MmstatsError):
    """A data dictionary is wrong, or a table does not match its dictionary."""


class ExpressionError(MmstatsError):
    """An expression of a plan or dictionary is wrong."""


class CohortError(MmstatsError):
    """A cohort cannot be put together as asked."""


class PlanError(MmstatsError):
    """A plan asks for something that does not exist or does not make sense."""


class StudyError(MmstatsError):
    """A study folder, or its saved results, cannot be found or used."""


class BundleError(MmstatsError):
    """A summary of a cohort cannot be shared as it is, or one that was shared cannot be used."""


class ComputeError(MmstatsError):
    """Work cannot be done where it was asked to be done."""


class ReportError(MmstatsError):
    """A report asks for a result, or a feature, that does not exist."""


class NotEstimableError(MmstatsError):
    """The data at hand do not determine the quantity; the message is the reason readers see."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return ``" Did you mean ...?"`` for the choices closest to `name`, or nothing.

    Examples
    --------
    >>> nearest("wlech", ["welch", "spearman"])
    " Did you mean 'welch'?"
    """
    options = list(choices)
    begun = [option for option in options if name and option.startswith(name)]
    near = begun[:2] or get_close_matches(name, options, n=2, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""


def unknown(name: str, choices: Iterable[str], *, what: str) -> str:
    """Return the sentence that says `name` is not among `choices`, with the nearest ones.

    Examples
    --------
    >>> unknown("holmes", ["holm", "bh"], what="adjustment")
    "Unknown adjustment 'holmes'. Did you mean 'holm'? Known: bh, holm."
    """
    known = sorted(choices)
    shown = ", ".join(known[:30]) + (f" and {len(known) - 30} more" if len(known) > 30 else "")
    return f"Unknown {what} {name!r}.{nearest(name, known)} Known: {shown or 'none'}."
