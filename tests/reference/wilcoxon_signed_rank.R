# Reference for mmstats/methods/wilcoxon_signed_rank.py. p: coin's exact distribution with Pratt's zeros. Limits:
# exactRankTests where there is no zero; where there are, the shifts kept, searched over all Walsh averages.
packages <- c("coin", "exactRankTests", "datasets", "MASS")
suppressMessages({library(coin); library(exactRankTests)})
kept <- function(d, level) {  # the definition, by enumeration of all signs
  ranks <- rank(abs(d))[d != 0]
  sums <- as.matrix(expand.grid(rep(list(0:1), length(ranks)))) %*% ranks
  distances <- abs(sums - sum(ranks) / 2)
  critical <- min(Filter(function(at) mean(distances >= at) < (1 - level) - 1e-9, unique(distances)))
  walsh <- sort(outer(d, d, "+")[upper.tri(diag(length(d)), TRUE)] / 2); m <- length(walsh)
  between <- function(at) abs(sum(walsh > at) - m / 2) < critical  # just above a Walsh average
  ends <- sort(unique(walsh)); inside <- sapply(ends, function(at) between(at + 1e-9))
  reach <- (critical + max(distances[distances < critical])) / sum(ranks)  # midway, as a share of half the sum
  c(ends[which(inside)[1]], ends[max(which(inside)) + 1], median(walsh), reach)
}
biserial <- function(ranks, signs, reach) {  # the r at which (estimate - r)^2 is reach^2 (1 - r^2)
  at <- sum(ranks * signs) / sum(ranks); f <- function(r) (at - r)^2 - reach^2 * (1 - r^2)
  end <- function(far) if (at == far) far else uniroot(f, sort(c(far, at + 1e-9 * far)), tol = 1e-15)$root
  list(estimate = at, conf_low = end(-1), conf_high = end(1))
}
check <- function(name, x, y, level = 0.95) {
  d <- round(x - y, 10); nonzero <- rank(abs(d))[d != 0]; signs <- sign(d[d != 0])
  test <- wilcoxsign_test(d ~ rep(0, length(d)), distribution = "exact", zero.method = "Pratt")
  limits <- kept(d, level)
  if (all(d != 0)) {
    again <- wilcox.exact(d, conf.int = TRUE, conf.level = level, exact = TRUE)
    stopifnot(all.equal(again$p.value, pvalue(test)[[1]]))
    cat(name, "exactRankTests", again$conf.int, again$estimate, "inverted", limits, "\n")
  }
  case(name, list(comparison = x, reference = y),
    list(
      hodges_lehmann = list(estimate = limits[3], conf_low = limits[1], conf_high = limits[2], statistic = sum(nonzero[signs > 0]),
        p_value = pvalue(test)[[1]]),
      rank_biserial = biserial(nonzero, signs, limits[4])),
    options = list(level = level))
}
list(
  check("sleep, with a zero and ties", sleep$extra[sleep$group == 2], sleep$extra[sleep$group == 1]),
  check("shoes", MASS::shoes$B, MASS::shoes$A),
  check("Hollander and Wolfe's depression scores, no ties", c(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29),
    c(1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)),
  check("scores with ties and zeros, 90 %", c(3, 4, 2, 5, 4, 4, 3, 6, 5, 2), c(2, 4, 3, 3, 3, 4, 1, 4, 4, 2), 0.9))
