"""Cronbach's alpha and McDonald's omega: what they share, where they part, and data they refuse."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from mmstats.effects.one_factor import mcdonald_omega as omega_of
from mmstats.effects.one_factor import one_factor
from mmstats.errors import NotEstimableError
from mmstats.methods.cronbach_alpha import cronbach_alpha
from mmstats.methods.icc import icc
from mmstats.methods.mcdonald_omega import mcdonald_omega


def answers(n: int = 40, loadings: tuple[float, ...] = (1, 1, 1, 1), seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 1)) * np.array(loadings) + rng.normal(size=(n, len(loadings)))
    return pd.DataFrame(values, columns=[f"item_{i}" for i in range(1, len(loadings) + 1)])


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_alpha_is_the_consistency_of_the_mean_of_raters() -> None:
    alpha = next(cronbach_alpha(answers()))
    last = list(icc(answers()))[-1]
    assert last.term == "ICC(3,k)"
    assert (alpha.estimate, alpha.conf_low, alpha.conf_high) == pytest.approx(
        (last.estimate, last.conf_low, last.conf_high), rel=1e-12
    )


def test_omega_is_alpha_where_items_are_equally_good_and_more_elsewhere() -> None:
    alike, apart = answers(4000), answers(4000, (0.2, 0.5, 1, 3))
    for data, gap in ((alike, 0.0), (apart, 0.05)):
        omega = float(omega_of(*data.to_numpy().T))
        alpha = next(cronbach_alpha(data)).estimate
        assert omega - alpha == pytest.approx(gap, abs=0.02) or omega - alpha > gap


def test_omega_of_simulated_items_is_what_they_were_made_with() -> None:
    loadings = np.array([0.6, 1.0, 1.4, 0.8])
    true = loadings.sum() ** 2 / (loadings.sum() ** 2 + 4)
    assert float(omega_of(*answers(20_000, tuple(loadings)).to_numpy().T)) == pytest.approx(true, abs=0.01)


@pytest.mark.parametrize("seed", range(8))
def test_the_likelihood_has_no_better_place(seed: int) -> None:
    data = answers(15, (0.3, 1, 2, 0.5), seed=seed).to_numpy()
    correlations = np.corrcoef(data.T)

    def misfit(logs: np.ndarray) -> float:
        root = np.exp(-logs / 2)
        rest = np.linalg.eigvalsh(root[:, None] * correlations * root[None, :])[:-1]
        return float((rest - np.log(rest) - 1).sum())

    _, uniquenesses = one_factor(*data.T)
    bounds = [(np.log(0.005), 0.0)] * 4
    others = [
        optimize.minimize(misfit, start, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-14}).fun
        for start in np.log(np.random.default_rng(seed).uniform(0.05, 0.95, (6, 4)))
    ]
    assert misfit(np.log(uniquenesses)) <= min(others) + 1e-7


def test_many_samples_at_once_are_each_alone() -> None:
    samples = np.stack([answers(30, seed=seed).to_numpy() for seed in range(5)])
    together = omega_of(*np.moveaxis(samples, 2, 0))
    alone = [float(omega_of(*sample.T)) for sample in samples]
    assert together == pytest.approx(alone, rel=1e-9)


def test_a_heywood_case_is_said_to_be_one() -> None:
    generator = rng()
    common, other = generator.normal(size=(2, 40))
    data = pd.DataFrame({"a": common + other, "b": common, "c": other, "d": common - other})
    data += 0.3 * generator.normal(size=data.shape)
    found = next(mcdonald_omega(data, resamples=99, rng=rng()))
    assert "Heywood case: the uniqueness of" in found.note


def test_a_reversed_item_is_named() -> None:
    data = answers()
    data["item_2"] = -data["item_2"]
    omega, *loadings = mcdonald_omega(data, resamples=99, rng=rng())
    assert "Negative loading of item_2" in omega.note
    assert [e.term for e in loadings if e.estimate < 0] == ["item_2"]


def test_what_cannot_be_estimated_has_a_reason() -> None:
    data = answers(12)
    with pytest.raises(NotEstimableError, match="at least 3 items"):
        list(mcdonald_omega(data.iloc[:, :2], rng=rng()))
    with pytest.raises(NotEstimableError, match="At least 5 complete rows"):
        list(mcdonald_omega(data.iloc[:4], rng=rng()))
    with pytest.raises(NotEstimableError, match="determine each other"):
        list(mcdonald_omega(data.assign(item_4=data["item_1"] + data["item_2"]), rng=rng()))
    with pytest.raises(NotEstimableError, match="'item_1' is constant"):
        list(mcdonald_omega(data.assign(item_1=2.0), rng=rng()))
    with pytest.raises(NotEstimableError, match="the same mean"):
        list(cronbach_alpha(pd.DataFrame({"a": [1.0, 2, 3], "b": [3.0, 2, 1]})))


def test_items_that_differ_by_constants_are_perfectly_consistent() -> None:
    found = next(cronbach_alpha(pd.DataFrame({"a": [1.0, 2, 3], "b": [2.0, 3, 4]})))
    assert found.estimate == 1
    assert "nothing is known" in found.note


def test_an_item_that_everybody_answers_alike_is_named() -> None:
    assert "same value of item_3" in next(cronbach_alpha(answers().assign(item_3=1.0))).note
