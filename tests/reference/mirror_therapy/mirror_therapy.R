# The numbers of analyses/mirror_therapy, recomputed by metafor from the same table.
#   Rscript tests/reference/mirror_therapy/mirror_therapy.R > tests/reference/mirror_therapy/mirror_therapy.json
suppressMessages(library(metafor))
d <- read.csv("analyses/mirror_therapy/data/trials.csv", na.strings = "-9")
rows <- list()
add <- function(analysis, quantity, term = "", ...) rows[[length(rows) + 1]] <<- list(analysis = analysis, quantity = quantity, term = term, ...)
smd <- function(time, n = c("n_mirror", "n_control"), measure = "SMD") {
  of <- function(what, arm) d[[sprintf("%s_%s_%s", time, what, arm)]]
  escalc(measure, m1i = of("mean", "mirror"), sd1i = of("sd", "mirror"), n1i = d[[n[1]]], m2i = of("mean", "control"), sd2i = of("sd", "control"), n2i = d[[n[2]]])
}
pooled <- function(analysis, e, keep = rep(TRUE, 4), method = "REML", test = "adhoc", n = d$n_mirror + d$n_control) {
  yi <- e$yi[keep]; vi <- e$vi[keep]; name <- d$study[keep]; n <- n[keep]
  f <- rma(yi, vi, method = method, test = test, control = list(threshold = 1e-13, maxiter = 1000)); p <- predict(f)
  add(analysis, "effect", estimate = f$b[1], std_error = f$se, conf_low = f$ci.lb, conf_high = f$ci.ub, statistic = f$zval, p_value = f$pval, n = sum(n))
  if (method != "EE") {
    add(analysis, "prediction", conf_low = p$pi.lb, conf_high = p$pi.ub)
    limits <- confint(f, control = list(tol = 1e-12, tau2.max = 1e6))$random
    add(analysis, "tau2", estimate = f$tau2, conf_low = limits["tau^2", "ci.lb"], conf_high = limits["tau^2", "ci.ub"])
    add(analysis, "i2", estimate = f$I2)
  }
  add(analysis, "cochran_q", estimate = f$QE, p_value = f$QEp)
  for (i in seq_along(yi)) {
    term <- sprintf("study[%s]", name[i])
    add(analysis, "effect", term, estimate = yi[i], std_error = sqrt(vi[i]), conf_low = yi[i] - qnorm(0.975) * sqrt(vi[i]), conf_high = yi[i] + qnorm(0.975) * sqrt(vi[i]), n = n[i])
    add(analysis, "study_weight", term, estimate = weights(f)[[i]])
  }
  invisible(f)
}
motor <- smd("after")
pooled("motor", motor, test = "knha")
pooled("motor-ad-hoc", motor)
pooled("motor-common", motor, method = "EE", test = "z")
pooled("motor-paule-mandel", motor, method = "PM")
pooled("before", smd("before"))
pooled("arm-only", motor, d$limb == "arm")
pooled("mirrors-only", motor, d$treatment == "mirror")
pooled("fugl-meyer", smd("after", measure = "MD"), d$outcome == "fma_arm")
later <- !is.na(d$follow_up_n_mirror)
pooled("later", smd("follow_up", c("follow_up_n_mirror", "follow_up_n_control")), later, n = d$follow_up_n_mirror + d$follow_up_n_control)

# Gains within each arm by escalc's SMCR, of which the exact small-sample factor is replaced by 1 - 3 / (4 df - 1)
gain <- function(arm, r) {
  n <- d[[paste0("n_", arm)]]; of <- function(time, what) d[[sprintf("%s_%s_%s", time, what, arm)]]
  e <- escalc("SMCR", m1i = of("after", "mean"), m2i = of("before", "mean"), sd1i = of("before", "sd"), ni = n, ri = rep(r, 4))
  exact <- exp(lgamma((n - 1) / 2) - lgamma((n - 2) / 2)) / sqrt((n - 1) / 2); g <- e$yi / exact * (1 - 3 / (4 * (n - 1) - 1))
  stopifnot(abs(e$vi - (2 * (1 - r) / n + e$yi^2 / (2 * n))) < 1e-12)  # metafor's own variance
  list(yi = as.numeric(g), vi = as.numeric(2 * (1 - r) / n + g^2 / (2 * n)))
}
for (r in c(0.5, 0.7, 0.9)) {
  a <- gain("mirror", r); b <- gain("control", r)
  pooled(sprintf("gain-%d", round(100 * r)), list(yi = a$yi - b$yi, vi = a$vi + b$vi))
}
# Without each trial in turn, and small-study effects
for (i in 1:4) {
  f <- rma(motor$yi[-i], motor$vi[-i], test = "adhoc", control = list(threshold = 1e-13, maxiter = 1000)); term <- sprintf("study[%s]", d$study[i])
  add("motor-influence", "effect_without", term, estimate = f$b[1], conf_low = f$ci.lb, conf_high = f$ci.ub)
  add("motor-influence", "tau2_without", term, estimate = f$tau2)
}
f <- rma(motor$yi, motor$vi, mods = ~ sqrt(motor$vi), test = "adhoc")
add("motor-small-study", "egger_mixed", estimate = f$b[2], std_error = f$se[2], conf_low = f$ci.lb[2], conf_high = f$ci.ub[2], p_value = f$pval[2])
pet <- lm(motor$yi ~ sqrt(motor$vi), weights = 1 / motor$vi)
add("motor-small-study", "adjusted_effect", "PET", estimate = unname(coef(pet)[1]), conf_low = confint(pet)[1, 1], conf_high = confint(pet)[1, 2])
rank <- ranktest(motor$yi, motor$vi, exact = TRUE)
add("motor-small-study", "begg_tau", estimate = unname(rank$tau), p_value = rank$pval)
filled <- trimfill(rma(motor$yi, motor$vi), estimator = "L0")
again <- rma(c(filled$yi), c(filled$vi), test = "adhoc", control = list(threshold = 1e-13, maxiter = 1000))  # trimfill tests by z
add("motor-small-study", "filled_studies", estimate = filled$k0)
add("motor-small-study", "adjusted_effect", "trim and fill", estimate = again$b[1], conf_low = again$ci.lb, conf_high = again$ci.ub)
value <- function(x) if (is.character(x)) sprintf("\"%s\"", x) else if (is.na(x)) "null" else sprintf("%.17g", x)
line <- function(row) sprintf("  {%s}", paste(sprintf("\"%s\": %s", names(row), sapply(row, value)), collapse = ", "))
cat(sprintf("{\"made_with\": \"%s, metafor %s\", \"estimates\": [\n%s\n]}\n", R.version.string, packageVersion("metafor"), paste(sapply(rows, line), collapse = ",\n")))
