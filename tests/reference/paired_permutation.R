# Reference for mmstats/methods/paired_permutation.py. p: coin, exact, for the signs of paired differences, and for
# more pairs counted here by sums. Limits: where the lines of two sets of signs cross.
packages <- c("coin", "datasets", "MASS")
suppressMessages(library(coin))
limits_of <- function(d, alpha) {
  n <- length(d); signs <- as.matrix(expand.grid(rep(list(c(1, -1)), n)))
  at <- as.vector(signs %*% d) / n; slope <- rowSums(signs) / n; own <- mean(d)
  crossings <- c((own - at) / (1 - slope), (own + at) / (1 + slope))
  crossings <- sort(unique(signif(crossings[is.finite(crossings)], 13)))
  p <- function(shift) mean(abs(at - shift * slope) >= abs(own - shift) * (1 - 1e-9))
  outwards <- function(from) { kept <- own; for (s in from) if (p(s) >= alpha * (1 - 1e-9)) kept <- s else break; kept }
  c(outwards(rev(crossings[crossings <= own])), outwards(crossings[crossings >= own]))
}
coin_p <- function(x, y) {
  values <- c(x, y); time <- factor(rep(c("x", "y"), each = length(x))); id <- factor(rep(seq_along(x), 2))
  pvalue(oneway_test(values ~ time | id, distribution = "exact"))[[1]]
}
counted_p <- function(d) {  # d whole numbers: how many sets of signs have each sum
  size <- sum(abs(d)); counts <- c(rep(0, size), 1, rep(0, size))
  for (v in abs(d)) { counts <- c(counts[-seq_len(v)], rep(0, v)) + c(rep(0, v), counts[seq_len(length(counts) - v)]) }
  sum(counts[abs(seq(-size, size)) >= abs(sum(d))]) / sum(counts)
}
check <- function(name, x, y, level = 0.95) {
  d <- round(x - y, 10); limits <- limits_of(d, 1 - level)
  case(name, list(comparison = x, reference = y), list(mean_difference = list(estimate = mean(d),
    conf_low = limits[1], conf_high = limits[2], p_value = coin_p(x, y), resamples = 0)),
    options = list(level = level))
}
counted <- function(name, x, y, unit) {
  case(name, list(comparison = x, reference = y), list(mean_difference = list(estimate = mean(x - y),
    p_value = counted_p(round((x - y)[x != y] / unit)), resamples = 0)))
}
exact <- list(
  check("sleep", sleep$extra[sleep$group == 2], sleep$extra[sleep$group == 1]),
  check("shoes", MASS::shoes$B, MASS::shoes$A),
  check("scores, 80 %", c(4, 3, 2, 4, 3, 3, 1), c(2, 3, 1, 1, 3, 4, 0), 0.8))
before <- rep(c(0, 1, 2, 3, 4, 2, 1, 3), 5); after <- pmax(before - rep(c(0, 1, 1, 2, -1), 8), 0)
c(exact, list(
  counted("40 pairs of scores", after, before, 1),
  counted("32 pairs of one decimal", mtcars$mpg, rev(mtcars$mpg) + 1.1, 0.1)))
