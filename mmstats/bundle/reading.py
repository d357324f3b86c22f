"""Reading a bundle that somebody else wrote: nothing in it is believed before it is checked."""

import json
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from mmstats.bundle.bundle import FORMAT, SUPPRESSED, VERSION, Bundle, Counts
from mmstats.bundle.canonical import agree, digest, signature
from mmstats.bundle.summarise import LEAST, LONGEST, MOST_CELLS
from mmstats.errors import BundleError
from mmstats.meta.cohort_least_squares import CohortFit
from mmstats.meta.sufficient import FloatArray, Statistics

MEGABYTES = 5
MOST_COLUMNS = 200
MOST_ROWS = 10**9
MOST_VARIABLES = 16  # of a table of counts
NEGATIVE = 1e-9  # an eigenvalue of a correlation matrix that is below 0 beyond rounding
CLOSE = 1e-6  # of a standard error: how near estimates must be to those that follow from the statistics
KEYS = {
    "format", "version", "cohort", "dictionary", "formula", "n", "threshold", "statistics", "counts",
    "estimates", "digest",
}  # fmt: skip


def read_bundle(path: Path, key: bytes | None = None) -> Bundle:
    """Return a bundle, or all that is wrong with it.

    Parameters
    ----------
    path : Path
    key : bytes, optional
        Then a bundle that was not signed with it is refused.

    Raises
    ------
    BundleError
        If it cannot be read, is of another version, was changed, or contradicts itself.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MEGABYTES * 1_000_000 + 1)
    except OSError as failed:
        raise BundleError(f"The bundle {path.name} cannot be read: {failed.strerror}.") from None
    return bundle_of(text, path.name, key)


def bundle_of(text: bytes, what: str, key: bytes | None = None) -> Bundle:
    """Return the bundle that a text holds, which errors call `what`."""
    content = _json(text, what)
    version = content.get("version")
    if content.get("format") != FORMAT:
        raise BundleError(f"{what} is no bundle: its format is not {FORMAT!r}.")
    if version != VERSION or isinstance(version, bool):
        raise BundleError(
            f"{what} has version {str(version)[:20]!r} of the format; this program reads {VERSION}. Update "
            "the older of the two programs."
        )
    found: list[str] = []
    if set(content) - {"signature"} != KEYS:
        missing, strange = KEYS - set(content), set(content) - KEYS - {"signature"}
        found += [f"{name} is missing." for name in sorted(missing)]
        found += [f"{name[:40]!r} is not part of a bundle." for name in sorted(strange)]
        raise BundleError(f"{what} cannot be used:", found)
    signed = _signed(content, key, found)
    bundle = _bundle(content, signed, found)
    if bundle is None or found:
        raise BundleError(f"{what} cannot be used:", found)
    _contradictions(bundle, content["estimates"], found)
    if found:
        raise BundleError(f"{what} cannot be used:", found)
    return bundle


def _json(text: bytes, what: str) -> dict[str, Any]:
    if len(text) > MEGABYTES * 1_000_000:
        raise BundleError(f"{what} has more than {MEGABYTES} MB; it is hardly a bundle.")
    try:
        content = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise BundleError(f"{what} is not a bundle: its brackets are nested too deeply.") from None
    except ValueError as failed:  # not UTF-8, not JSON, a key twice, NaN, a number of thousands of digits
        raise BundleError(f"{what} is not valid JSON: {str(failed)[:200]}.") from None
    if not isinstance(content, dict):
        raise BundleError(f"{what} is no bundle: it is not an object.")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice in one object")
    return found


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not a number of JSON")


def _signed(content: dict[str, Any], key: bytes | None, found: list[str]) -> bool:
    """Return whether the signature was checked; digests and signatures that are wrong are problems."""
    rest = {name: value for name, value in content.items() if name not in ("digest", "signature")}
    try:
        right = agree(str(content["digest"]), digest(rest))
    except ValueError:  # a number that is infinite
        right = False
    if not right:
        found.append(
            "The digest is not that of the content: the file was changed or damaged. Ask for it again."
        )
        return False
    if key is None:
        return False
    if "signature" not in content:
        found.append("It is not signed, but a key was given.")
    elif not agree(str(content["signature"]), signature(rest, key)):
        found.append("The signature is not by this key.")
    return True


def _bundle(content: dict[str, Any], signed: bool, found: list[str]) -> Bundle | None:
    for name in ("cohort", "dictionary", "formula"):
        _text(content[name], name, found)
    n = _whole(content["n"], "n", 1, MOST_ROWS, found)
    threshold = _whole(content["threshold"], "threshold", LEAST, MOST_ROWS, found)
    if n < threshold:
        found.append(f"n is {n}, below the threshold of {threshold}.")
    part = _statistics(content["statistics"], n, found)
    counts = None if content["counts"] is None else _counts(content["counts"], n, threshold, found)
    if found or part is None:
        return None
    source = {name: value for name, value in content.items() if name not in ("digest", "signature")}
    texts = (content["cohort"], content["dictionary"], content["formula"])
    return Bundle(*texts, threshold, part, counts, signed, source)


def _statistics(given: Any, n: int, found: list[str]) -> Statistics | None:
    if not (isinstance(given, dict) and set(given) == {"names", "means", "remainders", "products"}):
        found.append("statistics must have names, means, remainders and products, and nothing else.")
        return None
    names = given["names"]
    if not (isinstance(names, list) and 2 <= len(names) <= MOST_COLUMNS):
        found.append(f"statistics.names must be a list of 2 to {MOST_COLUMNS} names.")
        return None
    for name in names:
        _text(name, "a name in statistics.names", found)
    if len({str(name) for name in names}) != len(names):
        found.append("statistics.names has a name twice.")
    m = len(names)
    means = _numbers(given["means"], (m,), "statistics.means", found)
    remainders = _numbers(given["remainders"], (m,), "statistics.remainders", found)
    products = _numbers(given["products"], (m, m), "statistics.products", found)
    if means is None or remainders is None or products is None:
        return None
    _semidefinite(products, "statistics.products", found)
    return Statistics(n, tuple(map(str, names)), means, remainders, products)


def _counts(given: Any, n: int, threshold: int, found: list[str]) -> Counts | None:
    if not (isinstance(given, dict) and set(given) == {"variables", "cells"}):
        found.append("counts must have variables and cells, and nothing else.")
        return None
    variables: dict[str, tuple[str, ...]] = {}
    listed = given["variables"] if isinstance(given["variables"], list) else []
    for variable in listed:
        if not (isinstance(variable, dict) and set(variable) == {"name", "levels"}):
            found.append("Each of counts.variables must have a name and levels.")
            return None
        levels = variable["levels"]
        if not (isinstance(levels, list) and levels):
            found.append("The levels of a variable must be a list of texts.")
            return None
        for text in (variable["name"], *levels):
            _text(text, "a name in counts.variables", found)
        if len({str(level) for level in levels}) != len(levels):
            found.append("A variable in counts has two levels of one name.")
        variables[str(variable["name"])] = tuple(map(str, levels))
    shape, cells = tuple(map(len, variables.values())), given["cells"]
    size = int(np.prod([float(length) for length in shape]))
    if not 0 < len(variables) <= MOST_VARIABLES or len(variables) != len(listed) or size > MOST_CELLS:
        found.append(
            f"counts.variables must be a list of 1 to {MOST_VARIABLES} different variables with {MOST_CELLS} "
            "cells at most."
        )
        return None
    if not (isinstance(cells, list) and len(cells) == size):
        found.append(f"counts.cells must be a list of {size} numbers or null.")
        return None
    for cell in cells:
        if cell is not None and not (type(cell) is int and 0 <= cell <= MOST_ROWS):
            found.append(f"A cell of counts is {str(cell)[:20]!r}; it must be a whole number or null.")
            return None
    told = [cell for cell in cells if cell is not None]
    small = sorted({cell for cell in told if 0 < cell < threshold})
    if small:
        found.append(f"Cells of {', '.join(map(str, small))} are below the threshold of {threshold}.")
    if sum(told) > n or (len(told) == size and sum(told) != n):
        found.append(f"n is {n}, but the cells add up to {sum(told)}.")
    if len(told) == size - 1:
        found.append("One cell alone is null, so that it follows from n and the others.")
    values = [SUPPRESSED if cell is None else cell for cell in cells]
    return Counts(variables, np.array(values, dtype=np.int64).reshape(shape))


def _contradictions(bundle: Bundle, given: Any, found: list[str]) -> None:
    """Compare the estimates with those that follow from the statistics."""
    ours = bundle.estimates
    if isinstance(ours, str):
        if not (isinstance(given, dict) and set(given) == {"reason"}):
            found.append(f"There cannot be estimates: {ours}")
        return
    if not (isinstance(given, dict) and set(given) == {"names", "values", "covariance", "df", "residual_sd"}):
        found.append("estimates must have names, values, covariance, df and residual_sd, and nothing else.")
        return
    p = len(ours.names)
    values = _numbers(given["values"], (p,), "estimates.values", found)
    covariance = _numbers(given["covariance"], (p, p), "estimates.covariance", found)
    sd = _numbers([given["residual_sd"]], (1,), "estimates.residual_sd", found)
    if values is None or covariance is None or sd is None:
        return
    _semidefinite(covariance, "estimates.covariance", found)
    if not _follows(ours, given["names"], given["df"], values, covariance, float(sd[0])):
        found.append("The estimates do not follow from the statistics.")


def _follows(
    ours: CohortFit, names: Any, df: Any, values: FloatArray, covariance: FloatArray, sd: float
) -> bool:
    errors = ours.std_errors
    return bool(
        names == list(ours.names)
        and df == ours.df
        and (np.abs(values - ours.coefficients) <= CLOSE * errors).all()
        and (np.abs(covariance - ours.covariance) <= CLOSE * np.outer(errors, errors)).all()
        and abs(sd - ours.residual_sd) <= CLOSE * ours.residual_sd
    )


def _semidefinite(matrix: FloatArray, what: str, found: list[str]) -> None:
    diagonal = np.diag(matrix)
    if not np.allclose(matrix, matrix.T, rtol=1e-12, atol=0):
        found.append(f"{what} is not symmetric.")
    elif (diagonal < 0).any():
        found.append(f"{what} has a negative number on its diagonal.")
    else:
        scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        if (matrix[diagonal == 0] != 0).any() or np.linalg.eigvalsh(matrix / scale / scale[:, None])[
            0
        ] < -NEGATIVE:
            found.append(f"{what} is not positive semi-definite, as sums of squares and covariances are.")


def _text(value: Any, what: str, found: list[str]) -> None:
    if not (isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()):
        found.append(f"{what} must be a text of 1 to {LONGEST} printable signs.")


def _whole(value: Any, what: str, least: int, most: int, found: list[str]) -> int:
    if type(value) is int and least <= value <= most:
        return value
    found.append(f"{what} is {str(value)[:20]}; it must be a whole number from {least} to {most}.")
    return least


def _numbers(value: Any, shape: tuple[int, ...], what: str, found: list[str]) -> FloatArray | None:
    """Return finite numbers in lists of the right lengths, or None."""
    words = " by ".join(map(str, shape))
    rows: Sequence[Any] = value if len(shape) == 2 and isinstance(value, list) else [value]
    count = shape[0] if len(shape) == 2 else 1
    if len(rows) != count or not all(isinstance(row, list) and len(row) == shape[-1] for row in rows):
        found.append(f"{what} must be {words} numbers.")
        return None
    flat = [one for row in rows for one in row]
    if not all(type(one) in (int, float) and abs(one) < 1e300 and isfinite(one) for one in flat):
        found.append(f"{what} has an entry that is not a finite number.")
        return None
    return np.array(flat, dtype=np.float64).reshape(shape)
