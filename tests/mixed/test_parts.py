"""Refits in parts: one answer from any place, however many parts there are."""

from collections.abc import Callable

import numpy as np
import pytest

from mmstats.mixed import parts, power
from mmstats.mixed.arrangements import exchanges
from mmstats.mixed.bootstraps import Bootstrap, cluster_bootstrap, parametric_bootstrap
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.parts import part_sizes, streams
from mmstats.mixed.permutation import permutation_test
from mmstats.mixed.structure import FloatArray
from tests.mixed.data import growth

RESAMPLES = 60


def arrays_of(made: Bootstrap) -> FloatArray:
    return np.concatenate([np.ravel(part).astype(np.float64) for part in made.refits.arrays])


def permuted(found: LinearFit, on: str) -> FloatArray:
    data = found.data
    fixed = np.stack([data.fixed, data.fixed])
    fixed[0][:, 1], fixed[1][:, 1] = 0, 1
    labels = np.arange(12) % 2
    arrangements = exchanges(labels, np.zeros(12, dtype=np.int64), RESAMPLES, None)
    arrangements = arrangements[0][:RESAMPLES], False
    responses = np.tile(data.response, (2, 1))
    return permutation_test(found, np.eye(3)[1:2], fixed, responses, arrangements, on=on).permuted


def p_values(found: LinearFit, on: str) -> FloatArray:
    rng = np.random.default_rng(7)
    return power.power(found, np.eye(3)[1], found.coefficients, resamples=RESAMPLES, rng=rng, on=on).p_values


WAYS: dict[str, Callable[[LinearFit, str], FloatArray]] = {
    "parametric": lambda found, on: arrays_of(
        parametric_bootstrap(found, RESAMPLES, np.random.default_rng(7), on=on)
    ),
    "cluster": lambda found, on: arrays_of(
        cluster_bootstrap(found, RESAMPLES, np.random.default_rng(7), on=on)
    ),
    "permutation": permuted,
    "power": p_values,
}


@pytest.mark.parametrize("way", WAYS)
def test_processes_give_the_same_bits(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "NUMBERS", 900)  # several parts of few resamples
    found = fit(growth(missing=4))
    assert len(part_sizes(found.model.design.compiled, RESAMPLES)) > 2
    here, there = WAYS[way](found, "here"), WAYS[way](found, "processes:2")
    assert np.isfinite(here).all()
    np.testing.assert_array_equal(here, there)


def test_sizes_of_parts_depend_on_the_model_only() -> None:
    columns = fit(growth()).model.design.compiled
    few, many = part_sizes(columns, 7_000), part_sizes(columns, 12_000)
    assert (sum(few), sum(many)) == (7_000, 12_000)
    assert few[0] == many[0] == many[1] > few[-1]


def test_a_part_has_its_own_stream_whatever_comes_after_it() -> None:
    three, five = (
        [np.random.default_rng(one).random() for one in streams(np.random.default_rng(3), count)]
        for count in (3, 5)
    )
    assert five[:3] == three
    assert len(set(five)) == 5
    rng = np.random.default_rng(3)
    again = [np.random.default_rng(streams(rng, 1)[0]).random() for _ in range(2)]
    assert again[0] == three[0] != again[1]  # the next ones differ, since what they come from has moved on
