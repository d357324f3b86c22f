# Two correlations that share a variable: Steiger's (1980) equations 3, 11 and 14, and Zou's (2007) interval, from the formulas; the
# level at which that interval begins to leave out 0. Numbers printed by cocor are in tests/effects/test_correlation_difference.py.
zou <- function(r1, r2, s, together, level) {
  l <- function(r) tanh(atanh(r) - qnorm((1 + level) / 2) * s); u <- function(r) tanh(atanh(r) + qnorm((1 + level) / 2) * s)
  a <- c(r1 - l(r1), u(r1) - r1); b <- c(u(r2) - r2, r2 - l(r2))
  r1 - r2 + c(-1, 1) * sqrt(a^2 + b^2 - 2 * together * a * b)
}
psi <- function(jk, jh, kh) kh * (1 - jk^2 - jh^2) - jk * jh * (1 - jk^2 - jh^2 - kh^2) / 2
one <- function(name, shared, comparison, reference, level = 0.95) {
  n <- length(shared); s <- 1 / sqrt(n - 3); r1 <- cor(shared, comparison); r2 <- cor(shared, reference); kh <- cor(comparison, reference)
  together <- psi(r1, r2, kh) / ((1 - r1^2) * (1 - r2^2))
  limits <- zou(r1, r2, s, together, level)
  p <- uniroot(function(a) prod(zou(r1, r2, s, together, 1 - a)), c(1e-9, 1 - 1e-9), tol = 1e-14)$root
  m <- (r1 + r2) / 2; q <- atanh(r1) - atanh(r2)
  error <- sqrt(2 - 2 * psi(m, m, kh) / (1 - m^2)^2) * s; half <- qnorm((1 + level) / 2) * error
  columns <- list(shared = shared, comparison = comparison, reference = reference)
  list(case(name, columns, list(correlation_difference = list(estimate = r1 - r2, conf_low = limits[1], conf_high = limits[2], n = n),
      cohens_q = list(estimate = q, std_error = error, conf_low = q - half, conf_high = q + half, statistic = q / error,
      p_value = 2 * pnorm(-abs(q / error)))), options = list(level = level)),
    case(paste0(name, "_p"), columns, list(correlation_difference = list(p_value = p)), tolerance = 1e-8, why = "found by R's uniroot"))
}
c(one("mtcars", mtcars$mpg, mtcars$drat, mtcars$qsec), one("signs", mtcars$mpg, mtcars$qsec, mtcars$gear, 0.8),
  one("attitude", attitude$rating, attitude$raises, attitude$critical),
  one("small", c(1, 2, 3, 4, 5, 6, 7, 8), c(2, 1, 4, 3, 7, 8, 6, 5), c(4, 1, 6, 8, 2, 7, 5, 3)))
