# Reference for mmstats/methods/cronbach_alpha.py: psych::alpha and its alpha.ci (Feldt); Bonett's formula.
packages <- "psych"
one <- function(name, items, interval = "feldt", level = 0.95) {
  x <- as.data.frame(items); n <- nrow(x); k <- ncol(x)
  a <- suppressWarnings(psych::alpha(x, warnings = FALSE, check.keys = FALSE))$total$raw_alpha
  limits <- if (interval == "feldt") unlist(psych::alpha.ci(a, n, k, p.val = 1 - level, digits = 15)[c("lower.ci", "upper.ci")])
    else 1 - exp(log(1 - a) + c(1, -1) * qnorm((1 + level) / 2) * sqrt(2 * k / ((k - 1) * (n - 2))))
  case(name, list(items = as.list(x)), list(cronbach_alpha = list(estimate = a, conf_low = limits[[1]], conf_high = limits[[2]], n = n)),
    options = list(interval = interval, level = level))
}
bfi <- na.omit(psych::bfi[1:60, c("N1", "N2", "N3", "N4", "N5")])
list(one("attitude", attitude), one("attitude, Bonett", attitude, "bonett"), one("neuroticism", bfi), one("neuroticism, 90 %", bfi, level = 0.9),
  one("an item the wrong way round", na.omit(psych::bfi[1:40, c("A1", "A2", "A3")]), "bonett"))
