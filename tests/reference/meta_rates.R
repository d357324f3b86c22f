# Reference for mmstats/methods/meta_rates.py: metafor's rma.mh and escalc, and the likelihood of the comparison group's events given
# all of a study (pooling/count_models.R).
packages <- c("metafor", "numDeriv")
source("tests/reference/pooling/count_models.R", local = TRUE)
library(metafor)
columns_of <- function(d) list(study = I(d$study), comparison_events = d$x1, comparison_time = d$t1, reference_events = d$x2, reference_time = d$t2)
back_of <- function(measure) if (measure == "rate_difference") identity else exp
short <- c(rate_ratio = "IRR", rate_difference = "IRD")
each <- function(d, measure, level, weights = NULL) {
  own <- escalc(measure = short[[measure]], x1i = x1, t1i = t1, x2i = x2, t2i = t2, data = d, drop00 = measure == "rate_ratio")
  q <- qnorm((1 + level) / 2); back <- back_of(measure); rows <- list()
  for (i in seq_len(nrow(d))) {
    term <- sprintf("study[%s]", d$study[i]); y <- own$yi[i]; s <- sqrt(own$vi[i]); n <- d$x1[i] + d$x2[i]
    rows[[paste(measure, term)]] <- if (is.na(y)) list(estimate = NA_real_, n = n) else list(estimate = back(y), conf_low = back(y - q * s), conf_high = back(y + q * s), n = n)
    if (!is.null(weights)) rows[[paste("study_weight", term)]] <- list(estimate = weights[i])
  }
  rows
}
mh <- function(name, d, measure, level = 0.95) {
  r <- rma.mh(measure = short[[measure]], x1i = x1, t1i = t1, x2i = x2, t2i = t2, data = d, level = 100 * level, drop00 = c(measure == "rate_ratio", FALSE))
  w <- list(rate_ratio = d$x2 * d$t1, rate_difference = d$t1 * d$t2)[[measure]] / (d$t1 + d$t2); back <- back_of(measure)
  expected <- each(d, measure, level, 100 * w / sum(w))
  expected[[measure]] <- list(estimate = back(as.numeric(r$beta)), conf_low = back(r$ci.lb), conf_high = back(r$ci.ub), statistic = r$zval, p_value = r$pval, n = sum(d$x1 + d$x2))
  expected$cochran_q <- list(statistic = r$QE, p_value = r$QEp)
  case(name, columns_of(d), expected, levels = list(study = d$study), options = list(measure = measure, level = level))
}
by_counts <- function(name, d, test = "z", level = 0.95) {
  s <- d[d$x1 + d$x2 > 0, ]; n <- s$x1 + s$x2; offset <- log(s$t1 / s$t2); half <- ifelse(s$x1 == 0 | s$x2 == 0, 0.5, 0)
  one <- optimize(function(b) sum(dbinom(s$x1, n, plogis(offset + b), log = TRUE)), c(-30, 30), maximum = TRUE, tol = 1e-12)$objective
  g <- count_model(Map(binomial_study, s$x1, n, offset), -0.5, 1 / (s$x1 + half) + 1 / (s$x2 + half), 2 * (sum(dbinom(s$x1, n, s$x1 / n, log = TRUE)) - one), level)
  expected <- c(each(d, "rate_ratio", level), model_rows(g, exp, "rate_ratio", "prediction_ratio", sum(n), test, level, null = TRUE))
  case(name, columns_of(d), expected, levels = list(study = d$study), options = list(model = "glmm", test = test, level = level), tolerance = 5e-6, why = why_model)
}
niel <- get(data(dat.nielweise2008, package = "metadat"))
niel <- data.frame(study = sprintf("n%d", niel$study), x1 = as.numeric(niel$x1i), t1 = niel$t1i / 1000, x2 = as.numeric(niel$x2i), t2 = niel$t2i / 1000)
empty <- rbind(niel, data.frame(study = "none", x1 = 0, t1 = 1.5, x2 = 0, t2 = 1.25))
list(mh("nielweise2008, ratio", niel, "rate_ratio"), mh("nielweise2008, difference", niel, "rate_difference"), mh("no events, ratio, 90 %", empty, "rate_ratio", 0.9),
  mh("no events, difference", empty, "rate_difference"), by_counts("nielweise2008", niel), by_counts("no events, t, 90 %", empty, "t", 0.9))
