# Reference for mmstats/methods/proportion.py: R's binom.test (exact), prop.test without correction (Wilson's score
# interval), and quantiles of the posterior from Jeffreys' prior, with Brown, Cai and DasGupta's ends at 0 and n.
limits <- function(x, n, interval, level) switch(interval,
  "clopper-pearson" = as.numeric(binom.test(x, n, conf.level = level)$conf.int),
  wilson = as.numeric(suppressWarnings(prop.test(x, n, correct = FALSE, conf.level = level))$conf.int),
  jeffreys = c(if (x == 0) 0 else qbeta((1 - level) / 2, x + 0.5, n - x + 0.5), if (x == n) 1 else qbeta((1 + level) / 2, x + 0.5, n - x + 0.5)))
row <- function(x, n, interval, level) { l <- limits(x, n, interval, level); list(estimate = x / n, conf_low = l[1], conf_high = l[2], n = n) }
one <- function(name, events, people, interval = "clopper-pearson", level = 0.95) {
  outcome <- unlist(mapply(function(x, n) rep(c("yes", "no"), c(x, n - x)), events, people, SIMPLIFY = FALSE), use.names = FALSE)
  groups <- names(events); x <- unname(events); n <- unname(people)
  expected <- list("proportion" = row(sum(x), sum(n), interval, level))
  for (i in seq_along(groups)) expected[[sprintf("proportion group[%s]", groups[i])]] <- row(x[i], n[i], interval, level)
  columns <- list(outcome = I(outcome)); levels <- list(outcome = c("no", "yes"))
  if (length(groups)) { columns$group <- I(rep(groups, n)); levels$group <- I(groups) }
  case(name, columns, expected, levels = levels, options = list(interval = interval, level = level))
}
sexes <- c(female = 9, male = 3); sizes <- c(female = 31, male = 18)
list(one("a rare gene", 2, 57), one("nobody", 0, 20), one("everybody", 14, 14), one("penetrance by sex", sexes, sizes),
  one("by sex, 90 %", sexes, sizes, level = 0.9), one("by sex, Wilson", sexes, sizes, "wilson"), one("nobody, Wilson", 0, 20, "wilson"),
  one("by sex, Jeffreys", sexes, sizes, "jeffreys"), one("nobody, Jeffreys", 0, 20, "jeffreys"), one("one person", 1, 1, "jeffreys"))
