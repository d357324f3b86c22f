# Reference for mmstats/methods/glmm.py: glmmTMB (Laplace, with standard errors of the marginal likelihood), and
# lme4's glmer for quadrature; profile limits by roots of glmmTMB's likelihood with the coefficient as an offset.
suppressMessages({library(lme4); library(glmmTMB)}); packages <- c("lme4", "glmmTMB")
sharp <- glmmTMBControl(optCtrl = list(iter.max = 1000, eval.max = 1000, rel.tol = 1e-13, x.tol = 1e-12))
why <- "the stopping rules of the optimisers in R"
levels_of <- function(d) lapply(Filter(is.factor, d), levels)
plain <- function(d) lapply(d, function(column) if (is.factor(column)) as.character(column) else column)
ours <- function(name, d) { for (v in names(Filter(is.factor, d))) for (l in levels(d[[v]]))
  if (name == paste0(v, l)) return(sprintf("%s[%s]", v, l)); if (name == "(Intercept)") "intercept" else name }

wald <- function(name, f, d, family, ratio, plainly, options, weights = NULL, level = 0.95) {
  d$w <- if (is.null(weights)) rep(1, nrow(d)) else weights
  fit <- glmmTMB(f, data = d, family = family, weights = w, control = sharp); b <- fixef(fit)$cond
  se <- sqrt(diag(vcov(fit)$cond)); z <- qnorm((1 + level) / 2); expected <- list()
  for (j in seq_along(b)) { row <- ours(names(b)[j], d); p <- 2 * pnorm(-abs(b[[j]] / se[[j]])); ends <- b[[j]] + c(-z, z) * se[[j]]
    expected[[paste(if (row == "intercept") plainly else ratio, row)]] <- if (row == "intercept" || ratio == "coefficient")
      list(estimate = b[[j]], std_error = se[[j]], conf_low = ends[1], conf_high = ends[2], statistic = b[[j]] / se[[j]], p_value = p, n = nrow(d)) else
      list(estimate = exp(b[[j]]), conf_low = exp(ends[1]), conf_high = exp(ends[2]), statistic = b[[j]] / se[[j]], p_value = p) }
  for (g in names(VarCorr(fit)$cond)) { v <- VarCorr(fit)$cond[[g]]; sds <- attr(v, "stddev"); for (k in seq_along(sds))
    expected[[sprintf("random_sd %s | %s", ours(names(sds)[k], d), g)]] <- list(estimate = sds[[k]])
    if (length(sds) == 2) expected[[sprintf("random_correlation %s | %s", paste(sapply(names(sds), ours, d), collapse = ", "), g)]] <- list(estimate = attr(v, "correlation")[1, 2]) }
  if (family(fit)$family == "nbinom2") expected$negative_binomial_size <- list(estimate = sigma(fit))
  columns <- list(formula = gsub("\"", "", paste(deparse(f, 500), collapse = "")), data = plain(d[all.vars(f)]))
  if (!is.null(weights)) columns$weights <- weights
  case(name, columns, expected, levels = levels_of(d[all.vars(f)]), options = c(options, list(level = level, interval = "wald")), tolerance = 1e-4, why = why)
}
profiled <- function(name, f, f0, x, row, d, level = 0.9) {
  fit <- glmmTMB(f, data = d, family = binomial, control = sharp); b <- fixef(fit)$cond[[x]]; l <- as.numeric(logLik(fit))
  se <- sqrt(diag(vcov(fit)$cond))[[x]]; X <- model.matrix(fit)[, x]
  gap <- function(v) { d$off <- v * X; 2 * (l - as.numeric(logLik(glmmTMB(f0, data = d, family = binomial, control = sharp)))) }
  end <- function(side) uniroot(function(v) gap(v) - qchisq(level, 1), sort(b + side * c(1, 3) * se), tol = 1e-10)$root
  chi <- gap(0); expected <- list()
  expected[[paste("odds_ratio", row)]] <- list(estimate = exp(b), conf_low = exp(end(-1)), conf_high = exp(end(1)), statistic = chi, df = 1, p_value = pchisq(chi, 1, lower.tail = FALSE))
  case(name, list(formula = deparse(f), data = plain(d[all.vars(f)])), expected, levels = levels_of(d[all.vars(f)]), options = list(level = level), tolerance = 2e-5, why = why)
}
quadrature <- function(name, f, d, family, ratio, options) {
  fit <- glmer(f, data = d, family = family, nAGQ = 15, control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 2e-4, rhoend = 1e-10, maxfun = 1e5)))
  b <- fixef(fit); expected <- list()
  for (j in seq_along(b)[-1]) expected[[paste(ratio, ours(names(b)[j], d))]] <- list(estimate = exp(b[[j]]))
  expected[["random_sd intercept | id"]] <- list(estimate = getME(fit, "theta")[[1]])
  case(name, list(formula = deparse(f), data = plain(d[all.vars(f)])), expected, levels = levels_of(d[all.vars(f)]), options = c(options, list(points = 15L, interval = "wald")), tolerance = 2e-5, why = why)
}
set.seed(11)
n <- 24; m <- 8; id <- rep(1:n, each = m); u <- rnorm(n) * 0.9; v <- rnorm(n) * 0.4 + 0.3 * u; items <- rnorm(m) * 0.6
sim <- data.frame(id = factor(paste0("p", id), paste0("p", 1:n)), group = factor(rep(c("HC", "MS"), each = n / 2)[id]), x = round(rnorm(n * m), 2), item = factor(paste0("i", rep(1:m, n))))
eta <- 0.3 + 0.7 * (sim$group == "MS") + 0.5 * sim$x + u[id] + v[id] * sim$x
sim$event <- factor(ifelse(rbinom(n * m, 1, plogis(eta + items[rep(1:m, n)])) == 1, "yes", "no")); sim$count <- rpois(n * m, exp(0.7 * eta)); sim$nb <- rnbinom(n * m, mu = exp(0.7 * eta), size = 1.5)
herds <- cbpp; herds$share <- herds$incidence / herds$size; herds$herd <- factor(herds$herd)
list(wald("cbpp, shares of trials", share ~ period + (1 | herd), herds, binomial(), "odds_ratio", "log_odds", list(), weights = as.numeric(herds$size)),
  wald("crossed", event ~ group + x + (1 | id) + (1 | item), sim, binomial(), "odds_ratio", "log_odds", list(), level = 0.9),
  wald("probit", event ~ group + x + (1 | id), sim, binomial("probit"), "coefficient", "coefficient", list(link = "probit")),
  wald("cloglog", event ~ group + x + (1 | id), sim, binomial("cloglog"), "coefficient", "coefficient", list(link = "cloglog")),
  wald("counts with a random slope", count ~ group + x + (1 + x | id), sim, poisson(), "rate_ratio", "log_rate", list(distribution = "poisson")),
  wald("negative binomial", nb ~ group + x + (1 | id), sim, nbinom2(), "rate_ratio", "log_rate", list(distribution = "negative-binomial")),
  profiled("profile", event ~ group + x + (1 | id), event ~ x + offset(off) + (1 | id), "groupMS", "group[MS]", sim),
  quadrature("15 points", event ~ group + x + (1 | id), sim, binomial(), "odds_ratio", list()),
  quadrature("counts by 15 points", count ~ group + x + (1 | id), sim, poisson(), "rate_ratio", list(distribution = "poisson")))
