"""The safe little language of plans and dictionaries: ``age >= 18 and group == "MS"``.

It has names of variables, numbers, text, ``+ - * / ** %``, comparisons (also chained), ``and or not``,
``in [...]``, ``missing(x)`` and a few functions that work within a row: ``abs min max sum mean round log
sqrt``. An expression is parsed, checked and walked; it is never run as code.
"""

from mmstats.expression.language import Expression, parse

__all__ = ["Expression", "parse"]
