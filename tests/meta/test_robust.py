"""Cluster-robust inference against clubSandwich and metafor, dense matrices, and by hand."""

import json
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.multilevel import pool_multilevel
from mmstats.meta.pooling import pool
from mmstats.meta.random_term import intercepts
from mmstats.meta.robust import robust
from mmstats.meta.weighted import FloatArray
from tests.meta.dependent_cases import MODELS, expected, fitted, table

CLOSE = 1e-6
CORRECTIONS = ("CR0", "CR1", "CR1p", "CR1S", "CR2", "CR3")
WITH_CLUSTERS = MODELS[:2] + MODELS[3:10]  # the others have no robust part


@pytest.mark.parametrize("name", WITH_CLUSTERS)
def test_clubsandwich_of_multilevel_models(name: str, references: Path) -> None:
    (found, clusters), said = fitted(name, references), expected(references)[name]
    for correction in ("CR0", "CR1", "CR2", "CR3"):
        if (name, correction) == ("assink2016_deltype", "CR3"):
            continue  # see below
        made, theirs = robust(found, clusters, correction), said[f"cs_{correction}"]
        assert made.covariance == pytest.approx(np.atleast_2d(theirs["vcov"]), rel=CLOSE)
        assert made.df == pytest.approx(np.atleast_1d(theirs["df_Satt"]), rel=CLOSE)
        assert made.p_values() == pytest.approx(np.atleast_1d(theirs["p_Satt"]), rel=CLOSE)
    metafor = said["robust_CR1"]  # which has p in the divisor and clusters less p for df
    made = robust(found, clusters, "CR1p")
    assert made.std_errors == pytest.approx(np.atleast_1d(metafor["se"]), rel=CLOSE)
    assert {made.cluster_df} == set(np.atleast_1d(metafor["ddf"]))


@pytest.mark.parametrize(
    "name", [name for name in WITH_CLUSTERS if "year" in name or "UN" in name or "delt" in name]
)
def test_wald_tests(name: str, references: Path) -> None:
    (found, clusters), theirs = fitted(name, references), expected(references)[name]["wald_HTZ"]
    made = robust(found, clusters).wald(np.eye(len(found.names))[1:])
    ours = (made.statistic, made.df, made.df2, made.p_value)
    assert ours == pytest.approx(
        (theirs["Fstat"], theirs["df_num"], theirs["df_denom"], theirs["p_val"]), rel=CLOSE
    )
    assert ("not reliable" in made.note) == (theirs["df_denom"] < 4)


def test_too_few_clusters_for_a_joint_test(references: Path) -> None:
    """metafor prints an F of 0 with 0 degrees of freedom."""
    found, clusters = fitted("berkey1998_UN_REML_year", references)
    made = robust(found, clusters).wald(np.eye(4))
    assert np.isnan(made.statistic)
    assert np.isnan(made.p_value)
    assert "5 clusters are too few to test 4 coefficients together" in made.note


def test_cr3_where_one_cluster_alone_informs_a_coefficient(references: Path) -> None:
    """clubSandwich inverts a matrix singular but for rounding: a standard error 13 times CR2's."""
    found, clusters = fitted("assink2016_deltype", references)
    d = table(references, "assink2016")
    assert set(d.study[d.deltype == "covert"]) == {16}
    theirs = expected(references)["assink2016_deltype"]
    assert theirs["cs_CR3"]["SE"][0] > 13 * theirs["cs_CR2"]["SE"][0]
    with pytest.raises(NotEstimableError, match="Only cluster 16 informs a coefficient, so there is no CR3"):
        robust(found, clusters, "CR3")
    assert any("Only cluster 16" in note for note in robust(found, clusters).notes)


def bcg(references: Path, name: str) -> tuple[Any, dict[str, Any]]:
    said = json.loads((references / "reference" / "meta" / f"{name}.json").read_text(encoding="utf-8"))
    y, v = np.array(said["yi"]), np.array(said["vi"])
    d = pd.read_csv(references / "reference" / "data" / "bcg.csv")
    design = np.ones((len(y), 1)) if name == "bcg" else np.column_stack([np.ones(len(y)), d.ablat, d.year])
    names = ("intercept", "ablat", "year")[: design.shape[1]]
    return pool(y, v, design, names, tau2="reml", test="z"), said["robust"]


