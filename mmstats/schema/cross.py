"""Checks between tables: who is in them, and what two of them say about the same person."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import combinations
from math import isfinite

import pandas as pd

from mmstats.schema.checked import CheckedTable
from mmstats.schema.describing import plain
from mmstats.variable import Variable
from mmstats.violation import Violation, ordered

LISTED = 100


def cross_check(tables: Sequence[CheckedTable], unit: str = "participant_id") -> list[Violation]:
    """Return what does not fit between tables.

    Parameters
    ----------
    tables : sequence of CheckedTable
        The first that has a participant, or a variable, is what later ones are compared with.
    unit : str
        The variable that names a participant.

    Returns
    -------
    list of Violation
        ``same-participants``: a participant lacks a row in some table (a warning), or is there under another
        spelling (an error). ``same-value``: a variable of the same name differs for a participant (an error).
        ``codes-differ``: two dictionaries give one written code different meanings (a warning).
    """
    shared = [table for table in tables if unit in table.schema.variables]
    found = list(_participants(shared, unit))
    for first, second in combinations(tables, 2):
        for name, variable in first.schema.variables.items():
            other = second.schema.variables.get(name)
            if other is None or name == unit:
                continue
            found += _codes(first, second, variable, other)
            found += _values(first, second, name)
    return list(ordered(found))


def spelling(identifier: str) -> str:
    """Return what is left of an identifier without case, punctuation and leading zeros.

    Examples
    --------
    >>> spelling("MS_24"), spelling("ms-024"), spelling("MS24")
    ('ms24', 'ms24', 'ms24')
    """
    letters = re.sub(r"[\W_]+", "", identifier.casefold())
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", letters)


def _participants(tables: Sequence[CheckedTable], unit: str) -> Iterator[Violation]:
    members = {table.name: dict.fromkeys(map(str, table.frame[unit].dropna())) for table in tables}
    first: dict[str, str] = {}
    for name, identifiers in members.items():
        for identifier in identifiers:
            first.setdefault(identifier, name)
    aliases = _aliases(first)
    strangers = set(_strangers(tables, members))
    for table in tables:
        heading = table.schema.variables[unit].column
        if table.name in strangers:
            yield _nobody_shared(table, tables[0], unit, members)
            continue
        rows_of = table.frame.groupby(unit, sort=False).indices
        for identifier in members[table.name]:
            if identifier in aliases:
                known = aliases[identifier]
                for row in table.frame.index[rows_of[identifier]]:
                    yield Violation(
                        table=table.name,
                        row=int(row),
                        column=heading,
                        key=table.key_of(int(row)),
                        value=identifier,
                        rule="same-participants",
                        message=f"This participant is written differently in {first[known]}: {known!r}.",
                        suggestion=f"Did you mean {known!r}?",
                    )
        here = {spelling(identifier) for identifier in members[table.name]}
        alone = [i for i in members[table.name] if sum(i in m for m in members.values()) == 1][:LISTED]
        lacking = [
            identifier
            for identifier in first
            if identifier not in members[table.name]
            and identifier not in aliases
            and spelling(identifier) not in here
            and any(identifier in members[name] for name in members if name not in strangers)
        ]
        if len(lacking) > LISTED:
            yield Violation(
                table=table.name,
                column=heading,
                rule="same-participants",
                message=f"{len(lacking) - LISTED:,} more participants have no row here.",
                severity="warning",
                count=len(lacking) - LISTED,
            )
        for identifier in lacking[:LISTED]:
            where = [name for name, identifiers in members.items() if identifier in identifiers]
            near = get_close_matches(identifier, alone, n=1, cutoff=0.7)
            yield Violation(
                table=table.name,
                column=heading,
                key=identifier,
                value=identifier,
                rule="same-participants",
                message=f"This participant has no row here, but in {', '.join(where)}.",
                suggestion=f"{near[0]!r} is in this table only: is it the same person?" if near else "",
                severity="warning",
            )


def _strangers(tables: Sequence[CheckedTable], members: Mapping[str, Mapping[str, None]]) -> Iterator[str]:
    """Yield each table in which nobody of the first table is, however written."""
    if not tables:
        return
    known = set(map(spelling, members[tables[0].name]))
    for table in tables[1:]:
        here = set(map(spelling, members[table.name]))
        if known and here and not known & here:
            yield table.name


def _nobody_shared(
    table: CheckedTable, start: CheckedTable, unit: str, members: Mapping[str, Mapping[str, None]]
) -> Violation:
    mine, theirs = (", ".join(list(members[t.name])[:3]) for t in (table, start))
    return Violation(
        table=table.name,
        column=table.schema.variables[unit].column,
        rule="same-participants",
        message=f"None of its {len(members[table.name])} participants is in {start.name}: it has "
        f"{mine}, ...; {start.name} has {theirs}, ...",
        suggestion="Bring the identifiers of the two tables into one form.",
    )


def _aliases(first: Mapping[str, str]) -> dict[str, str]:
    """Return the identifiers that are another spelling of one met in an earlier table."""
    known: dict[str, str] = {}
    aliases = {}
    for identifier, table in first.items():
        same = known.setdefault(spelling(identifier), identifier)
        if same != identifier and first[same] != table:
            aliases[identifier] = same
    return aliases


def _codes(first: CheckedTable, second: CheckedTable, one: Variable, other: Variable) -> Iterator[Violation]:
    if one.kind is not other.kind or tuple(one.levels) != tuple(other.levels):
        yield Violation(
            table=second.name,
            column=other.column,
            rule="codes-differ",
            value=", ".join(other.levels) or str(other.kind),
            message=f"The dictionaries differ: in {first.name} {one.name!r} is {_meaning(one)}, "
            f"here {_meaning(other)}.",
            suggestion="Give both the same kind and levels in the same order, or rename one.",
        )
        return
    mine, theirs = _written(one), _written(other)
    if mine != theirs:
        yield Violation(
            table=second.name,
            column=other.column,
            rule="codes-differ",
            value=_pairs(theirs),
            message=f"The tables write {one.name!r} differently: {first.name} has {_pairs(mine)}, this one "
            f"{_pairs(theirs)}. Each is read by its own dictionary.",
            suggestion="Check that each dictionary says what its file means.",
            severity="warning",
        )


def _meaning(variable: Variable) -> str:
    return (
        f"{variable.kind} with levels {', '.join(variable.levels)}" if variable.levels else str(variable.kind)
    )


def _written(variable: Variable) -> dict[str, str]:
    return dict(variable.codes or {level: level for level in variable.levels})


def _pairs(codes: Mapping[str, str]) -> str:
    return ", ".join(f"{code} = {level}" for code, level in codes.items())


def _values(first: CheckedTable, second: CheckedTable, name: str) -> Iterator[Violation]:
    """Yield rows in which two tables disagree, where the key of one is part of the other's."""
    small, large = sorted((first, second), key=lambda table: len(table.schema.key))
    key = list(small.schema.key)
    if name in large.schema.key or not set(key) <= set(large.schema.key):
        return
    known = dict(zip(_places(small, key), small.frame[name], strict=True))
    for row, place, value in zip(large.frame.index, _places(large, key), large.frame[name], strict=True):
        if (
            place not in known
            or pd.isna(known[place])
            or pd.isna(value)
            or _shown(known[place]) == _shown(value)
        ):
            continue
        yield Violation(
            table=large.name,
            row=int(row),
            column=large.schema.variables[name].column,
            key=large.key_of(int(row)),
            value=_shown(value),
            rule="same-value",
            message=f"{small.name} has {_shown(known[place])!r} for the same participant.",
            suggestion="Correct one of the two tables, or rename the variable if they mean different things.",
        )


def _places(table: CheckedTable, key: list[str]) -> list[tuple[str, ...]]:
    """Return the key of each row."""
    return [tuple(map(_shown, row)) for row in zip(*(table.frame[name] for name in key), strict=True)]


def _shown(value: object) -> str:
    return plain(value) if isinstance(value, float) and isfinite(value) else str(value)
