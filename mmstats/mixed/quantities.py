"""What mixed models estimate besides coefficients."""

from mmstats.estimate import Quantity

RANDOM_SD = Quantity("random_sd", "Standard deviation between groups")
RANDOM_CORRELATION = Quantity("random_correlation", "Correlation between groups", null=0)
RANDOM_EFFECT_TEST = Quantity("random_effect_test", "Likelihood ratio without it")
MARGINAL_MEAN = Quantity("marginal_mean", "Marginal mean")
CONTRAST = Quantity("contrast", "Difference of marginal means", null=0)
R2_MARGINAL = Quantity("r2_marginal", "R squared, fixed part")
R2_CONDITIONAL = Quantity("r2_conditional", "R squared, fixed and random parts")
DESIGN_EFFECT = Quantity("design_effect", "Design effect", null=1)
CONDITIONAL_MODE = Quantity("conditional_mode", "Conditional mode", null=0)
RESIDUAL = Quantity("residual", "Residual", null=0)
FITTED_VALUE = Quantity("fitted_value", "Fitted value")
COOKS_DISTANCE = Quantity("cooks_distance", "Cook's distance")
PROFILE = Quantity("profile", "Profile")
POWER = Quantity("power", "Power")