@pytest.mark.parametrize("name", ["bcg", "bcg_metareg"])
def test_univariate(name: str, references: Path) -> None:
    found, said = bcg(references, name)
    for correction, label in (("CR0", "CR0"), ("CR1p", "CR1")):  # metafor's names
        made = robust(found, said["cluster"], correction)  # type: ignore[arg-type]
        assert made.std_errors == pytest.approx(np.atleast_1d(said[label]["se"]), rel=CLOSE)
        assert {made.cluster_df} == set(np.atleast_1d(said[label]["ddf"]))
    seen = 0
    for correction in CORRECTIONS:
        theirs = said.get(f"cs_{correction}")
        if theirs is not None:
            made = robust(found, said["cluster"], correction)  # type: ignore[arg-type]
            assert made.std_errors == pytest.approx(np.atleast_1d(theirs["SE"]), rel=CLOSE)
            assert made.df == pytest.approx(np.atleast_1d(theirs["df_Satt"]), rel=CLOSE)
            assert made.p_values() == pytest.approx(np.atleast_1d(theirs["p_Satt"]), rel=CLOSE)
            seen += 1
    assert seen == 4


def test_singleton_clusters_by_hand() -> None:
    """CR2 of single rows divides each residual by the root of its share: weighted HC2."""
    rng = np.random.default_rng(1)
    y, v = rng.normal(size=12), rng.uniform(0.1, 2, 12)
    x = np.column_stack([np.ones(12), rng.normal(size=12)])
    found = pool(y, v, x, ("intercept", "x"), test="z")
    w = 1 / (v + found.tau2)
    m = np.linalg.inv(x.T @ (w[:, None] * x))
    e = y - x @ m @ x.T @ (w * y)
    h = np.einsum("ix,xy,iy->i", x, m, x) * w
    for correction, power in (("CR0", 0), ("CR2", 1), ("CR3", 2)):
        middle = x.T @ (((w * e) ** 2 / (1 - h) ** power)[:, None] * x)
        made = robust(found, np.arange(12), correction)  # type: ignore[arg-type]
        assert made.covariance == pytest.approx(m @ middle @ m, rel=1e-11)


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_dense_matrices(correction: Any) -> None:
    """The formulas with matrices of all rows, clusters of several studies with one shared level each."""
    rng = np.random.default_rng(4)
    n, clusters = 30, np.repeat(np.arange(9), [2, 5, 1, 4, 3, 6, 2, 3, 4])
    x = np.column_stack([np.ones(n), rng.normal(size=n), clusters % 2])
    y, v = rng.normal(size=n) + rng.normal(size=9)[clusters], rng.uniform(0.1, 1, n)
    found = pool(y, v, x, ("intercept", "a", "b"), test="z")
    phi = np.diag(v + found.tau2)
    w = np.linalg.inv(phi)
    m = np.linalg.inv(x.T @ w @ x)
    left = np.eye(n) - x @ m @ x.T @ w
    e = left @ y
    pieces, errors = [], []
    for one in range(9):
        own = clusters == one
        d = linalg.cholesky(phi[np.ix_(own, own)])
        s = (left @ phi @ left.T)[np.ix_(own, own)]
        a = np.eye(own.sum())
        if correction == "CR2":
            a = d.T @ np.real(linalg.inv(linalg.sqrtm(d @ s @ d.T))) @ d
        if correction == "CR3":
            a = linalg.inv(left[np.ix_(own, own)])
        pieces.append(m @ x[own].T @ w[np.ix_(own, own)] @ a)
        errors.append(pieces[-1] @ e[own])
    factor = {"CR1": 9 / 8, "CR1p": 9 / 6, "CR1S": 9 * 29 / (8 * 27)}.get(correction, 1.0)
    made = robust(found, clusters, correction)
    assert made.covariance == pytest.approx(factor * sum(np.outer(one, one) for one in errors), rel=1e-9)
    for c in range(3):
        g = np.array([pieces[one][c] @ left[clusters == one] for one in range(9)])
        omega = g @ phi @ g.T
        assert made.df[c] == pytest.approx(np.trace(omega) ** 2 / (omega**2).sum(), rel=1e-9)


def test_one_combination_is_the_square_of_t(references: Path) -> None:
    found, clusters = fitted("konstantopoulos2011_year", references)
    made = robust(found, clusters)
    test = made.wald(np.array([[0.0, 1.0]]))
    assert test.statistic == pytest.approx((made.coefficients[1] / made.std_errors[1]) ** 2, rel=1e-12)
    assert (test.df2, test.p_value) == pytest.approx((made.df[1], made.p_values()[1]), rel=1e-12)
    assert made.intervals()[1] == pytest.approx(
        made.coefficients[1] + np.array([-1, 1]) * stats.t.ppf(0.975, made.df[1]) * made.std_errors[1]
    )


