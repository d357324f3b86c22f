# Correlations of two groups: Fisher's z by psych::r.test; Zou's (2007) interval from the formulas, and the level at which it
# begins to leave out 0.
packages <- "psych"
zou <- function(r1, r2, s1, s2, level) {
  l <- function(r, s) tanh(atanh(r) - qnorm((1 + level) / 2) * s); u <- function(r, s) tanh(atanh(r) + qnorm((1 + level) / 2) * s)
  c(r1 - r2 - sqrt((r1 - l(r1, s1))^2 + (u(r2, s2) - r2)^2), r1 - r2 + sqrt((u(r1, s1) - r1)^2 + (r2 - l(r2, s2))^2))
}
one <- function(name, x, y, group, levels, level = 0.95) {
  at <- lapply(levels, function(g) group == g)
  n <- sapply(at, sum); r <- sapply(at, function(rows) cor(x[rows], y[rows])); s <- 1 / sqrt(n - 3)
  limits <- zou(r[2], r[1], s[2], s[1], level)
  p <- uniroot(function(a) prod(zou(r[2], r[1], s[2], s[1], 1 - a)), c(1e-9, 1 - 1e-9), tol = 1e-14)$root
  q <- atanh(r[2]) - atanh(r[1]); test <- psych::r.test(n = n[2], r12 = r[2], r34 = r[1], n2 = n[1]); error <- sqrt(sum(s^2))
  stopifnot(abs(test$z - abs(q) / error) < 1e-12)
  half <- qnorm((1 + level) / 2) * error
  list(case(name, list(x = x, y = y, group = as.character(group)), list(correlation_difference = list(estimate = r[2] - r[1],
      conf_low = limits[1], conf_high = limits[2], n = sum(n)), cohens_q = list(estimate = q, std_error = error, conf_low = q - half,
      conf_high = q + half, statistic = q / error, p_value = test$p)), levels = list(group = levels), options = list(level = level)),
    case(paste0(name, "_p"), list(x = x, y = y, group = as.character(group)), list(correlation_difference = list(p_value = p)),
      levels = list(group = levels), tolerance = 1e-8, why = "found by R's uniroot"))
}
flowers <- subset(iris, Species != "setosa")
c(one("iris", flowers$Sepal.Length, flowers$Petal.Width, flowers$Species, c("versicolor", "virginica")),
  one("gears", mtcars$mpg, mtcars$qsec, mtcars$am, c("0", "1"), 0.9),
  one("small", c(1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5), c(4, 1, 6, 3, 2, 7, 5, -2, -1, -4, -3, -7), rep(c("a", "b"), c(7, 5)), c("a", "b")))
