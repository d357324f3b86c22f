# Percentage bend correlation: Wilcox's pbcor and pbos (Wilcox 1994, 2012), written from the formulas:
# the bend is the m-th smallest distance from the median, m = floor((1 - beta) n + 1/2). The limits are those of pearson.R.
bend <- function(x, beta) {
  distance <- abs(x - median(x)); omega <- sort(distance)[floor((1 - beta) * length(x) + 0.5)]
  psi <- (x - median(x)) / omega
  below <- sum(psi < -1); above <- sum(psi > 1)
  phi <- (sum(x[psi >= -1 & psi <= 1]) + omega * (above - below)) / (length(x) - below - above)
  pmin(1, pmax(-1, (x - phi) / omega))
}
exact <- function(r, n) {
  above <- function(rho) {
    k <- rho / sqrt(1 - rho^2); q <- r / sqrt(1 - r^2) * sqrt(n - 2)
    f <- function(v) pt(q, n - 2, k * v, lower.tail = FALSE) * 2 * v * dchisq(v^2, n - 1)
    integrate(f, 0, sqrt(n - 1) + 9, rel.tol = 1e-11, subdivisions = 2000)$value
  }
  sapply(c(0.025, 0.975), function(target) uniroot(function(rho) above(rho) - target, c(-0.9999, 0.9999), tol = 1e-13)$root)
}
one <- function(name, x, y, beta = 0.2) {
  a <- bend(x, beta); b <- bend(y, beta); n <- length(x)
  r <- sum(a * b) / sqrt(sum(a^2) * sum(b^2))
  t <- r * sqrt((n - 2) / (1 - r^2))
  limits <- exact(r, n)
  options <- list(beta = beta, interval = "as-pearson")
  list(
    case(name, list(x = x, y = y), list(percentage_bend_correlation = list(estimate = r, statistic = t, df = n - 2,
      p_value = 2 * pt(-abs(t), n - 2), n = n)), options = options),
    case(paste0(name, "_interval"), list(x = x, y = y), list(percentage_bend_correlation = list(conf_low = limits[1],
      conf_high = limits[2])), options = options, tolerance = 1e-8,
      why = "R's noncentral t is good to about 1e-10, and the limit is found from it"))
}
c(one("mtcars", mtcars$mpg, mtcars$wt), one("tenth", mtcars$disp, mtcars$qsec, 0.1),
  one("outliers", c(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), c(3, 1, 4, 2, 7, 5, 90, 8, -60, 9)),
  one("ties", airquality$Temp[1:25], airquality$Wind[1:25], 0.3))
