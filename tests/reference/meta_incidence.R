# Reference for mmstats/methods/meta_incidence.py: R's poisson.test for each study, and the likelihood of the Poisson-normal model
# (pooling/count_models.R).
packages <- c("numDeriv", "metadat")
source("tests/reference/pooling/count_models.R", local = TRUE)
one <- function(name, x, t, names, test = "t", level = 0.95) {
  expected <- lapply(seq_along(x), function(i) { ci <- poisson.test(x[i], t[i], conf.level = level)$conf.int; list(estimate = x[i] / t[i], conf_low = ci[1], conf_high = ci[2], n = x[i]) })
  names(expected) <- sprintf("incidence_rate study[%s]", names); half <- ifelse(x == 0, 0.5, 0); rate <- sum(x) / sum(t)
  g <- count_model(Map(poisson_study, x, t), log(rate), 1 / (x + half), 2 * sum(dpois(x, x, log = TRUE) - dpois(x, t * rate, log = TRUE)), level)
  case(name, list(study = I(names), events = x, time = t), c(expected, model_rows(g, exp, "incidence_rate", "prediction_incidence_rate", sum(x), test, level)),
    levels = list(study = names), options = list(test = test, level = level), tolerance = 5e-6, why = why_model)
}
niel <- metadat::dat.nielweise2008; names <- sprintf("n%d", niel$study)
list(one("nielweise2008, reference", as.numeric(niel$x2i), niel$t2i / 1000, names), one("nielweise2008, comparison, z, 90 %", as.numeric(niel$x1i), niel$t1i / 1000, names, "z", 0.9))
