# Partial correlation: correlation of the residuals of lm(), t with n - k - 2 df; exact limits as in pearson.R.
exact <- function(r, n) {
  above <- function(rho) {
    k <- rho / sqrt(1 - rho^2); q <- r / sqrt(1 - r^2) * sqrt(n - 2)
    f <- function(v) pt(q, n - 2, k * v, lower.tail = FALSE) * 2 * v * dchisq(v^2, n - 1)
    integrate(f, 0, sqrt(n - 1) + 9, rel.tol = 1e-11, subdivisions = 2000)$value
  }
  sapply(c(0.025, 0.975), function(target) uniroot(function(rho) above(rho) - target, c(-0.9999, 0.9999), tol = 1e-13)$root)
}
one <- function(name, x, y, covariates, kind) {
  k <- length(covariates); n <- length(x)
  columns <- list(x = x, y = y, covariates = covariates)
  if (kind == "spearman") { x <- rank(x); y <- rank(y); covariates <- lapply(covariates, rank) }
  z <- do.call(cbind, covariates)
  r <- cor(resid(lm(x ~ z)), resid(lm(y ~ z)))
  t <- r * sqrt((n - k - 2) / (1 - r^2))
  limits <- if (kind == "pearson") exact(r, n - k) else tanh(atanh(r) + c(-1, 1) * qnorm(0.975) * sqrt((1 + r^2 / 2) / (n - k - 3)))
  options <- list(correlation = kind)
  list(
    case(name, columns, list(partial_correlation = list(estimate = r, statistic = t, df = n - k - 2,
      p_value = 2 * pt(-abs(t), n - k - 2), n = n)), options = options),
    case(paste0(name, "_interval"), columns, list(partial_correlation = list(conf_low = limits[1], conf_high = limits[2])),
      options = options, tolerance = 1e-8, why = "R's noncentral t is good to about 1e-10, and the limit is found from it"))
}
c(one("one_covariate", mtcars$mpg, mtcars$hp, list(wt = mtcars$wt), "pearson"),
  one("two_covariates", mtcars$mpg, mtcars$qsec, list(wt = mtcars$wt, hp = mtcars$hp), "pearson"),
  one("ranks", mtcars$mpg, mtcars$hp, list(wt = mtcars$wt, qsec = mtcars$qsec), "spearman"))
