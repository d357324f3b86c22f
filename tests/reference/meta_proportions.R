# Reference for mmstats/methods/meta_proportions.py: metafor's escalc, rma and its ways back; binom.test for each study;
# and the likelihood of the binomial-normal model (pooling/count_models.R).
packages <- c("metafor", "numDeriv")
source("tests/reference/pooling/count_models.R", local = TRUE)
glmm <- function(x, n, level) {
  e <- ifelse(x == 0 | x == n, 0.5, 0)
  count_model(Map(binomial_study, x, n), qlogis(sum(x) / sum(n)), 1 / (x + e) + 1 / (n - x + e),
    2 * (sum(dbinom(x, n, x / n, log = TRUE)) - sum(dbinom(x, n, sum(x) / sum(n), log = TRUE))), level)
}
each <- function(x, n, names, level) { rows <- lapply(seq_along(x), function(i) { ci <- binom.test(x[i], n[i], conf.level = level)$conf.int
    list(estimate = x[i] / n[i], conf_low = ci[1], conf_high = ci[2], n = n[i]) }); setNames(rows, sprintf("proportion study[%s]", names)) }
pooled_glmm <- function(x, n, test, level, term = "")
  model_rows(glmm(x, n, level), plogis, "proportion", "prediction_proportion", sum(n), test, level, term = term)
columns_of <- function(x, n, names) list(study = I(names), events = x, total = n)
by_counts <- function(name, x, n, names, test = "t", level = 0.95, subgroup = NULL) {
  expected <- c(each(x, n, names, level), pooled_glmm(x, n, test, level)); columns <- columns_of(x, n, names); levels <- list(study = names)
  if (!is.null(subgroup)) {
    columns$subgroup <- I(subgroup); levels$subgroup <- unique(subgroup); fits <- list()
    for (g in unique(subgroup)) { own <- subgroup == g; fits[[g]] <- glmm(x[own], n[own], level)
      expected <- c(expected, pooled_glmm(x[own], n[own], test, level, sprintf("subgroup[%s]", g))) }
    b <- sapply(fits, `[[`, "b"); w <- 1 / sapply(fits, `[[`, "se")^2; q <- sum(w * (b - sum(w * b) / sum(w))^2)
    expected$subgroup_difference <- list(statistic = q, df = length(b) - 1, p_value = pchisq(q, length(b) - 1, lower.tail = FALSE))
  }
  case(name, columns, expected, levels = levels, options = list(test = test, level = level), tolerance = 2e-6,
    why = why_model)
}
short <- c(raw = "PR", logit = "PLO", arcsine = "PAS", "double-arcsine" = "PFT")
back_by <- list(raw = function(v, n) pmin(pmax(v, 0), 1), logit = function(v, n) plogis(v), arcsine = function(v, n) sapply(v, transf.iarcsin),
  "double-arcsine" = function(v, n) sapply(v, transf.ipft.hm, targs = list(ni = n)))
tests <- c(z = "z", t = "t", "hartung-knapp" = "knha")
by_weights <- function(name, x, n, names, model, tau2 = "dl", test = "t", level = 0.95) {
  d <- metafor::escalc(measure = short[[model]], xi = x, ni = n)
  r <- metafor::rma(d$yi, d$vi, method = c(dl = "DL", reml = "REML", common = "EE")[[tau2]], test = tests[[test]], level = 100 * level,
    control = list(threshold = 1e-13, maxiter = 1000)); p <- predict(r)
  back <- function(v) as.numeric(back_by[[model]](v, n)); expected <- each(x, n, names, level)
  for (i in seq_along(x)) expected[[sprintf("study_weight study[%s]", names[i])]] <- list(estimate = as.numeric(weights(r))[i])
  expected$proportion <- list(estimate = back(p$pred), conf_low = back(p$ci.lb), conf_high = back(p$ci.ub), n = sum(n))
  expected$cochran_q <- list(statistic = r$QE, p_value = r$QEp)
  if (tau2 != "common") { expected$prediction_proportion <- list(conf_low = back(p$pi.lb), conf_high = back(p$pi.ub)); expected$tau2 <- list(estimate = r$tau2, n = length(x)) }
  case(name, columns_of(x, n, names), expected, levels = list(study = names), options = list(model = model, tau2 = tau2, test = test, level = level),
    tolerance = if (tau2 == "reml") 1e-8 else NULL, why = if (tau2 == "reml") "metafor's search for tau squared ends at a small change" else NULL)
}
library(metafor)
niel <- get(data(dat.nielweise2007, package = "metadat")); people <- sub(" .*", "", niel$author); who <- paste0(tolower(make.unique(people)), niel$year)
pritz <- get(data(dat.pritz1997, package = "metadat")); these <- paste0("p", pritz$study)
rare <- list(x = c(0, 1, 0, 2, 1, 0, 7), n = c(40, 55, 23, 61, 38, 47, 70), names = letters[1:7])
list(by_counts("pritz1997", pritz$xi, pritz$ni, these), by_counts("nielweise2007, control", niel$ci, niel$n2i, who),
  by_counts("nielweise2007, treated, z, 90 %", niel$ai, niel$n1i, who, "z", 0.9), by_counts("few events", rare$x, rare$n, rare$names),
  by_counts("two halves", pritz$xi, pritz$ni, these, subgroup = rep(c("a", "b"), 7)),
  by_weights("logit", pritz$xi, pritz$ni, these, "logit"), by_weights("logit, reml, hk", pritz$xi, pritz$ni, these, "logit", "reml", "hartung-knapp"),
  by_weights("logit, common, z", pritz$xi, pritz$ni, these, "logit", "common", "z"), by_weights("zeros, logit", rare$x, rare$n, rare$names, "logit"),
  by_weights("raw", pritz$xi, pritz$ni, these, "raw"), by_weights("arcsine, 90 %", niel$ci, niel$n2i, who, "arcsine", level = 0.9),
  by_weights("double arcsine", pritz$xi, pritz$ni, these, "double-arcsine", test = "z"),
  by_weights("double arcsine, few events", rare$x, rare$n, rare$names, "double-arcsine", test = "z"))
