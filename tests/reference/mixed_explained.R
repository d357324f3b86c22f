# Reference for mmstats/mixed/explained.py and residuals.py: R squared and ICC by performance and insight,
# conditional modes with conditional variances and residuals by lme4, Cholesky residuals by the whole matrix.
suppressMessages({library(lme4); library(performance); library(insight)})
packages <- c("lme4", "performance", "insight")
set.seed(5)
rows <- expand.grid(visit = 0:3, hand = c("left", "right"), person = 1:10)
rows$site <- c("n", "s", "e")[(rows$person - 1) %% 3 + 1]
rows$rater <- sample(c("x", "y", "z", "w"), nrow(rows), TRUE)
rows <- rows[sort(sample(nrow(rows), 61)), ]
rows$y <- round(5 + rnorm(10)[rows$person] + 0.5 * rnorm(10)[rows$person] * rows$visit + 0.6 * rows$visit + rnorm(4)[factor(rows$rater)] +
  (rows$hand == "right") * rnorm(10)[rows$person] + rnorm(3, 0, 1.5)[factor(rows$site)] + rnorm(nrow(rows)), 3)
rows$w <- round(runif(nrow(rows), 0.5, 2), 2)
rows$hand <- factor(rows$hand)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5), check.conv.singular = "ignore")
modes <- function(model) {
  found <- ranef(model, condVar = TRUE)
  unname(unlist(lapply(names(found), function(g) {
    post <- attr(found[[g]], "postVar")
    if (!is.list(post)) post <- list(post)  # a list where a group has several terms
    from <- 0
    lapply(post, function(V) {
      k <- dim(V)[1]; at <- from + seq_len(k); from <<- from + k
      list(group = g, levels = I(rownames(found[[g]])), names = I(names(found[[g]])[at]),
        modes = unname(lapply(at, function(j) I(found[[g]][[j]]))), sd = lapply(seq_len(k), function(j) I(sqrt(V[j, j, ]))))
    })
  }), recursive = FALSE))
}
one <- function(text, weighted = FALSE) {
  model <- if (weighted) lmer(as.formula(text), rows, weights = w, control = tight) else lmer(as.formula(text), rows, control = tight)
  Z <- as.matrix(getME(model, "Z")); L <- as.matrix(getME(model, "Lambda"))
  w <- if (weighted) rows$w else rep(1, nrow(rows))
  V <- sigma(model)^2 * (Z %*% L %*% t(L) %*% t(Z) + diag(1 / w))
  marginal <- rows$y - drop(getME(model, "X") %*% fixef(model))
  # insight 0.19 drops or miscounts variances of '||' and of '0 +' terms; there, the formula of Johnson (2014)
  simple <- !grepl("[|][|]|0 [+]", text)
  mean_random <- sigma(model)^2 * sum(diag(Z %*% L %*% t(L) %*% t(Z))) / nrow(rows)
  r2 <- r2_nakagawa(model, tolerance = 0); parts <- get_variance(model, tolerance = 0); ic <- icc(model, tolerance = 0)
  f <- unname(parts$var.fixed); e <- unname(parts$var.residual); g <- if (simple) unname(parts$var.random) else mean_random
  list(formula = text, weighted = weighted, r2_marginal = if (simple) unname(r2$R2_marginal) else f / (f + g + e),
    r2_conditional = if (simple) unname(r2$R2_conditional) else (f + g) / (f + g + e),
    icc = if (simple) ic$ICC_adjusted else g / (g + e), fixed = f, random = g, mean_random = mean_random, residual = e,
    modes = modes(model), fitted = I(unname(fitted(model))), conditional = I(unname(resid(model))),
    scaled = I(unname(residuals(model, "pearson", scaled = TRUE))), marginal = I(marginal), cholesky = I(drop(forwardsolve(t(chol(V)), marginal))))
}
list(list(data = lapply(rows, function(v) I(if (is.factor(v)) as.character(v) else v))),
  one("y ~ visit + hand + (1 | person)"), one("y ~ visit + (visit | person)"), one("y ~ visit + hand + (1 + hand | person) + (1 | rater)"),
  one("y ~ visit + (1 | site/person)"), one("y ~ visit + (0 + hand | person)"), one("y ~ visit + (visit || person) + (1 | rater)"),
  one("y ~ visit + (visit | person) + (1 | rater)", TRUE))
