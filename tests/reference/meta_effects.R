# Reference for mmstats/methods/meta_effects.py: metafor's rma, predict and confint; subgroups one by one, Q between by
# pooling their averages with a common effect, or one regression on the subgroups. Generalised Q by metafor's "GENQ".
suppressMessages(library(metafor))
packages <- "metafor"
tau2s <- c(reml = "REML", ml = "ML", dl = "DL", he = "HE", hs = "HS", hsk = "HSk", sj = "SJ", eb = "EB", pm = "PM", pmm = "PMM", common = "EE")
tests <- c("z" = "z", "t" = "t", "hartung-knapp" = "knha", "hartung-knapp-ad-hoc" = "adhoc")
# Knapp and Hartung with a common effect warn, which they should.
rma0 <- function(yi, ...) suppressWarnings(rma(yi, ..., control = list(threshold = 1e-13 * max(1, var(yi)), maxiter = 10000, tau2.max = 1e8, tol = 1e-14)))
average <- function(fit, n = fit$k, test = "hartung-knapp", level = 0.95, row = 1) {
  list(estimate = fit$b[row, 1], std_error = fit$se[row], conf_low = fit$ci.lb[row], conf_high = fit$ci.ub[row], statistic = fit$zval[row],
    df = if (test == "z") NA_real_ else fit$k - fit$p, p_value = fit$pval[row], n = n)
}
spread <- function(fit, interval, level) {
  limits <- if (interval == "profile") confint(fit, type = "PL", level = 100 * level, control = list(tol = 1e-14, vc.max = 1e6))$random
    else confint(fit, level = 100 * level, control = list(tol = 1e-14, tau2.max = 1e8, maxiter = 10000))$random
  each <- function(row, ...) list(estimate = limits[row, "estimate"], conf_low = limits[row, "ci.lb"], conf_high = limits[row, "ci.ub"], ...)
  list(tau2 = each("tau^2", std_error = fit$se.tau2), tau = each("tau"), i2 = each("I^2(%)"), h2 = each("H^2"))
}
q_of <- function(fit) list(estimate = fit$QE, df = fit$k - fit$p, p_value = fit$QEp, n = fit$k)
one <- function(name, yi, vi, tau2 = "reml", test = "hartung-knapp", scale = "as-given", interval = "q-profile", prediction = "as-tested", level = 0.95, size = NULL) {
  k <- length(yi); study <- sprintf("s%02d", seq_len(k))
  fit <- rma0(yi, vi, method = tau2s[[tau2]], test = tests[[test]], level = 100 * level)
  quantity <- if (scale == "logarithms") "effect_ratio" else "effect"
  shown <- function(row) {
    if (scale == "logarithms") { for (f in intersect(c("estimate", "conf_low", "conf_high"), names(row))) row[[f]] <- exp(row[[f]]); row["std_error"] <- NA_real_ }
    row
  }
  expected <- list()
  n <- if (is.null(size)) k else sum(size)
  expected[[quantity]] <- shown(average(fit, n, test))
  z <- qnorm((1 + level) / 2)
  for (i in seq_len(k)) {
    expected[[sprintf("%s study[%s]", quantity, study[i])]] <- shown(list(estimate = yi[i], std_error = sqrt(vi[i]), conf_low = yi[i] - z * sqrt(vi[i]), conf_high = yi[i] + z * sqrt(vi[i]), n = if (is.null(size)) 0 else size[i]))
    expected[[sprintf("study_weight study[%s]", study[i])]] <- list(estimate = weights(fit)[[i]])
  }
  if (tau2 != "common") {
    at <- predict(fit, level = 100 * level)
    crit <- if (prediction == "riley") qt((1 + level) / 2, k - 2) else if (test == "z") z else qt((1 + level) / 2, k - 1)
    half <- crit * sqrt(fit$se^2 + fit$tau2)  # as metafor's pi.lb, of which metafor 3.8 has no Riley
    if (prediction != "riley") stopifnot(abs(at$pi.lb - (fit$b[1] - half)) < 1e-10)
    expected[[if (scale == "logarithms") "prediction_ratio" else "prediction"]] <- shown(list(estimate = fit$b[1], conf_low = fit$b[1] - half, conf_high = fit$b[1] + half))
  }
  if (k > 1) {
    expected$cochran_q <- q_of(fit)
    expected <- c(expected, if (tau2 == "common") list(i2 = list(estimate = fit$I2), h2 = list(estimate = fit$H2)) else spread(fit, interval, level))
  }
  columns <- list(study = I(study), effect = I(yi), std_error = I(sqrt(vi)))
  if (!is.null(size)) columns$size <- size
  case(name, columns, expected, levels = list(study = I(study)), tolerance = 1e-7, why = "metafor's searches for tau squared and its limits",
    options = list(scale = scale, tau2 = tau2, test = test, tau2_interval = interval, prediction = prediction, level = level))
}
groups <- function(name, yi, vi, group, tau2 = "reml", test = "z", shared = "own") {
  k <- length(yi); study <- sprintf("s%02d", seq_len(k)); levels <- sort(unique(group)); expected <- list()
  if (shared == "own") {
    fits <- lapply(levels, function(g) rma0(yi[group == g], vi[group == g], method = tau2s[[tau2]], test = tests[[test]]))
    for (i in seq_along(levels)) {
      term <- sprintf(" subgroup[%s]", levels[i])
      expected[[paste0("effect", term)]] <- average(fits[[i]], test = test)
      at <- predict(fits[[i]])
      if (tau2 != "common") expected[[paste0("prediction", term)]] <- list(estimate = at$pred, conf_low = at$pi.lb, conf_high = at$pi.ub)
      expected[[paste0("cochran_q", term)]] <- q_of(fits[[i]])
      found <- if (tau2 == "common") list(i2 = list(estimate = fits[[i]]$I2)) else spread(fits[[i]], "q-profile", 0.95)
      for (q in names(found)) expected[[paste0(q, term)]] <- found[[q]]
    }
    between <- rma(sapply(fits, coef), sei = sapply(fits, `[[`, "se"), method = "EE")
    expected$subgroup_difference <- list(estimate = between$QE, statistic = between$QE, df = length(levels) - 1, p_value = between$QEp, n = k)
  } else {
    fit <- rma0(yi, vi, mods = model.matrix(~ 0 + factor(group)), intercept = FALSE, method = tau2s[[tau2]], test = tests[[test]])
    for (i in seq_along(levels)) expected[[sprintf("effect subgroup[%s]", levels[i])]] <- average(fit, sum(group == levels[i]), test = test, row = i)
    moved <- rma0(yi, vi, mods = model.matrix(~ factor(group))[, -1], method = tau2s[[tau2]], test = tests[[test]])
    at <- predict(fit, newmods = diag(length(levels)))
    for (i in seq_along(levels)) {
      expected[[sprintf("prediction subgroup[%s]", levels[i])]] <- list(conf_low = at$pi.lb[i], conf_high = at$pi.ub[i])
      expected[[sprintf("tau2 subgroup[%s]", levels[i])]] <- spread(fit, "q-profile", 0.95)$tau2[c("estimate", "conf_low", "conf_high")]
    }
    expected$subgroup_difference <- list(estimate = moved$QM, df = moved$QMdf[1], df2 = if (test == "z") NA_real_ else moved$QMdf[2], p_value = moved$QMp)
  }
  case(name, list(study = study, effect = yi, std_error = sqrt(vi), subgroup = group), expected, levels = list(study = study, subgroup = levels),
    tolerance = 1e-7, why = "metafor's searches for tau squared and its limits", options = list(tau2 = tau2, test = test, subgroup_tau2 = shared))
}
# The chance that a sum of chi-squared values with weights l is above q, by Imhof's integral.
above <- function(q, l) {
  theta <- function(u) colSums(atan(outer(l, u))) / 2 - q * u / 2; rho <- function(u) exp(colSums(log1p(outer(l, u)^2)) / 4)
  0.5 + integrate(function(u) sin(theta(u)) / (u * rho(u)), 0, Inf, rel.tol = 1e-11, subdivisions = 10000, stop.on.error = FALSE)$value / pi
}
genq <- function(name, yi, vi) {
  study <- sprintf("s%02d", seq_along(yi)); A <- diag(1 / vi); B <- A - A %*% matrix(1, length(yi), length(yi)) %*% A / sum(A)
  q <- drop(yi %*% B %*% yi); own <- rma0(yi, vi, method = "REML")
  p <- function(t) { S <- diag(sqrt(vi + t)); l <- eigen(S %*% B %*% S, TRUE)$values[seq_len(length(yi) - 1)]; above(q / max(l), l / max(l)) }
  root <- function(target) if (p(0) > target) 0 else uniroot(function(t) p(t) - target, c(0, 1000 * var(yi)), tol = 1e-12)$root
  case(name, list(study = study, effect = yi, std_error = sqrt(vi)), list(tau2 = list(estimate = own$tau2, conf_low = root(0.025), conf_high = root(0.975))),
    levels = list(study = study), options = list(tau2_interval = "generalised-q"), tolerance = 1e-6, why = "R integrates an oscillating function")
}
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
stroke <- escalc(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.normand1999)
y <- c(bcg$yi); v <- c(bcg$vi); ys <- c(stroke$yi); vs <- c(stroke$vi)
all <- list()
for (a in names(tau2s)) for (b in names(tests)) all <- c(all, list(one(paste("bcg", a, b), y, v, a, b, scale = "logarithms")))
c(all, list(
  one("stroke", ys, vs, size = stroke$n1i + stroke$n2i), one("stroke, Paule and Mandel, ad hoc, 90 %", ys, vs, "pm", "hartung-knapp-ad-hoc", level = 0.9),
  one("stroke, Riley", ys, vs, prediction = "riley"), one("bcg, Riley after z", y, v, "dl", "z", prediction = "riley"),
  one("bcg, profile", y, v, interval = "profile"), one("bcg, profile of ML, 90 %", y, v, "ml", interval = "profile", level = 0.9),
  genq("bcg, generalised Q", y, v), genq("four studies, generalised Q", c(0.1, 0.5, 0.4, 1.2), c(0.04, 0.02, 0.05, 0.1)),
  one("two studies", y[c(4, 6)], v[c(4, 6)]), one("two studies, z", y[c(2, 8)], v[c(2, 8)], "dl", "z"), one("one study", y[4], v[4], "common", "z"),
  one("alike", c(0.30, 0.42, 0.35, 0.38), c(0.04, 0.05, 0.03, 0.06), test = "hartung-knapp"),
  groups("allocation", y, v, dat.bcg$alloc), groups("allocation, Hartung and Knapp", y, v, dat.bcg$alloc, "dl", "hartung-knapp"),
  groups("allocation, common effects", y, v, dat.bcg$alloc, "common", "z"),
  groups("allocation, one tau squared", y, v, dat.bcg$alloc, shared = "common"),
  groups("allocation, one tau squared, F", y, v, dat.bcg$alloc, "pm", "hartung-knapp", shared = "common")))
