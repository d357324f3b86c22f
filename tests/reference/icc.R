# Reference for mmstats/methods/icc.py: psych::ICC for estimates, F and limits (its limits do not depend on lme4); p is
# two-sided here, and for form 2 has Satterthwaite's df, found from McGraw and Wong's formula.
packages <- "psych"
one <- function(name, ratings, level = 0.95) {
  x <- as.matrix(ratings); n <- nrow(x); k <- ncol(x)
  found <- suppressWarnings(suppressMessages(psych::ICC(x, lmer = FALSE, alpha = 1 - level)))
  fit <- anova(aov(y ~ s + r, data.frame(y = c(x), s = factor(rep(1:n, k)), r = factor(rep(1:k, each = n)))))
  ms <- fit$`Mean Sq`
  rho <- found$results$ICC[2]
  a <- k * rho / (n * (1 - rho)); b <- 1 + k * rho * (n - 1) / (n * (1 - rho))
  v <- (a * ms[2] + b * ms[3])^2 / ((a * ms[2])^2 / (k - 1) + (b * ms[3])^2 / ((n - 1) * (k - 1)))
  df2 <- c(n * (k - 1), v, (n - 1) * (k - 1))
  expected <- list()
  for (i in 1:6) {
    form <- (i - 1) %% 3 + 1
    f <- found$results$F[i]
    p <- 2 * min(pf(f, n - 1, df2[form]), pf(f, n - 1, df2[form], lower.tail = FALSE))
    expected[[sprintf("icc ICC(%d,%s)", form, if (i < 4) "1" else "k")]] <- list(estimate = found$results$ICC[i],
      conf_low = found$results$`lower bound`[i], conf_high = found$results$`upper bound`[i], statistic = f,
      df = n - 1, df2 = df2[form], p_value = p, n = n)
  }
  columns <- setNames(lapply(seq_len(k), function(j) x[, j]), paste0("rater_", seq_len(k)))
  case(name, list(ratings = columns), expected, options = list(level = level))
}
table_2 <- matrix(c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), ncol = 4, byrow = TRUE)
list(one("Shrout and Fleiss 1979, table 2", table_2), one("the same, 90 %", table_2, 0.9),
  one("attitude", datasets::attitude[c("rating", "complaints", "learning")]),
  one("two occasions", datasets::anscombe[c("y1", "y2")]))
