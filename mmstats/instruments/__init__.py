"""One file per questionnaire or clinical scale. A file added here is found without being listed anywhere."""

import sys

from mmstats.instruments.instrument import INSTRUMENTS, Instrument, Scored
from mmstats.registry import discover

discover(sys.modules[__name__])

__all__ = ["INSTRUMENTS", "Instrument", "Scored"]
