"""Dependent effects: what comes back, against metafor and clubSandwich, and what holds."""

from math import exp, isnan, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.meta_effects import meta_effects
from mmstats.methods.meta_multilevel import meta_multilevel
from tests.meta.dependent_cases import expected, table

CLOSE = 1e-6  # as tests/meta/test_multilevel_reference.py says


def analyse(formula: str, frame: pd.DataFrame, **options: Any) -> dict[str, Estimate]:
    data = ModelData.of(formula, frame)
    found = meta_multilevel(data, frame["se"].rename("se"), **options)
    return {f"{e.quantity.name} {e.term}".strip(): e for e in found}


def schools(references: Path) -> pd.DataFrame:
    d = table(references, "konstantopoulos2011")
    d["year"] = (d.year - d.year.mean()).astype(float)
    return d.assign(se=np.sqrt(d.vi))


def delinquents(references: Path) -> pd.DataFrame:
    d = table(references, "assink2016")
    kinds = ["covert", "general", "overt"]
    return d.assign(se=np.sqrt(d.vi), deltype=pd.Categorical(d.deltype, categories=kinds))


@pytest.mark.parametrize(("test", "name"), [("z", "3level_REML"), ("t", "3level_t_contain")])
def test_schools_in_districts(references: Path, test: str, name: str) -> None:
    said = expected(references)[f"konstantopoulos2011_{name}"]
    found = analyse("yi ~ 1 + (1 | district/school)", schools(references), test=test)
    effect, prediction = found["effect"], found["prediction"]
    assert [effect.estimate, effect.std_error, effect.conf_low, effect.conf_high] == pytest.approx(
        [said["b"]["intrcpt"], said["se"], said["ci.lb"], said["ci.ub"]], rel=CLOSE
    )
    assert effect.p_value == pytest.approx(said["pval"], rel=CLOSE)
    assert [prediction.conf_low, prediction.conf_high] == pytest.approx(
        [said["pred"]["pi.lb"], said["pred"]["pi.ub"]], rel=CLOSE
    )
    variances = [found[f"tau2 {term}"].estimate for term in ("district", "district:school")]
    assert variances == pytest.approx(said["sigma2"], rel=CLOSE)
    assert found["cochran_q"].estimate == pytest.approx(said["QE"], rel=1e-10)


def test_cluster_robust_schools(references: Path) -> None:
    said = expected(references)["konstantopoulos2011_year"]
    found = analyse("yi ~ year + (1 | district/school)", schools(references), test="cluster-robust")
    theirs, wald = said["cs_CR2"], said["wald_HTZ"]
    for place, name in enumerate(("intercept", "year")):
        row = found[f"coefficient {name}"]
        assert row.std_error == pytest.approx(theirs["SE"][place], rel=CLOSE)
        assert row.df == pytest.approx(theirs["df_Satt"][place], rel=CLOSE)
        assert row.p_value == pytest.approx(theirs["p_Satt"][place], rel=CLOSE)
    test = found["f_test year"]
    assert (test.statistic, test.df, test.df2, test.p_value) == pytest.approx(
        (wald["Fstat"], wald["df_num"], wald["df_denom"], wald["p_val"]), rel=CLOSE
    )


def test_a_factor_where_sampling_errors_correlate(references: Path) -> None:
    """The reference has the kind that 16 alone studied as its base; so has ours."""
    said = expected(references)["assink2016_deltype"]
    formula = "yi ~ deltype + (1 | study/esid)"
    found = analyse(formula, delinquents(references), rho=0.6, test="cluster-robust")
    wald, theirs = said["wald_HTZ"], said["cs_CR2"]
    test = found["f_test deltype"]
    assert (test.statistic, test.df2, test.p_value) == pytest.approx(
        (wald["Fstat"], wald["df_denom"], wald["p_val"]), rel=CLOSE
    )
    for place, name in enumerate(("intercept", "deltype[general]", "deltype[overt]")):
        row = found[f"coefficient {name}"]
        assert (row.std_error, row.df) == pytest.approx(
            (theirs["SE"][place], theirs["df_Satt"][place]), rel=CLOSE
        )
        assert "Only study 16 informs a coefficient" in row.note
    assert "below 4 p values are not reliable" in found["coefficient deltype[general]"].note
    averages = [found[f"effect deltype[{kind}]"].estimate for kind in ("covert", "general", "overt")]
    base = found["coefficient intercept"].estimate
    others = [found[f"coefficient deltype[{kind}]"].estimate for kind in ("general", "overt")]
    assert averages == pytest.approx([base, base + others[0], base + others[1]])


def test_one_row_of_each_study_is_meta_effects(references: Path) -> None:
    d = pd.read_csv(references / "reference" / "data" / "bcg.csv")
    d = d.assign(se=np.sqrt(d.vi), trial=pd.Categorical(d.trial.astype(str)))
    found = analyse("yi ~ 1 + (1 | trial)", d, test="z")
    plain = {
        f"{e.quantity.name} {e.term}".strip(): e
        for e in meta_effects(d["trial"], d["yi"], d["se"], test="z", tau2_interval="profile")
    }
    for name in ("effect", "prediction", "cochran_q"):
        assert found[name].estimate == pytest.approx(plain[name].estimate, rel=1e-7)
        assert found[name].conf_low == pytest.approx(plain[name].conf_low, rel=1e-7, nan_ok=True)
    assert found["tau2 trial"].estimate == pytest.approx(plain["tau2"].estimate, rel=1e-7)
    assert found["tau2 trial"].conf_high == pytest.approx(plain["tau2"].conf_high, rel=1e-5)
    assert found["i2"].estimate == pytest.approx(plain["i2"].estimate, rel=1e-7)
    assert "No random part tells rows" not in found["tau2 trial"].note


