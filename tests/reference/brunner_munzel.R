# Reference for mmstats/methods/brunner_munzel.py: the formulas of Brunner and Munzel (2000), written out, which
# give the paper's W = 3.1375, df = 17.683 and p = 0.005786 on its data.
check <- function(name, x, y, level = 0.95) {
  m <- length(x); n <- length(y); ranks <- rank(c(x, y)); rx <- ranks[1:m]; ry <- ranks[m + 1:n]
  estimate <- (mean(rx) - (m + 1) / 2) / n
  sx <- sum((rx - rank(x) - mean(rx) + (m + 1) / 2)^2) / (m - 1)
  sy <- sum((ry - rank(y) - mean(ry) + (n + 1) / 2)^2) / (n - 1)
  w <- m * n * (mean(rx) - mean(ry)) / ((m + n) * sqrt(m * sx + n * sy))
  df <- (m * sx + n * sy)^2 / ((m * sx)^2 / (m - 1) + (n * sy)^2 / (n - 1))
  se <- sqrt(sx / (m * n^2) + sy / (n * m^2))
  half <- qt((1 + level) / 2, df) * se
  case(name, list(outcome = c(y, x), group = rep(c("reference", "comparison"), c(n, m))),
    list(superiority = list(estimate = estimate, std_error = se, statistic = w, df = df, p_value = 2 * pt(-abs(w), df),
      conf_low = max(0, estimate - half), conf_high = min(1, estimate + half))),
    levels = list(group = c("reference", "comparison")), options = list(level = level))
}
y <- c(1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1); x <- c(3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4)
published <- check("the paper's pain scores", x, y)
found <- published$expected$superiority
stopifnot(abs(found$statistic - 3.1375) < 5e-5, abs(found$df - 17.683) < 5e-4, abs(found$p_value - 0.005786) < 5e-7)
list(published,
  check("no ties, unequal sizes", c(6.1, 8, 7.5, 10, 11, 9), c(4, 7, 8.1, 6, 3)),
  check("cut off at 1", c(5, 6, 7, 8, 3.5), c(1, 2, 3, 4), 0.9))
