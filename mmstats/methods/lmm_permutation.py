"""Permutation test of a term of a linear mixed model."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.effects.likelihood import LIKELIHOOD_RATIO
from mmstats.errors import NotEstimableError, PlanError, unknown
from mmstats.estimate import Estimate
from mmstats.formula import Design, Formula, MixedFormula, ModelData
from mmstats.kind import Categorical, Numeric
from mmstats.mixed.arrangements import exchanges, flips
from mmstats.mixed.layout import outermost
from mmstats.mixed.linear import fit
from mmstats.mixed.permutation import permutation_test
from mmstats.mixed_design import mixed_design
from mmstats.reference_grid import reference_grid
from mmstats.registry import Random, Resamples, method
from mmstats.term_tests import type_three

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@method(
    title="Permutation test of a linear mixed model",
    references=("fisher1935", "anderson1999", "bates2015", "phipson2010"),
)
def lmm_permutation(
    formula: MixedFormula,
    strata: Categorical | None = None,
    weights: Numeric | None = None,
    offset: Numeric | None = None,
    *,
    term: str,
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Likelihood ratio of one term, tested by exchanging what whole participants are called.

    Participants are the groups of the outermost random part. If the term has variables that are the same in
    all rows of each participant, such as a diagnosis or an age, these are exchanged among participants, who
    keep their rows, however many. If its one variable has two levels within participants, such as a hand, the
    levels are exchanged within some participants and not in others; that needs participants whose rows are
    alike for both levels, and is refused otherwise.

    The statistic is the likelihood ratio, by full maximum likelihood, with and without the term (its
    hypothesis is that of type III: marginal means, or slopes, are equal). All variances are estimated
    anew for every exchange. It depends neither on the coding of variables nor on a standard error, which may
    vanish with a variance.

    The p value is the share of all exchanges whose statistic is at least as large as that of the data,
    and is exact up to 20,000 exchanges; beyond, some are drawn, and the observed one counts as one more. The
    test is exact, whatever the distribution and however few participants there are, if the exchanged variable
    makes no difference at all: neither by the term nor by others that it is part of. The note says where
    other variables make it approximate.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables: ``time ~ group * hand + (1 + hand | participant_id)``.
    strata : Series of category, shape (n,), optional
        Labels are exchanged among participants of the same stratum, such as a centre.
    weights : Series of float, shape (n,), optional
        A row has the residual variance over its weight.
    offset : Series of float, shape (n,), optional
        Added to predictions as it is.
    term : str
        The term that is tested, as the formula has it: ``group``, ``group:hand``.
    resamples : int
        How many exchanges are drawn where they are too many to be all looked at.
    rng : numpy.random.Generator
        What they are drawn from.

    Raises
    ------
    PlanError
        If the formula has no such term.
    NotEstimableError
        If the model cannot be set up or fitted, its grouping factors are crossed, or nothing can be
        exchanged.

    Notes
    -----
    References: fisher1935, anderson1999, bates2015, phipson2010.

    Examples
    --------
    >>> taps = [41.0, 47, 38, 45, 52, 55, 36, 44, 45, 46, 40, 49, 51, 58, 49]
    >>> frame = pd.DataFrame({"taps": taps, "group": pd.Categorical(["HC"] * 7 + ["MS"] * 8),
    ...                       "person": [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]})
    >>> for e in lmm_permutation(ModelData.of("taps ~ group + (1 | person)", frame), term="group"):
    ...     print(f"{e.statistic:.3f}, p = {e.p_value:.4f}")
    0.905, p = 0.4000
    """
    data, design = mixed_design(formula, weights=weights, offset=offset)
    names = [":".join(map(str, one)) for one in design.formula.terms]
    if term not in names:
        raise PlanError(unknown(term, names, what="term of the fixed part"))
    layout, frame = outermost(data), formula.frame
    unit = next(one.group for one in data.random if np.array_equal(one.codes, layout.groups))
    variables = sorted({factor.variable for factor in design.formula.terms[names.index(term)]})
    between = [name for name in variables if _constant(frame[name], layout.groups)]
    notes = []
    if between:
        _refuse_random(formula.formula, between)
        labels, fixed = _labels(design, frame, between, layout.groups)
        responses = np.tile(data.response, (len(fixed), 1))
        within = None if strata is None else _strata(strata, layout.groups, unit)
        cells = np.zeros(len(labels), dtype=np.int64) if within is None else within
        arrangements = exchanges(labels, cells, resamples, rng)
        notes.append(f"Labels of {' and '.join(between)} are exchanged among {layout.blocks} groups by {unit}"
                     + (" within strata." if strata is not None else "."))  # fmt: skip
    else:
        if strata is not None:
            raise NotEstimableError(
                f"Strata are for labels that are exchanged among groups by {unit}; {term!r} varies within "
                "them. Leave strata out."
            )
        name = _two_levels(design, term, variables, unit)
        swapped = data.response[_partners(formula, name, layout.groups, weights, offset)]
        responses = np.stack([data.response, swapped])
        fixed = np.stack([data.fixed, data.fixed])
        arrangements = flips(layout.blocks, resamples, rng)
        notes.append(f"The levels of {name} are exchanged within {layout.blocks} groups by {unit}.")
    found = fit(data, restricted=False)
    contrasts = type_three(design, reference_grid(design, frame))[term]
    test = permutation_test(found, contrasts, fixed, responses, arrangements)
    exact = (
        "Every exchange is counted." if test.exact else "Not every exchange can be counted; they are drawn."
    )
    notes += [exact, *_approximate(design.formula, frame, term, between or variables, layout.groups)]
    if test.failed:
        notes.append(f"{test.failed} gave no certain optimum; they count as larger.")
    yield Estimate(
        quantity=LIKELIHOOD_RATIO,
        term=term,
        estimate=test.statistic,
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        n=found.rows,
        resamples=0 if test.exact else len(test.permuted),
        mcse=test.mcse,
        note=" ".join(notes),
    )


