# Reference for mmstats/methods/meta_cumulative.py: metafor's cumul; of the first study alone nothing, unless the effect is common.
suppressMessages(library(metafor))
packages <- "metafor"
tau2s <- c(reml = "REML", ml = "ML", dl = "DL", pm = "PM", common = "EE")
tests <- c("z" = "z", "t" = "t", "hartung-knapp" = "knha", "hartung-knapp-ad-hoc" = "adhoc")
one <- function(name, yi, vi, year, tau2 = "reml", test = "hartung-knapp", scale = "as-given", level = 0.95) {
  k <- length(yi); study <- sprintf("s%02d", seq_len(k)); ratio <- scale == "logarithms"; added <- order(year)
  fit <- rma(yi, vi, method = tau2s[[tau2]], test = tests[[test]], level = 100 * level, control = list(threshold = 1e-13 * max(1, var(yi)), maxiter = 10000, tol = 1e-14, tau2.max = 1e8))
  shown <- function(row) {
    if (ratio) { for (f in c("estimate", "conf_low", "conf_high")) row[[f]] <- exp(row[[f]]); row$std_error <- NA_real_ }
    row
  }
  found <- suppressWarnings(cumul(fit, order = year)); expected <- list()
  expected[[if (ratio) "effect_ratio" else "effect"]] <- shown(list(estimate = fit$b[1], std_error = fit$se, conf_low = fit$ci.lb, conf_high = fit$ci.ub, p_value = fit$pval, n = k))
  for (j in seq_len(k)) {
    term <- sprintf("study[%s]", study[added[j]])
    if (j > 1 || (tau2 == "common" && test == "z")) {
      expected[[paste(if (ratio) "cumulative_ratio" else "cumulative_effect", term)]] <- shown(list(estimate = found$estimate[j], std_error = found$se[j],
        conf_low = found$ci.lb[j], conf_high = found$ci.ub[j], statistic = (if (test == "z") found$zval else found$tval)[j], p_value = found$pvals[j], n = j))
      if (tau2 != "common") expected[[paste("cumulative_tau2", term)]] <- list(estimate = found$tau2[j], n = j)
    } else expected[[paste(if (ratio) "cumulative_ratio" else "cumulative_effect", term)]] <- list(estimate = NA_real_, n = 1)
  }
  case(name, list(study = study, effect = yi, std_error = sqrt(vi), order = year), expected, levels = list(study = study), tolerance = 1e-7,
    why = "metafor's searches for tau squared, one for each number of studies", options = list(scale = scale, tau2 = tau2, test = test, level = level))
}
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
y <- c(bcg$yi); v <- c(bcg$vi); year <- bcg$year; school <- dat.raudenbush1985
list(one("bcg by year", y, v, year, scale = "logarithms"), one("bcg by year, DL and z", y, v, year, "dl", "z"), one("bcg, common", y, v, year, "common", "z"),
  one("bcg by latitude, ad hoc, 90 %", y, v, bcg$ablat, "pm", "hartung-knapp-ad-hoc", level = 0.9), one("teachers by weeks, with ties", school$yi, school$vi, school$weeks, "dl", "t"))
