"""Cohorts with other columns, units, codes and languages, brought to one dictionary by a declared mapping."""
