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
  V <- if (covariance == "hc3") vcovHC(fit, type = "HC3") else vcov(fit)
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
  one("levels_for_intercept", "mpg ~ 0 + gear + wt", cars[c(1, 3, 4)], gear))
