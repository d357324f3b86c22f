# Conditional modes with their conditional standard deviations (ranef, condVar), Pearson residuals and fitted values
# of lme4; Cook's distances of groups by refits of lmer without each:
# (b - b_i)' V^-1 (b - b_i) / p, as in mixed_influence.R (lme4's own have another factor in version 1.1-31).
# Ranks: of each quantity on its own; normal quantiles by ppoints.
# The optimum of the search is polished by Newton steps of numeric derivatives, unless a variance is at zero.
packages <- c("lme4", "numDeriv")
suppressMessages(library(lme4))
fitted_to <- function(formula, data) {
  parsed <- lFormula(formula, data, weights = w)
  deviance <- do.call(mkLmerDevfun, parsed)
  found <- optimizeLmer(deviance, optimizer = "bobyqa", control = list(rhoend = 1e-12, maxfun = 1e5))
  theta <- found$par
  if (min(theta[parsed$reTrms$lower == 0]) > 1e-4) for (i in 1:4)
    theta <- theta - solve(numDeriv::hessian(deviance, theta), numDeriv::grad(deviance, theta))
  found$fval <- deviance(theta); found$par <- theta
  mkMerMod(environment(deviance), found, parsed$reTrms, parsed$fr)
}
ours <- function(name, levels) {
  for (v in names(levels)) for (l in levels[[v]]) if (name == paste0(v, l)) return(sprintf("%s[%s]", v, l))
  if (name == "(Intercept)") "intercept" else name
}
kept <- function(n) if (n <= 200) seq_len(n) else c(1:20, round(seq(20, n - 21, length.out = 160)) + 1, (n - 19):n)
one <- function(name, text, rows, levels, groups, level = 0.95, weights = NULL) {
  for (v in names(levels)) rows[[v]] <- factor(rows[[v]], levels[[v]])
  rows$w <- if (is.null(weights)) 1 else rows[[weights]]
  formula <- as.formula(text); environment(formula) <- globalenv()
  model <- fitted_to(formula, rows)
  n <- nrow(rows); expected <- list(); z <- qnorm((1 + level) / 2)
  modes <- ranef(model, condVar = TRUE)
  for (g in names(modes)) {
    group <- paste(rev(strsplit(g, ":")[[1]]), collapse = ":")
    V <- attr(modes[[g]], "postVar")
    for (j in seq_along(modes[[g]])) {
      b <- modes[[g]][[j]]; sd <- sqrt(V[j, j, ]); o <- order(b); q <- qnorm(ppoints(length(b)))
      for (k in kept(length(b))) expected[[sprintf("conditional_mode %s | %s #%d", ours(names(modes[[g]])[j], levels), group, k)]] <-
        list(estimate = b[o[k]], std_error = sd[o[k]], conf_low = b[o[k]] - z * sd[o[k]], conf_high = b[o[k]] + z * sd[o[k]],
          statistic = q[k], n = n)
    }
    left <- unique(as.character(rows_of <- model@flist[[g]]))
    V <- as.matrix(vcov(model))
    cooks <- sapply(left, function(l) { d <- fixef(fitted_to(formula, rows[rows_of != l, ])) - fixef(model); drop(d %*% solve(V, d)) / length(d) })
    cooks <- sort(cooks, decreasing = TRUE)
    for (k in kept(length(cooks))) expected[[sprintf("cooks_distance %s #%d", group, k)]] <- list(estimate = cooks[[k]])
  }
  r <- unname(residuals(model, type = "pearson")); o <- order(r); q <- qnorm(ppoints(n))
  for (k in kept(n)) {
    expected[[sprintf("residual #%d", k)]] <- list(estimate = r[o[k]], statistic = q[k])
    expected[[sprintf("fitted_value #%d", k)]] <- list(estimate = unname(fitted(model))[o[k]])
  }
  columns <- list(formula = list(formula = text, data = NULL))
  used <- all.vars(formula)
  given <- list(formula = text, data = lapply(rows[used], function(v) I(if (is.factor(v)) as.character(v) else v)))
  if (!is.null(weights)) given$weights <- I(rows[[weights]])
  case(name, given, expected, levels = c(lapply(levels, I), sapply(groups, function(g) I(unique(as.character(rows[[g]]))), simplify = FALSE)),
    options = list(level = level), tolerance = 1e-6, why = "their optimum has 1e-9, and numbers near 0 are differences of larger ones")
}
# The estimate by full maximum likelihood is the ninth point of its profile, with 8 values on either side.
profiled <- function(name, text, rows, group, parameters, level) {
  model <- lmer(as.formula(text), rows, REML = FALSE, control = lmerControl(optimizer = "bobyqa",
    optCtrl = list(rhoend = 1e-12, rhobeg = 0.1, maxfun = 1e5), check.conv.grad = "ignore"))
  limits <- confint(profile(model, signames = FALSE, devtol = 1e-6, delta = 0.02), level = level)
  V <- VarCorr(model)[[group]]; sds <- attr(V, "stddev"); cors <- attr(V, "correlation")
  estimates <- c(sds[[1]], cors[2, 1], sds[[2]], sigma(model), fixef(model))  # in the order of lme4
  expected <- list(); q <- qnorm((1 + level) / 2)
  for (i in seq_along(parameters)) {
    expected[[sprintf("profile %s #1", parameters[i])]] <- list(estimate = limits[[i, 1]], statistic = -q)
    expected[[sprintf("profile %s #9", parameters[i])]] <- list(estimate = estimates[[i]], conf_low = limits[[i, 1]],
      conf_high = limits[[i, 2]], conf_level = level)
    expected[[sprintf("profile %s #17", parameters[i])]] <- list(estimate = limits[[i, 2]], statistic = q)
  }
  case(name, list(formula = text, data = lapply(rows[all.vars(as.formula(text))], I)), expected,
    levels = setNames(list(I(unique(rows[[group]]))), group), options = list(level = level), tolerance = 2e-4,
    why = "lme4's limits are interpolated between points of its profile")
}
sleep <- sleepstudy; sleep$Subject <- as.character(sleep$Subject)
set.seed(12)
rows <- expand.grid(visit = 1:4, hand = c("left", "right"), site = c("n", "s"), person = 1:14)[-c(3, 9, 50, 51, 52, 100), ]
rows$who <- paste0("p", rows$person); rows$rater <- sample(c("x", "y", "z"), nrow(rows), TRUE)
rows$y <- round(20 + 2 * rnorm(14)[rows$person] + (rows$hand == "right") * (1 + rnorm(14)[rows$person]) +
  rnorm(3)[factor(rows$rater)] + rnorm(nrow(rows)), 3)
rows$precision <- round(runif(nrow(rows), 0.5, 2), 2)
for (v in c("hand", "site")) rows[[v]] <- as.character(rows[[v]])
small <- rows[rows$visit < 3, ]
list(
  one("sleepstudy", "Reaction ~ Days + (Days | Subject)", sleep, list(), "Subject"),
  one("crossed", "y ~ hand + (1 + hand | who) + (1 | rater)", small, list(hand = c("left", "right")), c("who", "rater"), level = 0.9),
  one("more rows than are kept", "y ~ hand + visit + (1 | who)", rows, list(hand = c("left", "right")), "who"),
  profiled("profiles", "Reaction ~ Days + (Days | Subject)", sleep, "Subject", c("intercept | Subject",
    "intercept, Days | Subject", "Days | Subject", "residual", "intercept", "Days"), 0.9),
  one("weights", "y ~ hand + (1 | who)", small, list(hand = c("left", "right")), "who", weights = "precision")
)
