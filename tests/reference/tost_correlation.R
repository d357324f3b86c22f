# Reference for mmstats/methods/tost_correlation.py: tails of r in a bivariate normal population, from another
# representation than the package's (given a chi variate, r's tail is that of a noncentral t), by integrate().
above <- function(rho, r, n) {
  k <- rho / sqrt(1 - rho^2); q <- r / sqrt(1 - r^2) * sqrt(n - 2)
  f <- function(v) pt(q, n - 2, k * v, lower.tail = FALSE) * 2 * v * dchisq(v^2, n - 1)
  integrate(f, 0, sqrt(n - 1) + 9, rel.tol = 1e-11, subdivisions = 2000)$value
}
check <- function(name, x, y, low, high, level = 0.9) {
  r <- cor(x, y); n <- length(x)
  limit <- function(target) uniroot(function(rho) above(rho, r, n) - target, c(-0.9999, 0.9999), tol = 1e-13)$root
  over <- above(low, r, n); under <- above(-high, -r, n)
  case(name, list(x = x, y = y),
    setNames(list(list(estimate = r, p_value = max(over, under), conf_low = limit((1 - level) / 2), conf_high = limit((1 + level) / 2)),
      list(p_value = over), list(p_value = under)),
      paste0("equivalence_of_correlation", c("", paste(" above", low), paste(" below", high)))),
    options = list(low = low, high = high, level = level), tolerance = 1e-7,
    why = "R's noncentral t is good to about 1e-10 in absolute terms, and limits are found from it")
}
list(check("iris", iris$Sepal.Length[1:50], iris$Petal.Length[51:100], -0.3, 0.35),
  check("few, 95 %", c(1, 2, 3, 4, 5, 6, 7, 8), c(5, 3, 4, 6, 2, 5, 4, 3), -0.5, 0.75, 0.95))
