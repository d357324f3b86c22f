"""A questionnaire scored on another scale than its dictionary says."""

from collections.abc import Iterator

from mmstats.schema.checked import CheckedTable
from mmstats.schema.describing import plain, range_words
from mmstats.violation import Violation

FEWEST = 10


def shifted_scales(table: CheckedTable) -> Iterator[Violation]:
    """Yield a warning for each total whose items look scored one higher than declared.

    A total of k items scored 0-4 starts at 0; scored 1-5, it starts at k. When every total of at least ten
    people is k or more, and the lowest is at most k + k/4, the likelier reading is a score of 1-5.
    """
    for name, variable in table.schema.variables.items():
        totals = table.frame[name].dropna()
        if not variable.items or len(totals) < FEWEST:
            continue
        items, (low, high) = variable.items, variable.item_range
        floor = items * (low + 1)
        if not floor <= totals.min() <= floor + items / 4 or totals.max() > items * (high + 1):
            continue
        declared, shifted = range_words(low, high), range_words(low + 1, high + 1)
        yield Violation(
            table=table.name,
            column=variable.column,
            rule="shifted-scale",
            value=f"{plain(totals.min())} to {plain(totals.max())}",
            message=f"None of {len(totals)} totals is below {plain(floor)}, as if each of the {items} items "
            f"scored at least {plain(low + 1)}: the items look scored {shifted}, not {declared}.",
            allowed=f"{range_words(items * low, items * high)} ({items} items scored {declared})",
            suggestion=f"Ask who scored it. If so, give item_range = [{plain(low + 1)}, {plain(high + 1)}] "
            f"and subtract {items} in [cohort.derive] before comparing with published values or cut-offs.",
            severity="warning",
        )
