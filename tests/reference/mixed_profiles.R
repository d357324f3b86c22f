# Reference for mmstats/mixed: profile limits of lme4::confint at 90 %, likelihood-ratio statistics of anova, and
# the exact restricted test of RLRsim, for models with crossed, nested and singular random parts.
packages <- c("lme4", "RLRsim")
suppressMessages({library(lme4); library(RLRsim)})
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, rhobeg = 0.1, maxfun = 1e5),
  check.conv.singular = "ignore", check.conv.grad = "ignore", check.conv.hess = "ignore")
set.seed(21)
crossed <- expand.grid(person = 1:8, item = 1:5)
crossed$x <- round(rnorm(40), 2)
crossed$y <- round(1 + crossed$x + rnorm(8)[crossed$person] + rnorm(5)[crossed$item] + rnorm(40), 3)
nested <- expand.grid(repeats = 1:3, hand = 1:2, person = 1:10)[-c(3, 11, 29, 30), ]
nested$hand <- nested$hand + 2 * nested$person
nested$x <- round(rnorm(nrow(nested)), 2)
nested$y <- round(rnorm(10)[nested$person] + rnorm(22, 0, 0.7)[nested$hand] + 0.5 * nested$x + rnorm(nrow(nested)), 3)
slopes <- expand.grid(time = 0:4, person = 1:20)[-c(2, 31, 32, 33, 60), ]
slopes$y <- round(5 + rnorm(20, 0, 1.5)[slopes$person] + (0.3 + rnorm(20, 0, 0.8)[slopes$person]) * slopes$time + rnorm(nrow(slopes)), 3)
singular <- expand.grid(repeats = 1:4, person = 1:7)
singular$y <- round(rnorm(28) - 2 * ave(rnorm(28), singular$person), 3)
for (at in unique(singular$person)) {  # people's means all but equal
  own <- singular$person == at
  singular$y[own] <- round(singular$y[own] - mean(singular$y[own]) + 0.1 * at, 3)
}
limits <- function(fit) {
  found <- confint(profile(fit, signames = FALSE, devtol = 1e-6, delta = 0.05), level = 0.9)
  setNames(lapply(seq_len(nrow(found)), function(i) I(unname(found[i, ]))), rownames(found))
}
fitted <- function(formula, rows, REML = FALSE) lmer(formula, rows, REML = REML, control = tight)
one <- function(name, text, rows, smaller = NULL, exact = FALSE) {
  formula <- as.formula(text)
  full <- fitted(formula, rows)
  found <- list(name = name, formula = text, data = lapply(rows[all.vars(formula)], I), limits = limits(full))
  if (!is.null(smaller)) found$ratios <- lapply(smaller, function(other) {
    fixed <- is.na(other$restricted) || !other$restricted
    two <- if (other$random) -2 * c(logLik(if (other$none) lm(as.formula(other$formula), rows) else fitted(as.formula(other$formula), rows, TRUE), REML = TRUE))
      else -2 * c(logLik(fitted(as.formula(other$formula), rows)))
    c(other, list(statistic = two - -2 * c(logLik(if (other$random) fitted(formula, rows, TRUE) else full))))
  })
  if (exact) {
    test <- exactRLRT(fitted(formula, rows, TRUE), nsim = 1e6, seed = 1)
    found$exact <- list(statistic = unname(test$statistic), p_value = test$p)
  }
  found
}
fixed <- function(formula, contrasts) list(formula = formula, restricted = FALSE, random = FALSE, none = FALSE, contrasts = contrasts)
random <- function(formula, term, column = NULL, none = FALSE)
  list(formula = formula, restricted = TRUE, random = TRUE, none = none, term = term, column = column)
list(
  one("crossed", "y ~ x + (1 | person) + (1 | item)", crossed,
    list(fixed("y ~ 1 + (1 | person) + (1 | item)", I("x")), random("y ~ x + (1 | person)", "item"),
      random("y ~ x + (1 | item)", "person"))),
  one("nested", "y ~ x + (1 | person) + (1 | hand)", nested,
    list(fixed("y ~ 0 + (1 | person) + (1 | hand)", I(c("intercept", "x"))), random("y ~ x + (1 | person)", "hand"),
      random("y ~ x + (1 | hand)", "person"))),
  one("slopes", "y ~ time + (time | person)", slopes,
    list(fixed("y ~ 1 + (time | person)", I("time")), random("y ~ time + (1 | person)", "person", "time"),
      random("y ~ time + (0 + time | person)", "person", "intercept"),
      random("y ~ time", "person", none = TRUE))),
  one("intercepts", "y ~ time + (1 | person)", slopes[slopes$person < 9 & slopes$time < 3, ],
    list(random("y ~ time", "person", none = TRUE)), exact = TRUE),
  one("singular", "y ~ 1 + (1 | person)", singular, list(random("y ~ 1", "person", none = TRUE)))
)
