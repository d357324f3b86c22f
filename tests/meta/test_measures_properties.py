"""What has to hold of effect measures whatever the numbers are."""

import inspect
import re
from fractions import Fraction
from math import factorial, pi, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from mmstats.errors import MmstatsError
from mmstats.meta.measures import MEASURES, Effects, Measure, effect_sizes, measure
from mmstats.meta.measures import material as m
from mmstats.meta.measures.scales import IDENTITY, back_by_harmonic_mean, harmonic_mean
from mmstats.meta.measures.small_sample import small_sample_factors
from mmstats.meta.measures.tetrachoric import quadrant
from mmstats.meta.printed import quartiles

COUNTS: dict[str, list[float]] = {
    "comparison_events": [4, 6, 12, 30, 1],
    "comparison_n": [123, 306, 52, 40, 9],
    "reference_events": [11, 29, 20, 5, 7],
    "reference_n": [139, 303, 53, 44, 12],
}
EXAMPLES: dict[type, dict[str, list[float]]] = {
    m.TwoMeans: {
        "comparison_mean": [55, 27, 4, 8],
        "comparison_sd": [47, 7, 2.1, 3],
        "comparison_n": [155, 31, 5, 20],
        "reference_mean": [75, 29, 6, 3],
        "reference_sd": [64, 4, 1.1, 2],
        "reference_n": [156, 32, 4, 11],
    },
    m.PairedMeans: {
        "after_mean": [10.2, 30, 5.5],
        "after_sd": [2, 6.3, 1.1],
        "before_mean": [9.1, 26, 5.9],
        "before_sd": [2.2, 5.9, 1.3],
        "correlation": [0.7, 0.55, -0.3],
        "n": [12, 8, 30],
    },
    m.OneMean: {"mean": [5, 3.3, 80], "sd": [1.1, 2.2, 9], "n": [9, 30, 12]},
    m.TwoProportions: COUNTS,
    m.PairedProportions: {"both": [10, 3], "first_only": [4, 5], "second_only": [2, 9], "neither": [20, 1]},
    m.OneProportion: {"events": [1, 3, 25], "n": [12, 20, 40]},
    m.TwoRates: {
        "comparison_events": [1, 3, 7],
        "comparison_time": [100, 90, 400.5],
        "reference_events": [4, 2, 7],
        "reference_time": [120, 80, 500.1],
    },
    m.OneRate: {"events": [2, 3, 25], "time": [12.5, 20, 40]},
    m.Correlation: {"correlation": [0.1, 0.5, -0.3], "n": [10, 50, 23]},
    m.RegressionTest: {"t_value": [2.1, -0.5], "n": [40, 22], "predictors": [3, 2]},
    m.RegressionFit: {"t_value": [2.1, -0.5], "n": [40, 22], "predictors": [3, 2], "r_squared": [0.3, 0.2]},
    m.Alpha: {"alpha": [0.93, 0.71], "items": [20, 10], "n": [103, 30]},
    m.Agreement: {"icc": [0.7, 0.2], "ratings": [2, 4], "n": [30, 18]},
}
ALL = sorted(MEASURES.values(), key=lambda each: each.name)
TWO_GROUPS = [
    each
    for each in ALL
    if each.material in (m.TwoMeans, m.PairedMeans, m.TwoProportions, m.PairedProportions, m.TwoRates)
]


def example(each: Measure) -> dict[str, np.ndarray]:
    return {name: np.array(values, dtype=float) for name, values in EXAMPLES[each.material].items()}


