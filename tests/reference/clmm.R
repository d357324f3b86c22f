# Reference for mmstats/methods/clmm.py: ordinal's clmm with modes found to 1e-9, and clmm2 for other slopes at each
# threshold. clmm's Hessian of a Laplace likelihood is numerically poor (its standard errors of wine move by 1 % with
# gradTol), so these, and profile limits, come from the likelihood written out below. clmm's loglog is 1 - exp(-exp(x)),
# which its clm calls cloglog.
suppressMessages({library(ordinal); library(numDeriv)}); packages <- c("ordinal", "numDeriv")
sharp <- clmm.control(gradTol = 1e-9)
tasting <- data.frame(rating = as.numeric(wine$rating), temp = wine$temp, contact = wine$contact, judge = wine$judge, bottle = wine$bottle)
levels_of <- function(d) lapply(Filter(is.factor, d), levels)
plain <- function(d) lapply(d, function(column) if (is.factor(column)) as.character(column) else column)
laplace <- function(p) { cuts <- c(-Inf, p[1:4], Inf); y <- tasting$rating; total <- 0
  eta <- p[5] * (tasting$temp == "warm") + p[6] * (tasting$contact == "yes"); s <- p[7]
  if (is.unsorted(p[1:4], strictly = TRUE)) return(-1e6)
  for (j in levels(tasting$judge)) { k <- tasting$judge == j; up <- cuts[y[k] + 1] - eta[k]; low <- cuts[y[k]] - eta[k]
    slope <- function(u) -s * sum(1 - plogis(up - s * u) - plogis(low - s * u)) - u
    u <- uniroot(slope, c(-20, 20), tol = 1e-14)$root
    bend <- 1 + s^2 * sum(dlogis(up - s * u) + dlogis(low - s * u))
    total <- total + sum(log(plogis(up - s * u) - plogis(low - s * u))) - u^2 / 2 - log(bend) / 2 }
  total }
best <- function(at, value, start) { free <- setdiff(1:7, at); f <- function(q) { p <- numeric(7); p[free] <- q; p[at] <- value; -laplace(p) }
  for (i in 1:3) { o <- optim(start[free], f, method = "BFGS", gr = function(q) grad(f, q), control = list(reltol = 1e-15, maxit = 500)); start[free] <- o$par }
  list(value = -o$value, par = replace(replace(numeric(7), free, o$par), at, value)) }
