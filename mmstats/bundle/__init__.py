"""What a cohort shares in place of its rows: summaries that are checked when written and when read."""

from mmstats.bundle.bundle import Bundle, Counts, Factor
from mmstats.bundle.reading import read_bundle
from mmstats.bundle.summarise import summarise
from mmstats.bundle.together import together
from mmstats.bundle.writing import save_bundle

__all__ = ["Bundle", "Counts", "Factor", "read_bundle", "save_bundle", "summarise", "together"]
