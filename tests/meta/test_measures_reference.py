"""Every effect measure against metafor's `escalc`, for every case of the reference."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from mmstats.meta.measures import MEASURES, effect_sizes, measure
from mmstats.meta.measures.scales import back_by_harmonic_mean
from mmstats.meta.measures.tetrachoric import quadrant

GROUPS = {
    "m1i": "comparison_mean", "sd1i": "comparison_sd", "n1i": "comparison_n",
    "m2i": "reference_mean", "sd2i": "reference_sd", "n2i": "reference_n",
}  # fmt: skip
RATES = {
    "x1i": "comparison_events",
    "t1i": "comparison_time",
    "x2i": "reference_events",
    "t2i": "reference_time",
}
PAIRED_CELLS = {"ai": "both", "bi": "first_only", "ci": "second_only", "di": "neither"}
REGRESSION = {"ti": "t_value", "ni": "n", "mi": "predictors", "r2i": "r_squared"}
ONE = {"xi": "events", "ti": "time", "ni": "n", "sdi": "sd", "mi": "mean"}
PAIRS = {"m1i": "after_mean", "m2i": "before_mean", "ri": "correlation", "ni": "n"}
# Standardised changes divide by the first standard deviation that is given: it has to be the one before.
SD_OF_FIRST_IS_BEFORE = {"sd1i": "before_sd", "sd2i": "after_sd"}
SD_OF_FIRST_IS_AFTER = {"sd1i": "after_sd", "sd2i": "before_sd"}
VARIANCES = {"LS": "large-sample", "LS2": "large-sample-at-d", "UB": "unbiased", "AV": "averaged"}

# Two cases hold an error of the script that made them (they need a probability, and were given means).
WITHOUT_VALUES = {"CLES", "AUC"}
OURS_ALONE = {"ZICC"}


@pytest.fixture(scope="session")
def escalc(references: Path) -> dict[str, Any]:
    text = (references / "reference" / "meta" / "escalc.json").read_text(encoding="utf-8")
    return {name: case for name, case in json.loads(text).items() if name != "session"}


def names() -> list[str]:
    tables = (
        "RR", "OR", "RD", "AS", "PETO", "PHI", "YUQ", "YUY", "RTET", "PBIT", "OR2DL", "OR2DN",
    )  # fmt: skip
    found = sorted({each.alias for each in MEASURES.values()} - OURS_ALONE)
    found += [f"{name}_toall" for name in tables]
    return [*found, *(f"SMD_{kind}" for kind in VARIANCES), "SMD_nocorrect"]


def test_no_case_is_left_out(escalc: dict[str, Any]) -> None:
    assert set(names()) == set(escalc) - WITHOUT_VALUES
    assert all("error" in escalc[name] for name in WITHOUT_VALUES)


def columns_of(alias: str, arguments: dict[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return a case's columns and options by our names."""
    given = {
        name: np.array(values, dtype=float) for name, values in arguments.items() if isinstance(values, list)
    }
    options: dict[str, str] = {}
    if alias.startswith("MP"):
        return {PAIRED_CELLS[name]: values for name, values in given.items()}, options
    if {"ai", "bi"} <= set(given):
        if "correction" in measure(alias).options:
            options["correction"] = "all" if arguments.get("to") == "all" else "zero-cells"
        if "uninformative" in measure(alias).options:
            options["uninformative"] = "corrected"
        return {
            "comparison_events": given["ai"],
            "comparison_n": given["ai"] + given["bi"],
            "reference_events": given["ci"],
            "reference_n": given["ci"] + given["di"],
        }, options
    if "vtype" in arguments:
        options["variance"] = VARIANCES[arguments["vtype"]]
    if arguments.get("correct") is False:
        options["correction"] = "none"
    if alias in ("ARAW", "AHW", "ABT"):
        words = {"ai": "alpha", "mi": "items", "ni": "n"}
    elif "x1i" in given:
        words = RATES
    elif "n1i" in given:
        words = GROUPS
    elif "m1i" in given:
        words = PAIRS | (SD_OF_FIRST_IS_BEFORE if alias.startswith("SMC") else SD_OF_FIRST_IS_AFTER)
    elif "mi" in given and "ti" in given:
        words = REGRESSION
    elif alias.endswith("COR"):
        words = {"ri": "correlation", "ni": "n"}
    else:
        words = ONE
    return {words[name]: values for name, values in given.items()}, options


