"""The analysis plan: what will be computed, as data."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One planned analysis: a method, and the variables and options it is given.

    Parameters
    ----------
    id : str
        Its name in results and reports.
    method : str
        The method's name.
    arguments : mapping
        The variable of each role (or a list of them, or a model formula), and any options.
    where : str
        A condition in the expression language; only rows for which it holds are used.
    family : str
        The family within which its p value is adjusted for multiplicity.
    tested : str
        ``quantity`` or ``quantity/term`` of the estimate whose p value joins the family;
        by default the first estimate that has a p value.
    label : str
        The words printed for it; by default made from its variables.
    """

    id: str
    method: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    family: str = ""
    tested: str = ""
    label: str = ""


def digest(value: object) -> str:
    """Return the SHA-256 of a plain value's JSON, the same for equal values."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
