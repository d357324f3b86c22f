"""What a pooling of studies estimates besides the effect itself."""

from mmstats.estimate import Quantity

EFFECT = Quantity("effect", "Effect", null=0)
EFFECT_RATIO = Quantity("effect_ratio", "Ratio", null=1, ratio=True)
PREDICTION = Quantity("prediction", "Effect in a new study", null=0)
PREDICTION_RATIO = Quantity("prediction_ratio", "Ratio in a new study", null=1, ratio=True)
STUDY_WEIGHT = Quantity("study_weight", "Weight (%)")
TAU2 = Quantity("tau2", "Variance between studies")
TAU = Quantity("tau", "Standard deviation between studies")
I2 = Quantity("i2", "I squared (%)")
H2 = Quantity("h2", "H squared", null=1)
COCHRAN_Q = Quantity("cochran_q", "Cochran's Q")
SUBGROUP_DIFFERENCE = Quantity("subgroup_difference", "Difference between subgroups")
MODERATORS_TEST = Quantity("moderators_test", "Test of moderators")
PERMUTATION_TEST = Quantity("permutation_test", "Permutation test of moderators")
PREDICTED = Quantity("predicted_effect", "Average effect of such studies")
INFLATION = Quantity("variance_inflation", "Variance inflation factor")
META_R2 = Quantity("tau2_explained", "Share of tau squared explained (%)")
EGGER = Quantity("egger_slope", "Slope of effects on their standard errors", null=0)
BEGG = Quantity("begg_tau", "Kendall's tau of effects and variances", null=0)
LEFT_OUT = Quantity("effect_without", "Effect without the study", null=0)
FILLED = Quantity("filled_studies", "Studies filled in")
