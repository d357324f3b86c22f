"""Reading files: one file per format, each giving a table of text and how it was read."""

from mmstats.sources.reading import read_table

__all__ = ["read_table"]
