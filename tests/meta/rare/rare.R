# Rscript rare.R FOLDER_OF_REFERENCES rare.json
# Models of counts by metafor and lme4, whose optimum is polished here, and Mantel-Haenszel by metafor and R itself.
suppressMessages({library(metafor); library(lme4); library(jsonlite)})
folder <- commandArgs(trailingOnly = TRUE)[1]   # shared/reference
read <- function(name) read.csv(file.path(folder, "data", paste0(name, ".csv")))
keep <- function(res, ...) { found <- lapply(c(...), function(n) as.numeric(res[[n]])); names(found) <- c(...); found }
number <- c("beta", "se", "zval", "pval", "ci.lb", "ci.ub")
# Its inner iterations end too early by default: with 1e-7 the Laplace likelihood of pritz1997 is off by 2e-4.
tight <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-10, optCtrl = list(rhoend = 1e-11, maxfun = 1e6), calc.derivs = FALSE)
polished <- function(formula, data, nAGQ, family = binomial) {
  fit <- suppressWarnings(glmer(formula, data, family, control = tight, nAGQ = nAGQ))
  list(fixef = as.list(fixef(fit)), tau2 = as.numeric(VarCorr(fit)$study), ll = as.numeric(logLik(fit)))
}
both <- function(d) {
  k <- nrow(d)
  data.frame(study = factor(rep(seq_len(k), 2)), group = rep(c(1, 0), each = k), half = rep(c(.5, -.5), each = k),
             x = c(d$a, d$c), n = c(d$n1, d$n2))
}
bcg <- with(read("bcg"), data.frame(a = tpos, n1 = tpos + tneg, c = cpos, n2 = cpos + cneg))
niel <- with(get(data(dat.nielweise2007, package = "metadat")), data.frame(a = ai, n1 = n1i, c = ci, n2 = n2i))
out <- list(versions = list(R = R.version.string, metafor = as.character(packageVersion("metafor")),
                            lme4 = as.character(packageVersion("lme4"))))
for (name in c("bcg", "nielweise2007")) {
  d <- list(bcg = bcg, nielweise2007 = niel)[[name]]
  d[] <- lapply(d, as.numeric)
  o <- list(data = as.list(d))
  glmm <- function(...) suppressWarnings(keep(
    rma.glmm(measure = "OR", ai = a, ci = c, n1i = n1, n2i = n2, data = d, ...),
    number, "tau2", "se.tau2", "I2", "H2", "QE.LRT", "QEp.LRT", "QE.df", "k"))
  for (m in c("UM.FS", "UM.RS", "CM.EL", "CM.AL")) o[[m]] <- glmm(model = m)
  o[["UM.FS.t"]] <- glmm(model = "UM.FS", test = "t")
  o[["CM.EL"]][["ll"]] <- as.numeric(logLik(rma.glmm(measure = "OR", ai = a, ci = c, n1i = n1, n2i = n2, data = d, model = "CM.EL")))
  some <- d[d$a + d$c > 0 & d$a + d$c < d$n1 + d$n2, ]
  long <- both(some)
  o[["UM.FS.tight"]] <- polished(cbind(x, n - x) ~ -1 + group + study + (half - 1 | study), long, 7)
  one <- with(some, data.frame(study = factor(seq_along(a)), a = a, c = c, off = log(n1 / n2)))
  o[["CM.AL.tight"]] <- polished(cbind(a, c) ~ 1 + offset(off) + (1 | study), one, 7)
  for (m in c("OR", "RR", "RD"))
    o[[paste0("MH.", m)]] <- keep(rma.mh(measure = m, ai = a, ci = c, n1i = n1, n2i = n2, data = d),
                                  number, "MH", "MHp", "BD", "BDp", "TA", "TAp")
  o[["peto"]] <- keep(rma.peto(ai = a, ci = c, n1i = n1, n2i = n2, data = d), number, "QE", "QEp")
  # Greenland and Robins (1985), the variance of the difference
  o[["RD.greenland"]] <- with(d, { n <- n1 + n2; b <- n1 - a; e <- n2 - c
    sqrt(sum((a * b * n2^3 + c * e * n1^3) / (n1 * n2 * n^2))) / sum(n1 * n2 / n) })
  cells <- as.numeric(rbind(d$a, d$c, d$n1 - d$a, d$n2 - d$c))
  for (correct in c(TRUE, FALSE)) {
    test <- mantelhaen.test(array(cells, c(2, 2, nrow(d))), correct = correct)
    o[[paste0("mantelhaen.", correct)]] <- list(or = unname(test$estimate), statistic = unname(test$statistic),
      p = test$p.value, ci = as.numeric(test$conf.int))
  }
  out[[name]] <- o
}
d <- with(get(data(dat.nielweise2008, package = "metadat")), data.frame(x1 = x1i, t1 = t1i / 1000, x2 = x2i, t2 = t2i / 1000))
o <- list(data = as.list(d))
for (m in c("IRR", "IRD")) o[[paste0("MH.", m)]] <- keep(rma.mh(measure = m, x1i = x1, t1i = t1, x2i = x2, t2i = t2, data = d), number, "MH", "MHp")
one <- with(d, data.frame(study = factor(seq_along(x1)), x = x1 + x2, t = t1 + t2))
o[["IRLN"]] <- suppressWarnings(keep(rma.glmm(measure = "IRLN", xi = one$x, ti = one$t), number, "tau2", "I2", "H2", "QE.LRT", "QEp.LRT"))
o[["IRLN.tight"]] <- polished(x ~ 1 + offset(log(t)) + (1 | study), one, 7, poisson)
out$nielweise2008 <- o
for (name in c("pritz1997", "debruin2009")) {
  d <- read(name)
  res <- suppressWarnings(rma.glmm(measure = "PLO", xi = d$xi, ni = d$ni))
  one <- data.frame(study = factor(seq_along(d$xi)), x = d$xi, n = d$ni)
  out[[name]] <- list(PLO = keep(res, number, "tau2", "I2", "H2", "QE.LRT", "QEp.LRT"),
                      PLO.tight = polished(cbind(x, n - x) ~ 1 + (1 | study), one, 7),
                      PLO.laplace.tight = polished(cbind(x, n - x) ~ 1 + (1 | study), one, 1))
}
for (name in c("bcg", "normand1999", "raudenbush1985")) {
  ref <- fromJSON(file.path(folder, "meta", paste0(name, ".json")))
  res <- hc(rma(ref$yi, ref$vi, method = "DL"), control = list(tol = 1e-12))
  out$hc[[name]] <- lapply(list(beta = res$beta, se = res$se, ci.lb = res$ci.lb, ci.ub = res$ci.ub), as.numeric)
}
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null", na = "null", pretty = TRUE), commandArgs(trailingOnly = TRUE)[2])
