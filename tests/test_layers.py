"""Imports point one way: a module imports only from those before it in `ORDER`."""

import ast
from pathlib import Path

import pytest

import mmstats

ORDER = [
    "errors",
    "versions",
    "compiling",
    "printable",
    "compute",
    "writing",
    "kind",
    "estimate",
    "shipped",
    "toml",
    "violation",
    "raw_table",
    "variable",
    "expression",
    "schema",
    "sources",
    "resolution",
    "registry",
    "instruments",
    "draft",
    "samples",
    "formula",
    "reference_grid",
    "term_tests",
    "comparisons",
    "effects",
    "resampling",
    "mixed",
    "missing",
    "meta",
    "bundle",
    "mixed_design",
    "multiplicity",
    "contrast_family",
    "adjusted_rows",
    "mixed_rows",
    "random_rows",
    "generalised_rows",
    "study_effects",
    "heterogeneity_rows",
    "pooled_rows",
    "counted_studies",
    "count_rows",
    "frequency_rows",
    "event_rows",
    "pooled_subgroups",
    "small_study_rows",
    "selection_rows",
    "dependent_design",
    "dependent_rows",
    "pooled_regression",
    "influence_rows",
    "review",
    "review_sums",
    "review_file",
    "plan",
    "effect_section",
    "plan_file",
    "derivation",
    "effect_variables",
    "effect_use",
    "missing_counts",
    "links",
    "one_row",
    "long_rows",
    "cohort",
    "methods",
    "own_methods",
    "analysis_sets",
    "arguments",
    "prepare",
    "coverage",
    "harmonised",
    "results",
    "run",
    "saved",
    "effect_violations",
    "intake",
    "provenance",
    "verification",
    "study",
    "harmonise",
    "pooled_study",
    "format",
    "labels",
    "pooled_parts",
    "absolute_effects",
    "pairs",
    "summary",
    "tables",
    "figures",
    "effects_of_frame",
    "notebook",
    "report",
    "commands",
]
RANK = {module: rank for rank, module in enumerate(ORDER)}
ROOT = Path(mmstats.__file__).parent
ENGINES = {"effects", "resampling", "mixed", "meta", "missing"}
ENGINES_MAY_USE = {"compiling", "compute", "effects", "errors", "estimate"}
FILES = [path for path in sorted(ROOT.rglob("*.py")) if path != ROOT / "__init__.py"]


def room(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imported(path: Path) -> set[str]:
    """Return the dotted names a file imports, at its top level or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    for name in imported(path):
        if name.startswith("mmstats.") and name != "mmstats.__version__":
            target = name.split(".")[1]
            assert target == room(path) or RANK[target] < RANK[room(path)], f"{path.name} imports {name}"


@pytest.mark.parametrize(
    "path", [p for p in FILES if room(p) in ENGINES], ids=lambda p: str(p.relative_to(ROOT))
)
def test_engines_know_no_frames(path: Path) -> None:
    assert not {
        name for name in imported(path) if name.split(".")[0] in {"pandas", "statsmodels", "pingouin"}
    }


@pytest.mark.parametrize(
    "path", [p for p in FILES if room(p) in ENGINES], ids=lambda p: str(p.relative_to(ROOT))
)
def test_engines_stand_alone(path: Path) -> None:
    targets = {name.split(".")[1] for name in imported(path) if name.startswith("mmstats.")}
    allowed = ENGINES_MAY_USE | {room(path)} | ({"mixed"} if room(path) == "meta" else set())
    assert targets <= allowed
