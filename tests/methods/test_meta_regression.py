"""Meta-regression as a method: the shared reference, permutations, and what is refused."""

from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import MmstatsError, NotEstimableError
from mmstats.formula import FormulaError, ModelData
from mmstats.methods.meta_regression import meta_regression
from tests.meta.rows import Found, by_term, studies
from tests.meta.shared import TAU2, TESTS, expected, known, material

EFFECTS, ERRORS = [0.1, 0.5, 0.4, 0.9, 0.8, 0.3, 0.6], [0.2, 0.15, 0.22, 0.3, 0.25, 0.18, 0.21]
WEEKS = [2.0, 6, 4, 12, 8, 4, 9]
ARMS = ["usual", "sham", "usual", "sham", "wait", "wait", "sham"]


def regressed(
    text: str = "effect ~ weeks", effects: Any = EFFECTS, errors: Any = ERRORS, **options: Any
) -> Found:
    frame = pd.DataFrame({"effect": effects, "weeks": WEEKS[: len(effects)]}, dtype=np.float64)
    frame["arm"] = pd.Categorical(ARMS[: len(effects)], categories=["usual", "sham", "wait"])
    return by_term(meta_regression(ModelData.of(text, frame), pd.Series(errors), **options))


@pytest.mark.parametrize("estimator", ["EE", "DL", "REML", "ML", "SJ"])
def test_agrees_with_the_shared_reference(references: Path, estimator: str) -> None:
    effects, variances, columns, _ = material(references, "bcg_metareg")
    frame = pd.DataFrame({"effect": effects, "ablat": columns[:, 1], "year": columns[:, 2]})
    model = ModelData.of("effect ~ ablat + year", frame)
    reference = expected(references, "bcg_metareg")[estimator]
    for short, test in TESTS.items():
        found = by_term(
            meta_regression(model, pd.Series(np.sqrt(variances)), tau2=TAU2[estimator], test=test)  # type: ignore[arg-type]
        )
        theirs = reference[short]
        for place, name in enumerate(("intercept", "ablat", "year")):
            own = found[f"coefficient {name}"]
            values = (own.estimate, own.std_error, own.conf_low, own.conf_high, own.p_value)
            other = [
                list(theirs["b"].values())[place],
                *(theirs[k][place] for k in ("se", "ci.lb", "ci.ub", "pval")),
            ]
            assert values == pytest.approx(known(other), rel=1e-7)
        whole = found["moderators_test"]
        assert (whole.estimate, whole.p_value) == pytest.approx((theirs["QM"], theirs["QMp"]), rel=1e-7)
        assert found["cochran_q"].estimate == pytest.approx(theirs["QE"], rel=1e-8)
        assert found["tau2_explained"].estimate == pytest.approx(theirs["R2"], rel=1e-7)


def test_drawn_permutations_agree_with_those_of_metafor(references: Path) -> None:
    effects, variances, columns, _ = material(references, "bcg_metareg")
    frame = pd.DataFrame({"effect": effects, "ablat": columns[:, 1], "year": columns[:, 2]})
    found = by_term(
        meta_regression(
            ModelData.of("effect ~ ablat + year", frame),
            pd.Series(np.sqrt(variances)),
            test="z",
            permutation=True,
            resamples=4999,
            rng=np.random.default_rng(1),
        )
    )
    theirs = expected(references, "bcg_metareg")["permutest_1000"]
    for term, p_value in (("", theirs["QMp"]), (" ablat", theirs["pval"][1]), (" year", theirs["pval"][2])):
        own = found[f"permutation_test{term}"]
        assert own.resamples == 5000
        assert abs(own.p_value - p_value) < 4 * np.hypot(own.mcse, np.sqrt(p_value * (1 - p_value) / 1000))


