# Reference for mmstats/methods/bland_altman.py: t.test for the bias, lm for the slope, the noncentral t integrated in R
# for the limits (qt(ncp) is good to 7 digits or so), Bland and Altman's formula for their approximation.
quantile_t <- function(p, df, ncp) {
  below <- function(t) integrate(function(s) pnorm(t * sqrt(s / df) - ncp) * dchisq(s, df), 0, Inf, rel.tol = 1e-13,
    subdivisions = 5000)$value
  start <- suppressWarnings(qt(p, df, ncp))
  uniroot(function(t) below(t) - p, start * c(0.99, 1.01), tol = 1e-13)$root
}
parts <- function(x, y, interval, level) {
  d <- x - y; m <- (x + y) / 2; n <- length(d); z <- qnorm(0.975)
  test <- t.test(d, conf.level = level); fit <- summary(lm(d ~ m))$coefficients[2, ]; ends <- confint(lm(d ~ m), level = level)[2, ]
  reach <- if (interval == "exact") c(quantile_t((1 - level) / 2, n - 1, z * sqrt(n)), quantile_t((1 + level) / 2, n - 1, z * sqrt(n))) / sqrt(n)
    else z + c(-1, 1) * qt((1 + level) / 2, n - 1) * sqrt(1 / n + z^2 / (2 * (n - 1)))
  list(
    plain = list(
      mean_difference = list(estimate = mean(d), std_error = test$stderr, conf_low = test$conf.int[1], conf_high = test$conf.int[2],
        statistic = test$statistic[[1]], df = n - 1, p_value = test$p.value, n = n),
      lower_limit_of_agreement = list(estimate = mean(d) - z * sd(d), n = n),
      upper_limit_of_agreement = list(estimate = mean(d) + z * sd(d), n = n),
      proportional_bias = list(estimate = fit[[1]], std_error = fit[[2]], statistic = fit[[3]], p_value = fit[[4]], df = n - 2,
        conf_low = ends[[1]], conf_high = ends[[2]])),
    limits = list(
      lower_limit_of_agreement = list(conf_low = mean(d) - reach[2] * sd(d), conf_high = mean(d) - reach[1] * sd(d)),
      upper_limit_of_agreement = list(conf_low = mean(d) + reach[1] * sd(d), conf_high = mean(d) + reach[2] * sd(d))))
}
one <- function(name, x, y, interval = "exact", level = 0.95) {
  found <- parts(x, y, interval, level); columns <- list(comparison = x, reference = y)
  options <- list(interval = interval, level = level)
  list(case(name, columns, found$plain, options = options),
    case(paste(name, "limits", interval, level), columns, found$limits, options = options, tolerance = 1e-8,
      why = "R's integral of the noncentral t and the root found from it are good to about 1e-10 of the quantile"))
}
# Peak expiratory flow by two meters (Bland and Altman 1986).
wright <- c(494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
mini <- c(512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)
c(one("peak flow", wright, mini), one("peak flow", wright, mini, level = 0.9), one("peak flow again", wright, mini, "bland-altman"),
  one("anscombe", anscombe$y1, anscombe$y4), one("five", c(3.1, 2.2, 4.8, 5.0, 1.2), c(2.9, 2.7, 4.1, 4.4, 1.5)))
