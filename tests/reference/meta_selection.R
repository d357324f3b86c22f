# Reference for mmstats/methods/meta_selection.py: metafor's selmodel, step functions estimated and with the weights that
# Vevea and Woods (2005) suppose, as metafor's help page has them, and confint for profile-likelihood intervals.
suppressMessages(library(metafor))
packages <- "metafor"
supposed <- data.frame(
  steps = c(0.005, 0.01, 0.05, 0.10, 0.25, 0.35, 0.50, 0.65, 0.75, 0.90, 0.95, 0.99, 0.995, 1),
  "moderate, one-tailed" = c(1, 0.99, 0.95, 0.80, 0.75, 0.65, 0.60, 0.55, 0.50, 0.50, 0.50, 0.50, 0.50, 0.50),
  "severe, one-tailed" = c(1, 0.99, 0.90, 0.75, 0.60, 0.50, 0.40, 0.35, 0.30, 0.25, 0.10, 0.10, 0.10, 0.10),
  "moderate, two-tailed" = c(1, 0.99, 0.95, 0.90, 0.80, 0.75, 0.60, 0.60, 0.75, 0.80, 0.90, 0.95, 0.99, 1.00),
  "severe, two-tailed" = c(1, 0.99, 0.90, 0.75, 0.60, 0.50, 0.25, 0.25, 0.50, 0.60, 0.75, 0.90, 0.99, 1.00), check.names = FALSE)
search <- list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-15, maxit = 10000)
one <- function(name, yi, vi, steps, alternative, scale = "as-given", level = 0.95, tolerance = 1e-6) {
  k <- length(yi); study <- sprintf("s%02d", seq_len(k)); z <- qnorm((1 + level) / 2)
  fit <- rma(yi, vi, method = "ML", level = 100 * level, control = list(threshold = 1e-12 * max(1, var(yi)), maxiter = 10000))
  ratio <- scale == "logarithms"
  adjusted <- if (ratio) "adjusted_effect_ratio" else "adjusted_effect"
  effect <- function(fit) {
    row <- list(estimate = fit$beta[[1]], std_error = fit$se[[1]], conf_low = fit$ci.lb[[1]], conf_high = fit$ci.ub[[1]], statistic = fit$zval[[1]], p_value = fit$pval[[1]])
    if (ratio) { for (f in c("estimate", "conf_low", "conf_high")) row[[f]] <- exp(row[[f]]); row["std_error"] <- NA_real_ }
    row
  }
  sided <- if (alternative == "two-sided") "two.sided" else alternative
  said <- selmodel(fit, type = "stepfun", steps = steps, alternative = sided, control = search)
  limits <- function(...) confint(said, ..., level = 100 * level, control = list(tol = 1e-12, vc.min = 1e-4, vc.max = 200))$random[1, ]  # by itself it stops at ten times the estimate
  expected <- list()
  expected[[adjusted]] <- effect(said)
  spread <- limits(tau2 = TRUE)
  expected$tau2 <- list(estimate = said$tau2, conf_low = spread[["ci.lb"]], conf_high = spread[["ci.ub"]])
  ends <- c(steps, 1)
  for (i in seq_along(steps)) {
    own <- limits(delta = i + 1)
    expected[[sprintf("selection_weight %g < p <= %g", ends[i], ends[i + 1])]] <-
      list(estimate = said$delta[i + 1], conf_low = own[["ci.lb"]], conf_high = own[["ci.ub"]])
  }
  expected[["likelihood_ratio selection"]] <- list(statistic = said$LRT, df = said$LRTdf, p_value = said$LRTp)
  expected[[if (ratio) "effect_ratio" else "effect"]] <- effect(fit)
  for (which in names(supposed)[-1]) {
    if (alternative == "two-sided" && grepl("one", which)) next
    side <- if (alternative == "less") "less" else "greater"
    expected[[paste(adjusted, which)]] <- effect(selmodel(fit, type = "stepfun", steps = supposed$steps, delta = supposed[[which]], alternative = side, control = search))
  }
  case(name, list(study = I(study), effect = I(yi), std_error = I(sqrt(vi))), expected, levels = list(study = I(study)),
    options = list(steps = paste(steps, collapse = ", "), alternative = alternative, scale = scale, level = level),
    tolerance = tolerance, why = "metafor's search ends before the maximum, and its Hessian is by differences")
}
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
list(
  one("vaccines, as ratios", as.numeric(bcg$yi), as.numeric(bcg$vi), 0.025, "less", "logarithms"),
  one("vaccines, two steps", as.numeric(bcg$yi), as.numeric(bcg$vi), c(0.025, 0.5), "less", level = 0.9),
  one("vaccines, both sides", as.numeric(bcg$yi), as.numeric(bcg$vi), 0.05, "two-sided"),
  one("hospital stay", as.numeric(escalc(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.normand1999)$yi) / 10,
    as.numeric(escalc(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.normand1999)$vi) / 100, 0.025, "less")
)
