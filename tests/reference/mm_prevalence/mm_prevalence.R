# The numbers of analyses/mm_prevalence, recomputed by metafor and base R from the same table.
#   Rscript tests/reference/mm_prevalence/mm_prevalence.R > tests/reference/mm_prevalence/mm_prevalence.json
# The model of counts by rma.glmm, whose search ends earlier than ours: `tolerance` says to what they agree.
suppressMessages(library(metafor))
d <- read.csv("analyses/mm_prevalence/data/cohorts.csv")
rows <- list()
add <- function(analysis, quantity, term = "", ..., tolerance = 1e-7) rows[[length(rows) + 1]] <<- list(analysis = analysis, quantity = quantity, term = term, ..., tolerance = tolerance)
counts <- function(analysis, x, n, test = "t", term = "") {
  f <- rma.glmm(measure = "PLO", xi = x, ni = n, test = test, nAGQ = 7, control = list(optCtrl = list(reltol = 1e-14)))
  p <- predict(f, transf = plogis)
  add(analysis, "proportion", term, estimate = p$pred, conf_low = p$ci.lb, conf_high = p$ci.ub, n = sum(n), tolerance = 1e-4)
  add(analysis, "prediction_proportion", term, conf_low = p$pi.lb, conf_high = p$pi.ub, tolerance = 1e-4)
  add(analysis, "tau2", term, estimate = f$tau2, tolerance = 1e-4)
  add(analysis, "heterogeneity_lr", term, estimate = f$QE.LRT, p_value = f$QEp.LRT, tolerance = 1e-6)
}
back <- list(PLO = function(v, n) plogis(v), PAS = function(v, n) sapply(v, transf.iarcsin), PFT = function(v, n) sapply(v, transf.ipft.hm, targs = list(ni = n)), PR = function(v, n) pmin(pmax(v, 0), 1))
weighted <- function(model, measure, x, n) {
  e <- escalc(measure, xi = x, ni = n); f <- rma(e$yi, e$vi, test = "knha", control = list(threshold = 1e-13, maxiter = 1000)); p <- predict(f); to <- function(v) as.numeric(back[[measure]](v, n))
  analysis <- paste0("parkinson-model-", model)
  add(analysis, "proportion", estimate = to(p$pred), conf_low = to(p$ci.lb), conf_high = to(p$ci.ub), n = sum(n))
  add(analysis, "prediction_proportion", conf_low = to(p$pi.lb), conf_high = to(p$pi.ub), tolerance = 1e-6)
  add(analysis, "tau2", estimate = f$tau2); add(analysis, "i2", estimate = f$I2); add(analysis, "cochran_q", estimate = f$QE, p_value = f$QEp)
}
for (i in seq_len(nrow(d))) {
  exact <- binom.test(d$with_mm[i], d$people[i])
  add("by-group", "proportion", sprintf("study[%s]", d$study[i]), estimate = unname(exact$estimate), conf_low = exact$conf.int[1], conf_high = exact$conf.int[2], n = d$people[i], tolerance = 1e-9)
}
counts("by-group", d$with_mm, d$people)
for (g in unique(d$kind)) counts("by-group", d$with_mm[d$kind == g], d$people[d$kind == g], term = sprintf("kind[%s]", g))
p <- d[d$condition == "parkinson", ]
counts("parkinson", p$with_mm, p$people)
counts("parkinson-normal", p$with_mm, p$people, "z")
counts("parkinson-other-count", p$or_with_mm, p$people)
weighted("logit", "PLO", p$with_mm, p$people)
weighted("arcsine", "PAS", p$with_mm, p$people)
weighted("double-arcsine", "PFT", p$with_mm, p$people)
weighted("raw", "PR", p$with_mm, p$people)
value <- function(x) if (is.character(x)) sprintf("\"%s\"", x) else if (is.na(x)) "null" else sprintf("%.17g", x)
line <- function(row) sprintf("  {%s}", paste(sprintf("\"%s\": %s", names(row), sapply(row, value)), collapse = ", "))
cat(sprintf("{\"made_with\": \"%s, metafor %s\", \"estimates\": [\n%s\n]}\n", R.version.string, packageVersion("metafor"), paste(sapply(rows, line), collapse = ",\n")))