columns <- function(f, d) list(formula = paste(deparse(f, 500), collapse = ""), data = plain(d[all.vars(f)]))
one <- function(name, f, options = list(), link = "logit", points = 1L, d = tasting, extra = NULL) {
  g <- d; y <- all.vars(f)[1]; g[[y]] <- factor(g[[y]], ordered = TRUE)
  fit <- suppressWarnings(clmm(f, data = g, link = link, nAGQ = points, control = sharp)); expected <- list(); b <- fit$beta
  row <- function(n) { for (v in names(levels_of(d))) for (l in levels(d[[v]])) if (n == paste0(v, l)) return(sprintf("%s[%s]", v, l)); if (n == "(Intercept)") "intercept" else n }
  for (n in names(b)) expected[[paste(if (link == "logit") "odds_ratio" else "coefficient", row(n))]] <- list(estimate = if (link == "logit") exp(b[[n]]) else b[[n]])
  for (n in names(fit$alpha)) expected[[paste("threshold", n)]] <- list(estimate = fit$alpha[[n]])
  if (points > 1) { se <- sqrt(diag(vcov(fit))); for (n in names(fit$alpha)) expected[[paste("threshold", n)]]$std_error <- se[[n]] }
  for (v in names(VarCorr(fit))) { s <- attr(VarCorr(fit)[[v]], "stddev"); for (k in seq_along(s)) if (s[[k]] > 1e-3)
      expected[[sprintf("random_sd %s | %s", row(names(s)[k]), v)]] <- list(estimate = s[[k]])
    if (length(s) == 2) expected[[sprintf("random_correlation %s | %s", paste(sapply(names(s), row), collapse = ", "), v)]] <- list(estimate = attr(VarCorr(fit)[[v]], "correlation")[1, 2]) }
  case(name, columns(f, d), c(expected, extra), levels = levels_of(d[all.vars(f)]), options = c(options, list(interval = "wald", points = points)),
    tolerance = 1e-4, why = "clmm's stopping rule")
}
full <- rating ~ temp + contact + (1 | judge); ordered <- transform(tasting, rating = factor(rating, ordered = TRUE))
fit <- clmm(full, data = ordered, control = sharp); top <- best(integer(), numeric(), c(coef(fit)[1:6], 1.13)); p <- top$par
se <- sqrt(diag(solve(-hessian(laplace, p)))); expected <- list()
near <- function(at, v) if (at > 4) replace(p, at, v) else p + (seq_along(p) <= 4) * (v - p[at])  # in order
end <- function(at, side, far) uniroot(function(v) 2 * (top$value - best(at, v, near(at, v))$value) - qchisq(0.95, 1), sort(p[at] + side * far), tol = 1e-7)$root
for (k in 1:4) expected[[sprintf("threshold %d|%d", k, k + 1)]] <- list(estimate = p[k], std_error = se[k], conf_low = end(k, -1, c(0.5, 4)), conf_high = end(k, 1, c(0.5, 4)))
for (j in 5:6) { chi <- 2 * (top$value - best(j, 0, p)$value); expected[[c("odds_ratio temp[warm]", "odds_ratio contact[yes]")[j - 4]]] <- list(estimate = exp(p[j]),
  conf_low = exp(end(j, -1, c(0.5, 2))), conf_high = exp(end(j, 1, c(0.5, 2))), statistic = chi, df = 1, p_value = pchisq(chi, 1, lower.tail = FALSE), n = 72) }
expected[["random_sd intercept | judge"]] <- list(estimate = abs(p[7]), conf_low = end(7, -1, c(0.3, 1)), conf_high = end(7, 1, c(0.3, 2)), std_error = se[7])
expected[["icc"]] <- list(estimate = p[7]^2 / (p[7]^2 + pi^2 / 3))
by_term <- function(nominal, location) 2 * as.numeric(logLik(clmm2(location, nominal = nominal, random = judge, data = ordered, control = clmm2.control(gradTol = 1e-7))) - top$value)
tests <- c(temp = by_term(~temp, rating ~ contact), contact = by_term(~contact, rating ~ temp))
for (t in names(tests)) expected[[paste("proportional_odds_test", t)]] <- list(estimate = tests[[t]], df = 3)
stopifnot(abs(top$value - 72 * 0 - as.numeric(logLik(fit))) < 1e-6)
set.seed(5); id <- rep(1:20, each = 8); u <- rnorm(20); v <- rnorm(20)
sim <- data.frame(id = factor(paste0("p", id), paste0("p", 1:20)), group = factor(rep(c("HC", "MS"), each = 10)[id]), hand = factor(rep(c("left", "right"), 80)))
sim$score <- as.numeric(cut(0.8 * (sim$group == "MS") + (0.5 + v[id]) * (sim$hand == "right") + u[id] + rlogis(160), c(-Inf, -1, 0.5, 2, Inf)))
list(case("wine, profile", columns(full, tasting), expected, levels = levels_of(tasting[all.vars(full)]), tolerance = 1e-4, why = "optimisers and roots in R"),
  one("wine, 10 points", full, points = 10L), one("crossed, one variance 0", rating ~ temp + contact + (1 | judge) + (1 | bottle)),
  one("probit", full, list(link = "probit"), "probit"), one("proportional hazards", full, list(link = "cloglog"), "loglog"),
  one("a random slope", score ~ group + hand + (1 + hand | id), d = sim))
