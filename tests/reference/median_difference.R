# Reference for mmstats/methods/median_difference.py. Exact bootstrap: every resample of each group enumerated, all
# differences formed. Price and Bonett (2002) by their formulas; their printed example (Bonett and Price 2002, 10 and 10
# values) gives a standard error of 4.316291 and limits of -16.95977 and -0.04022524.
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
check <- function(name, y, x, level = 0.95) case(paste(name, "exact"), given(y, x),
  list(median_difference = exact(y, x, 0.5, level)), levels = levels, options = list(level = level),
  tolerance = 1e-9, why = "R sums rounded decimals of some thousand resamples")
price <- function(name, y, x, level = 0.95) {
  se <- function(v) { n <- length(v); a <- max(1, round((n + 1) / 2 - sqrt(n))); v <- sort(v)
    (v[n - a + 1] - v[a]) / (2 * qnorm(1 - pbinom(a - 1, n, 0.5))) }
  d <- median(y) - median(x); e <- sqrt(se(x)^2 + se(y)^2); half <- qnorm((1 + level) / 2) * e
  case(paste(name, "price-bonett"), given(y, x), list(median_difference = list(estimate = d, std_error = e, statistic = d / e,
    p_value = 2 * pnorm(-abs(d / e)), conf_low = d - half, conf_high = d + half)), levels = levels,
    options = list(level = level, interval = "price-bonett"))
}
one <- c(32, 39, 26, 35, 43, 27, 40, 37, 34, 29); two <- c(36, 44, 47, 42, 49, 39, 46, 31, 33, 48)
published <- price("the printed example", one, two)
found <- published$expected$median_difference
stopifnot(abs(found$std_error - 4.316291) < 5e-7, abs(found$conf_low + 16.95977) < 5e-6, abs(found$conf_high + 0.04022524) < 5e-9)
list(published, price("unequal sizes, 90 %", PlantGrowth$weight[1:15], PlantGrowth$weight[16:26], 0.9),
  check("six and six", c(6, 8, 7, 10, 11, 9), c(4, 7, 8, 6, 3, 2)),
  check("five and four with ties, 80 %", c(2, 2, 5, 7.5, 3), c(1, 2, 2, 4), 0.8),
  check("seven and three", c(5.1, 4.8, 6.3, 5.5, 4.9, 7.2, 6.1), c(4.2, 5, 3.9)))
