# Spearman correlation: rho and the exact or t p value by cor.test; with ties and few pairs, p over every order.
orders <- function(v) if (length(v) < 2) list(v) else do.call(c, lapply(seq_along(v), function(i) lapply(orders(v[-i]), function(r) c(v[i], r))))
bonett <- function(r, n) tanh(atanh(r) + c(-1, 1) * qnorm(0.975) * sqrt((1 + r^2 / 2) / (n - 3)))
one <- function(name, x, y) {
  n <- length(x); r <- cor(x, y, method = "spearman"); limits <- bonett(r, n)
  expected <- list(estimate = r, conf_low = limits[1], conf_high = limits[2], n = n)
  if (n > 9) {
    test <- cor.test(rank(x), rank(y))
    expected <- c(expected, list(statistic = test$statistic[[1]], df = n - 2, p_value = test$p.value))
  } else if (anyDuplicated(x) || anyDuplicated(y)) {
    seen <- abs(cor(rank(x), rank(y)))
    expected$p_value <- mean(sapply(orders(rank(y)), function(o) abs(cor(rank(x), o)) >= seen - 1e-12))
  } else expected$p_value <- cor.test(x, y, method = "spearman", exact = TRUE)$p.value
  case(name, list(x = x, y = y), list(spearman_rho = expected))
}
list(one("mtcars_ties", mtcars$mpg, mtcars$wt), one("exact", c(1, 2, 3, 4, 5, 6, 7, 8), c(3, 1, 2, 5, 4, 8, 6, 7)),
  one("exact_ties", c(0, 0, 1, 2, 2, 4, 3), c(1, 0, 0, 2, 1, 3, 3)), one("t", airquality$Ozone[1:4 * 7], airquality$Temp[1:4 * 7]))
