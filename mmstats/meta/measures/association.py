"""Association in a table of two groups by two outcomes, as a correlation or as a standardised difference."""

from collections.abc import Callable

import numpy as np

from mmstats.estimate import Quantity
from mmstats.meta.measures.counts import CORRECTIONS, UNINFORMATIVE, Correction, Uninformative
from mmstats.meta.measures.material import TwoProportions
from mmstats.meta.measures.measure import Effects, Measure, effects_of
from mmstats.meta.measures.standardised import COX, LOGISTIC
from mmstats.meta.measures.tetrachoric import tetrachoric_correlation
from mmstats.meta.measures.two_proportions import log_odds_ratio

EMPTY_MARGIN = "Nobody, or everybody, has events: there is no correlation with a constant."


def phi_coefficient(arms: TwoProportions) -> Effects:
    """Return the correlation of the two yes-or-no variables; its variance is that of a multinomial sample.

    References: yule1912.

    Examples
    --------
    >>> found = phi_coefficient(TwoProportions(*map(np.array, ([8.0], [10.0], [2.0], [10.0]))))
    >>> found.effects.round(6), found.variances.round(4)
    (array([0.6]), array([0.032]))
    """
    a, c = arms.comparison_events, arms.reference_events
    b, d = arms.comparison_n - a, arms.reference_n - c
    perfect = ((b == 0) & (c == 0)) | ((a == 0) & (d == 0))
    total = arms.comparison_n + arms.reference_n
    row, column = arms.comparison_n / total, (a + c) / total
    rows, columns = row * (1 - row), column * (1 - column)
    columns = np.where(columns > 0, columns, np.nan)
    effects = (a * d - b * c) / (total**2 * np.sqrt(rows * columns))
    effects = np.where(perfect, np.sign(effects), effects)
    skew_row, skew_column = (2 * row - 1) ** 2 / rows, (2 * column - 1) ** 2 / columns
    both = (2 * row - 1) * (2 * column - 1) / np.sqrt(rows * columns)
    square = effects**2
    v = (1 - square + effects * (1 + square / 2) * both - 0.75 * square * (skew_row + skew_column)) / total
    empty = (a + c == 0) | (a + c == total)
    return effects_of(effects, np.where(perfect, 0.0, v), (empty, EMPTY_MARGIN))


def yule_q(
    arms: TwoProportions,
    *,
    correction: Correction = "zero-cells",
    uninformative: Uninformative = "not-estimable",
) -> Effects:
    """Return Yule's Q: the odds ratio less 1 over the odds ratio plus 1.

    References: yule1912.

    Examples
    --------
    >>> yule_q(TwoProportions(*map(np.array, ([6.0], [8.0], [2.0], [8.0])))).effects
    array([0.8])
    """
    found = log_odds_ratio(arms, correction=correction, uninformative=uninformative)
    q = np.tanh(found.effects / 2)
    return Effects(q, found.variances * (1 - q**2) ** 2 / 4, found.notes)


def yule_y(
    arms: TwoProportions,
    *,
    correction: Correction = "zero-cells",
    uninformative: Uninformative = "not-estimable",
) -> Effects:
    """Return Yule's Y: like Q, with the root of the odds ratio.

    References: yule1912.
    """
    found = log_odds_ratio(arms, correction=correction, uninformative=uninformative)
    y = np.tanh(found.effects / 4)
    return Effects(y, found.variances * (1 - y**2) ** 2 / 16, found.notes)


def standardised_from_odds_ratio(factor: float) -> Callable[..., Effects]:
    """Return the function that divides log odds ratios by the standard deviation of a logistic variable."""

    def divided(
        arms: TwoProportions,
        *,
        correction: Correction = "zero-cells",
        uninformative: Uninformative = "not-estimable",
    ) -> Effects:
        found = log_odds_ratio(arms, correction=correction, uninformative=uninformative)
        return Effects(found.effects / factor, found.variances / factor**2, found.notes)

    return divided


OPTIONS = {"correction": CORRECTIONS, "uninformative": UNINFORMATIVE}

ASSOCIATION = (
    Measure(
        Quantity("phi_coefficient", "Phi coefficient", null=0),
        "PHI",
        TwoProportions,
        phi_coefficient,
        references=("yule1912",),
    ),
    Measure(
        Quantity("yule_q", "Yule's Q", null=0),
        "YUQ",
        TwoProportions,
        yule_q,
        options=OPTIONS,
        references=("yule1912",),
    ),
    Measure(
        Quantity("yule_y", "Yule's Y", null=0),
        "YUY",
        TwoProportions,
        yule_y,
        options=OPTIONS,
        references=("yule1912",),
    ),
    Measure(
        Quantity("tetrachoric_correlation", "Tetrachoric correlation", null=0),
        "RTET",
        TwoProportions,
        tetrachoric_correlation,
        references=("pearson1900",),
    ),
    Measure(
        Quantity(
            "standardised_mean_difference_from_odds_logistic",
            "Standardised mean difference (from odds ratio, logistic)",
            null=0,
        ),
        "OR2DL",
        TwoProportions,
        standardised_from_odds_ratio(LOGISTIC),
        options=OPTIONS,
        references=("hasselblad1995", "chinn2000"),
    ),
    Measure(
        Quantity(
            "standardised_mean_difference_from_odds_normal",
            "Standardised mean difference (from odds ratio, normal)",
            null=0,
        ),
        "OR2DN",
        TwoProportions,
        standardised_from_odds_ratio(COX),
        options=OPTIONS,
        references=("cox1989", "sanchezmeca2003"),
    ),
)
