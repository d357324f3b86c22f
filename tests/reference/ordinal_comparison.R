# Reference for mmstats/methods/ordinal_comparison.py: coin's exact Wilcoxon test; ordinal's clm, its likelihood profiled
# by roots, and nominal_test; Agresti's generalised odds ratio with the gradient of its logarithm in the cell
# probabilities; Wilson's interval by prop.test.
suppressMessages({library(ordinal); library(coin)}); packages <- c("ordinal", "coin")
sharp <- clm.control(gradTol = 1e-9, maxIter = 500L)
one <- function(name, y, x, level = 0.95) {
  m <- length(y); n <- length(x); v <- c(y, x); g <- rep(c(-0.5, 0.5), c(m, n)); z <- qnorm((1 + level) / 2)
  test <- wilcox_test(v ~ factor(g), distribution = "exact")
  o <- factor(v, ordered = TRUE); fit <- clm(o ~ g, control = sharp); b <- fit$beta[[1]]; l <- as.numeric(logLik(fit))
  gap <- function(at) 2 * (l - as.numeric(logLik(clm(o ~ offset(at * g), control = sharp))))
  end <- function(side) { far <- 0.5; while (gap(b + side * far) < qchisq(level, 1)) far <- far * 1.3
    uniroot(function(at) gap(at) - qchisq(level, 1), sort(b + side * c(0, far)), tol = 1e-13)$root }
  k <- nlevels(o); chi <- 2 * (as.numeric(logLik(clm(o ~ 1, nominal = ~g, control = sharp))) - l)
  p <- prop.table(table(factor(x, levels(o)))); q <- prop.table(table(factor(y, levels(o))))
  above <- sapply(1:k, function(i) sum(q[seq_len(i - 1)])); below <- sapply(1:k, function(i) sum(q[-seq_len(i)]))
  up <- sum(p * above); down <- sum(p * below)
  dp <- above / up - below / down
  dq <- sapply(1:k, function(i) sum(p[-seq_len(i)]) / up - sum(p[seq_len(i - 1)]) / down)
  se <- sqrt((sum(p * dp^2) - sum(p * dp)^2) / n + (sum(q * dq^2) - sum(q * dq)^2) / m)
  expected <- list(superiority = list(estimate = up + (1 - up - down) / 2, p_value = as.numeric(pvalue(test))),
    odds_ratio = list(estimate = exp(b), conf_low = exp(end(-1)), conf_high = exp(end(1)), statistic = gap(0), p_value = pchisq(gap(0), 1, lower.tail = FALSE)),
    generalised_odds_ratio = list(estimate = up / down, conf_low = up / down * exp(-z * se), conf_high = up / down * exp(z * se)),
    proportional_odds_test = list(estimate = chi, df = k - 2, p_value = pchisq(chi, k - 2, lower.tail = FALSE)))
  for (step in sort(unique(v))[-1]) for (side in c("HC", "MS")) {
    values <- if (side == "HC") y else x; i <- suppressWarnings(prop.test(sum(values >= step), length(values), conf.level = level, correct = FALSE))
    expected[[sprintf("proportion ≥ %g | %s", step, side)]] <- list(estimate = as.numeric(i$estimate), conf_low = i$conf.int[1], conf_high = i$conf.int[2])
  }
  case(name, list(outcome = v, group = rep(c("HC", "MS"), c(m, n))), expected, levels = list(group = c("HC", "MS")), options = list(level = level),
    tolerance = 1e-8, why = "clm's stopping rule, and roots found in R")
}
list(one("scores of 0 to 4", c(0, 0, 0, 1, 0, 1, 2, 0, 1, 0, 3, 1, 2, 0, 4), c(2, 3, 1, 3, 2, 0, 1, 2, 3, 4, 1, 0, 2, 1, 4, 4)),
  one("unequal sizes", c(1, 1, 2, 1, 3, 2, 1, 1), c(2, 2, 3, 1, 2, 3, 3, 1, 2, 3, 2), 0.9))
