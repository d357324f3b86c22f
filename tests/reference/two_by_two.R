# Two proportions, by other routes than the package's: restricted proportions by maximising the likelihood
# numerically, exact tails by summing over every table with stats::dbinom, conditional odds ratio by fisher.test,
# mid-p by stats::dhyper-like sums with uniroot. Newcombe's (1998) tables a, b and d, and two small ones.
root <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15, maxiter = 10000)$root
comparison <- list(
  risk_difference = function(effect, p0) p0 + effect,
  risk_ratio = function(effect, p0) p0 * effect,
  odds_ratio = function(effect, p0) effect * p0 / (1 - p0 + effect * p0))
null <- c(risk_difference = 0, risk_ratio = 1, odds_ratio = 1)
slope <- list(risk_difference = function(e, p0) 1, risk_ratio = function(e, p0) e,
  odds_ratio = function(e, p0) e / (1 - p0 + e * p0)^2)
range0 <- list(risk_difference = function(e) c(max(0, -e), min(1, 1 - e)), risk_ratio = function(e) c(0, min(1, 1 / e)),
  odds_ratio = function(e) c(0, 1))

score <- function(kind, effect, x1, n1, x0, n0) {
  r <- range0[[kind]](effect)
  gradient <- function(p0) {
    p1 <- comparison[[kind]](effect, p0)
    slope[[kind]](effect, p0) * (x1 / p1 - (n1 - x1) / (1 - p1)) + x0 / p0 - (n0 - x0) / (1 - p0)
  }
  ends <- r + c(1, -1) * 1e-13 * diff(r)
  p0 <- if (gradient(ends[1]) <= 0) r[1] else if (gradient(ends[2]) >= 0) r[2] else root(gradient, ends[1], ends[2])
  p1 <- comparison[[kind]](effect, p0)
  part <- function(x, n, p) if (abs(x / n - p) < 1e-12) 0 else n * (x / n - p)^2 / max(p * (1 - p), 0)
  size <- sqrt((part(x1, n1, p1) + part(x0, n0, p0)) * (n1 + n0 - 1) / (n1 + n0))
  if ((x1 / n1 - p1) - (x0 / n0 - p0) >= 0) size else -size
}
value <- function(kind, x1, n1, x0, n0) switch(kind, risk_difference = x1 / n1 - x0 / n0,
  risk_ratio = (x1 / n1) / (x0 / n0), odds_ratio = x1 * (n0 - x0) / (x0 * (n1 - x1)))

by_score <- function(kind, t, level = 0.95) {
  z <- qnorm((1 + level) / 2)
  at <- do.call(value, c(kind, as.list(t)))
  f <- function(e) do.call(score, c(kind, e, as.list(t)))
  ratio <- kind != "risk_difference"
  g <- if (ratio) function(u) f(exp(u)) else f
  inside <- if (!ratio) at else if (at > 0 && is.finite(at)) log(at) else 0
  wide <- if (ratio) 15 else 1 - 1e-9
  back <- if (ratio) exp else identity
  top <- if (ratio && is.infinite(at)) 15 else inside
  low <- if (ratio && at == 0) 0 else back(root(function(u) g(u) - z, -wide, top))
  high <- if (ratio && is.infinite(at)) Inf else back(root(function(u) g(u) + z, if (ratio && at == 0) -15 else inside, wide))
  x <- f(null[[kind]])
  list(estimate = at, conf_low = low, conf_high = high, statistic = x^2, df = 1, p_value = 2 * pnorm(-abs(x)), n = t[2] + t[4])
}
all_scores <- function(t) setNames(lapply(names(null), by_score, t = t), names(null))

# Exact tail at one effect: every table, every nuisance proportion (fine grid, then optimise around the best).
tail_p <- function(kind, effect, t, upper) {
  n1 <- t[2]; n0 <- t[4]
  z <- outer(0:n1, 0:n0, Vectorize(function(a, b) score(kind, effect, a, n1, b, n0)))
  seen <- z[t[1] + 1, t[3] + 1]
  extreme <- if (upper) z >= seen - 1e-7 else z <= seen + 1e-7
  r <- range0[[kind]](effect)
  chance <- function(p0) sum(extreme * outer(dbinom(0:n1, n1, min(1, comparison[[kind]](effect, p0))), dbinom(0:n0, n0, p0)))
  grid <- seq(r[1], r[2], length.out = 2001)
  best <- which.max(sapply(grid, chance))
  max(optimize(chance, grid[c(max(best - 1, 1), min(best + 1, 2001))], maximum = TRUE, tol = 1e-12)$objective, chance(grid[best]))
}
unconditional_p <- function(t) min(1, 2 * tail_p("risk_difference", 0, t, TRUE), 2 * tail_p("risk_difference", 0, t, FALSE))

