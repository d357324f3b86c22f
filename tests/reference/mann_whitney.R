# Reference for mmstats/methods/mann_whitney.py. p: coin, exact with ties. The shift and its limits: coin.
# Newcombe's limits: solved here, with the critical value of the null distribution counted by enumeration.
packages <- c("coin", "datasets")
suppressMessages(library(coin))
null_distances <- function(pooled, size) {  # every split of the ranks
  ranks <- rank(pooled)
  abs(combn(ranks, size, sum) - size * (length(ranks) + 1) / 2)
}
newcombe <- function(theta, m, n, scale) {
  v <- function(a) a * (1 - a) * (1 + ((m + n) / 2 - 1) * ((1 - a) / (2 - a) + a / (1 + a))) / (m * n)
  f <- function(a) (theta - a)^2 - scale * v(a)
  root <- function(from, to) uniroot(f, c(from, to), tol = 1e-15)$root
  c(if (theta == 0) 0 else root(0, theta - 1e-9), if (theta == 1) 1 else root(theta + 1e-9, 1))
}
check <- function(name, x, y, level = 0.95, critical = NULL) {
  m <- length(x); n <- length(y); pooled <- c(x, y); u <- sum(rank(pooled)[1:m]) - m * (m + 1) / 2
  g <- factor(rep(c("x", "y"), c(m, n)), levels = c("x", "y"))
  test <- wilcox_test(pooled ~ g, distribution = "exact", conf.int = TRUE, conf.level = level)
  ties <- table(pooled); total <- m + n; tie_factor <- 1 - sum(ties^3 - ties) / (total^3 - total)
  if (is.null(critical)) {
    distances <- null_distances(pooled, m)
    possible <- sort(unique(distances))
    first <- which(sapply(possible, function(d) mean(distances >= d) < (1 - level) - 1e-9))[1]
    critical <- mean(possible[first - 1:0])  # midway between the least distance that rejects and the one before
  }
  score <- newcombe(u / (m * n), m, n, critical^2 / (m * n * (total + 1) / 12))
  shift <- confint(test)
  case(name, list(outcome = c(y, x), group = rep(c("reference", "comparison"), c(n, m))),
    list(
      superiority = list(estimate = u / (m * n), statistic = u, p_value = pvalue(test)[[1]], conf_low = score[1], conf_high = score[2]),
      hodges_lehmann = list(estimate = shift$estimate[[1]], conf_low = shift$conf.int[1], conf_high = shift$conf.int[2])),
    levels = list(group = c("reference", "comparison")), options = list(level = level))
}
depression <- list(x = c(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46), y = c(1.15, 0.88, 0.90, 0.74, 1.21))
list(
  check("Hollander and Wolfe's water transfer", depression$x, depression$y),
  check("with ties", c(6, 8, 7, 10, 11, 9), c(4, 7, 8, 6, 3, 2)),
  check("Likert", c(3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4), c(1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1)),
  check("near separation, 90 %", c(5, 6, 7, 8, 3.5), c(1, 2, 3, 4), 0.9),
  check("sleep, 80 %", sleep$extra[sleep$group == 2], sleep$extra[sleep$group == 1], 0.8))
