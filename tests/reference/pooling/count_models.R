# Models of counts with one normal effect between studies, for the scripts of the methods that pool counts: the likelihood
# by adaptive quadrature with 7 points, at a maximum polished by Newton's steps. metafor's rma.glmm and lme4 agree with it to
# 1e-4, as they stop where the likelihood is flat (tests/meta/rare/rare.R, docs/validation).
hermite <- function(m) { j <- rbind(0, cbind(diag(sqrt(1:(m - 1) / 2)), 0)); e <- eigen(j + t(j), symmetric = TRUE)
  list(x = e$values, w = sqrt(pi) * e$vectors[1, ]^2) }
gh <- hermite(7)
# A study: its log density at a predictor, the first derivative and minus the second.
binomial_study <- function(x, n, offset = 0) list(
  log = function(e) dbinom(x, n, plogis(offset + e), log = TRUE), slope = function(e) x - n * plogis(offset + e),
  bend = function(e) n * plogis(offset + e) * plogis(-offset - e), reach = n)
poisson_study <- function(x, t) list(log = function(e) dpois(x, t * exp(e), log = TRUE), slope = function(e) x - t * exp(e),
  bend = function(e) t * exp(e), reach = x + t)
table_study <- function(a, n1, c, n2) {  # noncentral hypergeometric: all tables with these margins
  j <- max(0, a + c - n2):min(n1, a + c); w <- lchoose(n1, j) + lchoose(n2, a + c - j)
  chance <- function(e) { l <- w + e * j; exp(l - max(l)) / sum(exp(l - max(l))) }
  list(log = function(e) sapply(e, function(v) log(chance(v)[j == a])), slope = function(e) a - sum(chance(e) * j),
    bend = function(e) { p <- chance(e); sum(p * j^2) - sum(p * j)^2 }, reach = length(j))
}
marginal <- function(par, studies) {  # the average and the standard deviation between studies
  b <- par[1]; s <- par[2]
  sum(sapply(studies, function(one) {
    u <- uniroot(function(u) s * one$slope(b + s * u) - u, c(-1, 1) * (1 + abs(s) * one$reach), extendInt = "downX", tol = 1e-9)$root
    for (step in 1:5) u <- u + (s * one$slope(b + s * u) - u) / (1 + s^2 * one$bend(b + s * u))
    w <- 1 / sqrt(1 + s^2 * one$bend(b + s * u)); at <- u + sqrt(2) * w * gh$x
    l <- one$log(b + s * at) + dnorm(at, log = TRUE) + gh$x^2 + log(gh$w)
    max(l) + log(sum(exp(l - max(l)))) + log(sqrt(2) * w)
  }))
}
newton <- function(f, at) { for (step in 1:50) { d <- solve(numDeriv::hessian(f, at), numDeriv::grad(f, at)); at <- at - d; if (max(abs(d)) < 1e-9) break }; at }
# own: variances of the studies' own effects; lr: the likelihood ratio of an own effect for each study and one for all.
count_model <- function(studies, start, own, lr, level) {
  f <- function(par) marginal(par, studies)
  at <- newton(f, optim(c(start, 0.7), f, control = list(fnscale = -1, reltol = 1e-12))$par)
  v <- solve(-numDeriv::hessian(f, at)); top <- f(at); s <- abs(at[2]); k <- length(studies); w <- 1 / own
  profile <- function(s) optimize(function(b) f(c(b, s)), at[1] + c(-12, 12), maximum = TRUE, tol = 1e-10)$objective
  out <- function(s) 2 * (top - profile(s)) - qchisq(level, 1)
  low <- if (out(0) <= 0) 0 else uniroot(out, c(0, s), tol = 1e-10)$root
  high <- uniroot(out, c(s, s + 8), tol = 1e-10)$root
  list(b = at[1], se = sqrt(v[1, 1]), tau2 = s^2, se.tau2 = 2 * s * sqrt(v[2, 2]), limits = c(low, high)^2,
    s2 = (k - 1) / (sum(w) - sum(w^2) / sum(w)), lr = lr, k = k)
}
# The rows of a model: back from its scale, names of the pooled quantity and of a new study's, people or events.
model_rows <- function(g, back, pooled, new, n, test, level, null = FALSE, term = "") {
  q <- if (test == "z") qnorm((1 + level) / 2) else qt((1 + level) / 2, g$k - 1); wide <- sqrt(g$se^2 + g$tau2)
  i2 <- function(t2) 100 * t2 / (t2 + g$s2); z <- g$b / g$se; p <- if (test == "z") 2 * pnorm(-abs(z)) else 2 * pt(-abs(z), g$k - 1)
  rows <- list(pooled = c(list(estimate = back(g$b), conf_low = back(g$b - q * g$se), conf_high = back(g$b + q * g$se), n = n),
      if (null) list(statistic = z, p_value = p)),
    new = list(conf_low = back(g$b - q * wide), conf_high = back(g$b + q * wide)),
    heterogeneity_lr = list(statistic = g$lr, df = g$k - 1, p_value = pchisq(g$lr, g$k - 1, lower.tail = FALSE)),
    tau2 = list(estimate = g$tau2, std_error = g$se.tau2, conf_low = g$limits[1], conf_high = g$limits[2], n = g$k),
    i2 = list(estimate = i2(g$tau2), conf_low = i2(g$limits[1]), conf_high = i2(g$limits[2])), h2 = list(estimate = 1 + g$tau2 / g$s2))
  names(rows)[1:2] <- c(pooled, new)
  if (term == "") rows else { rows$h2 <- NULL; setNames(rows, paste(names(rows), term)) }
}
why_model <- "Derivatives and profile limits are found by differences and root finding here"
