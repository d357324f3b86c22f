"""Data dictionaries."""

from mmstats.variable import Variable

__all__ = ["Variable"]
