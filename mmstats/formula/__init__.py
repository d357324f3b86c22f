"""Model formulas: `fatigue ~ group * age + (1 | site)`, parsed and checked by name, never evaluated."""

from mmstats.formula.coding import Coding, Columns
from mmstats.formula.contrasts import Contrasts
from mmstats.formula.design import Design
from mmstats.formula.formula import Formula, without_random
from mmstats.formula.model_data import MixedFormula, ModelData, ModelFormula
from mmstats.formula.parsing import TRANSFORMATIONS, Factor, FormulaError, Term
from mmstats.formula.random_parts import RandomPart

__all__ = [
    "TRANSFORMATIONS", "Coding", "Columns", "Contrasts", "Design", "Factor", "Formula", "FormulaError",
    "MixedFormula", "ModelData", "ModelFormula", "RandomPart", "Term", "without_random",
]  # fmt: skip
