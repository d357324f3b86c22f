"""Numbers to text."""

import re
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats import format as fmt
from mmstats.errors import ReportError
from mmstats.estimate import Estimate, Quantity

DIFFERENCE = Quantity("mean_difference", "Mean difference", null=0)
RATIO = Quantity("odds_ratio", "Odds ratio", null=1, ratio=True)
finite = st.floats(-1e6, 1e6)


def estimate(value: float, low: float, high: float, quantity: Quantity = DIFFERENCE, **more: Any) -> Estimate:
    return Estimate(
        quantity=quantity, estimate=value, conf_low=low, conf_high=high, conf_level=0.95, n=20, **more
    )


@given(finite, st.integers(0, 6))
def test_a_number_reads_back_within_half_a_unit_and_zero_has_no_sign(value: float, decimals: int) -> None:
    text = fmt.number(value, decimals)
    back = float(text.replace(fmt.MINUS, "-").replace(",", ""))
    assert abs(back - value) <= 0.5 * 10.0**-decimals + 1e-9
    assert "-" not in text
    assert not (back == 0 and fmt.MINUS in text)


@given(st.floats(0, 1), st.sampled_from(["apa", "ama", "bmc"]))
def test_a_p_value_is_never_zero_nor_one_and_keeps_its_side_of_five_percent(p: float, style: str) -> None:
    text = fmt.p_value(p, style)
    sign, printed = re.fullmatch(r"[pP] ([<=>]) (0?\.\d+)", text).groups()  # type: ignore[union-attr]
    assert 0 < float(printed) < 1
    if sign == "=":
        assert (float(printed) < 0.05) == (p < 0.05)
        assert float(printed) == pytest.approx(p, abs=0.005000001)
    else:
        assert p < float(printed) if sign == "<" else p > float(printed)


@pytest.mark.parametrize(
    ("p", "apa", "ama", "bmc"),
    [
        (0.0344, "p = .034", "P = .03", "P = 0.03"),
        (0.00099, "p < .001", "P < .001", "P < 0.001"),
        (0.0, "p < .001", "P < .001", "P < 0.001"),
        (0.001, "p = .001", "P = .001", "P = 0.001"),
        (0.0468, "p = .047", "P = .047", "P = 0.047"),
        (0.0497, "p = .0497", "P = .0497", "P = 0.0497"),
        (0.04999, "p < .05", "P < .05", "P < 0.05"),
        (0.05, "p = .050", "P = .050", "P = 0.050"),
        (0.5, "p = .500", "P = .50", "P = 0.50"),
        (1.0, "p > .999", "P > .99", "P > 0.99"),
    ],
)
def test_p_values_by_style(p: float, apa: str, ama: str, bmc: str) -> None:
    assert [fmt.p_value(p, style) for style in ("apa", "ama", "bmc")] == [apa, ama, bmc]
    assert f"p{fmt.p_value(p, 'apa', symbol=False)}".replace("p.", "p=.") == apa.replace(" ", "")


def test_a_missing_p_value_is_empty_and_an_impossible_one_refused() -> None:
    assert fmt.p_value(nan) == ""
    with pytest.raises(ReportError, match=r"between 0 and 1; this one is 1\.5"):
        fmt.p_value(1.5)
    with pytest.raises(ReportError, match=r"Unknown style of p values 'apaa'\. Did you mean 'apa'"):
        fmt.p_value(0.5, "apaa")


@given(finite, st.floats(1e-3, 1e4), st.floats(1e-3, 1e4))
def test_both_ends_have_as_many_decimals_as_the_estimate(value: float, below: float, above: float) -> None:
    text = fmt.with_interval(estimate(value, value - below, value + above))
    numbers = re.findall(r"[\d,]+(?:\.(\d+))?", text.replace(", ", " "))
    assert len(numbers) == 3
    assert len({len(decimals) for decimals in numbers}) == 1


@pytest.mark.parametrize(
    ("e", "text"),
    [
        (estimate(1.2, 0.341, 2.06), "1.20 [0.34, 2.06]"),
        (estimate(-0.001, -0.4, 0.4), "0.00 [−0.40, 0.40]"),
        (estimate(12.34, 4.1, 21.06), "12.3 [4.1, 21.1]"),
        (estimate(0.0123, 0.001, 0.0236), "0.012 [0.001, 0.024]"),
        (estimate(0.12, 0.013, 25.31, RATIO), "0.12 [0.01, 25.31]"),
        (estimate(3.2, 1.1, inf, RATIO), "3.20 [1.10, ∞]"),
        (estimate(0.5, 0.00002, 12_345, RATIO), "0.50 [2.00 × 10⁻⁵, 1.23 × 10⁴]"),
        (estimate(10_000, 1e-4, 10_001, RATIO), "10,000.0000 [0.0001, 1.00 × 10⁴]"),
        (Estimate(quantity=RATIO, estimate=2.5e304, n=20), "2.50 × 10³⁰⁴"),
        (Estimate(quantity=RATIO, estimate=9.999e-7, n=20), "1.00 × 10⁻⁶"),
        (estimate(123_456, 100_000, 200_000), "123,456 [100,000, 200,000]"),
        (estimate(0, 0, 0), "0.00 [0.00, 0.00]"),
        (estimate(nan, nan, nan, note="no variation"), "not estimable: no variation"),
        (estimate(1, nan, nan, note="ties"), "1.00 (interval not estimable: ties)"),
        (Estimate(quantity=DIFFERENCE, estimate=0.5, n=3), "0.50"),
    ],
)
def test_estimates(e: Estimate, text: str) -> None:
    assert fmt.with_interval(e) == text.replace(" × ", f"{fmt.NBSP}×{fmt.NBSP}")


@given(st.floats(1e-300, 1e300))
def test_a_ratio_reads_back_to_three_digits(value: float) -> None:
    text = fmt.ratio(value, 4)
    mantissa, times, power = text.partition(f"{fmt.NBSP}×{fmt.NBSP}10")
    exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))) if times else 0
    assert bool(times) is not (1e-4 <= value <= 1e4)
    slack = 0.005 * 10.0**exponent if times else 0.5e-4
    assert float(f"{mantissa.replace(',', '')}e{exponent}") == pytest.approx(
        value, rel=1e-9, abs=1.01 * slack
    )
    if times:
        assert 1 <= float(mantissa) < 10


def test_an_estimate_in_a_sentence() -> None:
    e = estimate(2, 1, 3, p_value=0.5)
    assert fmt.sentence(e, style="ama", unit="mm") == "2.00\u00a0mm (95% CI 1.00 to 3.00; P = .50)"
    bayes = Estimate(quantity=RATIO, estimate=3e6, n=20)
    assert fmt.sentence(bayes) == f"3.00{fmt.NBSP}×{fmt.NBSP}10⁶"
    assert fmt.sentence(estimate(nan, nan, nan, note="n = 1")) == "not estimable: n = 1"
    assert fmt.sentence(estimate(2, nan, nan, note="n = 1")) == "2.00 (95% CI not estimable: n = 1)"


@given(st.integers(1, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_only_none_is_zero_percent_and_only_all_a_hundred(share: tuple[int, int]) -> None:
    k, of = share
    text = fmt.percent(k / of, of)
    assert (text in ("0%", "0.0%")) == (k == 0)
    assert (text in ("100%", "100.0%")) == (k == of)


def test_degrees_of_freedom() -> None:
    assert [fmt.df(d) for d in (38.0, 37.6249, inf, nan, 38.00000000001)] == ["38", "37.6", "∞", "", "38"]
