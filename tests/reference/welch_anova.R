# Welch's analysis of variance: oneway.test; omega squared by hand from its F.
one <- function(name, outcome, group, levels) {
  test <- oneway.test(outcome ~ factor(group, levels))
  f <- test$statistic[[1]]; df <- test$parameter[[1]]; n <- length(outcome)
  case(name, list(outcome = outcome, group = as.character(group)), levels = list(group = levels), expected = list(
    f_test = list(estimate = f, statistic = f, df = df, df2 = test$parameter[[2]], p_value = test$p.value, n = n),
    omega_squared = list(estimate = df * (f - 1) / (df * (f - 1) + n))))
}
list(one("chick_weights", chickwts$weight, chickwts$feed, levels(chickwts$feed)),
  one("plants", PlantGrowth$weight, PlantGrowth$group, levels(PlantGrowth$group)),
  one("two_groups", sleep$extra, paste0("drug", sleep$group), c("drug1", "drug2")))
