"""A regression coefficient and the residual standard deviation, as quantities."""

from mmstats.estimate import Quantity

COEFFICIENT = Quantity("coefficient", "Coefficient", null=0)
RESIDUAL_SD = Quantity("residual_sd", "Residual standard deviation")
