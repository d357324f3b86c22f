# Reference for mmstats/methods/tost_paired_means.py: R's paired t.test, one-sided against each bound.
packages <- c("datasets", "MASS")
check <- function(name, x, y, low, high, level = 0.9) {
  one <- function(mu, side) t.test(x, y, paired = TRUE, mu = mu, alternative = side)
  above <- one(low, "greater"); below <- one(high, "less"); both <- t.test(x, y, paired = TRUE, conf.level = level)
  worse <- if (above$p.value > below$p.value) above else below
  tail <- function(test) list(statistic = test$statistic[[1]], df = test$parameter[[1]], p_value = test$p.value)
  case(name, list(comparison = x, reference = y),
    setNames(list(c(tail(worse), list(estimate = mean(x - y), std_error = both$stderr, conf_low = both$conf.int[1],
      conf_high = both$conf.int[2])), tail(above), tail(below)),
      paste0("equivalence_of_paired_means", c("", paste(" above", low), paste(" below", high)))),
    options = list(low = low, high = high, level = level))
}
list(check("shoes", MASS::shoes$B, MASS::shoes$A, -0.75, 0.75),
  check("sleep, 95 %", sleep$extra[sleep$group == 2], sleep$extra[sleep$group == 1], -1, 2.5, 0.95))
