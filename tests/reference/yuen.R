# Reference for mmstats/methods/yuen.py, from the formulas of Yuen (1974): mean(trim =) and winsorised variances.
check <- function(name, x, y, trim = 0.2, level = 0.95) {  # x is the comparison
  parts <- function(v) {
    g <- floor(trim * length(v)); h <- length(v) - 2 * g; s <- sort(v)
    w <- pmin(pmax(v, s[g + 1]), s[length(v) - g])
    list(mean = mean(v, trim = trim), q = (length(v) - 1) * var(w) / (h * (h - 1)), df = h - 1)
  }
  a <- parts(x); b <- parts(y)
  error <- sqrt(a$q + b$q); df <- (a$q + b$q)^2 / (a$q^2 / a$df + b$q^2 / b$df)
  d <- a$mean - b$mean; half <- qt((1 + level) / 2, df) * error
  case(name, list(outcome = c(y, x), group = rep(c("reference", "comparison"), c(length(y), length(x)))),
    list(trimmed_mean_difference = list(estimate = d, std_error = error, conf_low = d - half, conf_high = d + half,
      statistic = d / error, df = df, p_value = 2 * pt(-abs(d / error), df))),
    levels = list(group = c("reference", "comparison")), options = list(trim = trim, level = level))
}
exact <- function(name, x, y, trim = 0.2) {  # the standard deviation of all resamples, listed
  resampled <- function(v) {
    means <- apply(expand.grid(rep(list(v), length(v))), 1, mean, trim = trim)
    mean((means - mean(means))^2)
  }
  found <- check(name, x, y, trim)
  e <- found$expected$trimmed_mean_difference
  error <- sqrt(resampled(x) + resampled(y))
  half <- qt(0.975, e$df) * error
  case(name, found$columns, list(trimmed_mean_difference = list(estimate = e$estimate, std_error = error,
      conf_low = e$estimate - half, conf_high = e$estimate + half, statistic = e$estimate / error, df = e$df)),
    levels = list(group = c("reference", "comparison")), options = list(trim = trim, interval = "exact-bootstrap-t"))
}
list(
  exact("all resamples", c(6, 8, 7, 10, 11, 90), c(4, 7, 8, 6, 3, 2)),
  exact("all resamples, with ties", c(0, 0, 1, 4, 2), c(3, 3, 3, 5, 1, 9.5), 0.25),
  check("six and six with an outlier", c(6, 8, 7, 10, 11, 90), c(4, 7, 8, 6, 3, 2)),
  check("sleep", sleep$extra[sleep$group == 2], sleep$extra[sleep$group == 1]),
  check("unequal sizes, a tenth", c(19.8, 20.4, 19.6, 17.8, 18.5, 18.9, 18.3, 18.9, 19.5, 22.0),
    c(28.2, 26.6, 20.1, 23.3, 25.2, 22.1, 17.7, 27.6, 20.6, 13.7, 23.2, 17.5, 20.6, 18.0, 23.9), 0.1, 0.9))
