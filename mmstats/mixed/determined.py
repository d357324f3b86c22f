"""Whether the data determine the covariances of random effects: some have no trace in the likelihood."""

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.detail import detail
from mmstats.mixed.linear import LinearFit

NOTHING = 1e-11  # information, relative to what an element by itself would have, that is rounding


def refuse_undetermined(fit: LinearFit) -> None:
    """Raise if other covariances of random effects fit exactly as well as those found.

    So it is where fixed columns tell all groups apart (``group + (1 | group)``), where two terms have the
    same groups, where a random slope of two levels is the same throughout each group, or where it is told by
    one row that has a fixed column of its own. What the search ends at then hangs on where it began.

    Raises
    ------
    NotEstimableError
        If the restricted likelihood does not depend on some combination of the covariances' elements; with
        the random parts that they are of.

    References: kenward1997.

    Examples
    --------
    >>> from mmstats.mixed.linear import fit
    >>> from mmstats.mixed.structure import MixedData, RandomTerm
    >>> codes = np.repeat(np.arange(2), 4)
    >>> person = RandomTerm("person", ("intercept",), np.ones((8, 1)), codes, ("A", "B"))
    >>> fixed = np.column_stack([np.ones(8), codes])
    >>> score = np.array([5.0, 6, 6, 8, 8, 9, 4, 6])
    >>> found = fit(MixedData(score, fixed, ("intercept", "group[MS]"), (person,)))
    >>> refuse_undetermined(found)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mmstats.errors.NotEstimableError: The data do not determine the variances of (intercept | person), since
        others fit exactly as well: ...
    """
    alone = np.sqrt(np.diag(detail(fit, restricted=False).traces))
    values, axes = np.linalg.eigh(detail(fit, restricted=True).traces / np.outer(alone, alone))
    flat = np.abs(axes[:, values < NOTHING]).max(axis=1, initial=0.0) > 1e-6
    if not flat.any():
        return
    parts, at = [], 0
    for term in fit.data.random:
        size = term.size * (term.size + 1) // 2
        if flat[at : at + size].any():
            parts.append(f"({' + '.join(term.names)} | {term.group})")
        at += size
    its = "its" if len(parts) == 1 else "their"
    raise NotEstimableError(
        f"The data do not determine the variances of {' and '.join(parts)}, since others fit exactly as "
        f"well: the fixed part tells {its} groups apart, or {its} columns and groups say the same twice (a "
        "column is the same throughout each group, or is of one row; or two parts have the same groups). "
        "Leave a part or a column out."
    )
