"""docs/meta_analysis.md: its examples run, its analyses are valid, its table is what simulation gives."""

import doctest
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mmstats.meta.heterogeneity import heterogeneity
from mmstats.meta.pooling import Test, residual_scale
from mmstats.meta.weighted import Studies
from mmstats.methods import METHODS

PAGE = (Path(__file__).parents[1] / "docs/meta_analysis.md").read_text(encoding="utf-8")
SETS = 20_000
SIMULATED = re.findall(r"^\| (\d+) \| (\d+) % \| (\d+) % \| (\d+) % \|$", PAGE, re.M)
TESTS: tuple[Test, ...] = ("z", "hartung-knapp", "hartung-knapp-ad-hoc")


def test_the_examples_give_what_they_show() -> None:
    blocks = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", PAGE, re.M | re.S))
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    examples = doctest.DocTestParser().get_doctest(blocks, {}, "meta_analysis.md", None, 0)
    assert len(examples.examples) > 8
    assert runner.run(examples).failed == 0


def test_the_analyses_name_roles_and_options_that_exist() -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.M | re.S)
    analyses = tomllib.loads(block)["analysis"]
    assert [a["method"] for a in analyses] == [
        "meta_effects",
        "meta_regression",
        "meta_influence",
        "meta_cumulative",
    ]
    for analysis in analyses:
        method = METHODS[analysis["method"]]
        for name, value in analysis.items():
            if name in method.options:
                assert method.options[name].problem(value) == ""
            else:
                assert name in {"id", "method", *method.roles}
        needed = {name for name, role in method.roles.items() if not role.optional}
        assert needed <= analysis.keys()


def test_every_default_and_choice_is_the_methods_own() -> None:
    options = METHODS["meta_effects"].options
    for name, default in re.findall(r"^\| `(\w+)` \| `([\w-]+)`[^|]*\|", PAGE, re.M):
        assert options[name].default == default
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
        assert set(options[name].choices) <= set(re.findall(r"`([\w-]+)`", row))


@pytest.mark.parametrize("row", SIMULATED, ids=[row[0] for row in SIMULATED])
def test_the_table_is_what_simulation_gives(row: tuple[str, str, str, str]) -> None:
    k, rng = int(row[0]), np.random.default_rng(1)
    variances = np.tile(np.linspace(0.02, 0.2, k), (SETS, 1))
    effects = np.sqrt(variances + 0.05) * rng.standard_normal((SETS, k))
    studies = Studies(effects, variances, np.full((k, 1), k**-0.5), np.ones((1, k)))
    fit = studies.weighted(heterogeneity(studies, "reml").tau2)
    for test, told in zip(TESTS, row[1:], strict=True):
        quantile = stats.norm.isf(0.025) if test == "z" else stats.t.isf(0.025, k - 1)
        half = quantile * np.sqrt(fit.covariance[:, 0, 0] * residual_scale(test, fit))
        held = 100 * float((np.abs(fit.coefficients[:, 0]) <= half).mean())
        assert (
            abs(held - float(told)) < 1.2
        )  # half a percent of rounding, and four Monte-Carlo errors or fewer


def test_the_table_has_its_rows() -> None:
    assert [int(row[0]) for row in SIMULATED] == [2, 3, 5, 10, 20]
