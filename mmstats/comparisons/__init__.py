"""Comparisons of marginal means that a plan writes itself: read, checked, and made into combinations."""

from mmstats.comparisons.parsing import Comparison, parse
from mmstats.comparisons.weighing import comparison_problems, own_comparisons

__all__ = ["Comparison", "comparison_problems", "own_comparisons", "parse"]
