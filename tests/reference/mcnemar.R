# Reference for mmstats/methods/mcnemar.py: mcnemar.test and binom.test of R; Tango's limits by maximising the
# likelihood at each difference numerically; mid-p by dbinom and uniroot. The values that Fagerland, Lydersen and Laake's
# package contingencytables has for the complete responses of Cavo et al. (2012), in its tests, are asserted below.
root <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15, maxiter = 1e4)$root
tango <- function(gained, lost, n, level) {
  z <- qnorm((1 + level) / 2)
  score <- function(delta) {
    slope <- function(q) gained / (q + delta) + lost / q - 2 * (n - gained - lost) / (1 - 2 * q - delta)
    ends <- c(max(0, -delta), (1 - delta) / 2); eps <- 1e-14
    low <- ends[1] + eps; high <- ends[2] - eps
    q <- if (slope(low) <= 0) ends[1] else if (slope(high) >= 0) ends[2] else root(slope, low, high)
    (gained - lost - n * delta) / sqrt(n * (2 * q + delta * (1 - delta)))
  }
  at <- (gained - lost) / n; gap <- 1e-9
  c(root(function(d) score(d) - z, -1 + gap, at - gap), root(function(d) score(d) + z, at + gap, 1 - gap))
}
odds <- function(share) share / (1 - share)
check <- function(name, both, gained, lost, neither, level = 0.95) {
  n <- both + gained + lost + neither; m <- gained + lost
  columns <- list(comparison = rep(c("yes", "yes", "no", "no"), c(both, gained, lost, neither)),
    reference = rep(c("yes", "no", "yes", "no"), c(both, gained, lost, neither)))
  levels <- list(comparison = c("no", "yes"), reference = c("no", "yes"))
  test <- mcnemar.test(matrix(c(both, lost, gained, neither), 2), correct = FALSE)
  wilson <- prop.test(gained, m, correct = FALSE, conf.level = level)$conf.int
  exact <- binom.test(gained, m, conf.level = level)
  above <- function(share, x = gained) pbinom(x, m, share, lower.tail = FALSE) + dbinom(x, m, share) / 2
  midp <- min(1, 2 * min(above(0.5), 1 - above(0.5)))
  tail <- (1 - level) / 2
  mid <- c(if (gained == 0) 0 else root(function(p) above(p) - tail, 0, 1), if (lost == 0) 1 else root(function(p) above(p) - 1 + tail, 0, 1))
  limits <- tango(gained, lost, n, level)
  ratio <- gained / lost
  list(
    case(paste(name, "score"), columns, list(
      paired_risk_difference = list(estimate = (gained - lost) / n, statistic = test$statistic[[1]], df = 1, p_value = test$p.value, n = n),
      conditional_odds_ratio = list(estimate = ratio, p_value = test$p.value, conf_low = odds(wilson[1]), conf_high = odds(wilson[2]))),
      levels = levels, options = list(level = level)),
    case(paste(name, "tango"), columns, list(paired_risk_difference = list(conf_low = limits[1], conf_high = limits[2])),
      levels = levels, options = list(level = level), tolerance = 1e-8, why = "uniroot inside uniroot in R"),
    case(paste(name, "exact"), columns, list(conditional_odds_ratio = list(p_value = exact$p.value,
      conf_low = odds(exact$conf.int[1]), conf_high = odds(exact$conf.int[2]))), levels = levels,
      options = list(level = level, test = "exact")),
    case(paste(name, "mid-p"), columns, list(conditional_odds_ratio = list(p_value = midp, conf_low = odds(mid[1]),
      conf_high = odds(mid[2]))), levels = levels, options = list(level = level, test = "mid-p")))
}
published <- check("complete response", 59, 6, 16, 80)
near <- function(case, quantity, field, value, digits) stopifnot(abs(published[[case]]$expected[[quantity]][[field]] - value) < 0.51 * 10^-digits)
near(1, "paired_risk_difference", "p_value", 0.033006, 6)
near(2, "paired_risk_difference", "conf_low", -0.1240, 4)
near(2, "paired_risk_difference", "conf_high", -0.0054, 4)
near(1, "conditional_odds_ratio", "conf_low", 0.1514, 4)
near(1, "conditional_odds_ratio", "conf_high", 0.9287, 4)
near(3, "conditional_odds_ratio", "p_value", 0.052479, 6)
near(4, "conditional_odds_ratio", "p_value", 0.034690, 6)
c(published, check("hyper-responsiveness", 1, 7, 1, 12), check("more lost", 10, 3, 9, 8, 0.9), check("nothing lost", 5, 6, 0, 9))
