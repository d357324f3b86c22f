# Reference for mmstats/mixed/heterogeneous.py: nlme's varIdent and glmmTMB's dispersion formula, by sex and by
# visit, with Orthodont's rows. The test of equal variances is between the same program's two fits.
packages <- c("nlme", "glmmTMB")
suppressMessages({library(nlme); library(glmmTMB)})
d <- as.data.frame(Orthodont)
d$female <- as.integer(d$Sex == "Female"); d$visit <- as.integer((d$age - 8) / 2)
d$subject <- as.character(d$Subject); d$sex <- factor(d$female); d$when <- factor(d$visit)
tight <- lmeControl(maxIter = 500, msMaxIter = 2000, msMaxEval = 4000, tolerance = 1e-10, msTol = 1e-10,
  opt = "optim")
by_lme <- function(name, slope, by, method) {
  random <- if (slope) ~ age | subject else ~ 1 | subject
  w <- if (by == "sex") varIdent(form = ~ 1 | sex) else varIdent(form = ~ 1 | when)
  equal <- lme(distance ~ age * female, random = random, data = d, method = method, control = tight)
  m <- lme(distance ~ age * female, random = random, data = d, method = method, weights = w, control = tight)
  ratios <- coef(m$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
  list(name = name, program = "nlme", slope = slope, by = by, restricted = method == "REML",
    deviance = -2 * as.numeric(logLik(m)), statistic = 2 * as.numeric(logLik(m) - logLik(equal)),
    residual_sd = m$sigma * ratios[order(names(ratios))],
    coefficient = as.numeric(fixef(m)), std_error = as.numeric(sqrt(diag(vcov(m)))))
}
by_tmb <- function(name, by, restricted) {
  f <- distance ~ age * female + (1 | subject)
  equal <- glmmTMB(f, data = d, REML = restricted)
  m <- glmmTMB(f, dispformula = if (by == "sex") ~ 0 + sex else ~ 0 + when, data = d, REML = restricted)
  halved <- if (packageVersion("glmmTMB") >= "1.1.8") 1 else 0.5  # before, the model was of the variance
  list(name = name, program = "glmmTMB", slope = FALSE, by = by, restricted = restricted,
    deviance = -2 * as.numeric(logLik(m)), statistic = 2 * as.numeric(logLik(m) - logLik(equal)),
    residual_sd = as.numeric(exp(fixef(m)$disp * halved)),
    coefficient = as.numeric(fixef(m)$cond), std_error = as.numeric(sqrt(diag(vcov(m)$cond))))
}
# Profile limits: glmmTMB's, refined by root finding on refits with one parameter held by `map`.
profiles <- function(name, by) {
  f <- distance ~ age * female + (1 | subject)
  shape <- if (by == "sex") ~ 0 + sex else ~ 0 + when
  m <- glmmTMB(f, dispformula = shape, data = d, REML = FALSE)
  least <- -as.numeric(logLik(m)); start <- m$fit$parfull
  halved <- if (packageVersion("glmmTMB") >= "1.1.8") 1 else 0.5
  held <- function(kind, at, value) {
    own <- lapply(c("beta", "betad", "theta"), function(k) unname(start[names(start) == k]))
    names(own) <- c("beta", "betad", "theta"); own[[kind]][at] <- value
    map <- list(); levels <- seq_along(own[[kind]]); levels[at] <- NA; map[[kind]] <- factor(levels)
    2 * (-as.numeric(logLik(suppressWarnings(glmmTMB(f, dispformula = shape, data = d, REML = FALSE, start = own, map = map)))) - least)
  }
  limit <- function(kind, at, side) {
    value <- unname(start[names(start) == kind])[at]
    excess <- function(x) held(kind, at, x) - qchisq(0.95, 1)
    far <- 0.1; while (excess(value + side * far) < 0) far <- far * 1.6
    uniroot(excess, sort(c(value, value + side * far)), tol = 1e-10)$root
  }
  both <- function(kind, at, back) I(back(c(limit(kind, at, -1), limit(kind, at, 1))))
  levels <- sum(names(start) == "betad")
  list(name = name, by = by, residual_sd = lapply(seq_len(levels), function(g) both("betad", g, function(x) exp(halved * x))),
    random_sd = both("theta", 1, exp), coefficient = lapply(1:4, function(j) both("beta", j, identity)),
    ratio = sapply(1:4, function(j) held("beta", j, 0)))
}
cases <- list(
  by_lme("nlme, REML, by sex", FALSE, "sex", "REML"), by_lme("nlme, ML, by sex", FALSE, "sex", "ML"),
  by_lme("nlme, REML, by visit", FALSE, "visit", "REML"), by_lme("nlme, ML, by visit", FALSE, "visit", "ML"),
  by_lme("nlme, REML, slopes, by sex", TRUE, "sex", "REML"), by_lme("nlme, ML, slopes, by sex", TRUE, "sex", "ML"),
  by_tmb("glmmTMB, ML, by sex", "sex", FALSE), by_tmb("glmmTMB, ML, by visit", "visit", FALSE),
  by_tmb("glmmTMB, REML, by sex", "sex", TRUE))
list(data = lapply(d[c("distance", "age", "subject", "female", "visit")], I), cases = cases,
  profiles = list(profiles("by sex", "sex"), profiles("by visit", "visit")))
