# Reference for mmstats/methods/tost_proportions.py: the score test of Miettinen and Nurminen, with the restricted
# proportions found by maximising the likelihood numerically.
root <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15, maxiter = 10000)$root
score <- function(delta, x1, n1, x0, n0) {
  ends <- c(max(0, -delta), min(1, 1 - delta)); ends <- ends + c(1, -1) * 1e-13 * diff(ends)
  slope <- function(p0) { p1 <- p0 + delta; x1 / p1 - (n1 - x1) / (1 - p1) + x0 / p0 - (n0 - x0) / (1 - p0) }
  p0 <- if (slope(ends[1]) <= 0) ends[1] else if (slope(ends[2]) >= 0) ends[2] else root(slope, ends[1], ends[2])
  p1 <- p0 + delta
  (x1 / n1 - x0 / n0 - delta) / sqrt((p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * (n1 + n0) / (n1 + n0 - 1))
}
check <- function(name, x1, n1, x0, n0, low, high, level = 0.9) {
  at <- x1 / n1 - x0 / n0; z <- qnorm((1 + level) / 2); f <- function(d) score(d, x1, n1, x0, n0)
  above <- list(statistic = f(low), p_value = pnorm(f(low), lower.tail = FALSE))
  below <- list(statistic = f(high), p_value = pnorm(f(high)))
  worse <- if (above$p_value > below$p_value) above else below
  case(name, list(outcome = c(rep("yes", x1), rep("no", n1 - x1), rep("yes", x0), rep("no", n0 - x0)),
      group = rep(c("b", "a"), c(n1, n0))),
    setNames(list(c(worse, list(estimate = at, conf_low = root(function(d) f(d) - z, -1 + 1e-9, at),
      conf_high = root(function(d) f(d) + z, at, 1 - 1e-9))), above, below),
      paste0("equivalence_of_proportions", c("", paste(" above", low), paste(" below", high)))),
    levels = list(outcome = c("no", "yes"), group = c("a", "b")), options = list(low = low, high = high, level = level),
    tolerance = 1e-8, why = "restricted proportions by uniroot carry about 12 digits, limits about 9")
}
list(check("many", 56, 70, 66, 80, -0.2, 0.2), check("few, 95 %", 9, 12, 8, 10, -0.5, 0.25, 0.95))