def _constant(values: pd.Series, groups: IntArray) -> bool:
    """Return whether a variable has one value in each group."""
    codes = pd.factorize(values)[0]
    return bool((codes == codes[_first(groups)[groups]]).all())


def _first(groups: IntArray) -> IntArray:
    """Return the first row of each group, shape (g,)."""
    return np.unique(groups, return_index=True)[1].astype(np.int64)


def _refuse_random(formula: Formula, between: Sequence[str]) -> None:
    for part in formula.random:
        used = {factor.variable for one in part.terms for factor in one} | set(part.group)
        if moving := sorted(used & set(between)):
            raise NotEstimableError(
                f"{' and '.join(moving)} cannot be exchanged among participants, since {part} has it too: "
                "what a participant's random effects are would be exchanged with it."
            )


def _labels(
    design: Design, frame: pd.DataFrame, between: Sequence[str], groups: IntArray
) -> tuple[IntArray, FloatArray]:
    """Return each group's label, and the fixed columns with every label, shape (c, n, p)."""
    first = frame[list(between)].iloc[_first(groups)]
    grouped = first.groupby(list(between), observed=True, sort=True)
    codes = np.asarray(grouped.ngroup(), dtype=np.int64)
    fixed = []
    for code in range(int(codes.max()) + 1):
        row = first.iloc[[int(np.flatnonzero(codes == code)[0])] * len(frame)].set_axis(frame.index)
        fixed.append(design.matrix(frame.assign(**{name: row[name] for name in between})))
    return codes, np.stack(fixed)


def _strata(strata: pd.Series, groups: IntArray, unit: str) -> IntArray:
    if not _constant(strata, groups):
        raise NotEstimableError(
            f"The strata, {strata.name!r}, vary within groups by {unit}; labels are exchanged among those of "
            "one stratum, so each must be in one."
        )
    return np.asarray(strata.cat.codes, dtype=np.int64)[_first(groups)]


def _two_levels(design: Design, term: str, variables: Sequence[str], unit: str) -> str:
    """Return the variable with two levels whose levels can be exchanged."""
    if len(variables) == 1 and len(design.levels.get(variables[0], ())) == 2:
        return variables[0]
    raise NotEstimableError(
        f"Nothing can be exchanged to test {term!r}: its variables vary within groups by {unit}, and only "
        "one with two levels can be exchanged there. A parametric bootstrap or a test by Kenward and Roger, "
        "as 'lmm' has them, does not need exchanges."
    )


def _partners(
    data: ModelData, name: str, groups: IntArray, weights: pd.Series | None, offset: pd.Series | None
) -> IntArray:
    """Return for each row that of the same participant which differs in the level of a variable only."""
    formula = data.formula
    keys: dict[str, object] = {"participant": groups}
    others = [one for one in formula.columns if one not in (name, formula.response.variable)]
    keys |= {f"column {one}": data.frame[one].to_numpy() for one in others}
    for part in formula.random:  # groups that are made of the variable are exchanged with it
        if name not in part.group:
            keys |= {f"group {one}": data.groups[one].to_numpy() for one in part.group}
    for given in (weights, offset):
        keys |= {} if given is None else {f"rows' {given.name}": given.to_numpy()}
    cells = pd.DataFrame(keys).groupby(list(keys), observed=True, sort=False).ngroup().to_numpy()
    codes = data.frame[name].cat.codes.to_numpy()
    rows = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    one, two = (at[np.argsort(cells[at], kind="stable")] for at in rows)
    if not np.array_equal(cells[one], cells[two]):
        raise NotEstimableError(
            f"The levels of {name!r} cannot be exchanged within participants: each would need the same rows, "
            f"with equal values of {' and '.join(map(repr, others)) or 'all else'}, for both of its levels."
        )
    found = np.empty(len(codes), dtype=np.int64)
    found[one], found[two] = two, one
    return found


def _approximate(
    formula: Formula, frame: pd.DataFrame, term: str, moved: Sequence[str], groups: IntArray
) -> Iterator[str]:
    """Yield what makes the test approximate."""
    terms = {":".join(map(str, one)): {factor.variable for factor in one} for one in formula.terms}
    also = [name for name, used in terms.items() if name != term and used & set(moved)]
    if also:
        yield (
            f"The exchange moves {', '.join(also)} too: the test is exact if these are nil as well, and "
            "approximate otherwise."
        )
    others = {name for used in terms.values() for name in used} - set(moved)
    kept = sorted(name for name in others if _constant(frame[name], groups))
    if kept and _constant(frame[moved[0]], groups):
        yield (
            f"Participants keep their {', '.join(kept)} when labels move: the test is exact if that is "
            "unrelated to the labels, and approximate otherwise."
        )
