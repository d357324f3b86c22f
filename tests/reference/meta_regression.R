# Reference for mmstats/methods/meta_regression.py: metafor's rma with moderators, anova, vif, confint, permutest.
suppressMessages(library(metafor))
packages <- "metafor"
tau2s <- c(reml = "REML", ml = "ML", dl = "DL", he = "HE", pm = "PM", sj = "SJ", common = "EE")
tests <- c("z" = "z", "t" = "t", "hartung-knapp" = "knha", "hartung-knapp-ad-hoc" = "adhoc")
# Knapp and Hartung with a common effect warn, which they should.
rma0 <- function(yi, vi, X, tau2, test, level, intercept = TRUE) suppressWarnings(rma(yi, vi, mods = if (intercept) X[, -1, drop = FALSE] else X, intercept = intercept,
  method = tau2s[[tau2]], test = tests[[test]], level = 100 * level, control = list(threshold = 1e-14, maxiter = 10000, tau2.max = 1e8, tol = 1e-14)))
ours <- function(name, levels) {
  part <- function(p) {
    for (v in names(levels)) for (l in levels[[v]]) if (p == paste0(v, l)) return(sprintf("%s[%s]", v, l))
    p
  }
  if (name == "(Intercept)") "intercept" else paste(sapply(strsplit(name, ":")[[1]], part), collapse = ":")
}
# Predictions along latitude, or for each method of allocation: other columns at their means over studies or levels.
along <- function(fit, X, data, levels, level) {
  rows <- list(); labels <- colnames(X); X <- unname(X)
  means <- colMeans(X); for (v in names(levels)) for (l in levels[[v]][-1]) means[labels == paste0(v, l)] <- 1 / length(levels[[v]])
  interacting <- any(grepl(":", labels)) || !("(Intercept)" %in% labels)
  if (!interacting && "ablat" %in% labels) for (at in c(13, 55)) { row <- means; row[labels == "ablat"] <- at; rows[[sprintf("predicted_effect ablat=%d", at)]] <- row }
  if (!interacting) for (v in names(levels)) for (l in levels[[v]]) { row <- means; row[labels %in% paste0(v, levels[[v]])] <- 0; row[labels == paste0(v, l)] <- 1
    rows[[sprintf("predicted_effect %s=%s", v, l)]] <- row }
  lapply(rows, function(row) { at <- predict(fit, newmods = row[-1], level = 100 * level); list(estimate = at$pred, std_error = at$se, conf_low = at$ci.lb, conf_high = at$ci.ub) })
}
one <- function(name, formula, data, vi, levels = list(), tau2 = "reml", test = "hartung-knapp", interval = "q-profile", level = 0.95, permuted = FALSE) {
  for (v in names(levels)) data[[v]] <- factor(data[[v]], levels[[v]])
  frame <- model.frame(as.formula(formula), data); X <- model.matrix(as.formula(formula), frame); yi <- model.response(frame); labels <- attr(terms(frame), "term.labels")
  intercept <- attr(terms(frame), "intercept") == 1; assign <- attr(X, "assign"); k <- length(yi); study <- sprintf("s%02d", seq_len(k)); p <- ncol(X)
  fit <- rma0(yi, vi, X, tau2, test, level, intercept)
  df <- if (test == "z") NA_real_ else k - p; df2 <- df
  names_ <- sapply(colnames(X), ours, levels); expected <- list()
  for (i in seq_len(p)) expected[[paste("coefficient", names_[i])]] <- list(estimate = fit$b[i, 1], std_error = fit$se[i], conf_low = fit$ci.lb[i], conf_high = fit$ci.ub[i],
    statistic = fit$zval[i], df = df, p_value = fit$pval[i], n = k)
  joint <- function(at) { a <- anova(fit, btt = at); list(estimate = a$QM, statistic = a$QM, df = length(at), df2 = df2, p_value = a$QMp) }
  for (t in seq_along(labels)) {
    inside <- any(sapply(labels[-t], function(o) all(strsplit(labels[t], ":")[[1]] %in% strsplit(o, ":")[[1]])))
    if (sum(assign == t) > 1 && !inside) expected[[paste("moderators_test", labels[t])]] <- joint(which(assign == t))
  }
  moved <- which(assign > 0); expected$moderators_test <- joint(moved)
  if (length(moved) > 1 && intercept) { v <- suppressWarnings(vif(fit)); v <- if (is.list(v) && !is.null(v$vif)) v$vif else v
    v <- if (is.list(v)) sapply(v, `[[`, "vif") else v
    for (i in seq_along(moved)) expected[[paste("variance_inflation", names_[moved[i]])]] <- list(estimate = v[[i]]) }
  expected$cochran_q <- list(estimate = fit$QE, df = k - p, p_value = fit$QEp)
  if (intercept) expected$tau2_explained <- list(estimate = fit$R2)
  if (tau2 == "common") { expected$i2 <- list(estimate = fit$I2); expected$h2 <- list(estimate = fit$H2) } else {
    limits <- if (interval == "profile") confint(fit, type = "PL", level = 100 * level, control = list(tol = 1e-14, vc.max = 1e4))$random
      else confint(fit, level = 100 * level, control = list(tol = 1e-14, tau2.max = 1e8, maxiter = 10000))$random
    each <- function(row, ...) list(estimate = limits[row, "estimate"], conf_low = limits[row, "ci.lb"], conf_high = limits[row, "ci.ub"], ...)
    expected <- c(expected, list(tau2 = each("tau^2", std_error = fit$se.tau2), tau = each("tau"), i2 = each("I^2(%)"), h2 = each("H^2")))
  }
  for (i in seq_len(k)) expected[[sprintf("study_weight study[%s]", study[i])]] <- list(estimate = weights(fit)[[i]])
  expected <- c(expected, along(fit, X, data, levels, level))
  options <- list(tau2 = tau2, test = test, tau2_interval = interval, level = level)
  if (permuted) {
    all <- suppressMessages(permutest(fit, exact = TRUE, progbar = FALSE))
    expected$permutation_test <- list(estimate = fit$QM, p_value = all$QMp)
    for (i in moved) expected[[paste("permutation_test", names_[i])]] <- list(estimate = fit$zval[i], p_value = all$pval[i])
    options$permutation <- TRUE
  }
  columns <- lapply(data[all.vars(as.formula(formula))], function(column) if (is.factor(column)) as.character(column) else column)
  case(name, list(formula = formula, data = columns, std_error = sqrt(vi), study = study), expected, levels = c(levels, list(study = study)),
    tolerance = 1e-7, why = "metafor's searches for tau squared and its limits", options = options)
}
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
d <- data.frame(y = c(bcg$yi), ablat = bcg$ablat, year = bcg$year, alloc = bcg$alloc); v <- c(bcg$vi); alloc <- list(alloc = c("alternate", "random", "systematic"))
# metafor 3.8.1 centres the effects before it computes Q and tau squared, which without an intercept makes them wrong; so by lm.
without <- function() {
  X <- cbind(d$ablat, d$year); W <- diag(1 / v); P <- W - W %*% X %*% solve(t(X) %*% W %*% X, t(X) %*% W); k <- nrow(X); study <- sprintf("s%02d", 1:k)
  q <- deviance(lm(y ~ 0 + ablat + year, d, weights = 1 / v)); tau2 <- (q - (k - 2)) / sum(diag(P)); w <- 1 / (v + tau2)
  b <- coef(lm(y ~ 0 + ablat + year, d, weights = w)); C <- solve(t(X) %*% (w * X)); se <- sqrt(diag(C)); chi2 <- drop(b %*% solve(C, b))
  row <- function(i) list(estimate = b[[i]], std_error = se[i], conf_low = b[[i]] - qnorm(0.975) * se[i], conf_high = b[[i]] + qnorm(0.975) * se[i], p_value = 2 * pnorm(-abs(b[[i]] / se[i])))
  case("no intercept", list(formula = "y ~ 0 + ablat + year", data = as.list(d[c("y", "ablat", "year")]), std_error = sqrt(v), study = study),
    list("coefficient ablat" = row(1), "coefficient year" = row(2), tau2 = list(estimate = tau2), cochran_q = list(estimate = q, df = k - 2, p_value = pchisq(q, k - 2, lower.tail = FALSE)),
      moderators_test = list(estimate = chi2, df = 2, p_value = pchisq(chi2, 2, lower.tail = FALSE))),
    levels = list(study = study), options = list(tau2 = "dl", test = "z"), tolerance = 1e-8, why = "the inverse of X'WX, with years as they are")
}
all <- list()
for (a in names(tau2s)) all <- c(all, list(one(paste("latitude and year", a), "y ~ ablat + year", d, v, tau2 = a)))
for (b in names(tests)) all <- c(all, list(one(paste("allocation and latitude", b), "y ~ alloc + ablat", d, v, alloc, test = b)))
first <- c(1:4, 7, 8, 13)
c(all, list(one("interaction", "y ~ alloc * ablat", d, v, alloc), one("interaction, chi-squared", "y ~ alloc * ablat", d, v, alloc, "dl", "z"),
  without(),
  one("profile, 90 %", "y ~ ablat", d, v, interval = "profile", level = 0.9),
  one("profile of ML", "y ~ ablat", d, v, tau2 = "ml", interval = "profile", test = "z"), one("levels for intercept", "y ~ 0 + alloc", d, v, alloc),
  one("all permutations", "y ~ ablat + year", d[first, ], v[first], tau2 = "dl", test = "z", permuted = TRUE),
  one("all permutations, Knapp and Hartung", "y ~ ablat", d[first, ], v[first], tau2 = "dl", permuted = TRUE)))
