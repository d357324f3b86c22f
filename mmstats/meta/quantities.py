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
META_R2 = Quantity("tau2_explained", "Share of tau squared explained (%)")
BEGG = Quantity("begg_tau", "Kendall's tau of effects and variances", null=0)
LEFT_OUT = Quantity("effect_without", "Effect without the study", null=0)
FILLED = Quantity("filled_studies", "Studies filled in")
EGGER_CLASSICAL = Quantity("egger_classical", "Egger's regression, weighted: slope", null=0)
EGGER_MIXED = Quantity("egger_mixed", "Egger's regression, mixed-effects: slope", null=0)
ADJUSTED_EFFECT = Quantity("adjusted_effect", "Adjusted effect", null=0)
ADJUSTED_EFFECT_RATIO = Quantity(
    "adjusted_effect_ratio", "Adjusted ratio", null=1, ratio=True
)
FILLED_EFFECT = Quantity("filled_effect", "Effect of a study filled in", null=0)
FAIL_SAFE_N = Quantity("fail_safe_n", "Fail-safe number of studies")
EXCESS_SIGNIFICANCE = Quantity("excess_significance", "Significant studies, observed over expected", null=1)
SIGNIFICANT_STUDIES = Quantity("significant_studies", "Significant studies")
SELECTION_WEIGHT = Quantity("selection_weight", "Relative chance of publication", null=1, ratio=True)