@pytest.mark.parametrize("name", names())
def test_case(name: str, escalc: dict[str, Any]) -> None:
    alias, case = name.split("_")[0], escalc[name]
    columns, options = columns_of(alias, case["args"])
    found = effect_sizes(alias, columns, **options)
    effects, variances = (np.array(case[key], dtype=float) for key in ("yi", "vi"))
    # metafor finds the tetrachoric correlation by minimising to its optimiser's default tolerance; that ours
    # reproduces the tables to rounding is tested below and in test_measures_properties.py.
    tolerance = 1e-4 if alias == "RTET" else 1e-12
    np.testing.assert_allclose(found.effects, effects, rtol=tolerance, atol=1e-15)
    # That variance takes 1 - (df - 2) / (df J^2), small, times a large g^2, and the reference has J to 6e-15.
    loss = 5 if name == "SMD_UB" else 1
    np.testing.assert_allclose(found.variances, variances, rtol=tolerance * loss)
    missing = np.isnan(effects) | np.isnan(variances)
    assert all(note for note, gone in zip(found.notes, missing, strict=True) if gone)
    assert list(found.estimable) == list(~missing)


def test_the_reference_tetrachoric_correlations_are_not_at_their_optimum(escalc: dict[str, Any]) -> None:
    """The reference's values miss the observed share of the first cell by more than ours do, by far."""
    columns, _ = columns_of("RTET", escalc["RTET"]["args"])
    found = effect_sizes("RTET", columns)
    a, n1, c, n2 = (columns[key][0] for key in columns)
    total = n1 + n2
    row, column = special.ndtri(n1 / total), special.ndtri((a + c) / total)
    ours, theirs = (
        abs(quadrant(row, column, np.arcsin(r)) - a / total)
        for r in (found.effects[0], escalc["RTET"]["yi"][0])
    )
    assert ours < 1e-15
    assert theirs > 1e-7


@pytest.mark.parametrize("study", ["pritz1997", "debruin2009"])
@pytest.mark.parametrize("alias", ["PR", "PLN", "PLO", "PAS", "PFT"])
def test_the_way_back_of_proportions(study: str, alias: str, references: Path) -> None:
    whole = json.loads((references / "reference" / "meta" / "proportions.json").read_text(encoding="utf-8"))
    case = whole[study][alias]
    average = case["b"]["intrcpt"], case["ci.lb"], case["ci.ub"]
    scale = measure(alias).scale
    if alias == "PFT":
        sizes = (1 / np.array(case["vi"]) - 2) / 4
        found = back_by_harmonic_mean(scale, average, sizes).values
        expected = case["back_hm"]
    else:
        found, expected = scale.back(average), case["back"]
    np.testing.assert_allclose(found, [expected[key] for key in ("pred", "ci.lb", "ci.ub")], rtol=1e-12)


def test_the_trials_of_bcg(references: Path) -> None:
    """Log risk ratios from the counts of the trials."""
    folder = references / "reference"
    rows = pd.read_csv(folder / "data" / "bcg.csv")
    case = json.loads((folder / "meta" / "bcg.json").read_text(encoding="utf-8"))
    found = effect_sizes(
        "risk_ratio",
        {
            "comparison_events": rows["tpos"],
            "comparison_n": rows["tpos"] + rows["tneg"],
            "reference_events": rows["cpos"],
            "reference_n": rows["cpos"] + rows["cneg"],
        },
    )
    np.testing.assert_allclose(found.effects, case["yi"], rtol=1e-12)
    np.testing.assert_allclose(found.variances, case["vi"], rtol=1e-12)
    assert set(found.notes) == {""}


def test_the_lengths_of_stay(references: Path) -> None:
    folder = references / "reference"
    rows = pd.read_csv(folder / "data" / "normand1999.csv")
    case = json.loads((folder / "meta" / "normand1999.json").read_text(encoding="utf-8"))
    found = effect_sizes("mean_difference", {ours: rows[theirs] for theirs, ours in GROUPS.items()})
    np.testing.assert_allclose(found.effects, case["yi"], rtol=1e-12)
    np.testing.assert_allclose(found.variances, case["vi"], rtol=1e-12)
