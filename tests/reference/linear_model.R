# Linear models: lm, sandwich::vcovHC(HC3), Wald tests by hand, adjusted means by emmeans.
suppressMessages({library(sandwich); library(emmeans)})
packages <- c("sandwich", "emmeans")
ours <- function(name, levels) {
  part <- function(p) {
    for (v in names(levels)) for (l in levels[[v]]) if (p == paste0(v, l)) return(sprintf("%s[%s]", v, l))
    p
  }
  if (name == "(Intercept)") "intercept" else paste(sapply(strsplit(name, ":")[[1]], part), collapse = ":")
}
one <- function(name, formula, data, levels = list(), covariance = "hc3", tolerance = NULL, why = NULL) {
  for (v in names(levels)) data[[v]] <- factor(data[[v]], levels[[v]])
  fit <- lm(as.formula(formula), data)
  V <- if (covariance == "classical") vcov(fit) else vcovHC(fit, type = toupper(covariance))
  b <- coef(fit); df <- df.residual(fit); n <- nrow(data)
  row <- function(estimate, se, tested = TRUE) {
    base <- list(estimate = estimate, std_error = se, conf_low = estimate - qt(0.975, df) * se, conf_high = estimate + qt(0.975, df) * se, df = df, n = n)
    if (tested) c(base, list(statistic = estimate / se, p_value = 2 * pt(-abs(estimate / se), df))) else base
  }
  expected <- list()
  for (i in seq_along(b)) expected[[paste("coefficient", ours(names(b)[i], levels))]] <- row(b[[i]], sqrt(V[i, i]))
  assign <- fit$assign; labels <- attr(terms(fit), "term.labels")
  for (t in seq_along(labels)) {
    parts <- strsplit(labels[t], ":")[[1]]
    inside <- any(sapply(labels[-t], function(o) all(parts %in% strsplit(o, ":")[[1]])))
    at <- which(assign == t)
    if (length(at) > 1 && !inside) {
      f <- drop(t(b[at]) %*% solve(V[at, at], b[at])) / length(at)
      expected[[paste("f_test", labels[t])]] <- list(estimate = f, statistic = f, df = length(at), df2 = df, p_value = pf(f, length(at), df, lower.tail = FALSE))
    }
  }
  for (v in intersect(labels, names(levels))) {
    means <- suppressMessages(emmeans(fit, v, vcov. = V))
    table <- as.data.frame(means)
    for (i in seq_len(nrow(table))) expected[[sprintf("adjusted_mean %s[%s]", v, table[[v]][i])]] <- row(table$emmean[i], table$SE[i], FALSE)
    differences <- as.data.frame(contrast(means, "trt.vs.ctrl", ref = 1, adjust = "none"))
    for (i in seq_len(nrow(differences)))
      expected[[sprintf("adjusted_mean_difference %s[%s]", v, levels[[v]][i + 1])]] <- row(differences$estimate[i], differences$SE[i])
  }
  s <- summary(fit)
  expected$r_squared <- list(estimate = s$r.squared); expected$adjusted_r_squared <- list(estimate = s$adj.r.squared)
  expected$residual_sd <- list(estimate = s$sigma)
  columns <- lapply(data, function(column) if (is.factor(column)) as.character(column) else column)
  case(name, list(formula = formula, data = columns), expected, levels = if (length(levels)) levels, options = list(covariance = covariance),
    tolerance = tolerance, why = why)
}
# Restricted wild bootstrap with every pattern of signs. At each of many hypotheses, step by step farther from the
# estimate, all patterns are refitted; a pattern reaches as far as the last hypothesis at which its t is as large.
wild <- function(name, data, level) {
  X <- cbind(1, as.matrix(data[-1])); y <- data[[1]]; n <- length(y); H <- X %*% solve(crossprod(X), t(X)); h <- diag(H)
  signs <- t(as.matrix(expand.grid(rep(list(c(-1, 1)), n)))); expected <- list(); steps <- exp(seq(log(1e-3), log(1e4), length.out = 3000))
  for (j in seq_len(ncol(X))) {
    a <- drop(X %*% solve(crossprod(X))[, j]); b <- sum(a * y); se <- sqrt(sum((a * (y - H %*% y) / (1 - h))^2))
    above <- function(v, S) {
      fitted <- v * X[, j] + fitted(lm.fit(X[, -j, drop = FALSE], y - v * X[, j])); Y <- fitted + S * (y - fitted)
      abs(drop(a %*% Y) - v) / sqrt(colSums((a * (Y - H %*% Y) / (1 - h))^2)) - abs(b - v) / se * (1 - 1e-12)
    }
    reach <- function(side) {
      votes <- sapply(steps, function(x) above(b + side * x * se, signs) >= 0)
      sapply(seq_len(ncol(signs)), function(k) { last <- max(0, which(votes[k, ])); if (last == length(steps)) return(Inf); if (last == 0) return(0)
        uniroot(function(x) above(b + side * x * se, signs[, k, drop = FALSE]), steps[last + 0:1], tol = 1e-13)$root })
    }
    down <- reach(-1); up <- reach(1); least <- floor((1 - level) * length(up) + 1e-9) + 1
    expected[[paste("coefficient", c("intercept", names(data)[-1])[j])]] <- list(estimate = b, p_value = mean((if (b > 0) down else up) >= abs(b) / se - 1e-9),
      conf_low = b - se * sort(down, decreasing = TRUE)[least], conf_high = b + se * sort(up, decreasing = TRUE)[least])
  }
  case(name, list(formula = paste(names(data)[1], "~", paste(names(data)[-1], collapse = " + ")), data = as.list(data)), expected,
    options = list(interval = "wild-bootstrap", level = level), tolerance = 1e-8, why = "roots found in R")
}
tooth <- ToothGrowth[c(1:8, 12:20, 21:27, 31:36, 41:50, 53:60), ]  # unbalanced
tooth <- data.frame(len = tooth$len, supp = as.character(tooth$supp), dose = paste0("d", tooth$dose * 10), weight = 20 + (seq_len(nrow(tooth)) * 7) %% 11)
two <- list(supp = c("OJ", "VC"), dose = c("d5", "d10", "d20"))
cars <- data.frame(mpg = mtcars$mpg, hp = mtcars$hp, wt = mtcars$wt, gear = paste0("g", mtcars$gear))
gear <- list(gear = c("g3", "g4", "g5"))
list(
  one("two_factors_and_a_covariate", "len ~ dose + supp + weight", tooth, two),
  one("two_factors_classical", "len ~ dose + supp + weight", tooth, two, "classical"),
  one("interaction", "len ~ supp * dose + weight", tooth, two),
  one("factor_by_number", "mpg ~ gear * wt", cars, gear),
  one("numbers", "log(mpg) ~ log(hp) + wt", cars[1:3]),
  one("no_intercept", "mpg ~ 0 + wt + hp", cars[1:3]),
  one("levels_for_intercept", "mpg ~ 0 + gear + wt", cars[c(1, 3, 4)], gear),
  one("hc4", "len ~ dose + supp + weight", tooth, two, "hc4"),
  one("hc4_numbers", "mpg ~ hp + wt", cars[1:3], covariance = "hc4"),
  wild("wild_one_covariate", data.frame(y = c(2.1, 3.4, 2.9, 5.2, 4.1, 6.8, 5.0, 9.3), x = c(1, 2, 3, 4, 5, 6, 7, 12)), 0.9),
  wild("wild_two_covariates", data.frame(mpg = mtcars$mpg[1:10], hp = mtcars$hp[1:10] / 100, wt = mtcars$wt[1:10]), 0.95))
