# Reference for mmstats/methods/weighted_kappa.py: vcd::Kappa for kappa and its standard error; the variance under
# independence from Fleiss, Cohen and Everitt (1969), equation 9, cell by cell; Wilson's interval by prop.test.
packages <- "vcd"
one <- function(name, counts, weights, interval = "fleiss-cohen-everitt", level = 0.95) {
  k <- nrow(counts); n <- sum(counts); steps <- as.character(seq_len(k))
  kind <- c(linear = "Equal-Spacing", quadratic = "Fleiss-Cohen", unweighted = "Equal-Spacing")[[weights]]
  found <- vcd::Kappa(counts, weights = kind)
  found <- if (weights == "unweighted") found$Unweighted else found$Weighted
  estimate <- found[["value"]]; error <- found[["ASE"]]
  w <- function(i, j) switch(weights, linear = 1 - abs(i - j) / (k - 1), quadratic = 1 - ((i - j) / (k - 1))^2,
    unweighted = as.numeric(i == j))
  r <- rowSums(counts) / n; c <- colSums(counts) / n
  expected <- 0; null <- 0
  for (i in 1:k) for (j in 1:k) expected <- expected + w(i, j) * r[i] * c[j]
  for (i in 1:k) for (j in 1:k) null <- null + r[i] * c[j] * (w(i, j) - sum(w(i, 1:k) * c) - sum(w(1:k, j) * r))^2
  z <- estimate / (sqrt((null - expected^2) / n) / (1 - expected))
  limits <- if (interval == "transformed-t") tanh(atanh(estimate) + c(-1, 1) * qt((1 + level) / 2, n - 1) * error / (1 - estimate^2))
    else estimate + c(-1, 1) * qnorm((1 + level) / 2) * error
  agreed <- prop.test(sum(diag(counts)), n, correct = FALSE, conf.level = level)
  kappa <- list(list(estimate = estimate, std_error = error, conf_low = limits[1], conf_high = limits[2],
    statistic = unname(z), p_value = 2 * pnorm(-abs(unname(z))), n = n))
  names(kappa) <- if (weights == "unweighted") "cohen_kappa" else paste("weighted_kappa", weights)
  agreement <- list(observed_agreement = list(estimate = agreed$estimate[[1]], conf_low = agreed$conf.int[1], conf_high = agreed$conf.int[2]))
  cells <- expand.grid(i = 1:k, j = 1:k)[rep(seq_len(k * k), c(counts)), ]
  case(name, list(first = steps[cells$i], second = steps[cells$j]), c(kappa, agreement),
    levels = list(first = steps, second = steps), options = list(weights = weights, interval = interval, level = level))
}
# vcd::SexualFun, and two ratings that leave the ends of a scale unused.
married <- unclass(vcd::SexualFun)
unused <- matrix(c(0, 0, 0, 0, 0, 0, 7, 2, 0, 0, 0, 3, 9, 1, 0, 0, 0, 2, 4, 0, 0, 0, 0, 0, 0), 5)
list(one("married couples, linear", married, "linear"), one("married couples, quadratic", married, "quadratic"),
  one("married couples, unweighted", married, "unweighted", level = 0.9),
  one("unused levels", unused, "linear", "transformed-t"), one("unused levels, quadratic", unused, "quadratic", "transformed-t"))
