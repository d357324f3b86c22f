# Reference for mmstats/resampling: boot's limits from its own replicates, which are written out with them, so the
# comparison has no randomness. claridge: limits of the correlation from 199,999 replicates, for a comparison of
# the whole path within Monte-Carlo error.
packages <- "boot"
suppressMessages(library(boot))
set.seed(1)
given <- function(name, t0, t, spread0 = NULL, spread = NULL, influence = NULL, level = 0.95) {
  found <- list(name = name, estimate = t0, replicates = I(t), level = level,
    percentile = boot:::perc.ci(t, conf = level)[4:5])
  if (!is.null(influence)) {
    found$influence <- I(influence)
    found$bca <- boot:::bca.ci(NULL, conf = level, t0 = t0, t = t, L = influence)[4:5]
  }
  if (!is.null(spread)) {
    found$std_error <- spread0
    found$std_errors <- I(spread)
    found$studentized <- boot:::stud.ci(c(t0, spread0^2), cbind(t, spread^2), conf = level)[4:5]
  }
  found
}
hours <- sort(aircondit$hours); n <- length(hours)
one <- boot(hours, function(d, i) c(mean(d[i]), sd(d[i]) / sqrt(n)), R = 999)
left <- sapply(1:n, function(i) mean(hours[-i]))
x <- sort(gravity$g[gravity$series == 7]); y <- sort(gravity$g[gravity$series == 8])[1:9]
two <- boot(data.frame(v = c(x, y), s = rep(1:2, c(length(x), length(y)))), function(d, i) {
  v <- split(d$v[i], d$s[i]); c(mean(v[[1]]) - mean(v[[2]]), sqrt(var(v[[1]]) / length(x) + var(v[[2]]) / length(y))) },
  R = 499, strata = rep(1:2, c(length(x), length(y))))
d <- as.matrix(claridge)
correlation <- boot(d, function(d, i) cor(d[i, 1], d[i, 2]), R = 199999)
left_out <- sapply(1:nrow(d), function(i) cor(d[-i, 1], d[-i, 2]))
influence <- (nrow(d) - 1) / nrow(d) * (mean(left_out) - left_out)
mean_of <- function(d, w) sum(d * w) / sum(w)
difference <- function(d, w) {
  a <- d[, 2] == 1
  sum(d[a, 1] * w[a]) / sum(w[a]) - sum(d[!a, 1] * w[!a]) / sum(w[!a])
}
weighted_r <- function(d, w) {  # weights along the path may be negative, which cov.wt refuses
  w <- w / sum(w); u <- d[, 1] - sum(w * d[, 1]); v <- d[, 2] - sum(w * d[, 2])
  sum(w * u * v) / sqrt(sum(w * u^2) * sum(w * v^2))
}
groups <- cbind(c(x, y), rep(1:2, c(length(x), length(y))))
list(
  list(name = "abc", level = 0.9, samples = list(hours, x, y), mean = abc.ci(hours, mean_of, conf = 0.9)[2:3],
    difference = abc.ci(groups, difference, strata = groups[, 2], conf = 0.9)[2:3],
    columns = list(d[, 1], d[, 2]), correlation = abc.ci(d, weighted_r, conf = 0.9)[2:3]),
  c(given("air-conditioning failures", one$t0[1], one$t[, 1], one$t0[2], one$t[, 2], (n - 1) / n * (mean(left) - left)), list(samples = list(hours))),
  # Closed form: the influence of an observation on a mean difference is its deviation from its group's mean.
  c(given("gravity, two series of unequal length", two$t0[1], two$t[, 1], two$t0[2], two$t[, 2],
    c((x - mean(x)) / length(x), -(y - mean(y)) / length(y)), 0.9), list(samples = list(x, y))),
  list(name = "claridge", level = 0.95, estimate = correlation$t0, percentile = boot:::perc.ci(correlation$t)[4:5],
    bca = boot:::bca.ci(NULL, conf = 0.95, t0 = correlation$t0, t = correlation$t[, 1], L = influence)[4:5])
)
