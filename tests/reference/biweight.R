# Biweight midcorrelation by the formulas of Langfelder and Horvath (2012), as in WGCNA's bicor (which uses
# Pearson's r where a median absolute deviation is 0). The limits are those of pearson.R.
weighted <- function(x) {
  gaps <- x - median(x); u <- gaps / (9 * median(abs(gaps)))
  w <- gaps * (1 - u^2)^2 * (abs(u) < 1)
  w / sqrt(sum(w^2))
}
exact <- function(r, n) {
  above <- function(rho) {
    k <- rho / sqrt(1 - rho^2); q <- r / sqrt(1 - r^2) * sqrt(n - 2)
    f <- function(v) pt(q, n - 2, k * v, lower.tail = FALSE) * 2 * v * dchisq(v^2, n - 1)
    integrate(f, 0, sqrt(n - 1) + 9, rel.tol = 1e-11, subdivisions = 2000)$value
  }
  sapply(c(0.025, 0.975), function(target) uniroot(function(rho) above(rho) - target, c(-0.9999, 0.9999), tol = 1e-13)$root)
}
one <- function(name, x, y) {
  r <- sum(weighted(x) * weighted(y)); n <- length(x)
  t <- r * sqrt((n - 2) / (1 - r^2))
  limits <- exact(r, n)
  options <- list(interval = "as-pearson")
  list(
    case(name, list(x = x, y = y), list(biweight_midcorrelation = list(estimate = r, statistic = t, df = n - 2,
      p_value = 2 * pt(-abs(t), n - 2), n = n)), options = options),
    case(paste0(name, "_interval"), list(x = x, y = y), list(biweight_midcorrelation = list(conf_low = limits[1],
      conf_high = limits[2])), options = options, tolerance = 1e-8,
      why = "R's noncentral t is good to about 1e-10, and the limit is found from it"))
}
c(one("mtcars", mtcars$mpg, mtcars$wt), one("ties", airquality$Temp[1:25], airquality$Wind[1:25]),
  one("outliers", c(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), c(3, 1, 4, 2, 7, 5, 90, 8, -60, 9)))
