# Kendall's tau-b: estimate and p by cor.test (exact without ties, tie-corrected normal otherwise); with ties and
# few pairs, p over every order.
orders <- function(v) if (length(v) < 2) list(v) else do.call(c, lapply(seq_along(v), function(i) lapply(orders(v[-i]), function(r) c(v[i], r))))
score <- function(x, y) sum(sign(outer(x, x, "-")) * sign(outer(y, y, "-"))) / 2
jackknife <- function(x, y, r) {  # the standard error of tau-b, and limits on Fisher's scale
  n <- length(x); left <- sapply(1:n, function(i) cor(x[-i], y[-i], method = "kendall"))
  error <- sqrt((n - 1) / n * sum((left - mean(left))^2))
  list(estimate = r, std_error = error, conf_low = tanh(atanh(r) - qt(0.975, n - 1) * error / (1 - r^2)),
    conf_high = tanh(atanh(r) + qt(0.975, n - 1) * error / (1 - r^2)))
}
one <- function(name, x, y) {
  n <- length(x); r <- cor(x, y, method = "kendall")
  limits <- tanh(atanh(r) + c(-1, 1) * qnorm(0.975) * sqrt(0.437 / (n - 4)))
  expected <- list(estimate = r, conf_low = limits[1], conf_high = limits[2], n = n)
  tied <- anyDuplicated(x) || anyDuplicated(y)
  if (tied && n <= 9) expected$p_value <- mean(sapply(orders(y), function(o) abs(score(x, o)) >= abs(score(x, y))))
  else {
    test <- cor.test(x, y, method = "kendall", exact = !tied)
    expected$p_value <- test$p.value
    if (tied) expected$statistic <- test$statistic[[1]]
  }
  list(case(name, list(x = x, y = y), list(kendall_tau_b = expected), options = list(interval = "bonett-wright")),
    case(paste(name, "jackknife"), list(x = x, y = y), list(kendall_tau_b = jackknife(x, y, r))))
}
c(one("mtcars_ties", mtcars$mpg, mtcars$wt), one("mtcars_cylinders", mtcars$mpg, mtcars$cyl),
  one("exact", c(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), c(3, 1, 2, 5, 4, 8, 6, 7, 12, 9, 11, 10)),
  one("exact_ties", c(0, 0, 1, 2, 2, 4, 3), c(1, 0, 0, 2, 1, 3, 3)))