midp <- function(t) {
  x1 <- t[1]; n1 <- t[2]; x0 <- t[3]; n0 <- t[4]; m <- x1 + x0
  s <- max(0, m - n0):min(n1, m)
  above <- function(u) { w <- choose(n1, s) * choose(n0, m - s) * exp(u * (s - x1)); (sum(w[s > x1]) + w[s == x1] / 2) / sum(w) }
  ends <- range(s)
  fisher <- fisher.test(matrix(c(x1, n1 - x1, x0, n0 - x0), 2))
  mean_at <- function(u) { w <- choose(n1, s) * choose(n0, m - s) * exp(u * (s - x1)); sum(s * w) / sum(w) - x1 }
  estimate <- if (x1 == ends[1]) 0 else if (x1 == ends[2]) Inf else exp(root(mean_at, -9, 9))
  stopifnot(is.infinite(estimate) || abs(estimate - fisher$estimate) < 1e-3 * max(1, estimate))
  list(odds_ratio = list(estimate = estimate,
    conf_low = if (x1 == ends[1]) 0 else exp(root(function(u) above(u) - 0.025, -9, 9)),
    conf_high = if (x1 == ends[2]) Inf else exp(root(function(u) above(u) - 0.975, -9, 9)),
    p_value = min(1, 2 * min(above(0), 1 - above(0)))))
}
columns <- function(t) list(
  outcome = c(rep("yes", t[1]), rep("no", t[2] - t[1]), rep("yes", t[3]), rep("no", t[4] - t[3])),
  group = rep(c("MS", "HC"), c(t[2], t[4])))
levels <- list(outcome = c("no", "yes"), group = c("HC", "MS"))
tables <- list(newcombe_a = c(56, 70, 48, 80), newcombe_b = c(9, 10, 3, 10), newcombe_d = c(5, 56, 0, 29), small = c(1, 6, 4, 7))
cases <- list()
why <- "uniroot inside uniroot: R's restricted proportions carry about 12 digits, its limits about 9"
for (name in names(tables)) {
  t <- tables[[name]]
  cases <- c(cases, list(
    case(paste0(name, "_score"), columns(t), all_scores(t), levels = levels, tolerance = 1e-8, why = why),
    case(paste0(name, "_midp"), columns(t), midp(t), levels = levels, options = list(test = "fisher-midp"))))
}
# The exact interval is checked by what defines it: R's own tail probability at the limits that R finds by halving.
exact_limit <- function(kind, t, upper) {
  at <- do.call(value, c(kind, as.list(t)))
  outside <- if (upper) -0.99 else 0.99; inside <- at
  for (i in 1:32) {
    middle <- (outside + inside) / 2
    if (tail_p(kind, middle, t, upper) > 0.025) inside <- middle else outside <- middle
  }
  inside
}
for (name in c("newcombe_b", "small")) {
  t <- tables[[name]]
  p <- unconditional_p(t)
  cases <- c(cases, list(case(paste0(name, "_unconditional"), columns(t), list(
    risk_difference = list(conf_low = exact_limit("risk_difference", t, TRUE), conf_high = exact_limit("risk_difference", t, FALSE), p_value = p),
    risk_ratio = list(p_value = p), odds_ratio = list(p_value = p)),
    levels = levels, options = list(test = "unconditional"), tolerance = 1e-7, why = "32 halvings in R, and a grid over the nuisance proportion")))
}
# Boschloo: Fisher's one-sided p by phyper as the statistic, its probability over both binomials.
boschloo <- function(t) {
  x1 <- t[1]; n1 <- t[2]; x0 <- t[3]; n0 <- t[4]
  one <- function(upper) {
    p <- outer(0:n1, 0:n0, function(a, b) if (upper) phyper(a - 1, n1, n0, a + b, lower.tail = FALSE) else phyper(a, n1, n0, a + b))
    extreme <- p <= p[x1 + 1, x0 + 1] * (1 + 1e-7)
    chance <- function(q) sum(extreme * outer(dbinom(0:n1, n1, q), dbinom(0:n0, n0, q)))
    grid <- seq(0, 1, length.out = 4001); best <- which.max(sapply(grid, chance))
    max(optimize(chance, grid[c(max(best - 1, 1), min(best + 1, 4001))], maximum = TRUE, tol = 1e-12)$objective, chance(grid[best]))
  }
  min(1, 2 * one(TRUE), 2 * one(FALSE))
}
for (name in names(tables)) {
  t <- tables[[name]]
  cases <- c(cases, list(case(paste0(name, "_boschloo"), columns(t), list(odds_ratio = list(
    estimate = do.call(value, c("odds_ratio", as.list(t))), p_value = boschloo(t))), levels = levels,
    options = list(test = "boschloo"), tolerance = 1e-8, why = "a maximum found on a grid and refined, on either side")))
}
cases