def swapped(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    pairs = (("comparison_", "reference_"), ("after_", "before_"), ("first_", "second_"))
    names = {}
    for name in columns:
        other = name
        for one, two in pairs:
            if name.startswith(one):
                other = two + name.removeprefix(one)
            elif name.startswith(two):
                other = one + name.removeprefix(two)
        names[other] = columns[name]
    return names


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_names_aliases_and_scales_fit(each: Measure) -> None:
    assert measure(each.alias) is each
    assert measure(each.name) is each
    found = effect_sizes(each.name, example(each))
    assert found.estimable.all()
    assert (found.variances > 0).all()
    assert each.quantity.ratio == (each.scale.name == "log" and not np.isnan(each.quantity.null))
    if not np.isnan(each.quantity.null) and not each.scale.size:
        assert each.scale.back(each.null) == pytest.approx(each.quantity.null)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_the_table_says_what_the_function_takes(each: Measure) -> None:
    parameters = inspect.signature(each.compute).parameters.values()
    options = {one.name: one.default for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}
    assert options == {name: values[0] for name, values in each.options.items()}
    cited = re.search(r"References: (.*)\.", inspect.getdoc(each.compute) or "References: .")
    told = tuple(cited[1].split(", ")) if cited and cited[1] else ()
    assert told == each.references or not inspect.getdoc(each.compute)


def test_every_reference_is_in_the_bibliography() -> None:
    text = (Path(__file__).parents[2] / "reports" / "references.bib").read_text(encoding="utf-8")
    printed = inspect.getdoc(quartiles.mean_and_sd_from_median) or ""
    keys = {key for each in ALL for key in each.references}
    keys |= set(re.findall(r"\b[a-z]+20\d\d\b", printed))
    assert {"wan2014", "luo2018", "shi2020"} < keys
    assert [key for key in sorted(keys) if f"{{{key}," not in text] == []


def test_aliases_are_one_each() -> None:
    assert len({each.alias for each in ALL} | set(MEASURES)) == 2 * len(MEASURES)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_a_study_stands_alone_and_rows_have_no_order(each: Measure) -> None:
    columns = example(each)
    whole = effect_sizes(each.name, columns)
    for at in range(len(whole.effects)):
        one = effect_sizes(each.name, {name: values[at] for name, values in columns.items()})
        assert one.effects[0] == whole.effects[at]
        assert one.variances[0] == whole.variances[at]


# In standard deviations of the reference, or of before: the swapped one is in those of the other group.
ONE_SIDED = {
    "glass_delta",
    "glass_delta_unequal_variances",
    "standardised_mean_change_raw",
    "standardised_mean_change_raw_unequal_variances",
}


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_no_studies_at_all(each: Measure) -> None:
    found = effect_sizes(each.name, {name: [] for name in each.columns})
    assert found.effects.shape == found.variances.shape == (0,)
    assert found.notes == ()


@pytest.mark.parametrize("each", TWO_GROUPS, ids=lambda each: each.name)
def test_swapping_the_groups_flips_the_sign(each: Measure) -> None:
    columns = example(each)
    if each.name in ONE_SIDED:
        sd = "comparison_sd" if each.material is m.TwoMeans else "after_sd"
        columns[sd] = columns["reference_sd" if each.material is m.TwoMeans else "before_sd"]
        if each.material is m.TwoMeans:
            columns["comparison_n"] = columns["reference_n"]
    one, other = effect_sizes(each.name, columns), effect_sizes(each.name, swapped(columns))
    centre = 0.5 if each.name == "probability_of_superiority_from_means" else 0.0
    np.testing.assert_allclose(other.effects - centre, centre - one.effects, rtol=1e-12)
    np.testing.assert_allclose(other.variances, one.variances, rtol=1e-12)


IN_UNITS = {"mean_difference", "mean_change", "mean", "log_mean", "standard_deviation"}


@pytest.mark.parametrize(
    "each",
    [each for each in ALL if each.material in (m.TwoMeans, m.PairedMeans, m.OneMean)],
    ids=lambda e: e.name,
)
def test_another_unit(each: Measure) -> None:
    columns = example(each)
    factor = 2.54
    in_inches = {
        name: values * (factor if name.endswith(("mean", "sd")) else 1) for name, values in columns.items()
    }
    one, other = effect_sizes(each.name, columns), effect_sizes(each.name, in_inches)
    if each.name in ("mean_difference", "mean_change", "mean"):
        expected = Effects(one.effects * factor, one.variances * factor**2, one.notes)
    elif each.name in IN_UNITS:
        expected = Effects(one.effects + np.log(factor), one.variances, one.notes)
    else:
        expected = one
    np.testing.assert_allclose(other.effects, expected.effects, rtol=1e-12)
    np.testing.assert_allclose(other.variances, expected.variances, rtol=1e-12)


@pytest.mark.parametrize(
    "name", [each.name for each in ALL if each.material is m.TwoMeans and each.scale is IDENTITY]
)
def test_another_zero_point(name: str) -> None:
    columns = example(measure(name))
    moved = {key: values + (100 if key.endswith("mean") else 0) for key, values in columns.items()}
    one, other = effect_sizes(name, columns), effect_sizes(name, moved)
    np.testing.assert_allclose(other.effects, one.effects, rtol=1e-12)
    np.testing.assert_allclose(other.variances, one.variances, rtol=1e-12)


def test_another_unit_of_time() -> None:
    columns = example(measure("rate_ratio"))
    months = {key: values * (12 if key.endswith("time") else 1) for key, values in columns.items()}
    for name, power in (("rate_ratio", 0.0), ("rate_difference", 1.0), ("rate_root_difference", 0.5)):
        one, other = effect_sizes(name, columns), effect_sizes(name, months)
        np.testing.assert_allclose(other.effects * 12**power, one.effects, rtol=1e-12)
        np.testing.assert_allclose(other.variances * 12 ** (2 * power), one.variances, rtol=1e-12)


cells = st.integers(min_value=0, max_value=60)


def two_by_two(a: int, b: int, c: int, d: int) -> dict[str, list[int]]:
    return {
        "comparison_events": [a],
        "comparison_n": [a + b],
        "reference_events": [c],
        "reference_n": [c + d],
    }


SYMMETRICAL = ("odds_ratio", "phi_coefficient", "yule_q", "yule_y", "tetrachoric_correlation")


@given(cells, cells, cells, cells)
def test_transposed_tables(a: int, b: int, c: int, d: int) -> None:
    """Groups and outcomes change places: odds ratios and correlations stay."""
    if min(a + b, c + d, a + c, b + d) == 0:
        return
    for name in (*SYMMETRICAL, "peto_odds_ratio"):
        one, other = effect_sizes(name, two_by_two(a, b, c, d)), effect_sizes(name, two_by_two(a, c, b, d))
        np.testing.assert_allclose(other.effects, one.effects, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(other.variances, one.variances, rtol=1e-9)


MIRRORED = (
    "odds_ratio",
    "peto_odds_ratio",
    "risk_difference",
    "arcsine_difference",
    "probit_difference",
    "phi_coefficient",
    "yule_q",
    "yule_y",
    "tetrachoric_correlation",
)


@given(cells, cells, cells, cells)
def test_counting_those_without_events(a: int, b: int, c: int, d: int) -> None:
    if min(a + b, c + d) == 0:
        return
    for name in MIRRORED:
        one, other = effect_sizes(name, two_by_two(a, b, c, d)), effect_sizes(name, two_by_two(b, a, d, c))
        np.testing.assert_allclose(other.effects, -one.effects, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(other.variances, one.variances, rtol=1e-9)


@given(cells, cells, cells, cells)
def test_every_table_has_a_number_or_a_reason(a: int, b: int, c: int, d: int) -> None:
    for each in ALL:
        if each.material is not m.TwoProportions:
            continue
        for correction in each.options.get("correction", ("",)):
            options = {"correction": correction} if correction else {}
            found = effect_sizes(each.name, two_by_two(a, b, c, d), **options)
            assert found.estimable[0] or found.notes[0]
            assert found.estimable[0] == (np.isfinite(found.effects[0]) and np.isfinite(found.variances[0]))


@given(cells, cells, cells, cells)
def test_a_tetrachoric_correlation_reproduces_its_table(a: int, b: int, c: int, d: int) -> None:
    if a * b * c * d == 0:
        return
    n = a + b + c + d
    r = effect_sizes("tetrachoric_correlation", two_by_two(a, b, c, d)).effects[0]
    share = quadrant(
        float(special.ndtri((a + b) / n)), float(special.ndtri((a + c) / n)), float(np.arcsin(r))
    )
    assert share == pytest.approx(a / n, abs=1e-13)


@pytest.mark.parametrize("cells", [(1000, 1, 2, 997), (20, 1, 1, 20), (30, 12, 9, 25), (3, 100, 90, 2)])
def test_a_tetrachoric_correlation_gives_the_other_cells(cells: tuple[int, int, int, int]) -> None:
    """The cell of the first alone, integrated over one variable: another way than the engine's."""
    a, b, c, _ = cells
    n = sum(cells)
    r = effect_sizes("tetrachoric_correlation", two_by_two(*cells)).effects[0]
    s = sqrt(1 - r * r)
    row, column = special.ndtri((a + b) / n), special.ndtri((a + c) / n)

    def height(x: float) -> float:
        return float(stats.norm.pdf(x) * special.ndtr((r * x - column) / s))

    turns = [at for at in (column / r - 8 * s, column / r, column / r + 8 * s) if -12 < at < row]
    share, _ = integrate.quad(height, -12, row, points=turns or None, epsabs=1e-15, epsrel=1e-11, limit=400)
    assert n * share == pytest.approx(b, rel=1e-9)


def test_the_small_sample_factor_against_exact_gamma_functions() -> None:
    """Half-integer gamma functions are ratios of factorials and the root of pi."""

    def exact(df: int) -> float:
        half = df // 2
        if df % 2 == 0:
            ratio = Fraction(factorial(half - 1) ** 2 * 4 ** (half - 1), factorial(2 * half - 2))
            return float(ratio) / sqrt(pi) / sqrt(df / 2)
        ratio = Fraction(factorial(2 * half), 4**half * factorial(half) * factorial(half - 1))
        return float(ratio) * sqrt(pi) / sqrt(df / 2)

    few = [2, 3, 4, 5, 7, 10, 20, 28, 29, 30, 31, 32, 60, 144, 500, 999]
    np.testing.assert_allclose(
        small_sample_factors(np.array(few, float)), [exact(df) for df in few], rtol=4e-15
    )
    many = np.array([1e4, 1e6, 1e9])
    np.testing.assert_allclose(small_sample_factors(many), 1 - 3 / (4 * many - 1), rtol=1e-8)


def test_tables_without_events() -> None:
    columns = two_by_two(0, 20, 0, 25)
    for name in ("risk_ratio", "odds_ratio", "peto_odds_ratio", "yule_q", "probit_difference"):
        found = effect_sizes(name, columns)
        assert np.isnan(found.effects[0])
        assert found.notes[0] == "No events in either group: a ratio is not estimable, a difference is."
    for name in ("risk_difference", "arcsine_difference"):
        assert effect_sizes(name, columns).estimable[0]
    found = effect_sizes("risk_ratio", columns, uninformative="corrected")
    assert found.notes[0] == "1/2 was added to each cell, since one is 0."
    assert (
        effect_sizes("risk_difference", columns, correction="none").notes[0].startswith("The variance is 0")
    )


BAD = [
    ("MD", {"comparison_sd": -1}, "comparison_sd is -1; a standard deviation is above 0."),
    ("SMD", {"reference_sd": 0}, "reference_sd is 0; a standard deviation is above 0."),
    ("MD", {"comparison_n": 0}, "comparison_n is 0; it is a whole number of participants, 1 or more."),
    ("MD", {"comparison_n": 7.5}, "comparison_n is 7.5; it is a whole number of participants, 1 or more."),
    ("MD", {"reference_mean": np.nan}, "reference_mean is missing."),
    ("MD", {"reference_mean": np.inf}, "reference_mean is infinite."),
    ("ROM", {"reference_mean": -2}, "A ratio of means needs two means above 0, on a scale with a true zero."),
    ("SMD", {"reference_n": 1}, "A group of 1 has no standard deviation."),
    ("MD", {"comparison_n": 1}, "A group of 1 has no standard deviation."),
    ("RR", {"comparison_events": 500}, "comparison_events is 500, more than comparison_n, which is 123."),
    ("RR", {"comparison_events": -2}, "comparison_events is -2; a count is a whole number, 0 or more."),
    ("IRR", {"comparison_time": 0}, "comparison_time is 0; a time at risk is above 0."),
    ("COR", {"correlation": 1.2}, "correlation is 1.2; a correlation is between -1 and 1."),
    ("ZCOR", {"correlation": 1}, "A correlation of -1 or 1 is infinite on Fisher's scale."),
    ("COR", {"correlation": 1}, "The variance is 0 by these numbers: the study would have infinite weight."),
    ("ZCOR", {"n": 3}, "The variance on Fisher's scale needs 4 pairs or more."),
    ("UCOR", {"n": 4}, "The unbiased correlation needs 5 pairs or more."),
    (
        "PCOR",
        {"n": 4},
        "The regression leaves no degrees of freedom: n is at most the number of predictors plus 1.",
    ),
    ("SPCOR", {"t_value": 9}, "By its t the predictor alone explains more than R squared."),
    ("SMCC", {"n": 2}, "The small-sample factor needs more than 1 degree of freedom."),
    ("MC", {"n": 1.5}, "n is 1.5; it is a whole number of participants, 1 or more."),
    ("ABT", {"alpha": 1}, "A reliability of 1 has no spread, and is infinite on a logarithmic scale."),
    ("ABT", {"items": 1}, "items is 1; it is a whole number, 2 or more."),
    ("ZICC", {"icc": -1}, "An intraclass correlation of k ratings is above -1 / (k - 1)."),
    (
        "MPORC",
        {"second_only": 0},
        "All participants who differ do so in one direction: they do not determine a ratio.",
    ),
]


@pytest.mark.parametrize(("name", "change", "note"), BAD, ids=lambda each: str(each)[:40])
def test_bad_values_have_a_reason_and_spare_the_others(
    name: str, change: dict[str, float], note: str
) -> None:
    columns = example(measure(name))
    whole = effect_sizes(name, columns)
    ((column, value),) = change.items()
    columns[column][0] = value
    found = effect_sizes(name, columns)
    assert not found.estimable[0]
    assert note in found.notes[0]
    np.testing.assert_array_equal(found.effects[1:], whole.effects[1:])
    np.testing.assert_array_equal(found.variances[1:], whole.variances[1:])
    assert found.notes[1:] == whole.notes[1:]


def test_averaged_variances_leave_out_what_is_not_estimable() -> None:
    columns = example(measure("SMD"))
    without = {name: values[1:] for name, values in columns.items()}
    columns["comparison_sd"][0] = -1
    found, alone = (effect_sizes("SMD", each, variance="averaged") for each in (columns, without))
    np.testing.assert_array_equal(found.variances[1:], alone.variances)


def test_wrong_columns_and_options_are_told_at_once() -> None:
    with pytest.raises(MmstatsError) as caught:
        effect_sizes("risk_ratio", {"comparison_event": [1, 2], "comparison_n": [5]}, corection="all")
    text = str(caught.value)
    for part in (
        "The column 'comparison_events' is missing.",
        "There is no column 'comparison_event'. Did you mean 'comparison_events'",
        "There is no option 'corection'. Did you mean 'correction'?",
        "comparison_event (2,), comparison_n (1,)",
    ):
        assert part in text
    with pytest.raises(MmstatsError, match="The column 'n' holds something that is not a number"):
        effect_sizes("COR", {"correlation": [0.1], "n": ["ten"]})
    with pytest.raises(MmstatsError, match="correction is 'al'; it is one of zero-cells, all, none"):
        effect_sizes("risk_ratio", COUNTS, correction="al")
    with pytest.raises(MmstatsError, match=r"Unknown measure 'riskratio'\. Did you mean 'risk_ratio'"):
        measure("riskratio")


@pytest.mark.parametrize("each", [each for each in ALL if each.scale is not IDENTITY], ids=lambda e: e.name)
def test_the_way_back_is_the_inverse(each: Measure) -> None:
    values = np.array([0.07, 0.3, 0.5, 0.85])
    size = 12.0 if each.scale.size else np.nan
    np.testing.assert_allclose(each.scale.back(each.scale.forward(values, size), size), values, rtol=1e-12)


def test_the_double_arcsine_goes_back_to_each_studys_own_proportion() -> None:
    events, n = np.array([0, 3, 10, 25]), np.array([12, 20, 10, 40])
    found = effect_sizes("PFT", {"events": events, "n": n})
    scale = measure("PFT").scale
    for at in range(4):
        assert scale.back(found.effects[at], n[at]) == pytest.approx(events[at] / n[at], abs=1e-12)
    assert "17.14" not in back_by_harmonic_mean(scale, found.effects, n).note
    assert f"{harmonic_mean(n):.4g}" in back_by_harmonic_mean(scale, found.effects, n).note
    with pytest.raises(MmstatsError, match="depends on the number of participants"):
        scale.back(0.5)
    with pytest.raises(MmstatsError, match="has no size"):
        measure("PAS").scale.back(0.5, 10)


def test_ten_thousand_studies_are_quick() -> None:
    import time

    columns = {name: np.resize(values, 10_000) for name, values in example(measure("SMD")).items()}
    start = time.perf_counter()
    assert effect_sizes("SMD", columns).estimable.all()
    assert time.perf_counter() - start < 5
