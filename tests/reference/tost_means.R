# Reference for mmstats/methods/tost_means.py: R's t.test, one-sided against each bound.
packages <- c("datasets")
check <- function(name, y, x, low, high, level = 0.9) {
  one <- function(mu, side) t.test(y, x, mu = mu, alternative = side)
  above <- one(low, "greater"); below <- one(high, "less"); both <- t.test(y, x, conf.level = level)
  worse <- if (above$p.value > below$p.value) above else below
  tail <- function(test) list(statistic = test$statistic[[1]], df = test$parameter[[1]], p_value = test$p.value)
  case(name, list(outcome = c(x, y), group = rep(c("reference", "comparison"), c(length(x), length(y)))),
    setNames(list(c(tail(worse), list(estimate = mean(y) - mean(x), std_error = both$stderr, conf_low = both$conf.int[1],
      conf_high = both$conf.int[2])), tail(above), tail(below)),
      paste0("equivalence_of_means", c("", paste(" above", low), paste(" below", high)))),
    levels = list(group = c("reference", "comparison")), options = list(low = low, high = high, level = level))
}
growth <- split(PlantGrowth$weight, PlantGrowth$group)
list(check("plants", growth$trt1, growth$ctrl, -0.5, 1), check("unequal sizes, 95 %", c(4.1, 5, 6.2, 5.5), c(4, 5.2, 6, 5.6, 4.7, 5.3),
  -1.5, 1.25, 0.95), check("not equivalent", growth$trt2, growth$trt1, -0.25, 0.25))
