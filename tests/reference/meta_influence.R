# Reference for mmstats/methods/meta_influence.py: metafor's leave1out, influence, rstandard, rstudent and baujat.
suppressMessages(library(metafor))
packages <- "metafor"
tau2s <- c(reml = "REML", ml = "ML", dl = "DL", pm = "PM", common = "EE")
tests <- c("z" = "z", "t" = "t", "hartung-knapp" = "knha", "hartung-knapp-ad-hoc" = "adhoc")
one <- function(name, yi, vi, tau2 = "reml", test = "hartung-knapp", scale = "as-given", level = 0.95) {
  k <- length(yi); study <- sprintf("s%02d", seq_len(k)); ratio <- scale == "logarithms"
  fit <- rma(yi, vi, method = tau2s[[tau2]], test = tests[[test]], level = 100 * level, control = list(threshold = 1e-13 * max(1, var(yi)), maxiter = 10000, tol = 1e-14, tau2.max = 1e8))
  shown <- function(row) {
    if (ratio) { for (f in c("estimate", "conf_low", "conf_high")) row[[f]] <- exp(row[[f]]); row$std_error <- NA_real_ }
    row
  }
  left <- leave1out(fit); all <- influence(fit); own <- all$inf; standard <- rstandard(fit); pdf(NULL); at <- baujat(fit); best <- blup(fit, level = 100 * level); expected <- list()
  expected[[if (ratio) "effect_ratio" else "effect"]] <- shown(list(estimate = fit$b[1], std_error = fit$se, conf_low = fit$ci.lb, conf_high = fit$ci.ub, p_value = fit$pval, n = k))
  for (i in seq_len(k)) {
    of <- function(quantity, ...) expected[[sprintf("%s study[%s]", quantity, study[i])]] <<- list(...)
    expected[[sprintf("%s study[%s]", if (ratio) "effect_without_ratio" else "effect_without", study[i])]] <- shown(list(estimate = left$estimate[i],
      std_error = left$se[i], conf_low = left$ci.lb[i], conf_high = left$ci.ub[i], statistic = (if (test == "z") left$zval else left$tval)[i], p_value = left$pval[i], n = k - 1))
    if (tau2 != "common") of("tau2_without", estimate = left$tau2[i])
    of("q_without", estimate = left$Q[i]); of("hat", estimate = own$hat[i]); of("standardised_residual", estimate = standard$z[i])
    of("studentised_residual", estimate = own$rstudent[i], p_value = 2 * pnorm(-abs(own$rstudent[i]))); of("dffits", estimate = own$dffits[i])
    of("cooks_distance", estimate = own$cook.d[i]); of("covariance_ratio", estimate = own$cov.r[i]); of("dfbetas", estimate = all$dfbs[[1]][i])
    expected[[sprintf("%s study[%s]", if (ratio) "true_effect_ratio" else "true_effect", study[i])]] <- shown(list(estimate = best$pred[i],
      std_error = best$se[i], conf_low = best$pi.lb[i], conf_high = best$pi.ub[i], n = k))
    of("baujat_x", estimate = at$x[i]); of("baujat_y", estimate = at$y[i]); of("influential", estimate = as.numeric(all$is.infl[i]))
  }
  case(name, list(study = study, effect = yi, std_error = sqrt(vi)), expected, levels = list(study = study), tolerance = 1e-7,
    why = "metafor's searches for tau squared, one for each study left out", options = list(scale = scale, tau2 = tau2, test = test, level = level))
}
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
stroke <- escalc(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.normand1999)
y <- c(bcg$yi); v <- c(bcg$vi); ys <- c(stroke$yi); vs <- c(stroke$vi)
list(one("bcg", y, v, test = "z", scale = "logarithms"), one("bcg, Knapp and Hartung", y, v, "dl"), one("bcg, common", y, v, "common", "z"),
  one("bcg, ad hoc, 90 %", y, v, "pm", "hartung-knapp-ad-hoc", level = 0.9), one("stroke", ys, vs, "dl", "z"), one("stroke, ML, t", ys, vs, "ml", "t"),
  one("three", y[1:3], v[1:3], "dl", "z"), one("teachers", dat.raudenbush1985$yi, dat.raudenbush1985$vi, "dl", "z"))
