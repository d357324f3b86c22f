# Reference for mmstats/methods/quantile_difference.py: every resample of each group enumerated, all differences formed.
resamples <- function(x, share) {
  n <- length(x); index <- as.matrix(expand.grid(rep(list(1:n), n)))
  tabled <- table(round(apply(matrix(x[index], ncol = n), 1, quantile, probs = share, names = FALSE), 10))
  list(values = as.numeric(names(tabled)), p = as.numeric(tabled) / n^n)
}
middle <- function(d) cumsum(d) - d / 2
exact <- function(y, x, share, level) {
  a <- resamples(y, share); b <- resamples(x, share)
  d <- tapply(as.vector(outer(a$p, b$p)), round(as.vector(outer(a$values, b$values, "-")), 9), sum)
  at <- as.numeric(names(d)); o <- order(at); at <- at[o]; d <- as.numeric(d)[o]; tail <- (1 - level) / 2
  list(estimate = quantile(y, share, names = FALSE) - quantile(x, share, names = FALSE),
    std_error = sqrt(sum(at^2 * d) - sum(at * d)^2), conf_low = min(at[middle(d) >= tail]),
    conf_high = max(at[rev(middle(rev(d))) >= tail]), p_value = 2 * min(max(middle(d)[at <= 0]), max(rev(middle(rev(d)))[at >= 0])))
}
given <- function(y, x) list(outcome = c(x, y), group = rep(c("reference", "comparison"), c(length(x), length(y))))
levels <- list(group = c("reference", "comparison"))
check <- function(name, y, x, share, level = 0.95) case(name, given(y, x),
  list(quantile_difference = exact(y, x, share, level)), levels = levels, options = list(level = level, share = share),
  tolerance = 1e-9, why = "R sums rounded decimals of some thousand resamples")
list(check("upper quartiles", c(6, 8, 7, 10, 11, 9), c(4, 7, 8, 6, 3, 2), 0.75),
  check("tenth parts with ties, 80 %", c(2, 2, 5, 7.5, 3), c(1, 2, 2, 4), 0.1, 0.8),
  check("two thirds", c(5.1, 4.8, 6.3, 5.5), c(4.2, 5, 3.9, 4.4, 6.5), 2 / 3))
