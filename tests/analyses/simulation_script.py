"""The script that simulates a study's data, as a module."""

import importlib.util
from pathlib import Path
from types import ModuleType


def simulation_script(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{folder.name}_simulate", folder / "simulate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
