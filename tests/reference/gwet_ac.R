# Reference for mmstats/methods/gwet_ac.py: the formulas of Gwet (2008; 2014, chapter 5), pair of raters by pair of raters
# for the agreement, subject by subject for the variance.
ac <- function(ratings, levels, weights) {
  q <- length(levels); n <- nrow(ratings); r <- ncol(ratings); x <- matrix(match(ratings, levels), n)
  w <- outer(1:q, 1:q, function(i, j) switch(weights, unweighted = as.numeric(i == j), linear = 1 - abs(i - j) / (q - 1),
    quadratic = 1 - ((i - j) / (q - 1))^2))
  pairs <- combn(r, 2)
  agreed <- sapply(1:n, function(i) mean(apply(pairs, 2, function(p) w[x[i, p[1]], x[i, p[2]]])))
  share <- sapply(1:q, function(k) mean(x == k)); t <- sum(w) / (q * (q - 1))
  pe <- t * sum(share * (1 - share)); est <- (mean(agreed) - pe) / (1 - pe)
  own <- sapply(1:n, function(i) t * mean(1 - share[x[i, ]]))
  part <- (agreed - pe) / (1 - pe) - 2 * (1 - est) * (own - pe) / (1 - pe)
  list(estimate = est, error = sqrt(sum((part - est)^2) / (n * (n - 1))), n = n)
}
one <- function(name, ratings, levels, weights = "unweighted", level = 0.95) {
  found <- ac(ratings, levels, weights); t <- found$estimate / found$error; half <- qt((1 + level) / 2, found$n - 1) * found$error
  fields <- list(list(estimate = found$estimate, std_error = found$error, conf_low = found$estimate - half,
    conf_high = min(1, found$estimate + half), statistic = t, df = found$n - 1, p_value = 2 * pt(-abs(t), found$n - 1), n = found$n))
  names(fields) <- if (weights == "unweighted") "gwet_ac1" else paste("gwet_ac2", weights)
  columns <- setNames(lapply(seq_len(ncol(ratings)), function(j) ratings[, j]), paste0("rater_", seq_len(ncol(ratings))))
  case(name, list(ratings = columns), fields, levels = list(ratings = levels), options = list(weights = weights, level = level))
}
floor_of <- cbind(rep(c("0", "0", "1", "2"), c(20, 3, 2, 1)), rep(c("0", "1", "1", "1"), c(20, 3, 2, 1)))
three <- cbind(c("1", "2", "3", "3", "2", "1", "4", "1", "2", "4"), c("1", "2", "3", "3", "2", "2", "4", "1", "2", "4"),
  c("1", "2", "3", "3", "2", "3", "4", "2", "2", "4"))
scale <- c("0", "1", "2", "3", "4")
list(one("floor", floor_of, scale), one("floor, linear", floor_of, scale, "linear"), one("three raters", three, scale[2:5], level = 0.9),
  one("three raters, quadratic, an unused level", three, scale, "quadratic"))
