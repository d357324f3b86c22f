"""Rate ratio: how many times as many events are expected in the comparison."""

from mmstats.estimate import Quantity

RATE_RATIO = Quantity("rate_ratio", "Rate ratio", null=1, ratio=True)
LOG_RATE = Quantity("log_rate", "Log rate", null=0)
