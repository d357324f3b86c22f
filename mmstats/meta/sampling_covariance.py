"""Covariance of the sampling errors of effects from the same people, by variances and a correlation."""

import numpy as np
from scipy import sparse

from mmstats.errors import NotEstimableError
from mmstats.meta.levels import Labels, numbered
from mmstats.meta.weighted import FloatArray

FLAT = (
    1e-10  # the smallest eigenvalue of a correlation matrix, relative to the largest, that counts as positive
)


def sampling_covariance(
    variances: FloatArray,
    cluster: Labels,
    rho: float = 1.0,
    *,
    outcome: Labels | None = None,
    subgroup: Labels | None = None,
    time: FloatArray | None = None,
    phi: float = 1.0,
) -> sparse.csr_array:
    """Return the covariance of sampling errors that correlate within clusters, in blocks.

    Two errors of one cluster correlate by rho if their outcomes differ, times phi to the power of their
    distance in time, and not at all if they are of different subgroups (of other people).

    Parameters
    ----------
    variances : float array, shape (n,)
    cluster : sequence, length n
        Studies.
    rho : float
        Between different outcomes. 1 leaves all to phi.
    outcome : sequence, length n, optional
        By default each row is an outcome of its own.
    subgroup : sequence, length n, optional
    time : float array, shape (n,), optional
    phi : float, in [0, 1]
        The autocorrelation at one unit of time.

    Returns
    -------
    sparse array, shape (n, n)

    Raises
    ------
    NotEstimableError
        If a variance is not positive, a correlation out of range, or a cluster's covariance is not positive
        definite; all of them are named.

    Examples
    --------
    >>> sampling_covariance(np.array([0.04, 0.09, 0.01]), ["a", "a", "b"], 0.5).toarray().round(3)
    array([[0.04, 0.03, 0.  ],
           [0.03, 0.09, 0.  ],
           [0.  , 0.  , 0.01]])
    """
    variances = np.asarray(variances, dtype=np.float64)
    n = len(variances)
    names, codes = numbered("cluster", cluster)
    _check(variances, rho, phi, time)
    for what, given in (("cluster", cluster), ("outcome", outcome), ("subgroup", subgroup), ("time", time)):
        if given is not None and len(given) != n:
            raise NotEstimableError(f"{len(given)} rows have a value of {what!r}; there are {n} variances.")
    sds = np.sqrt(variances)
    kinds = np.arange(n) if outcome is None else numbered("outcome", outcome)[1]
    groups = np.zeros(n) if subgroup is None else numbered("subgroup", subgroup)[1]
    times = np.zeros(n) if time is None else np.asarray(time, dtype=np.float64)
    order = np.argsort(codes, kind="stable")
    rows, columns, values, problems = [], [], [], []
    for place, members in enumerate(np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)):
        correlation = np.where(kinds[members][:, None] == kinds[members], 1.0, rho)
        correlation = correlation * phi ** np.abs(times[members][:, None] - times[members])
        correlation = correlation * (groups[members][:, None] == groups[members])
        np.fill_diagonal(correlation, 1.0)
        spectrum = np.linalg.eigvalsh(correlation)
        if spectrum[0] <= FLAT * spectrum[-1]:
            problems.append(
                f"Cluster {str(names[place])!r} ({len(members)} effects): the correlation matrix has an "
                f"eigenvalue of {spectrum[0]:.2g}; all must be above 0."
            )
        i, j = np.nonzero(correlation)
        rows.append(members[i])
        columns.append(members[j])
        values.append(correlation[i, j] * sds[members[i]] * sds[members[j]])
    if problems:
        raise NotEstimableError(
            "The sampling covariance is not positive definite. Take another correlation, or tell outcomes, "
            "subgroups or times apart.",
            problems,
        )
    entries = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_array((np.concatenate(values), entries), shape=(n, n))


def _check(variances: FloatArray, rho: float, phi: float, time: FloatArray | None) -> None:
    problems = [
        f"Row {row}: its variance is {value:g}; it must be above 0 and finite."
        for row, value in enumerate(variances, 1)
        if not (np.isfinite(value) and value > 0)
    ]
    if not -1 <= rho <= 1:
        problems.append(f"rho is {rho:g}; a correlation is between -1 and 1.")
    if not 0 <= phi <= 1:
        problems.append(f"phi is {phi:g}; it must be between 0 and 1.")
    if phi != 1 and time is None:
        problems.append("phi is given without times.")
    if time is not None:
        problems += [
            f"Row {row}: its time is {value:g}; it must be a finite number."
            for row, value in enumerate(np.asarray(time, dtype=np.float64), 1)
            if not np.isfinite(value)
        ]
    if problems:
        raise NotEstimableError("There is no sampling covariance:", problems)
