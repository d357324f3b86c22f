"""Statistics for small clinical studies, from raw tables to a manuscript.

The names below are the public interface; each is imported when it is first used, so that
``import mmstats`` stays quick.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmstats.effects_of_frame import effect_sizes
    from mmstats.estimate import Estimate, Quantity
    from mmstats.notebook import Answer, analyze
    from mmstats.plan import Analysis, Plan
    from mmstats.pooled_study import PooledStudy
    from mmstats.registry import method
    from mmstats.results import Result, Results
    from mmstats.schema import Schema, Variable
    from mmstats.study import Study

_HOMES = {
    "analyze": "notebook",
    "Answer": "notebook",
    "Analysis": "plan",
    "Estimate": "estimate",
    "Plan": "plan",
    "PooledStudy": "pooled_study",
    "Quantity": "estimate",
    "Result": "results",
    "Results": "results",
    "Schema": "schema",
    "Study": "study",
    "Variable": "schema",
    "effect_sizes": "effects_of_frame",
    "method": "registry",
}

__version__ = "0.1.0"
__all__ = [
    "Analysis",
    "Answer",
    "Estimate",
    "Plan",
    "PooledStudy",
    "Quantity",
    "Result",
    "Results",
    "Schema",
    "Study",
    "Variable",
    "analyze",
    "effect_sizes",
    "method",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mmstats' has no attribute {name!r}")
    return getattr(importlib.import_module(f"mmstats.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