class TestPermutation:
    def test_of_few_studies_all_are_made(self) -> None:
        found = regressed(permutation=True, rng=np.random.default_rng(1))
        own = found["permutation_test weeks"]
        assert (own.resamples, own.p_value) == (0, found["permutation_test"].p_value)
        assert "5,040 permutations" in own.note
        assert own.p_value * 5040 == pytest.approx(round(own.p_value * 5040))
        assert own.statistic == pytest.approx(found["coefficient weeks"].statistic)

    def test_needs_a_generator(self) -> None:
        with pytest.raises(MmstatsError, match="rng is None"):
            regressed(permutation=True)

    def test_of_equal_effects_or_without_intercept_says_why_not(self) -> None:
        rng = np.random.default_rng(1)
        same = regressed(effects=[0.3] * 7, permutation=True, test="z", rng=rng)
        assert "the same but for rounding" in same["permutation_test"].note
        none = regressed("effect ~ 0 + weeks", permutation=True, rng=rng)
        assert "Without an intercept" in none["permutation_test weeks"].note

    def test_row_order_does_not_matter(self) -> None:
        order = [3, 1, 0, 2, 6, 5, 4]
        frame = pd.DataFrame({"effect": EFFECTS, "weeks": WEEKS})
        model, error = ModelData.of("effect ~ weeks", frame), pd.Series(ERRORS)
        wanted: dict[str, Any] = {"permutation": True, "resamples": 199}
        first = by_term(meta_regression(model, error, rng=np.random.default_rng(1), **wanted))
        moved = by_term(
            meta_regression(
                model.take(np.array(order)), error.iloc[order], rng=np.random.default_rng(1), **wanted
            )
        )
        assert repr(first) == repr(moved)


def test_a_factor_has_a_test_of_all_its_levels_unless_it_interacts() -> None:
    found = regressed("effect ~ arm + weeks")
    assert found["moderators_test arm"].df == 2
    assert found["coefficient arm[wait]"].df == 3
    assert "moderators_test weeks" not in found
    assert {key for key in found if key.startswith("variance_inflation")} == {
        f"variance_inflation {name}" for name in ("arm[sham]", "arm[wait]", "weeks")
    }
    assert "moderators_test arm" not in regressed(
        "effect ~ arm * weeks", test="z", tau2="common", effects=EFFECTS
    )


def test_predictions_are_averages_of_studies_with_that_feature() -> None:
    found = regressed("effect ~ arm", study=studies(EFFECTS))
    assert found["predicted_effect arm=usual"].estimate == pytest.approx(
        found["coefficient intercept"].estimate
    )
    assert found["predicted_effect arm=usual"].conf_low == pytest.approx(
        found["coefficient intercept"].conf_low
    )
    line = [e for key, e in regressed().items() if key.startswith("predicted_effect weeks=")]
    assert len(line) == 21
    assert [line[0].term, line[-1].term] == ["weeks=2", "weeks=12"]
    assert np.ptp(np.diff([e.estimate for e in line])) < 1e-12
    assert sum(e.estimate for key, e in found.items() if key.startswith("study_weight")) == pytest.approx(100)


def test_moderators_far_from_zero_lose_no_digits() -> None:
    near, far = regressed(), regressed_far(1e9)
    assert far["coefficient weeks"].estimate == pytest.approx(near["coefficient weeks"].estimate, rel=1e-6)
    ours, theirs = near["predicted_effect weeks=2"], far["predicted_effect weeks=1000000002.0"]
    assert theirs.estimate == pytest.approx(ours.estimate, rel=1e-6)
    assert theirs.std_error == pytest.approx(ours.std_error, rel=1e-6)


def regressed_far(shift: float) -> Found:
    frame = pd.DataFrame({"effect": EFFECTS, "weeks": np.array(WEEKS) + shift})
    return by_term(meta_regression(ModelData.of("effect ~ weeks", frame), pd.Series(ERRORS)))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(FormulaError, match=r"'log\(effect\)' is transformed"):
        regressed("log(effect) ~ weeks")
    with pytest.raises(NotEstimableError, match="no moderator: meta_effects"):
        regressed("effect ~ 1")
    with pytest.raises(NotEstimableError, match="needs 3 at least"):
        regressed(effects=[0.1, 0.2], errors=[0.1, 0.1])
    with pytest.raises(NotEstimableError, match="Study 'row 2': its standard error is 0"):
        regressed(errors=[0.1, 0.0, 0.1, 0.1, 0.1, 0.1, 0.1])
    with pytest.raises(NotEstimableError, match="weeks"):
        regressed("effect ~ weeks + scale(weeks)")


def test_exact_fits_have_no_hartung_knapp_error() -> None:
    line = [0.1 + 0.05 * week for week in WEEKS]
    found = regressed(effects=line)
    assert found["coefficient weeks"].estimate == pytest.approx(0.05)
    for name in ("coefficient weeks", "moderators_test", "predicted_effect weeks=2"):
        assert "but for rounding" in found[name].note
        assert isnan(found[name].conf_low)
    assert regressed(effects=line, test="z")["coefficient weeks"].p_value < 0.1


def test_nothing_to_explain_is_said() -> None:
    found = regressed(effects=[0.5, 0.5, 0.51, 0.5, 0.49, 0.5, 0.5])
    assert isnan(found["tau2_explained"].estimate)
    assert "nothing to explain" in found["tau2_explained"].note
