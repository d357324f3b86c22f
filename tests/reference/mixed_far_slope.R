# Reference for random slopes of a variable far from 0, (1 + year | person): lme4, lmerTest and pbkrtest with the year
# centred, since lme4 does not find the optimum with years as they are written.
packages <- c("lme4", "lmerTest", "pbkrtest")
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest)})
one <- function(name, rows, response, time, person, from) {
  rows <- data.frame(y = rows[[response]], time = rows[[time]], person = as.character(rows[[person]]))
  rows$centred <- rows$time - mean(rows$time)
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5), check.conv.singular = "ignore")
  fit <- lmerTest::lmer(y ~ centred + (1 + centred | person), rows, control = control)
  L <- c(0, 1); adjusted <- as.matrix(vcovAdj(fit)); satterthwaite <- contest1D(fit, L)
  limits <- suppressWarnings(confint(fit, "theta_", oldNames = FALSE, quiet = TRUE))
  list(name = name, data = list(y = rows$y, time = rows$time, person = rows$person), from = I(from),
    deviance = REMLcrit(fit), slope = fixef(fit)[[2]],
    kr_error = sqrt(adjusted[2, 2]), kr_df = Lb_ddf(L, as.matrix(vcov(fit)), vcovAdj(fit)),
    satterthwaite_error = sqrt(as.matrix(vcov(fit))[2, 2]), satterthwaite_df = satterthwaite$df,
    slope_sd = attr(VarCorr(fit)$person, "stddev")[[2]], sigma = sigma(fit),
    sd_limits = I(unname(limits["sd_centred|person", ])), sigma_limits = I(unname(limits["sigma", ])))
}
sleep <- as.data.frame(lme4::sleepstudy)[-c(3, 17, 44, 45, 101), ]
growth <- as.data.frame(nlme::Orthodont)[-c(3, 10, 11, 50, 77), ]
offsets <- c(0, 30, 2010, 1e5, 1e6)
list(one("sleep", sleep, "Reaction", "Days", "Subject", offsets), one("growth", growth, "distance", "age", "Subject", offsets))
