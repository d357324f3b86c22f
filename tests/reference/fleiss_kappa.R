# Reference for mmstats/methods/fleiss_kappa.py: the formulas of Fleiss (1971) for kappa, of Fleiss, Levin and Paik (2003,
# 18.28 to 18.46) for its standard error under chance agreement and the categories', subject by subject; the jackknife by
# leaving out each subject. The table of Fleiss (1971) has kappa 0.430, and its categories 0.245 0.245 0.520 0.471 0.566.
kappa_of <- function(counts) {
  m <- sum(counts[1, ]); p <- colSums(counts) / sum(counts)
  agreed <- mean(apply(counts, 1, function(r) sum(choose(r, 2)) / choose(m, 2)))
  (agreed - sum(p^2)) / (1 - sum(p^2))
}
category_of <- function(counts, j) {
  m <- sum(counts[1, ]); n <- nrow(counts); p <- sum(counts[, j]) / (n * m)
  1 - sum(counts[, j] * (m - counts[, j])) / (n * m * (m - 1) * p * (1 - p))
}
fields <- function(counts, statistic, null) {
  n <- nrow(counts); k <- statistic(counts)
  left <- sapply(seq_len(n), function(i) statistic(counts[-i, , drop = FALSE]))
  error <- sqrt((n - 1) / n * sum((left - mean(left))^2))
  limits <- tanh(atanh(k) + c(-1, 1) * qt(0.975, n - 1) * error / (1 - k^2))
  list(estimate = k, std_error = error, conf_low = limits[1], conf_high = limits[2], statistic = k / null,
    p_value = 2 * pnorm(-abs(k / null)), n = n)
}
one <- function(name, counts, categories) {
  n <- nrow(counts); m <- sum(counts[1, ])
  p <- colSums(counts) / sum(counts); q <- 1 - p
  null <- sqrt(2) / (sum(p * q) * sqrt(n * m * (m - 1))) * sqrt(sum(p * q)^2 - sum(p * q * (q - p)))
  expected <- list(fleiss_kappa = fields(counts, kappa_of, null))
  for (j in seq_along(categories)) expected[[paste("fleiss_kappa", categories[j])]] <-
    fields(counts, function(x) category_of(x, j), sqrt(2 / (n * m * (m - 1))))
  raters <- apply(counts, 1, function(r) rep(categories, r))
  columns <- setNames(lapply(seq_len(m), function(i) raters[i, ]), paste0("rater_", seq_len(m)))
  case(name, list(ratings = columns), expected, levels = list(ratings = categories))
}
# Fleiss (1971), table 1: 30 patients, 6 psychiatrists each.
fleiss <- matrix(c(
  0, 0, 0, 6, 0,  0, 3, 0, 0, 3,  0, 1, 4, 0, 1,  0, 0, 0, 0, 6,  0, 3, 0, 3, 0,  2, 0, 4, 0, 0,
  0, 0, 4, 0, 2,  2, 0, 3, 1, 0,  2, 0, 0, 4, 0,  0, 0, 0, 0, 6,  1, 0, 0, 5, 0,  1, 1, 0, 4, 0,
  0, 3, 3, 0, 0,  1, 0, 0, 5, 0,  0, 2, 0, 3, 1,  0, 0, 5, 0, 1,  3, 0, 0, 1, 2,  5, 1, 0, 0, 0,
  0, 2, 0, 4, 0,  1, 0, 2, 0, 3,  0, 0, 0, 0, 6,  0, 1, 0, 5, 0,  0, 2, 0, 1, 3,  2, 0, 0, 4, 0,
  1, 0, 0, 4, 1,  0, 5, 0, 1, 0,  4, 0, 0, 0, 2,  0, 2, 0, 4, 0,  1, 0, 5, 0, 0,  0, 0, 0, 0, 6), ncol = 5, byrow = TRUE)
three <- matrix(c(3, 0, 0, 2, 1, 0, 0, 3, 0, 1, 1, 1, 0, 0, 3, 0, 1, 2, 3, 0, 0, 2, 0, 1, 3, 0, 0, 0, 2, 1), ncol = 3, byrow = TRUE)
list(one("Fleiss 1971", fleiss, c("depression", "personality disorder", "schizophrenia", "neurosis", "other")),
  one("three raters", three, c("physiological", "congenital", "acquired")))
