# Reference for mmstats/methods/permutation.py. p of the mean difference: coin, exact, whose two-sided p is of |T|
# and which exchanges within blocks. Welch's t: every split written out. Limits: the ends of the set of shifts
# that are not rejected, where two splits' statistics cross, from every split's line.
packages <- c("coin", "datasets")
suppressMessages(library(coin))

every_split <- function(x, y) combn(length(x) + length(y), length(x))
welch_t <- function(pooled, chosen) {
  a <- pooled[chosen]; b <- pooled[-chosen]
  (mean(a) - mean(b)) / sqrt(var(a) / length(a) + var(b) / length(b))
}
p_by_splits <- function(x, y, shift, statistic) {
  pooled <- c(x - shift, y)
  t <- abs(apply(every_split(x, y), 2, function(chosen) statistic(pooled, chosen)))
  mean(t >= t[1] * (1 - 1e-12))
}
difference <- function(pooled, chosen) mean(pooled[chosen]) - mean(pooled[-chosen])
# The observed difference, d - shift, meets that of a split, at - shift * slope, up to the sign, at known shifts;
# p changes only there. Limits are the outermost of these at which p, ties included, is at least alpha.
line_limits <- function(d, at, slope, weight, alpha) {
  crossings <- c((d - at) / (1 - slope), (d + at) / (1 + slope))
  crossings <- sort(unique(signif(crossings[is.finite(crossings)], 13)))
  p <- function(shift) sum(weight[abs(at - shift * slope) >= abs(d - shift) * (1 - 1e-9)]) / sum(weight)
  outwards <- function(from) { kept <- d; for (s in from) if (p(s) >= alpha * (1 - 1e-9)) kept <- s else break; kept }
  c(outwards(rev(crossings[crossings <= d])), outwards(crossings[crossings >= d]))
}
difference_limits <- function(x, y, alpha) {
  splits <- every_split(x, y); pooled <- c(x, y); own <- rep(1:0, c(length(x), length(y)))
  line_limits(mean(x) - mean(y), apply(splits, 2, function(s) difference(pooled, s)),
    apply(splits, 2, function(s) difference(own, s)), rep(1, ncol(splits)), alpha)
}
columns_of <- function(x, y) list(outcome = c(y, x), group = rep(c("reference", "comparison"), c(length(y), length(x))))
levels <- list(group = c("reference", "comparison"))

