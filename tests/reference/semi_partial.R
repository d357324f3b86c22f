# Semi-partial correlation: y with the residuals of lm(x ~ covariates), as ppcor::spcor; t and p from lm(y ~ x + covariates);
# the score limits by scanning outwards for where (r - rho)^2 = c^2 v(rho), v the variance of Aloe and Becker (2012) at
# R^2 = Rf^2 + rho^2, c^2 = t^2 / (t^2 + df) the critical share, so that v(0) gives the t test.
one <- function(name, x, y, covariates, level = 0.95) {
  k <- length(covariates); n <- length(x); z <- do.call(cbind, covariates)
  r <- cor(y, resid(lm(x ~ z)))
  test <- summary(lm(y ~ x + z))$coefficients["x", ]
  rf <- summary(lm(y ~ z))$r.squared; df <- n - k - 2; t <- qt((1 + level) / 2, df)
  v <- function(rho) { R <- min(rf + rho^2, 1); R^2 - 2 * R + rf + 1 - rf^2 }
  gap <- function(rho) (r - rho)^2 - t^2 / (t^2 + df) * v(rho)
  end <- function(far) if (gap(far) < 0) far else uniroot(gap, sort(c(r, far)), tol = 1e-15)$root
  options <- list(level = level)
  list(
    case(name, list(x = x, y = y, covariates = covariates), list(semi_partial_correlation = list(estimate = r,
      statistic = test[["t value"]], df = df, p_value = test[["Pr(>|t|)"]], n = n)), options = options),
    case(paste0(name, "_interval"), list(x = x, y = y, covariates = covariates), list(semi_partial_correlation = list(
      conf_low = end(-1), conf_high = end(1))), options = options))
}
c(one("one_covariate", mtcars$mpg, mtcars$hp, list(wt = mtcars$wt)),
  one("two_covariates", mtcars$mpg, mtcars$qsec, list(wt = mtcars$wt, hp = mtcars$hp)),
  one("strong_covariate", mtcars$drat, mtcars$mpg, list(wt = mtcars$wt, disp = mtcars$disp), 0.9),
  one("small", c(1, 2, 3, 4, 5, 6, 7), c(2, 1, 4, 3, 7, 8, 6), list(age = c(31, 28, 45, 39, 60, 44, 52)), 0.999))
