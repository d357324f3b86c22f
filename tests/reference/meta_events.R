# Reference for mmstats/methods/meta_events.py: metafor's rma.mh, rma.peto and escalc; the likelihoods of the conditional models
# (pooling/count_models.R). Unconditional ones: tests/methods/test_meta_events.py, against rma.glmm.
packages <- c("metafor", "numDeriv")
source("tests/reference/pooling/count_models.R", local = TRUE)
library(metafor)
short <- c(odds_ratio = "OR", risk_ratio = "RR", risk_difference = "RD")
columns_of <- function(d) list(study = I(d$study), comparison_events = d$a, comparison_total = d$n1, reference_events = d$c, reference_total = d$n2)
back_of <- function(measure) if (measure == "risk_difference") identity else exp
each <- function(d, measure, level, weights = NULL) {
  own <- escalc(measure = short[[measure]], ai = a, ci = c, n1i = n1, n2i = n2, data = d, drop00 = measure != "risk_difference")
  q <- qnorm((1 + level) / 2); back <- back_of(measure); rows <- list()
  for (i in seq_len(nrow(d))) {
    term <- sprintf("study[%s]", d$study[i]); y <- own$yi[i]; s <- sqrt(own$vi[i])
    rows[[paste(measure, term)]] <- if (is.na(y)) list(estimate = NA_real_, n = d$n1[i] + d$n2[i]) else
      list(estimate = back(y), conf_low = back(y - q * s), conf_high = back(y + q * s), n = d$n1[i] + d$n2[i])
    if (!is.null(weights)) rows[[paste("study_weight", term)]] <- list(estimate = weights[i])
  }
  rows
}
common <- function(r, measure, n) { back <- back_of(measure); list(estimate = back(as.numeric(r$beta)), conf_low = back(r$ci.lb), conf_high = back(r$ci.ub),
  statistic = r$zval, p_value = r$pval, n = n) }
informative <- function(d, measure) switch(measure, odds_ratio = d$a + d$c > 0 & d$a + d$c < d$n1 + d$n2, risk_ratio = d$a + d$c > 0, risk_difference = d$n1 > 0)
people <- function(d, measure) sum((d$n1 + d$n2)[informative(d, measure)])
mh <- function(name, d, measure, level = 0.95) {
  r <- rma.mh(measure = short[[measure]], ai = a, ci = c, n1i = n1, n2i = n2, data = d, level = 100 * level, drop00 = c(measure != "risk_difference", FALSE))
  b <- d$n1 - d$a; w <- list(odds_ratio = b * d$c, risk_ratio = d$c * d$n1, risk_difference = d$n1 * d$n2)[[measure]] / (d$n1 + d$n2)
  expected <- each(d, measure, level, 100 * w / sum(w)); expected[[measure]] <- common(r, measure, people(d, measure))
  if (measure == "odds_ratio") { expected$breslow_day <- list(statistic = r$BD, p_value = r$BDp); expected$tarone <- list(statistic = r$TA, p_value = r$TAp) }
  else expected$cochran_q <- list(statistic = r$QE, p_value = r$QEp)
  case(name, columns_of(d), expected, levels = list(study = d$study), options = list(measure = measure, level = level))
}
one_step <- function(name, d) {
  r <- rma.peto(ai = a, ci = c, n1i = n1, n2i = n2, data = d); n <- d$n1 + d$n2; x <- d$a + d$c
  v <- d$n1 * d$n2 * x * (n - x) / (n^2 * (n - 1))
  expected <- each(d, "odds_ratio", 0.95, 100 * v / sum(v)); expected$odds_ratio <- common(r, "odds_ratio", people(d, "odds_ratio"))
  expected$cochran_q <- list(statistic = r$QE, df = sum(v > 0) - 1, p_value = r$QEp)
  case(name, columns_of(d), expected, levels = list(study = d$study), options = list(model = "peto"))
}
by_counts <- function(name, d, model, test = "z", level = 0.95) {
  s <- d[informative(d, "odds_ratio"), ]; exact <- model == "glmm-conditional-exact"
  studies <- if (exact) Map(table_study, s$a, s$n1, s$c, s$n2) else Map(binomial_study, s$a, s$a + s$c, log(s$n1 / s$n2))
  cells <- rbind(s$a, s$n1 - s$a, s$c, s$n2 - s$c); own <- colSums(1 / (cells + rep(0.5 * (apply(cells, 2, min) == 0), each = 4)))
  best <- function(some) optimize(function(b) sum(sapply(some, function(one) one$log(b))), c(-40, 40), maximum = TRUE, tol = 1e-12)$objective
  lr <- 2 * (sum(sapply(studies, function(one) best(list(one)))) - best(studies))
  g <- count_model(studies, -0.5, own, lr, level)
  expected <- c(each(d, "odds_ratio", level), model_rows(g, exp, "odds_ratio", "prediction_ratio", people(d, "odds_ratio"), test, level, null = TRUE))
  case(name, columns_of(d), expected, levels = list(study = d$study), options = list(model = model, test = test, level = level), tolerance = 5e-6, why = why_model)
}
niel <- get(data(dat.nielweise2007, package = "metadat"))
niel <- data.frame(study = sprintf("n%02d", niel$study), a = niel$ai, n1 = niel$n1i, c = niel$ci, n2 = niel$n2i)
bcg <- data.frame(study = sprintf("t%02d", dat.bcg$trial), a = dat.bcg$tpos, n1 = dat.bcg$tpos + dat.bcg$tneg, c = dat.bcg$cpos, n2 = dat.bcg$cpos + dat.bcg$cneg)
empty <- rbind(niel[1:9, ], data.frame(study = c("none", "all"), a = c(0, 12), n1 = c(40, 12), c = c(0, 9), n2 = c(45, 9)))
none <- empty[empty$study != "all", ]
for (name in c("niel", "bcg", "empty", "none")) { d <- get(name); d[-1] <- lapply(d[-1], as.numeric); assign(name, d) }
list(mh("bcg, odds ratio", bcg, "odds_ratio"), mh("bcg, risk ratio", bcg, "risk_ratio"), mh("bcg, risk difference", bcg, "risk_difference"),
  mh("nielweise2007, odds ratio", niel, "odds_ratio"), mh("no events, odds ratio, 90 %", none, "odds_ratio", 0.9), mh("no events, risk ratio", none, "risk_ratio"),
  mh("no events, risk difference", none, "risk_difference"), one_step("nielweise2007, Peto", niel), one_step("no and only events, Peto", empty),
  by_counts("nielweise2007, exact", niel, "glmm-conditional-exact"), by_counts("nielweise2007, t, 90 %", niel, "glmm-conditional-exact", "t", 0.9),
  by_counts("nielweise2007, approximate", niel, "glmm-conditional-approximate"), by_counts("no and only events, exact", empty, "glmm-conditional-exact"))
