# Reference for mmstats/methods/dunnett.py: the integral of Dunnett (1955), over the pooled standard deviation and the
# reference's mean, by nested integrate(). multcomp, which draws random numbers, agrees to the digits it gives.
packages <- c("multcomp", "mvtnorm", "datasets")
suppressMessages(library(multcomp))
missed <- function(t, sizes, reference, df) {
  b <- sqrt(sizes / reference)
  given <- function(w) integrate(function(z) dnorm(z) * sapply(z, function(z) {
    out <- pnorm(b * z - sqrt(1 + b^2) * w) + pnorm(-b * z - sqrt(1 + b^2) * w); -expm1(sum(log1p(-out))) }),
    -12, 12, rel.tol = 1e-12, abs.tol = 0, subdivisions = 2000)$value
  f <- function(s) 2 * df * s * dchisq(df * s^2, df) * sapply(t * s, given)
  integrate(f, 0, sqrt(1 + 80 / df) + 1, rel.tol = 1e-11, abs.tol = 0, subdivisions = 2000)$value
}
check <- function(name, outcome, group, level = 0.95) {
  set.seed(1)
  sizes <- as.numeric(table(group)); k <- length(sizes); df <- length(outcome) - k; means <- tapply(outcome, group, mean)
  s <- sqrt(sum((outcome - means[group])^2) / df)
  tail <- function(t) missed(t, sizes[-1], sizes[1], df)
  critical <- uniroot(function(t) tail(t) - (1 - level), qt(1 - (1 - level) / 2 / c(0.999, k - 1 + 0.001), df), tol = 1e-11)$root
  d <- as.numeric(means[-1] - means[1]); se <- s * sqrt(1 / sizes[-1] + 1 / sizes[1])
  test <- glht(aov(outcome ~ group), linfct = mcp(group = "Dunnett")); again <- confint(test, level = level)$confint
  p <- sapply(abs(d / se), tail)
  stopifnot(max(abs(again[, "lwr"] - (d - critical * se))) < 2e-3 * max(se), max(abs(summary(test)$test$pvalues - p)) < 2e-3)
  case(name, list(outcome = outcome, group = as.character(group)),
    setNames(lapply(seq_along(d), function(i) list(estimate = d[i], std_error = se[i], statistic = d[i] / se[i], df = df,
      p_value = p[i], conf_low = d[i] - critical * se[i], conf_high = d[i] + critical * se[i])),
      paste("mean_difference", levels(group)[-1], "-", levels(group)[1])),
    levels = list(group = levels(group)), options = list(level = level), tolerance = 1e-8,
    why = "nested integrate() in R is asked for 1e-11, and the limits are found from it by uniroot")
}
blood <- c(7.40, 8.50, 7.20, 8.24, 9.84, 8.32, 9.76, 8.80, 7.68, 9.36, 12.80, 9.68, 12.16, 9.20, 10.55)
list(check("Dunnett's blood counts", blood, factor(rep(c("control", "A", "B"), c(6, 4, 5)), c("control", "A", "B"))),
  check("plants, 99 %", PlantGrowth$weight, PlantGrowth$group, 0.99),
  check("sprays with fewer references", InsectSprays$count[-(1:8)], InsectSprays$spray[-(1:8)], 0.9))
