# Welch's analysis of variance: oneway.test; omega squared by hand from its F, its limits by inverting R's pf(ncp).
one <- function(name, outcome, group, levels) {
  test <- oneway.test(outcome ~ factor(group, levels))
  f <- test$statistic[[1]]; df <- test$parameter[[1]]; n <- length(outcome)
  limit <- function(p) if (pf(f, df, test$parameter[[2]]) <= p) 0 else
    uniroot(function(l) pf(f, df, test$parameter[[2]], l) - p, c(0, 40 * (1 + f)), tol = 1e-13)$root
  ends <- sapply(c(0.975, 0.025), limit); ends <- ends / (ends + n); ends[1] <- min(ends[1], df * (f - 1) / (df * (f - 1) + n))
  given <- list(outcome = outcome, group = as.character(group))
  list(case(paste0(name, "_limits"), given, levels = list(group = levels), expected = list(
    omega_squared = list(conf_low = ends[1], conf_high = ends[2])), tolerance = 1e-7, why = "R's noncentral pf is good to about 1e-9"),
  case(name, given, levels = list(group = levels), expected = list(
    f_test = list(estimate = f, statistic = f, df = df, df2 = test$parameter[[2]], p_value = test$p.value, n = n),
    omega_squared = list(estimate = df * (f - 1) / (df * (f - 1) + n)))))
}
c(one("chick_weights", chickwts$weight, chickwts$feed, levels(chickwts$feed)),
  one("plants", PlantGrowth$weight, PlantGrowth$group, levels(PlantGrowth$group)),
  one("two_groups", sleep$extra, paste0("drug", sleep$group), c("drug1", "drug2")),
  one("no_difference", c(3, 5, 4, 6, 5.5, 4, 6, 4.9, 5, 3.5, 4, 6), rep(c("a", "b", "c"), each = 4), c("a", "b", "c")))
