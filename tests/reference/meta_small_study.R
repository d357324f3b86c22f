# Reference for mmstats/methods/meta_small_study.py: metafor's regtest, ranktest, trimfill, fsn, tes and hc; R's lm for PET and PEESE.
suppressMessages(library(metafor))
packages <- "metafor"
tests <- c("z" = "z", "t" = "t", "hartung-knapp" = "knha")
predictors <- c("std-error" = "sei", "variance" = "vi", "inverse-size" = "ninv", "inverse-root-size" = "sqrtninv")
tau2s <- c(reml = "REML", dl = "DL", common = "EE")
rows <- function(table, place, df, level) {  # of lm's summary
  half <- qt((1 + level) / 2, df) * table[place, 2]
  list(estimate = table[place, 1], std_error = table[place, 2], conf_low = table[place, 1] - half, conf_high = table[place, 1] + half,
    statistic = table[place, 3], df = df, p_value = table[place, 4])
}
fitted <- function(fit, place, n) list(estimate = fit$beta[place, 1], std_error = fit$se[place], conf_low = fit$ci.lb[place],
  conf_high = fit$ci.ub[place], statistic = fit$zval[place], df = if (fit$test == "z") NA_real_ else n - fit$p, p_value = fit$pval[place])
one <- function(name, yi, vi, ni = NULL, tau2 = "reml", test = "hartung-knapp", predictor = "std-error", estimator = "l0", scale = "as-given", level = 0.95, tes = TRUE) {
  k <- length(yi); study <- sprintf("s%02d", seq_len(k)); sei <- sqrt(vi)
  precise <- list(threshold = 1e-12 * max(1, var(yi)), maxiter = 10000, tau2.max = 1e8, tol = 1e-14)
  given <- c(list(yi = yi, vi = vi, method = tau2s[[tau2]], test = tests[[test]], level = 100 * level), if (!is.null(ni)) list(ni = ni))
  given$control <- precise
  fit <- suppressWarnings(do.call(rma, given))
  ratio <- scale == "logarithms"
  adjusted <- if (ratio) "adjusted_effect_ratio" else "adjusted_effect"
  shown <- function(row) {
    if (ratio) { for (f in intersect(c("estimate", "conf_low", "conf_high"), names(row))) row[[f]] <- exp(row[[f]]); row["std_error"] <- NA_real_ }
    row
  }
  expected <- list()
  x <- switch(predictor, "std-error" = sei, "variance" = vi, "inverse-size" = 1 / ni, "inverse-root-size" = 1 / sqrt(ni))
  weighted <- summary(lm(yi ~ x, weights = 1 / vi))$coefficients
  said <- regtest(fit, model = "lm", predictor = predictors[[predictor]])
  stopifnot(abs(said$zval - weighted[2, 3]) < 1e-9, abs(said$est - weighted[1, 1]) < 1e-9)
  expected$egger_classical <- rows(weighted, 2, k - 2, level)
  expected[[paste(adjusted, "Egger, weighted")]] <- shown(rows(weighted, 1, k - 2, level))
  mixed <- suppressWarnings(rma(yi, vi, mods = ~ x, method = tau2s[[tau2]], test = tests[[test]], level = 100 * level, control = precise))
  said <- suppressWarnings(regtest(fit, model = "rma", predictor = predictors[[predictor]]))
  stopifnot(abs(said$zval - mixed$zval[2]) < 1e-6, abs(said$est - mixed$beta[1]) < 1e-6)
  expected$egger_mixed <- fitted(mixed, 2, k)
  expected[[paste(adjusted, "Egger, mixed-effects")]] <- shown(fitted(mixed, 1, k))
  ranks <- suppressWarnings(ranktest(yi, vi))
  expected$begg_tau <- list(estimate = ranks$tau[[1]], p_value = ranks$pval)
  expected[[if (ratio) "effect_ratio" else "effect"]] <- shown(fitted(fit, 1, k))
  pet <- summary(lm(yi ~ sei, weights = 1 / vi))$coefficients; peese <- summary(lm(yi ~ vi, weights = 1 / vi))$coefficients
  expected[[paste(adjusted, "PET")]] <- shown(rows(pet, 1, k - 2, level))
  expected[[paste(adjusted, "PEESE")]] <- shown(rows(peese, 1, k - 2, level))
  expected[[paste(adjusted, "PET-PEESE")]] <- shown(rows(if (pet[1, 4] < 0.10) peese else pet, 1, k - 2, level))
  common <- hc(rma(yi, vi, method = "DL"))  # its limits end at R's default tolerance: tests/meta/test_bias.py has them
  expected[[paste(adjusted, "Henmi-Copas")]] <- shown(list(estimate = common$beta[[1]], std_error = common$se[[1]]))
  filled <- suppressWarnings(trimfill(fit, estimator = toupper(estimator)))
  again <- given; again$yi <- filled$yi; again$vi <- filled$vi; again$ni <- NULL  # trimfill does not search as long, nor test by t
  again <- suppressWarnings(do.call(rma, again))
  stopifnot(abs(again$beta[1] - filled$beta[1]) < 1e-4)
  expected$filled_studies <- list(estimate = filled$k0, std_error = filled$se.k0)
  expected[[paste(adjusted, "trim and fill")]] <- shown(fitted(again, 1, k + filled$k0))
  order <- order(filled$yi[filled$fill], decreasing = filled$side == "left")
  for (i in seq_along(order)) expected[[sprintf("filled_effect filled[%d]", i)]] <-
    list(estimate = filled$yi[filled$fill][order[i]], std_error = sqrt(filled$vi[filled$fill][order[i]]))
  for (type in c("Rosenthal", "Orwin", "Rosenberg")) {
    number <- fsn(yi, vi, type = type)
    expected[[paste("fail_safe_n", type)]] <- c(list(estimate = number$fsnum), if (type != "Orwin") list(p_value = number$pval))
  }
  if (tes) {
    # metafor integrates over five standard deviations of true effects only; here is all of the normal distribution
    crit <- qnorm(0.975) * sei; spread <- sqrt(vi + fit$tau2)
    power <- pnorm((-crit - fit$beta[1]) / spread) + pnorm((crit - fit$beta[1]) / spread, lower.tail = FALSE)
    chances <- 1
    for (p in power) chances <- c(chances * (1 - p), 0) + c(0, chances * p)
    observed <- sum(abs(yi) >= crit); tail <- sum(chances[(observed:k) + 1])
    said <- tes(x = yi, vi = vi, theta = fit$beta[1], tau2 = fit$tau2, test = "exact", progbar = FALSE)
    stopifnot(said$O == observed, abs(said$E / sum(power) - 1) < 2e-6, abs(said$pval / tail - 1) < 1e-5)
    expected[["significant_studies observed"]] <- list(estimate = observed)
    expected[["significant_studies expected"]] <- list(estimate = sum(power))
    expected$excess_significance <- list(estimate = observed / sum(power), p_value = min(1, tail))
  }
  columns <- list(study = I(study), effect = I(yi), std_error = I(sei))
  if (!is.null(ni)) columns$size <- I(ni)
  case(name, columns, expected, levels = list(study = I(study)), tolerance = 1e-7, why = "metafor's search for tau squared",
    options = list(scale = scale, predictor = predictor, tau2 = tau2, test = test, estimator = estimator, level = level))
}
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
stay <- escalc(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.normand1999)
teachers <- dat.raudenbush1985
bn <- with(dat.bcg, tpos + tneg + cpos + cneg)
list(
  one("vaccines as ratios", as.numeric(bcg$yi), as.numeric(bcg$vi), bn, scale = "logarithms"),
  one("vaccines, normal, by variance, R0", as.numeric(bcg$yi), as.numeric(bcg$vi), bn, "dl", "z", "variance", "r0", level = 0.9),
  one("vaccines, by 1 / size, Q0", as.numeric(bcg$yi), as.numeric(bcg$vi), bn, "dl", "t", "inverse-size", "q0"),
  one("vaccines, by 1 / root of size", as.numeric(bcg$yi), as.numeric(bcg$vi), bn, "dl", "z", "inverse-root-size"),
  one("stay in hospital, nine studies", as.numeric(stay$yi), as.numeric(stay$vi)),
  one("stay in hospital, common effect", as.numeric(stay$yi), as.numeric(stay$vi), tau2 = "common", test = "z"),
  one("teachers' expectations", as.numeric(teachers$yi), as.numeric(teachers$vi), tes = FALSE),
  one("teachers' expectations, R0", as.numeric(teachers$yi), as.numeric(teachers$vi), estimator = "r0", tau2 = "dl", tes = FALSE),
  one("three studies, all but one trimmed", c(-0.1, 0.4, 1), c(0.24, 0.3, 0.16)^2, tau2 = "dl", test = "z")
)
