"""Effect measures of studies: from what a study observed to an effect with its sampling variance."""

from collections.abc import Mapping

import numpy.typing as npt

from mmstats.meta.measures.association import ASSOCIATION
from mmstats.meta.measures.computing import compute, named_measure
from mmstats.meta.measures.correlations import CORRELATIONS
from mmstats.meta.measures.measure import Effects, Measure
from mmstats.meta.measures.one_mean import ONE_MEAN
from mmstats.meta.measures.one_proportion import ONE_PROPORTION
from mmstats.meta.measures.one_rate import ONE_RATE
from mmstats.meta.measures.paired_means import PAIRED_MEANS
from mmstats.meta.measures.paired_proportions import PAIRED_PROPORTIONS
from mmstats.meta.measures.reliability import RELIABILITY
from mmstats.meta.measures.standardised import STANDARDISED
from mmstats.meta.measures.two_means import TWO_MEANS
from mmstats.meta.measures.two_proportions import TWO_PROPORTIONS
from mmstats.meta.measures.two_rates import TWO_RATES

__all__ = ["MEASURES", "Effects", "Measure", "effect_sizes", "measure"]

MEASURES: dict[str, Measure] = {
    each.name: each
    for family in (
        TWO_MEANS, STANDARDISED, PAIRED_MEANS, ONE_MEAN, TWO_PROPORTIONS, ASSOCIATION, PAIRED_PROPORTIONS,
        ONE_PROPORTION, TWO_RATES, ONE_RATE, CORRELATIONS, RELIABILITY,
    )
    for each in family
}  # fmt: skip


def measure(name: str) -> Measure:
    """Return an effect measure by its name, or by the short name that metafor has for it.

    Examples
    --------
    >>> measure("RR").name, measure("risk_ratio").alias, measure("risk_ratio").quantity.ratio
    ('risk_ratio', 'RR', True)
    """
    return named_measure(name, MEASURES)


def effect_sizes(name: str, columns: Mapping[str, npt.ArrayLike], **options: str) -> Effects:
    """Return the effects of k studies on the scale on which they are pooled, with variances and notes.

    Differences and ratios are comparison against reference, or after against before. A study that does not
    determine the effect, or whose values cannot be, is NaN, and its note gives the reason.

    Parameters
    ----------
    name : str
        Of the measure: a key of `MEASURES`, or its alias.
    columns : mapping of str to float array, shape (k,)
        Those that the measure needs: ``measure(name).columns``.
    **options : str
        Those that the measure has: ``measure(name).options``.

    Raises
    ------
    MmstatsError
        If the measure is unknown, or columns or options do not suit it; all problems at once.

    Examples
    --------
    >>> columns = {
    ...     "comparison_events": [4, 0],
    ...     "comparison_n": [123, 20],
    ...     "reference_events": [11, 0],
    ...     "reference_n": [139, 20],
    ... }
    >>> found = effect_sizes("risk_ratio", columns)
    >>> found.effects.round(4), found.variances.round(4)
    (array([-0.8893,     nan]), array([0.3256,    nan]))
    >>> found.notes[1]
    'No events in either group: a ratio is not estimable, a difference is.'
    """
    return compute(measure(name), columns, options)
