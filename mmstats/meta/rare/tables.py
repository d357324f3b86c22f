"""Counts that studies report: events of one or two groups, among people or in a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mmstats.errors import NotEstimableError
from mmstats.meta.weighted import BoolArray, FloatArray


@dataclass(frozen=True)
class Tables:
    """Events among the people of two groups, one table a study.

    Parameters
    ----------
    a, c : float array, shape (k,)
        Events of the comparison and of the reference group.
    n1, n2 : float array, shape (k,)
        People in them.
    """

    a: FloatArray
    n1: FloatArray
    c: FloatArray
    n2: FloatArray

    @property
    def b(self) -> FloatArray:
        """People of the comparison group without the event, shape (k,)."""
        return self.n1 - self.a

    @property
    def d(self) -> FloatArray:
        """People of the reference group without the event, shape (k,)."""
        return self.n2 - self.c

    @property
    def n(self) -> FloatArray:
        """People, shape (k,)."""
        return self.n1 + self.n2

    @property
    def informative(self) -> BoolArray:
        """Which studies say something of the odds ratio: some have the event and some do not, shape (k,)."""
        events = self.a + self.c
        return np.asarray((events > 0) & (events < self.n))

    def kept(self, which: BoolArray) -> "Tables":
        """Return some of the studies."""
        return Tables(self.a[which], self.n1[which], self.c[which], self.n2[which])


@dataclass(frozen=True)
class Rates:
    """Events of two groups in their times, one pair a study.

    Parameters
    ----------
    x1, x2 : float array, shape (k,)
        Events of the comparison and of the reference group.
    t1, t2 : float array, shape (k,)
        Person-time in them.
    """

    x1: FloatArray
    t1: FloatArray
    x2: FloatArray
    t2: FloatArray

    @property
    def t(self) -> FloatArray:
        """All time, shape (k,)."""
        return self.t1 + self.t2


def tables(
    comparison_events: ArrayLike,
    comparison_people: ArrayLike,
    reference_events: ArrayLike,
    reference_people: ArrayLike,
    names: Sequence[str] | None = None,
) -> Tables:
    """Return checked tables; problems call studies by their names, or else by their places.

    Raises
    ------
    NotEstimableError
        That names each study whose counts cannot be.
    """
    a, n1, c, n2 = _columns(comparison_events, comparison_people, reference_events, reference_people)
    known = _called(names, len(a))
    problems = _shares(a, n1, "the comparison group", known) + _shares(c, n2, "the reference group", known)
    _raise(problems, len(a))
    return Tables(a, n1, c, n2)


def rates(
    comparison_events: ArrayLike,
    comparison_time: ArrayLike,
    reference_events: ArrayLike,
    reference_time: ArrayLike,
    names: Sequence[str] | None = None,
) -> Rates:
    """Return checked rates of two groups; problems call studies by their names, or else by their places.

    Raises
    ------
    NotEstimableError
        That names each study whose counts or times cannot be.
    """
    x1, t1, x2, t2 = _columns(comparison_events, comparison_time, reference_events, reference_time)
    known = _called(names, len(x1))
    problems = _counts(x1, t1, "the comparison group", known) + _counts(x2, t2, "the reference group", known)
    _raise(problems, len(x1))
    return Rates(x1, t1, x2, t2)


def shares(
    events: ArrayLike, people: ArrayLike, names: Sequence[str] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return checked events and people of one group, each of shape (k,)."""
    x, n = _columns(events, people)
    _raise(_shares(x, n, "the group", _called(names, len(x))), len(x))
    return x, n


def counts(
    events: ArrayLike, time: ArrayLike, names: Sequence[str] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return checked events of one group and the times, each of shape (k,)."""
    x, t = _columns(events, time)
    _raise(_counts(x, t, "the group", _called(names, len(x))), len(x))
    return x, t


def _columns(*values: ArrayLike) -> tuple[FloatArray, ...]:
    found = tuple(np.asarray(value, dtype=np.float64) for value in values)
    if len({len(column) for column in found}) > 1:
        raise NotEstimableError(
            f"The columns of counts have {', '.join(str(len(c)) for c in found)} studies; each has one value "
            "a study."
        )
    return found


def _called(names: Sequence[str] | None, count: int) -> list[str]:
    return [f"Study {place}" for place in range(1, count + 1)] if names is None else list(names)


def _shares(events: FloatArray, people: FloatArray, group: str, names: Sequence[str]) -> list[str]:
    problems = []
    for name, x, n in zip(names, events, people, strict=True):
        if not (np.isfinite(n) and n >= 1 and n == np.rint(n)):
            problems.append(f"{name}: {group} has {n:g} people; it must have a whole number from 1.")
        elif not (0 <= x <= n and x == np.rint(x)):
            problems.append(
                f"{name}: {group} has {x:g} events among {n:g} people; it must be a whole number from "
                "0 to that."
            )
    return problems


def _counts(events: FloatArray, time: FloatArray, group: str, names: Sequence[str]) -> list[str]:
    problems = []
    for name, x, t in zip(names, events, time, strict=True):
        if not (np.isfinite(t) and t > 0):
            problems.append(f"{name}: {group} has a time of {t:g}; it must be above 0 and finite.")
        if not (np.isfinite(x) and x >= 0 and x == np.rint(x)):
            problems.append(f"{name}: {group} has {x:g} events; it must be a whole number from 0.")
    return problems


def _raise(problems: list[str], count: int) -> None:
    if not count:
        problems = ["There are no studies."]
    if problems:
        raise NotEstimableError("The counts cannot be pooled:", problems)