def test_order_and_labels_do_not_matter_units_do_as_they_should() -> None:
    rng = np.random.default_rng(8)
    n, clusters = 20, np.repeat(np.arange(7), [1, 2, 3, 4, 5, 3, 2])
    x, y, v = np.column_stack([np.ones(n), rng.normal(size=n)]), rng.normal(size=n), rng.uniform(0.1, 1, n)
    whole = robust(pool(y, v, x, ("i", "x"), test="z"), clusters)
    order = rng.permutation(n)
    names = np.array(["g", "b", "a", "f", "c", "e", "d"])[clusters]
    moved = robust(pool(y[order], v[order], x[order], ("i", "x"), test="z"), names[order])
    larger = robust(pool(9 * y, 81 * v, x * [1, 1e3], ("i", "x"), test="z"), clusters)
    assert moved.covariance == pytest.approx(whole.covariance, rel=1e-9)
    assert moved.df == pytest.approx(whole.df, rel=1e-9)
    assert larger.std_errors == pytest.approx(9 * whole.std_errors / [1, 1e3], rel=1e-9)
    assert larger.wald(np.eye(2)).statistic == pytest.approx(whole.wald(np.eye(2)).statistic, rel=1e-8)


def test_cr2_is_unbiased_if_the_working_covariance_is_true() -> None:
    rng = np.random.default_rng(11)
    n, clusters = 16, np.repeat(np.arange(5), [1, 2, 3, 4, 6])
    v = rng.uniform(0.2, 2, n)
    total, spread, draws = 0.0, 0.0, 1_000
    for _ in range(draws):
        found = pool(rng.normal(scale=np.sqrt(v)), v, tau2="common", test="z")
        value = robust(found, clusters).covariance[0, 0] / found.covariance[0, 0]
        total, spread = total + value, spread + value**2
    mean = total / draws
    error = np.sqrt((spread / draws - mean**2) / draws)
    assert abs(mean - 1) < 4 * error < 0.15


def test_what_is_refused(references: Path) -> None:
    found, clusters = fitted("konstantopoulos2011_3level_REML", references)
    with pytest.raises(NotEstimableError, match=r"dependent: 0, 1, 10, .* as coarse as the coarsest"):
        robust(found, np.arange(56))
    with pytest.raises(NotEstimableError, match="1 clusters for 1 coefficients; more"):
        robust(found, np.zeros(56))
    with pytest.raises(NotEstimableError, match="3 rows have a cluster; there are 56 effects"):
        robust(found, [1, 2, 3])
    few, clusters = fitted("assink2016_deltype", references)
    assert any(
        note.startswith("general: 2.32 degrees of freedom; below 4") for note in robust(few, clusters).notes
    )


@pytest.mark.parametrize("widest", [1e2, 1e6, 1e9])
def test_cr2_where_variances_of_a_cluster_differ_widely(widest: float) -> None:
    """Against 60 decimals; every eigenvalue counts, however small beside that of an imprecise effect."""
    y = np.array([0.3, 0.9, -0.2, 1.4, 0.5, 0.1, 0.8, -0.6])
    v = np.array([1.0, widest, 0.7, 3 * widest, 1.3, 0.2 * widest, 0.9, 2 * widest])
    found = robust(pool(y, v, tau2="common"), [1, 1, 2, 2, 3, 3, 4, 4])
    assert found.alone == ()
    assert found.std_errors[0] == pytest.approx(_decimal_cr2(y, v), rel=1e-7)


def _decimal_cr2(y: FloatArray, v: FloatArray) -> float:
    """Return the standard error of a weighted average, of clusters of two effects each."""
    with localcontext() as context:
        context.prec = 60
        effects, variances = ([Decimal(float(value)) for value in values] for values in (y, v))
        total = sum((1 / one for one in variances), Decimal(0))
        average = sum((one / w for one, w in zip(effects, variances, strict=True)), Decimal(0)) / total
        found = Decimal(0)
        for place in range(0, len(y), 2):
            a, b = variances[place], variances[place + 1]
            d, e = a.sqrt(), b.sqrt()
            # D S D with S = diag(v) - 11' / total; a root of M is (M + sqrt(det)) / sqrt(trace + 2 sqrt(det))
            p, q, r = a * (a - 1 / total), b * (b - 1 / total), -d * e / total
            root = (p * q - r * r).sqrt()
            size = (p + q + 2 * root).sqrt()
            p, q, r = (p + root) / size, (q + root) / size, r / size
            det = p * q - r * r
            p, q, r = q / det, p / det, -r / det  # the inverse root
            first, second = effects[place] - average, effects[place + 1] - average
            left, right = d * first, e * second
            found += ((p * left + r * right) / d + (r * left + q * right) / e) ** 2
        return float(found.sqrt() / total)


def test_a_coefficient_of_one_cluster_alone_has_no_degrees_of_freedom() -> None:

    study = np.repeat(np.arange(5), 2)
    design = np.column_stack([np.ones(10), study == 0]).astype(float)
    y = np.array([0.1, 0.5, 0.4, 0.9, 0.2, 0.3, 0.8, 0.7, 0.2, 0.6])
    found = pool_multilevel(y, np.full(10, 0.01), (intercepts("study", study),), design, ("intercept", "own"))
    made = robust(found, study, "CR1")
    assert np.isfinite(made.df).all()
    first = made.degrees_of_freedom(np.array([1.0, 1.0]))  # the average of the first study
    assert first == 0
