# Reference for mmstats/meta/one_stage.py and cohort_least_squares.py: nlme's lme with a residual variance for each
# cohort, and lm, with all rows. Six cohorts of other sizes, effects, slopes of the baseline, and noise.
packages <- "nlme"
suppressMessages(library(nlme))
set.seed(20)
sizes <- c(24, 31, 18, 45, 22, 36)
effects <- c(2.1, 4.8, 0.6, 3.2, 5.5, 1.4)
d <- do.call(rbind, lapply(1:6, function(i) {
  n <- sizes[i]; group <- rep(0:1, length.out = n); baseline <- round(rnorm(n, 40 + i, 8), 1)
  data.frame(cohort = LETTERS[i], group = group, baseline = baseline,
    score = round(10 * i + effects[i] * group + (0.2 + 0.1 * i) * baseline + rnorm(n, 0, 1 + i %% 3), 2))
}))
d$cohort <- factor(d$cohort)
d$centred <- d$baseline - ave(d$baseline, d$cohort)
control <- lmeControl(maxIter = 1000, msMaxIter = 5000, msMaxEval = 10000, tolerance = 1e-12, msTol = 1e-12,
  opt = "optim")
one <- function(name, method, by_cohort) {
  m <- if (by_cohort) lme(score ~ 0 + cohort + cohort:centred + group, random = ~ 0 + group | cohort, data = d,
    method = method, weights = varIdent(form = ~ 1 | cohort), control = control)
  else lme(score ~ 0 + cohort + cohort:centred + group, random = ~ 0 + group | cohort, data = d, method = method,
    control = control)
  sd <- if (by_cohort) {
    ratios <- coef(m$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
    m$sigma * ratios[order(names(ratios))]
  } else rep(m$sigma, 6)
  list(name = name, restricted = method == "REML", by_cohort = by_cohort, deviance = -2 * as.numeric(logLik(m)),
    estimate = as.numeric(fixef(m)["group"]), std_error = as.numeric(sqrt(vcov(m)["group", "group"])),
    slopes = as.numeric(fixef(m)[8:13]), residual_sd = as.numeric(sd),
    random_sd = as.numeric(VarCorr(m)["group", "StdDev"]))
}
squares <- function(name, formula) {
  m <- lm(formula, data = d); s <- summary(m)
  list(name = name, coefficient = I(as.numeric(coef(m))), std_error = I(as.numeric(s$coefficients[, 2])),
    residual_sd = s$sigma, r2 = 1 - sum(residuals(m)^2) / sum((d$score - mean(d$score))^2))
}
list(data = lapply(d[c("cohort", "group", "baseline", "score")], I),
  mixed = list(one("REML by cohort", "REML", TRUE), one("ML by cohort", "ML", TRUE),
    one("REML common", "REML", FALSE), one("ML common", "ML", FALSE)),
  squares = list(squares("own slopes", score ~ 0 + cohort + cohort:centred + group),
    squares("own intercepts", score ~ 0 + cohort + baseline + group),
    squares("common", score ~ baseline + group)))