plain <- function(name, x, y, level = 0.95) {
  g <- factor(rep(c("x", "y"), c(length(x), length(y))))
  limits <- difference_limits(x, y, 1 - level)
  case(name, columns_of(x, y), list(mean_difference = list(estimate = mean(x) - mean(y), conf_low = limits[1],
    conf_high = limits[2], p_value = pvalue(oneway_test(c(x, y) ~ g, distribution = "exact"))[[1]], resamples = 0)),
    levels = levels, options = list(statistic = "mean-difference", level = level))
}
counted <- function(name, x, y) {  # coin's shift algorithm, beyond what can be listed
  g <- factor(rep(c("x", "y"), c(length(x), length(y))))
  case(name, columns_of(x, y), list(mean_difference = list(estimate = mean(x) - mean(y),
    p_value = pvalue(oneway_test(c(x, y) ~ g, distribution = exact(algorithm = "shift", fact = 10)))[[1]], resamples = 0)),
    levels = levels, options = list(statistic = "mean-difference"))
}
studentized <- function(name, x, y, level = 0.95, limits = FALSE) {
  test <- t.test(x, y)
  case(name, columns_of(x, y), list(mean_difference = list(estimate = mean(x) - mean(y), std_error = test$stderr,
    statistic = test$statistic[[1]], p_value = p_by_splits(x, y, 0, welch_t), resamples = 0)),
    levels = levels, options = list(level = level))
}
# Where p by every split crosses alpha, found by bisection between a shift that is kept and one that is not.
studentized_limits <- function(name, x, y, level) {
  cross <- function(kept, rejected) {
    for (i in 1:60) { middle <- (kept + rejected) / 2
      if (p_by_splits(x, y, middle, welch_t) >= 1 - level) kept <- middle else rejected <- middle }
    kept
  }
  d <- mean(x) - mean(y); far <- 4 * t.test(x, y)$stderr
  case(name, columns_of(x, y), list(mean_difference = list(conf_low = cross(d, d - far), conf_high = cross(d, d + far))),
    levels = levels, options = list(level = level))
}
stratified <- function(name, y, g, s, level = 0.9) {
  data <- data.frame(y = y, g = factor(g, levels = c("reference", "comparison")), s = factor(s))
  fit <- lm(y ~ s + g, data)
  d <- coef(fit)[["gcomparison"]]
  # Every combination of splits: the sum of comparison values beyond its mean, and that of their number.
  parts <- lapply(split(data, data$s), function(part) {
    own <- part$g == "comparison"
    sets <- combn(nrow(part), sum(own))
    list(at = apply(sets, 2, function(i) sum(part$y[i])) - sum(own) * mean(part$y),
      slope = apply(sets, 2, function(i) sum(own[i])) - sum(own) * mean(own), weight = sum(own) * sum(!own) / nrow(part))
  })
  weight <- sum(sapply(parts, `[[`, "weight"))
  total <- function(field) rowSums(expand.grid(lapply(parts, `[[`, field))) / weight
  at <- total("at"); slope <- total("slope")
  limits <- line_limits(d, at, slope, rep(1, length(at)), 1 - level)
  test <- independence_test(y ~ g | s, data, distribution = "exact")
  case(name, list(outcome = y, group = g, strata = s), list(mean_difference = list(estimate = d,
    conf_low = limits[1], conf_high = limits[2], p_value = pvalue(test)[[1]], resamples = 0)),
    levels = list(group = c("reference", "comparison"), strata = sort(unique(s))), options = list(level = level))
}

depression <- list(x = c(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46), y = c(1.15, 0.88, 0.90, 0.74, 1.21))
likert <- list(x = c(3, 3, 4, 3, 1, 2, 3, 1), y = c(1, 2, 1, 1, 1, 1, 1, 2))
small <- list(x = c(6, 8, 7, 10, 11, 9), y = c(4, 7, 8, 6, 3, 2))
scores <- rep(0:4, c(5, 12, 14, 12, 7)); worse <- rep(0:4, c(2, 7, 14, 15, 12))
cars <- mtcars[mtcars$am == 1, ]
strata <- list(y = c(3.1, 4.0, 5.2, 2.2, 6.1, 8.0, 7.7, 9.4, 10.2, 7.1, 5.0, 5.5, 6.5),
  g = rep(c("reference", "comparison", "reference", "comparison", "reference", "comparison"), c(2, 3, 3, 2, 1, 2)),
  s = rep(c("a", "b", "c"), c(5, 5, 3)))
exact <- list(
  plain("Hollander and Wolfe's water transfer", depression$x, depression$y),
  plain("with ties", small$x, small$y),
  plain("Likert, 80 %", likert$x, likert$y, 0.8),
  stratified("three strata", strata$y, strata$g, strata$s))
c(exact, list(
  studentized("Welch's t, water transfer", depression$x, depression$y),
  studentized("Welch's t, with ties", small$x, small$y),
  studentized("Welch's t, Likert", likert$x, likert$y),
  studentized_limits("Welch's t, limits", small$x, small$y, 0.9),
  studentized_limits("Welch's t, limits without ties", depression$x[1:6], depression$y, 0.8),
  counted("50 and 50 scores", worse, scores),
  counted("30 and 40 ranks", seq(3, 61, 2), rank(c(1:20, seq(15, 53, 2)))),
  counted("one decimal", round(cars$mpg, 1), mtcars$mpg[mtcars$am == 0])))
