# All pairs by cor.test, p.adjust for Holm and Bonferroni's levels. The step-down maximum of a bootstrap is random: it is
# held against loops in tests/resampling/test_joint_bootstrap.py.
one <- function(name, variables, kind, adjust, level = 0.95) {
  pairs <- combn(names(variables), 2); m <- ncol(pairs); n <- length(variables[[1]])
  tests <- lapply(seq_len(m), function(j) suppressWarnings(cor.test(variables[[pairs[1, j]]], variables[[pairs[2, j]]],
    method = kind, exact = NULL)))
  p <- sapply(tests, function(test) test$p.value)
  if (adjust == "holm") p <- p.adjust(p, "holm")
  quantity <- c(pearson = "pearson_r", spearman = "spearman_rho", kendall = "kendall_tau_b")[[kind]]
  inside <- if (adjust == "holm") 1 - (1 - level) / m else level
  expected <- list()
  for (j in seq_len(m)) {
    r <- tests[[j]]$estimate[[1]]; one <- list(estimate = r, n = n)
    if (kind == "pearson") one$p_value <- p[j]
    if (kind == "spearman") { half <- qnorm((1 + inside) / 2) * sqrt((1 + r^2 / 2) / (n - 3)); one$conf_low <- tanh(atanh(r) - half)
      one$conf_high <- tanh(atanh(r) + half) }
    if (kind == "kendall") {
      x <- variables[[pairs[1, j]]]; y <- variables[[pairs[2, j]]]
      left <- sapply(1:n, function(k) cor(x[-k], y[-k], method = "kendall")); half <- qt((1 + inside) / 2, n - 1) * sqrt((n - 1) / n * sum((left - mean(left))^2)) / (1 - r^2); one$conf_low <- tanh(atanh(r) - half)
      one$conf_high <- tanh(atanh(r) + half) }
    expected[[sprintf("%s %s ~ %s", quantity, pairs[1, j], pairs[2, j])]] <- one
  }
  case(name, list(variables = variables), expected, options = list(correlation = kind, adjust = adjust, level = level))
}
cars <- as.list(mtcars[c("mpg", "wt", "qsec", "drat")])
list(one("pearson_holm", cars, "pearson", "holm"), one("pearson_none", cars, "pearson", "none"), one("spearman_holm", cars, "spearman", "holm", 0.9),
  one("kendall_none", cars, "kendall", "none"), one("kendall_holm", as.list(attitude[1:3]), "kendall", "holm"))
