# Reference for mmstats/methods/cliffs_delta.py: the formulas of Cliff (1996) and Feng and Cliff (2004) from the matrix
# of dominances; p is found as the level at which that interval begins to leave out 0.
check <- function(name, x, y, level = 0.95) {
  m <- length(x); n <- length(y); dominance <- sign(outer(x, y, "-")); d <- mean(dominance)
  v <- ((n - 1) * var(rowMeans(dominance)) + (m - 1) * var(colMeans(dominance)) +
    sum((dominance - d)^2) / ((m - 1) * (n - 1))) / (m * n)
  limits <- function(z) if (abs(d) == 1) sign(d) * sort(c((min(m, n) - z^2) / (min(m, n) + z^2), 1), decreasing = d < 0) else
    (d - d^3 + c(-1, 1) * z * sqrt(v) * sqrt((1 - d^2)^2 + z^2 * v)) / (1 - d^2 + z^2 * v)
  ends <- limits(qnorm((1 + level) / 2))
  z <- if (d == 0) 0 else uniroot(function(z) limits(z)[if (d > 0) 1 else 2], c(1e-9, 50), tol = 1e-15, maxiter = 1e4)$root
  case(name, list(outcome = c(y, x), group = rep(c("reference", "comparison"), c(n, m))),
    list(cliffs_delta = list(estimate = d, std_error = sqrt(v), statistic = sign(d) * z, p_value = 2 * pnorm(-z),
      conf_low = ends[1], conf_high = ends[2])),
    levels = list(group = c("reference", "comparison")), options = list(level = level))
}
pain <- list(x = c(3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4), y = c(1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1))
list(
  check("Brunner and Munzel's pain scores", pain$x, pain$y),
  check("no ties, unequal sizes, 90 %", c(4, 7, 8.1, 6, 3), c(6.1, 8, 7.5, 10, 11, 9), 0.9),
  check("no difference", c(1, 2, 3), c(2, 1, 3)),
  check("complete separation", c(5, 6, 7, 8, 9, 5.5), c(1, 2, 3, 4, 0)),
  check("complete separation the other way", c(1, 2), c(5, 6, 7)))
