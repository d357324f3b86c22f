"""Data dictionaries: what a table holds, checked before anything is computed."""

from mmstats.schema.checked import Checked, CheckedTable
from mmstats.schema.cross import cross_check
from mmstats.schema.dictionary import Rule, Schema
from mmstats.variable import Variable

__all__ = ["Checked", "CheckedTable", "Rule", "Schema", "Variable", "cross_check"]
