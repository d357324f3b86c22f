"""Repeated-measures analysis of variance."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan, nan
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from mmstats.effects.f_test import F_TEST
from mmstats.effects.repeated_anova import (
    GENERALISED_ETA_SQUARED,
    GREENHOUSE_GEISSER,
    HUYNH_FELDT,
    MAUCHLY,
    PARTIAL_ETA_SQUARED,
    Stratum,
    generalised_eta_squared,
    repeated_anova,
)
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Categorical, Factors, Grouping, Ordered
from mmstats.registry import method
from mmstats.samples import FloatArray, measured

IntArray = npt.NDArray[np.int64]
Correction = Literal["greenhouse-geisser", "huynh-feldt", "none"]

NO_ERROR = "Participants do not differ in it but for rounding, so nothing is known about the uncertainty."


@method(
    title="Repeated-measures analysis of variance",
    references=("geisser1958", "huynh1976", "lecoutre1991", "mauchly1940", "anderson2003", "olejnik2003"),
)
def rm_anova(
    outcome: Ordered,
    participant: Grouping,
    within: Factors,
    group: Categorical | None = None,
    *,
    correction: Correction = "greenhouse-geisser",
    group_observed: bool = True,
) -> Iterator[Estimate]:
    """Test effects of one or two within factors, and of groups, where everybody has one row in each cell.

    Effects of more than two levels suppose sphericity: all differences between levels vary alike. The
    correction takes degrees of freedom off by what epsilon estimates, whether or not Mauchly's test, which
    says little in small samples, rejects. Groups of unequal size count alike: tests are of type III, with
    contrasts that sum to zero, so that an effect of a within factor is the unweighted mean of those of the
    groups.

    Participants who lack a cell are left out, counted and noted. A linear mixed model uses their rows.

    Yields for each effect, such as ``group``, ``hand``, ``group:hand``, ``hand:task``, the ``f_test`` with
    its corrected degrees of freedom, ``partial_eta_squared`` (of the effect and its error) and
    ``generalised_eta_squared`` (of what would vary in a design of independent groups, comparable between
    designs); for each effect within participants of more than one degree of freedom also
    ``greenhouse_geisser_epsilon``, ``huynh_feldt_epsilon`` and ``mauchly_w`` with its exact p value.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    participant : Series of id or category, shape (n,)
        Whose each row is.
    within : DataFrame of category, shape (n, 1) or (n, 2)
        The factors of which every participant has all levels.
    group : Series of category, shape (n,), optional
        The same in all rows of a participant.
    correction : {"greenhouse-geisser", "huynh-feldt", "none"}
        By which epsilon degrees of freedom are corrected.
    group_observed : bool
        Whether the groups were found (patients and controls) and not made (arms of a trial): what is found
        varies also without the study, and belongs in the denominator of ``generalised_eta_squared``.

    Raises
    ------
    NotEstimableError
        If there are not one or two within factors of two levels or more, a participant has two rows in a
        cell or is in two groups, nobody has all cells, there are no more such participants than
        groups, a group has none of them, or values are infinite.

    Notes
    -----
    References: geisser1958, huynh1976, lecoutre1991, mauchly1940, anderson2003, olejnik2003.

    Examples
    --------
    >>> taps = pd.Series([41.0, 47, 44, 38, 45, 45, 52, 55, 57, 36, 44, 41, 45, 46, 50, 40, 49, 48])
    >>> who = pd.Series([f"p{i}" for i in range(6)]).repeat(3).reset_index(drop=True)
    >>> hand = pd.Categorical(["left", "right", "both"] * 6, ["left", "right", "both"])
    >>> found = list(rm_anova(taps, who, pd.DataFrame({"hand": hand})))
    >>> f"F({found[0].df:.2f}, {found[0].df2:.2f}) = {found[0].estimate:.2f}, p = {found[0].p_value:.4f}"
    'F(1.52, 7.60) = 18.41, p = 0.0017'
    >>> [e.quantity.name for e in found]  # doctest: +NORMALIZE_WHITESPACE
    ['f_test', 'partial_eta_squared', 'generalised_eta_squared', 'greenhouse_geisser_epsilon',
     'huynh_feldt_epsilon', 'mauchly_w']
    """
    table = _table(outcome, participant, within, group)
    strata = repeated_anova(table.cells, table.levels, table.group)
    report = _Report(strata, table, correction, group_observed)
    for stratum in strata:
        if stratum.within:
            yield from report.effect(stratum, stratum.effect, stratum.size, between=False)
        if stratum.groups > 1:
            size = stratum.size * (stratum.groups - 1)
            yield from report.effect(stratum, stratum.interaction, size, between=True)


@dataclass(frozen=True)
class _Table:
    """Participants who have all cells.

    Parameters
    ----------
    cells : float array, shape (n, k)
    levels : tuple of int
    group : int array, shape (n,)
    names : tuple of str
        Of the within factors.
    group_name : str
    note : str
        Who was counted and who was not.
    """

    cells: FloatArray
    levels: tuple[int, ...]
    group: IntArray
    names: tuple[str, ...]
    group_name: str
    note: str


@dataclass(frozen=True)
class _Report:
    """How sums of squares are turned into estimates."""

    strata: list[Stratum]
    table: _Table
    correction: Correction
    group_observed: bool

    def effect(self, stratum: Stratum, squares: float, df: int, *, between: bool) -> Iterator[Estimate]:
        """Yield everything about one effect."""
        names = [self.table.names[factor] for factor in stratum.within]
        term = ":".join(([self.table.group_name] if between else []) + names)
        n, error = self.table.cells.size, stratum.error
        epsilon, word = self._epsilon(stratum)
        df2 = stratum.size * stratum.df_error
        if error and not isnan(epsilon):
            f = squares / df / (error / df2)
            yield Estimate(
                quantity=F_TEST,
                term=term,
                estimate=f,
                statistic=f,
                df=df * epsilon,
                df2=df2 * epsilon,
                p_value=float(stats.f.sf(f, df * epsilon, df2 * epsilon)),
                n=n,
                note=f"{self.table.note}{word}",
            )
        else:
            why = NO_ERROR if not error else "Too few participants for the Huynh-Feldt epsilon."
            yield Estimate(quantity=F_TEST, term=term, estimate=nan, n=n, note=f"{self.table.note} {why}")
        total = squares + error
        partial = squares / total if total else nan
        yield self._share(PARTIAL_ETA_SQUARED, term, partial)
        yield self._share(GENERALISED_ETA_SQUARED, term, self._generalised(squares, between=between))
        if stratum.size > 1 and not between:
            yield from self._sphericity(stratum, term)

    def _share(self, quantity: Quantity, term: str, value: float) -> Estimate:
        note = "Nothing varies." if isnan(value) else ""
        return Estimate(quantity=quantity, term=term, estimate=value, n=self.table.cells.size, note=note)

    def _epsilon(self, stratum: Stratum) -> tuple[float, str]:
        """Return what degrees of freedom are multiplied by, and its name."""
        if stratum.size == 1 or not stratum.error:
            return 1.0, ""
        if self.correction == "none":
            return 1.0, " Sphericity is supposed."
        if self.correction == "huynh-feldt":
            return min(1.0, stratum.huynh_feldt), " Degrees of freedom by Huynh and Feldt."
        return stratum.greenhouse_geisser, " Degrees of freedom by Greenhouse and Geisser."

    def _generalised(self, squares: float, *, between: bool) -> float:
        observed = [s.interaction for s in self.strata if s.groups > 1] if self.group_observed else []
        return generalised_eta_squared(
            squares,
            [s.error for s in self.strata],
            observed,
            includes_measured=between and self.group_observed,
        )

    def _sphericity(self, stratum: Stratum, term: str) -> Iterator[Estimate]:
        n = self.table.cells.size
        if not stratum.error:
            for quantity in (GREENHOUSE_GEISSER, HUYNH_FELDT, MAUCHLY):
                yield Estimate(quantity=quantity, term=term, estimate=nan, n=n, note=NO_ERROR)
            return
        yield Estimate(quantity=GREENHOUSE_GEISSER, term=term, estimate=stratum.greenhouse_geisser, n=n)
        huynh = stratum.huynh_feldt
        note = "Above 1, so set to 1." if huynh > 1 else ""
        note = "There are too few participants." if isnan(huynh) else note
        yield Estimate(quantity=HUYNH_FELDT, term=term, estimate=min(huynh, 1.0), n=n, note=note)
        w, p_value = stratum.mauchly()
        note = "There are too few participants, or contrasts that follow from others." if isnan(w) else ""
        yield Estimate(quantity=MAUCHLY, term=term, estimate=w, p_value=p_value, n=n, note=note)


def _table(
    outcome: pd.Series, participant: pd.Series, within: pd.DataFrame, group: pd.Series | None
) -> _Table:
    """Return the participants' cells, or raise with everything that is wrong with the rows."""
    values = measured(outcome, "the outcome")
    names = tuple(str(name) for name in within)
    coded = [pd.factorize(within[name].cat.codes, sort=True)[0] for name in within]
    levels = tuple(int(codes.max(initial=-1)) + 1 for codes in coded)
    problems = []
    if len(names) not in (1, 2):
        problems.append(f"One or two within factors are needed; there are {len(names)}.")
    for name, count in zip(names, levels, strict=True):
        if count < 2:
            problems.append(f"The within factor {name!r} has {count} level{'s' * (count != 1)}; it needs 2.")
    if problems:
        raise NotEstimableError("The rows are no repeated measures.", problems)
    who = pd.factorize(participant, sort=True)[0]
    people, k = int(who.max()) + 1, int(np.prod(levels))
    place = coded[0] if len(coded) == 1 else coded[0] * levels[1] + coded[1]
    rows = np.bincount(who * k + place, minlength=people * k).reshape(people, k)
    several = int((rows > 1).any(axis=1).sum())
    if several:
        problems.append(
            f"{several} participant{'s have' if several > 1 else ' has'} more than one row in a cell of "
            f"{' and '.join(names)}: summarise them first, or name the factor in which they differ."
        )
    side, group_names = np.zeros(people, dtype=np.int64), ["all"]
    if group is not None:
        codes, present = pd.factorize(group.cat.codes, sort=True)
        group_names = [str(group.cat.categories[code]) for code in present]
        side[who] = codes
        torn = len(np.unique(who[side[who] != codes]))
        if torn:
            problems.append(f"{torn} participant{'s are' if torn > 1 else ' is'} in more than one group.")
        if len(group_names) < 2:
            problems.append("There is one group only: leave the role 'group' out.")
    if problems:
        raise NotEstimableError("The rows are no repeated measures.", problems)
    whole = (rows == 1).all(axis=1)
    complete, lacking = int(whole.sum()), people - int(whole.sum())
    empty = [repr(name) for at, name in enumerate(group_names) if not (whole & (side == at)).any()]
    if empty and complete:
        problems.append(f"Nobody in {' or '.join(empty)} has all {k} cells.")
    if complete <= len(group_names):
        problems.append(
            f"More participants with all {k} cells are needed than groups; there are {complete} and "
            f"{len(group_names)}. A linear mixed model (lmm) also uses the rows of others."
        )
    if problems:
        raise NotEstimableError("There are too few complete participants.", problems)
    cells = np.zeros((people, k))
    cells[who, place] = values
    cells, side = cells[whole], side[whole]
    order = np.lexsort((*cells.T[::-1], side))  # one order of rows, whatever the order given
    note = f"{complete} participants with all {k} cells."
    if lacking:
        them, were = ("1 other", "was") if lacking == 1 else (f"{lacking} others", "were")
        note += f" {them} who lacked a cell {were} left out; a linear mixed model (lmm) uses their rows."
    name = "group" if group is None else str(group.name or "group")
    return _Table(cells[order], levels, side[order], names, name, note)
