# Reference for mmstats/methods/welch.py: t.test; g's limits by inverting R's pt(ncp); its variance by metafor.
packages <- c("metafor", "datasets")
noncentrality <- function(t, df, level = 0.95) {
  solve <- function(p) uniroot(function(shift) suppressWarnings(pt(t, df, shift)) - p, c(t - 12, t + 20), tol = 1e-14)$root
  c(solve((1 + level) / 2), solve((1 - level) / 2))
}
check <- function(name, x, y, level = 0.95) {  # x is the comparison
  test <- t.test(x, y, conf.level = level)
  n1 <- length(x); n2 <- length(y); df <- n1 + n2 - 2
  pooled <- sqrt(((n1 - 1) * var(x) + (n2 - 1) * var(y)) / df)
  j <- exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)
  root <- sqrt(1 / n1 + 1 / n2)
  limits <- noncentrality((mean(x) - mean(y)) / pooled / root, df, level)
  smd <- metafor::escalc("SMD", m1i = mean(x), sd1i = sd(x), n1i = n1, m2i = mean(y), sd2i = sd(y), n2i = n2, vtype = "UB")
  case(name, list(outcome = c(y, x), group = rep(c("reference", "comparison"), c(n2, n1))),
    list(
      mean_difference = list(estimate = mean(x) - mean(y), std_error = test$stderr, conf_low = test$conf.int[1],
        conf_high = test$conf.int[2], statistic = test$statistic[[1]], df = test$parameter[[1]], p_value = test$p.value),
      hedges_g = list(estimate = smd$yi[1], std_error = sqrt(smd$vi[1]), conf_low = j * root * limits[1],
        conf_high = j * root * limits[2])),
    levels = list(group = c("reference", "comparison")), options = list(level = level), tolerance = 1e-8,
    why = "R's noncentral pt is accurate to about 1e-9 here; without the limits of g the rest agrees to 1e-10")
}
plain <- function(given) {  # the same case held to 1e-10, without what comes from pt(ncp)
  given$name <- paste(given$name, "without noncentral limits")
  given$expected$hedges_g[c("conf_low", "conf_high")] <- NULL
  given[c("tolerance", "why")] <- NULL
  given
}
cases <- list(
  check("six and six", c(6, 8, 7, 10, 11, 9), c(4, 7, 8, 6, 3, 2)),
  check("sleep", sleep$extra[sleep$group == 2], sleep$extra[sleep$group == 1]),
  check("unequal sizes and variances", c(19.8, 20.4, 19.6, 17.8, 18.5, 18.9, 18.3, 18.9, 19.5, 22.0),
    c(28.2, 26.6, 20.1, 23.3, 25.2, 22.1, 17.7, 27.6, 20.6, 13.7, 23.2, 17.5, 20.6, 18.0, 23.9, 21.6, 24.3, 20.4, 24.0, 13.2)),
  check("two and three, 90 %", c(1.5, 2.5), c(0.5, 1, 3), 0.9),
  check("one constant group", c(5, 5, 5, 5), c(1, 4, 2, 6, 3)))
c(cases, lapply(cases, plain))
