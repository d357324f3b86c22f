"""What a multilevel model is given: one form of sampling covariance, and all that is wrong at once."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from mmstats.errors import NotEstimableError
from mmstats.meta.independent_blocks import Batch
from mmstats.meta.random_term import RandomTerm
from mmstats.meta.weighted import FloatArray

FLAT = 1e-10  # the smallest eigenvalue of a block of correlations, relative to the largest, that is positive


def as_sparse(sampling: FloatArray | sparse.csr_array, n: int) -> sparse.csr_array:
    """Return variances, or a covariance, of n sampling errors as a sparse matrix."""
    if sparse.issparse(sampling):
        found = sparse.csr_array(sampling)
    else:
        values = np.asarray(sampling, dtype=np.float64)
        found = _diagonal(values) if values.ndim == 1 else sparse.csr_array(values)
    if found.shape != (n, n):
        raise NotEstimableError(
            f"The sampling covariance is {found.shape[0]} by {found.shape[1]} for {n} effects."
        )
    return found


def _diagonal(values: FloatArray) -> sparse.csr_array:
    n = len(values)
    return sparse.csr_array((values, np.arange(n), np.arange(n + 1)), shape=(n, n))


def check(
    effects: FloatArray,
    covariance: sparse.csr_array,
    terms: tuple[RandomTerm, ...],
    design: FloatArray,
    names: tuple[str, ...],
) -> None:
    """Refuse what cannot be pooled, all of it at once."""
    problems = []
    variances = covariance.diagonal()
    sound = np.isfinite(effects) & np.isfinite(variances) & (variances > 0)
    for row in np.flatnonzero(~sound):
        if not np.isfinite(effects[row]):
            problems.append(f"Row {row + 1}: its effect is {effects[row]:g}; it must be a finite number.")
        if not (np.isfinite(variances[row]) and variances[row] > 0):
            problems.append(
                f"Row {row + 1}: its variance is {variances[row]:g}; it must be above 0 and finite."
            )
    if covariance.nnz > len(effects) or not sound.all():
        gap = abs(covariance - covariance.T)
        if gap.nnz and gap.max() > 1e-10 * abs(covariance).max():
            problems.append("The sampling covariance is not symmetric.")
    if not np.isfinite(covariance.data).all():
        problems.append("A sampling covariance is missing or infinite.")
    if not np.isfinite(design).all():
        problems.append("A feature of a row is missing or infinite.")
    if len(design) != len(effects):
        problems.append(f"Features are given for {len(design)} rows; there are {len(effects)} effects.")
    if len(names) != design.shape[1]:
        problems.append(f"There are {len(names)} names for {design.shape[1]} columns.")
    for term in terms:
        if len(term.outer) != len(effects):
            problems.append(f"{term.name} has {len(term.outer)} rows; there are {len(effects)} effects.")
        if len(term.outer_labels) < 2:
            problems.append(f"{term.name} has one level only, which leaves its variance unknown.")
    for place, term in enumerate(terms):
        for other in terms[:place]:
            pairs = len(np.unique(term.outer * len(other.outer_labels) + other.outer))
            alike = pairs == len(term.outer_labels) == len(other.outer_labels)
            if alike and term.kind == other.kind == "intercept":
                problems.append(
                    f"{other.name} and {term.name} have the same levels, so their variances are one."
                )
    if problems:
        raise NotEstimableError("The effects cannot be pooled:", problems)


def check_positive(blocks: Sequence[Batch], terms: Sequence[RandomTerm]) -> None:
    """Refuse sampling covariances that are not positive definite, by the studies they belong to."""
    problems = []
    for batch in blocks:
        sds = np.sqrt(np.einsum("gii->gi", batch.sampling))
        spectra = np.linalg.eigvalsh(batch.sampling / (sds[:, :, None] * sds[:, None, :]))
        for place in np.flatnonzero(spectra[:, 0] <= FLAT * spectra[:, -1]):
            rows = batch.rows[place][batch.there[place]]
            names = [
                f"{term.name} {', '.join(sorted({term.outer_labels[code] for code in term.outer[rows]}))}"
                for term in terms[:1]
            ]
            shown = ", ".join(str(row + 1) for row in np.sort(rows)[:10]) + ", ..." * (len(rows) > 10)
            problems.append(
                f"{'; '.join(names) or 'Block'} (rows {shown}): the sampling correlations have an eigenvalue "
                f"of {spectra[place, 0]:.2g}; all must be above 0."
            )
    if problems:
        raise NotEstimableError("The sampling covariance is not positive definite:", problems)
