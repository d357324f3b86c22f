"""Figures: one value for a figure, one file per kind of figure."""
