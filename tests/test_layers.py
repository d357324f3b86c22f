"""Imports point one way: a module imports only from its own layer's left, as DESIGN's house says."""

import ast
from pathlib import Path

import pytest

import mmstats

LAYERS: list[set[str]] = [
    {"errors", "kind", "estimate", "shipped", "toml"},
    {"schema", "expression", "sources", "instruments", "registry", "samples", "formula"},
    {"effects", "resampling", "mixed", "missing"},
    {"meta"},
    {"cohort", "plan"},
    {"methods"},
    {"multiplicity", "results", "compute"},
    {"run"},
    {"study"},
    {"format", "labels", "pairs"},
    {"summary"},
    {"tables", "figures"},
    {"report"},
    {"commands"},
]
RANK = {module: rank for rank, layer in enumerate(LAYERS) for module in layer}
ROOT = Path(mmstats.__file__).parent
ENGINES = {"effects", "resampling", "mixed", "meta", "missing"}
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
        if name.startswith("mmstats."):
            target = name.split(".")[1]
            assert target == room(path) or RANK[target] < RANK[room(path)], f"{path.name} imports {name}"


@pytest.mark.parametrize(
    "path", [p for p in FILES if room(p) in ENGINES], ids=lambda p: str(p.relative_to(ROOT))
)
def test_engines_know_no_frames(path: Path) -> None:
    assert not {
        name for name in imported(path) if name.split(".")[0] in {"pandas", "statsmodels", "pingouin"}
    }
