"""What a plan returns: values that are saved, and read by every table, figure and report."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from math import nan
from typing import Any

import pandas as pd

from mmstats.cohort import Step
from mmstats.coverage.evidence import Evidence
from mmstats.errors import ReportError, nearest, unknown
from mmstats.estimate import Estimate
from mmstats.harmonised import Harmonised, Lookalikes
from mmstats.missing_counts import Missing
from mmstats.plan import PARTICIPANTS, Analysis
from mmstats.review import Review
from mmstats.schema import Variable

COLUMNS = (
    "analysis", "method", "outcome",
    *(f.name for f in fields(Estimate)),
    "family", "p_adjusted", "coverage", "rows", "participants", "status",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Result:
    """One analysis carried out.

    Parameters
    ----------
    analysis : Analysis
        What was asked for.
    title : str
        The method's title, as reports print it.
    references : tuple of str
        BibTeX keys of the method.
    options : mapping
        Every option in force, defaults included.
    estimates : tuple of Estimate
        What was computed; empty when the analysis failed.
    n : int
        Rows used.
    participants : int
        Whose rows they are, where a table's own rows are analysed, or how many groups of rows one variable
        names; 0 where each row is a participant.
    excluded : mapping of str to int
        Rows not used, by reason.
    warnings : tuple of str
        What was warned about while computing it.
    status : {"ok", "not estimable", "failed"}
    reason : str
        Why it is not estimable, or failed.
    evidence : tuple of Evidence or None
        What simulation says of the interval of each estimate, for data like these; as many as estimates.
    tested : int
        Position of the estimate whose p value counts in its family; -1 if none has one.
    p_adjusted : float
        That p value, adjusted within the family; NaN without a family.
    """

    analysis: Analysis
    title: str = ""
    references: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    estimates: tuple[Estimate, ...] = ()
    n: int = 0
    participants: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    status: str = "ok"
    reason: str = ""
    evidence: tuple[Evidence | None, ...] = ()
    tested: int = -1
    p_adjusted: float = nan

    @property
    def roles(self) -> dict[str, Any]:
        """The variable, or variables, or formula, that plays each role."""
        return {name: value for name, value in self.analysis.arguments.items() if name not in self.options}

    @property
    def outcome(self) -> str:
        """The variable, or the variables, it is about."""
        roles = self.roles
        if "outcome" in roles:
            return str(roles["outcome"])
        if "formula" in roles:
            return str(roles["formula"]).partition("~")[0].strip()
        return ", ".join(str(value) for value in roles.values() if isinstance(value, str))

    def estimate(self, quantity: str = "", term: str = "") -> Estimate:
        """Return one estimate; without a quantity, the one whose p value counts, else the first.

        Raises
        ------
        ReportError
            If there is none of that name, with the nearest ones; or if the analysis has no estimates.
        """
        where = f"In analysis {self.analysis.id!r} "
        if not self.estimates:
            raise ReportError(f"{where}there is no estimate: it {self.status}. {self.reason}")
        if not quantity:
            return self.estimates[max(self.tested, 0)]
        named = [e for e in self.estimates if e.quantity.name == quantity]
        if not named:
            names = dict.fromkeys(e.quantity.name for e in self.estimates)
            raise ReportError(where + unknown(quantity, names, what="quantity"))
        found = [e for e in named if e.term == term]
        if not found:
            raise ReportError(where + unknown(term, [e.term for e in named], what=f"term of {quantity}"))
        return found[0]

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row per estimate, with every column of `COLUMNS`; one row with the reason when it has none."""
        start = {"analysis": self.analysis.id, "method": self.analysis.method, "outcome": self.outcome}
        end = {
            "family": self.analysis.family,
            "rows": self.analysis.rows,
            "participants": self.participants or nan,
            "status": self.status,
        }
        for position, e in enumerate(self.estimates):
            adjusted = self.p_adjusted if position == self.tested else nan
            told = self.evidence[position] if self.evidence else None
            own = {"p_adjusted": adjusted, "coverage": told.coverage if told else nan}
            yield {**start, **asdict(e), "quantity": e.quantity.name, **end, **own}
        if not self.estimates:
            yield {**start, "n": self.n, "note": self.reason, **end}


@dataclass(frozen=True, kw_only=True)
class Results:
    """The results of a whole plan, in its order, with what is needed to print them.

    Parameters
    ----------
    title : str
        The plan's title.
    items : tuple of Result
    variables : mapping of str to Variable
        What each variable means, for labels, units and levels.
    families : mapping of str to str
        The adjustment of each family: ``holm`` or ``bh``.
    family_labels : mapping of str to str
        The words printed for each family.
    flow : tuple of Step
        The participant flow.
    missing : tuple of Missing
        Missing values of each variable in the analysis set, by reason and group.
    provenance : mapping
        Digests of plan, dictionaries and tables; versions; seed; sources as detected; resolved problems.
    points : DataFrame
        The analysis set's values for figures: no identifiers, rows in the order of their values.
    row_points : mapping of str to DataFrame
        The same of each table that is analysed at its own rows. Where analyses are told whose rows they
        are, ``participant_id #`` has a number for each participant that tells nothing else (`mmstats.links`).
    group : str
        The grouping variable of the flow and of Table 1, if any.
    scoring : tuple of str
        What scoring instruments had to say, such as how many missing items it met, and how the effects of
        studies were had.
    note : str
        A notice every report must show (such as: these data are simulated).
    called : str
        The word for several of those whom the flow counts.
    review : Review or None
        What a systematic review tells of itself.
    harmonisation : tuple of Harmonised
        Of a pooling of cohorts: how each came to the shared variables.
    lookalikes : tuple of Lookalikes
        Of a pooling of cohorts: who seems to be in two of them.
    """

    title: str
    items: tuple[Result, ...]
    variables: Mapping[str, Variable] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    family_labels: Mapping[str, str] = field(default_factory=dict)
    flow: tuple[Step, ...] = ()
    missing: tuple[Missing, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    points: pd.DataFrame = field(default_factory=pd.DataFrame)
    row_points: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    group: str = ""
    scoring: tuple[str, ...] = ()
    note: str = ""
    called: str = PARTICIPANTS
    review: Review | None = None
    harmonisation: tuple[Harmonised, ...] = ()
    lookalikes: tuple[Lookalikes, ...] = ()

    def __iter__(self) -> Iterator[Result]:
        return iter(self.items)

    def __getitem__(self, analysis: str) -> Result:
        found = self._by_id.get(analysis)
        if found is None:
            hint = nearest(analysis, self._by_id) or f" There are: {', '.join(self._by_id)}."
            raise ReportError(f"These results have no analysis {analysis!r}.{hint}")
        return found

    def points_of(self, result: Result) -> pd.DataFrame:
        """Return the points of the analysis set that a result is of."""
        return self.row_points[result.analysis.rows] if result.analysis.rows else self.points

    @cached_property
    def _by_id(self) -> dict[str, Result]:
        return {result.analysis.id: result for result in self.items}

    def tidy(self) -> pd.DataFrame:
        """Return one row per estimate; always the same columns."""
        return pd.DataFrame([row for result in self for row in result.rows()], columns=list(COLUMNS))
