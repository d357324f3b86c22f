"""Which variables each analysis of a plan can use: those of participants, or those at a table's own rows."""

import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mmstats.errors import unknown
from mmstats.plan import Analysis, Plan
from mmstats.schema import Variable

_IN_FILE_NAMES = set(string.ascii_letters + string.digits + "-_.")


@dataclass(frozen=True)
class Elsewhere:
    """A variable that an analysis lacks and the rows of a table have, and the way out."""

    variable: Variable
    hint: str


@dataclass(frozen=True)
class AnalysisSets:
    """The variables of participants, and those at the own rows of each table that has several of each.

    Parameters
    ----------
    participants : mapping of str to Variable, or None
        None if they are not known.
    rows : mapping of str to mapping of str to Variable
        By table; the variables of participants are among them.
    """

    participants: Mapping[str, Variable] | None
    rows: Mapping[str, Mapping[str, Variable]]

    def of(
        self, analysis: Analysis, plan: Plan
    ) -> tuple[Mapping[str, Variable] | None, dict[str, Elsewhere], list[str]]:
        """Return the variables an analysis has, those that other rows have, and what is wrong with its rows.

        The variables are None where they are not known, so that nothing can be said of them.
        """
        if not analysis.rows:
            return self.participants, self._elsewhere(analysis, self.participants), []
        names = {table.name for table in plan.tables} if self.participants is None else self.rows.keys()
        if analysis.rows not in names:
            return None, {}, [unknown(analysis.rows, names, what="table with several rows per participant")]
        problems = []
        alike = [name for name in names if name.casefold() == analysis.rows.casefold()]
        if not set(analysis.rows) <= _IN_FILE_NAMES or len(alike) > 1:
            problems.append(
                f"the name of its table, {analysis.rows!r}, becomes that of a file of results: it may hold "
                "letters, digits, '-', '_' and '.' only, and not differ from another's by capitals alone."
            )
        known = None if self.participants is None else self.rows[analysis.rows]
        return known, self._elsewhere(analysis, known), problems

    def differing(self, plan: Plan, used: Callable[[Analysis], Iterable[str]]) -> list[str]:
        """Return the names by which analyses mean different variables, at the rows of different tables.

        Results hold one label, unit and set of levels for each name.

        Parameters
        ----------
        plan : Plan
            In which nothing else is wrong.
        used : callable
            Returns the variables that an analysis uses.
        """
        if self.participants is None:
            return []
        first: dict[str, tuple[str, tuple[Any, ...]]] = {}
        problems = []
        for analysis in plan.analyses:
            known = self.rows[analysis.rows] if analysis.rows else self.participants
            for name in used(analysis):
                one = known[name]
                meaning = (one.kind, one.label, one.unit, tuple(one.levels.items()), one.allowed)
                earlier, other = first.setdefault(name, (analysis.rows, meaning))
                if name != plan.cohort.unit and meaning != other:
                    problems.append(
                        f"In analysis {analysis.id!r}: {name!r} is not the same in table {analysis.rows!r} "
                        f"as in {earlier!r} (kind, label, unit or levels), and results have one meaning for "
                        "a name. Give it the same in both dictionaries, or another name in one."
                    )
        return problems

    def _elsewhere(self, analysis: Analysis, known: Mapping[str, Variable] | None) -> dict[str, Elsewhere]:
        if known is None:
            return {}
        found: dict[str, Elsewhere] = {}
        for table, variables in self.rows.items():
            way = (
                f"whose rows are not joined with those of {analysis.rows}"
                if analysis.rows
                else f"which has several rows per participant: give the analysis rows = {table!r}, or make "
                "one value of them in the table, with 'summarise'"
            )
            for name in variables.keys() - known.keys() - found.keys():
                found[name] = Elsewhere(variables[name], f"{name!r} is a variable of table {table}, {way}.")
        return found