def test_rows_without_a_variance_of_their_own_are_told(references: Path) -> None:
    found = analyse("yi ~ 1 + (1 | district)", schools(references))
    assert "(1 | district/row) lets them differ" in found["tau2 district"].note


def test_two_ways_to_write_one_model(references: Path) -> None:
    d = schools(references)
    one = analyse("yi ~ 1 + (1 | district/school)", d)
    other = analyse("yi ~ 1 + (1 | district) + (1 | district:school)", d)
    assert repr(one) == repr(other)


def test_order_sign_and_unit(references: Path) -> None:
    d = schools(references)
    formula = "yi ~ year + (1 | district/school)"
    one = analyse(formula, d)
    order = np.random.default_rng(2).permutation(len(d))
    moved = analyse(formula, d.iloc[order])
    larger = analyse(formula, d.assign(yi=-10 * d.yi, se=10 * d.se))
    for name, e in one.items():
        assert moved[name].estimate == pytest.approx(e.estimate, rel=1e-9)
        assert larger[name].p_value == pytest.approx(e.p_value, rel=1e-6, nan_ok=True)
    assert larger["coefficient year"].estimate == pytest.approx(-10 * one["coefficient year"].estimate)
    assert larger["tau2 district"].conf_high == pytest.approx(100 * one["tau2 district"].conf_high, rel=1e-6)


def test_averages_go_back_as_ratios_and_coefficients_stay(references: Path) -> None:
    d = delinquents(references)
    formula = "yi ~ deltype + (1 | study/esid)"
    plain, ratio = analyse(formula, d), analyse(formula, d, scale="logarithms")
    for kind in ("covert", "overt"):
        one, other = plain[f"effect deltype[{kind}]"], ratio[f"effect_ratio deltype[{kind}]"]
        assert (other.estimate, other.conf_low) == pytest.approx((exp(one.estimate), exp(one.conf_low)))
        assert f"prediction_ratio deltype[{kind}]" in ratio
    assert ratio["coefficient deltype[overt]"] == plain["coefficient deltype[overt]"]


def test_errors_that_correlate_make_averages_less_sure() -> None:
    """Of ten studies with two rows each, whose true effects are the same, the variance is 1 + rho times."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"yi": rng.normal(0.3, 0.02, 20), "se": 0.2})
    frame["study"] = pd.Categorical([str(i // 2) for i in range(20)])
    errors = [analyse("yi ~ 1 + (1 | study)", frame, rho=rho)["effect"].std_error for rho in (0.0, 0.5, 0.8)]
    assert errors == pytest.approx([0.2 * sqrt((1 + rho) / 20) for rho in (0.0, 0.5, 0.8)], rel=1e-6)


def test_everything_that_is_wrong_is_said_at_once(references: Path) -> None:
    d = schools(references).assign(se=[-1.0, 0.0, *np.full(54, 0.1)], whole=pd.Categorical(["a"] * 56))
    with pytest.raises(NotEstimableError) as error:
        analyse("yi ~ 1 + (1 + year | district) + (1 | whole)", d)
    said = "\n".join(error.value.problems)
    assert "(1 + year | district) has a column besides the intercept" in said
    assert "'whole' has one level" in said
    assert "2 standard errors are not above 0" in said


def test_few_studies_have_reasons() -> None:
    frame = pd.DataFrame({"yi": [0.1, 0.4, 0.3, 0.6, 0.2, 0.5, 0.3, 0.2], "se": 0.1})
    frame["study"] = pd.Categorical(list("aabbccdd"))
    frame["kind"] = pd.Categorical(list("xxxxyyzz"))
    found = analyse("yi ~ kind + (1 | study)", frame, test="cluster-robust")
    assert "4 clusters are too few to test 2 coefficients together" in found["f_test kind"].note
    assert isnan(found["f_test kind"].estimate)
    assert "Only study" in found["coefficient kind[y]"].note
    three = frame.iloc[:6].assign(kind=pd.Categorical(list("xyxyxz")))
    with pytest.raises(NotEstimableError, match="3 clusters for 3 coefficients"):
        analyse("yi ~ kind + (1 | study)", three, test="cluster-robust")


def test_groups_whose_names_read_alike_stay_apart() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"yi": rng.normal(size=16), "se": 0.3})
    first = pd.Categorical(["a:b", "a", "c", "d", "e", "f", "g", "h"] * 2)
    second = ["c", "b:c", "c", "d", "e", "f", "g", "h"] * 2
    plain = pd.Categorical([*"ABCDEFGH"] * 2)
    formula = "yi ~ 1 + (1 | first:second)"
    one = analyse(formula, frame.assign(first=first, second=pd.Categorical(second)), test="cluster-robust")
    other = analyse("yi ~ 1 + (1 | plain)", frame.assign(plain=plain), test="cluster-robust")
    assert one["effect"].std_error == pytest.approx(other["effect"].std_error, rel=1e-9)
    assert one["effect"].df == pytest.approx(other["effect"].df, rel=1e-9)
