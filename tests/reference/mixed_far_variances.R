# Reference for mmstats/mixed: lme4 where crossed factors vary 1 to 1e8 times as much as the residuals (variances),
# two, nested with crossed, and three. The search starts near the answer; lme4's own deviance loses digits there too.
packages <- "lme4"
suppressMessages(library(lme4))
set.seed(31)
rows <- expand.grid(item = 1:7, person = 1:12)[-c(3, 17, 40, 41, 77), ]
n <- nrow(rows)
rows$hand <- 2 * rows$person + (rows$item + rows$person) %% 2
rows$day <- sample(rep(1:4, length.out = n))
rows$x <- round(rnorm(n), 2)
noise <- rnorm(n)
effects <- lapply(list(person = 12, item = 7, hand = 30, day = 4), rnorm)
one <- function(name, factors, ratio) {
  d <- rows
  d$y <- 1 + d$x + noise
  for (f in factors) d$y <- d$y + sqrt(ratio) * effects[[f]][d[[f]]]
  d$y <- round(d$y, 6)
  text <- paste("y ~ x +", paste(sprintf("(1 | %s)", factors), collapse = " + "))
  both <- lapply(c(TRUE, FALSE), function(REML) {
    fit <- lmer(as.formula(text), d, REML = REML, start = rep(sqrt(ratio), length(factors)), control = lmerControl(
      optimizer = "bobyqa", optCtrl = list(rhobeg = sqrt(ratio) / 10, rhoend = sqrt(ratio) * 1e-8, maxfun = 1e5),
      calc.derivs = FALSE))
    sds <- as.data.frame(VarCorr(fit))
    list(restricted = REML, deviance = -2 * as.numeric(logLik(fit)), coefficient = unname(fixef(fit)[["x"]]),
      std_error = sqrt(vcov(fit)[2, 2]), sd = sds$sdcor[match(factors, sds$grp)], sigma = sigma(fit))
  })
  list(name = sprintf("%s, %g", name, ratio), ratio = ratio, factors = I(factors),
    data = lapply(d[c("y", "x", factors)], I), fits = both)
}
unlist(lapply(c(1, 1e4, 1e6, 1e8), function(ratio) list(one("two", c("person", "item"), ratio),
  one("nested", c("hand", "person", "item"), ratio), one("three", c("person", "item", "day"), ratio))), recursive = FALSE)
