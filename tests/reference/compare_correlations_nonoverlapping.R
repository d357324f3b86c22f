# Correlations of two pairs of variables: Steiger's (1980) z by psych::r.test; Zou's (2007) interval from the formulas, the
# correlation of the two correlations as the usual quadratic form (Pearson and Filon), and the level at which the interval begins
# to leave out 0. Numbers printed by cocor are in tests/effects/test_correlation_difference.py.
packages <- "psych"
zou <- function(r1, r2, s, together, level) {
  l <- function(r) tanh(atanh(r) - qnorm((1 + level) / 2) * s); u <- function(r) tanh(atanh(r) + qnorm((1 + level) / 2) * s)
  a <- c(r1 - l(r1), u(r1) - r1); b <- c(u(r2) - r2, r2 - l(r2))
  r1 - r2 + c(-1, 1) * sqrt(a^2 + b^2 - 2 * together * a * b)
}
psi <- function(r12, r34, r13, r14, r23, r24) ((r13 - r12 * r23) * (r24 - r23 * r34) + (r14 - r13 * r34) * (r23 - r12 * r13) +
  (r13 - r14 * r34) * (r24 - r12 * r14) + (r14 - r12 * r24) * (r23 - r24 * r34)) / 2
one <- function(name, a, b, c, d, level = 0.95) {
  n <- length(a); s <- 1 / sqrt(n - 3); R <- cor(cbind(a, b, c, d)); r1 <- R[1, 2]; r2 <- R[3, 4]
  cross <- list(R[1, 3], R[1, 4], R[2, 3], R[2, 4])
  together <- do.call(psi, c(list(r1, r2), cross)) / ((1 - r1^2) * (1 - r2^2))
  limits <- zou(r1, r2, s, together, level)
  p <- uniroot(function(a) prod(zou(r1, r2, s, together, 1 - a)), c(1e-9, 1 - 1e-9), tol = 1e-14)$root
  test <- psych::r.test(n = n, r12 = r1, r34 = r2, r13 = R[1, 3], r14 = R[1, 4], r23 = R[2, 3], r24 = R[2, 4])
  q <- atanh(r1) - atanh(r2); error <- q / test$z; half <- qnorm((1 + level) / 2) * error
  columns <- list(comparison_x = a, comparison_y = b, reference_x = c, reference_y = d)
  list(case(name, columns, list(correlation_difference = list(estimate = r1 - r2, conf_low = limits[1], conf_high = limits[2], n = n),
      cohens_q = list(estimate = q, std_error = error, conf_low = q - half, conf_high = q + half, statistic = test$z)),
      options = list(level = level)),
    case(paste0(name, "_p"), columns, list(correlation_difference = list(p_value = p), cohens_q = list(p_value = test$p)),
      tolerance = 1e-8, why = "found by R's uniroot; psych takes p from 1 - pnorm(z)"))
}
c(one("mtcars", mtcars$mpg, mtcars$drat, mtcars$wt, mtcars$disp), one("attitude", attitude$rating, attitude$raises, attitude$complaints, attitude$critical),
  one("small", c(1, 2, 3, 4, 5, 6, 7, 8), c(2, 1, 4, 3, 7, 8, 6, 5), c(2, 1, 5, 4, 3, 6, 8, 7), c(4, 1, 6, 8, 2, 7, 5, 3), 0.8))
