"""Model formulas: `fatigue ~ group * age`, parsed and checked by name, never evaluated."""

from mmstats.formula.design import Design
from mmstats.formula.formula import Formula, ModelData, ModelFormula
from mmstats.formula.parsing import TRANSFORMATIONS, Factor, FormulaError, Term

__all__ = [
    "TRANSFORMATIONS", "Design", "Factor", "Formula", "FormulaError", "ModelData", "ModelFormula", "Term",
]  # fmt: skip
