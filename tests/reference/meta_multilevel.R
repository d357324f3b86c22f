# Reference for mmstats/methods/meta_multilevel.py: metafor's rma.mv with vcalc and confint, clubSandwich's CR2 with
# Satterthwaite's degrees of freedom and HTZ; averages by level from the same model without an intercept.
suppressMessages({library(metafor); library(clubSandwich)})
packages <- c("metafor", "clubSandwich")
search <- list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-16, maxit = 10000)
# A row of results by a t distribution, the normal one where df is infinite.
tested <- function(estimate, se, df, level = 0.95, between = NULL) {
  half <- qt((1 + level) / 2, df) * sqrt(se^2 + if (is.null(between)) 0 else between)
  row <- list(estimate = estimate, conf_low = estimate - half, conf_high = estimate + half, df = if (is.infinite(df)) NA_real_ else df)
  if (is.null(between)) row <- c(row, list(std_error = se, statistic = estimate / se, p_value = 2 * pt(-abs(estimate / se), df)))
  row
}
one <- function(name, data, outer, inner, test = "t", rho = 0, mods = NULL, level = 0.95, scale = "as-given", limits = FALSE) {
  d <- data; k <- nrow(d); d$outer <- d[[outer]]; d$inner <- d[[inner]]
  V <- if (rho == 0) d$vi else { S <- diag(0, k); for (s in unique(d$outer)) { w <- which(d$outer == s); S[w, w] <- rho * sqrt(d$vi[w] %o% d$vi[w]) }; diag(S) <- d$vi; S }
  rma_of <- function(formula) suppressWarnings(rma.mv(yi, V, mods = formula, random = ~ 1 | outer / inner, data = d, control = search, sparse = TRUE,
    test = if (test == "t") "t" else "z", dfs = if (test == "t") "contain" else "residual"))
  inference <- function(fit) {
    if (test == "cluster-robust") { found <- coef_test(fit, vcov = "CR2", cluster = d$outer); list(se = found$SE, df = found$df_Satt) }
    else list(se = fit$se, df = if (test == "z") rep(Inf, fit$p) else rep(fit$ddf, length.out = fit$p))
  }
  fit <- rma_of(if (is.null(mods)) ~ 1 else as.formula(paste("~", mods))); made <- inference(fit); between <- sum(fit$sigma2); expected <- list()
  shown <- function(row) {
    if (scale == "logarithms") { for (f in c("estimate", "conf_low", "conf_high")) row[[f]] <- exp(row[[f]]); if ("std_error" %in% names(row)) row["std_error"] <- NA_real_ }
    row
  }
  effect <- if (scale == "logarithms") c("effect_ratio", "prediction_ratio") else c("effect", "prediction")
  average <- function(term, place, fit, made) {
    expected[[trimws(paste(effect[1], term))]] <<- shown(tested(fit$beta[place], made$se[place], made$df[place], level))
    expected[[trimws(paste(effect[2], term))]] <<- shown(tested(fit$beta[place], made$se[place], made$df[place], level, between))
  }
  if (is.null(mods)) average("", 1, fit, made)
  else {
    factor <- !is.numeric(d[[mods]]); columns <- 2:fit$p
    for (j in 1:fit$p) expected[[paste("coefficient", if (j == 1) "intercept" else if (factor) sprintf("%s[%s]", mods, levels(d[[mods]])[j]) else mods)]] <-
      tested(fit$beta[j], made$se[j], made$df[j], level)
    if (test == "cluster-robust") {
      said <- Wald_test(fit, constraints = constrain_zero(columns), vcov = "CR2", cluster = d$outer, test = "HTZ")
      expected[[paste("f_test", mods)]] <- list(estimate = said$Fstat, df = said$df_num, df2 = said$df_denom, p_value = said$p_val)
    } else {
      wald <- c(t(fit$beta[columns]) %*% solve(fit$vb[columns, columns]) %*% fit$beta[columns]) / length(columns); df2 <- min(made$df[columns])
      expected[[paste("f_test", mods)]] <- c(list(estimate = wald, df = length(columns)), if (is.finite(df2)) list(df2 = df2), list(p_value = pf(wald, length(columns), df2, lower.tail = FALSE)))
    }
    if (factor) {
      means <- rma_of(as.formula(paste("~ 0 +", mods))); own <- inference(means)
      for (j in 1:fit$p) average(sprintf("%s[%s]", mods, levels(d[[mods]])[j]), j, means, own)
    }
  }
  W <- solve(if (is.matrix(V)) V else diag(V)); X <- fit$X; P <- W - W %*% X %*% solve(t(X) %*% W %*% X) %*% t(X) %*% W
  typical <- (k - fit$p) / sum(diag(P)); terms <- c(outer, paste0(outer, ":", inner))
  for (j in 1:2) {
    own <- list(estimate = fit$sigma2[j])
    if (limits) { bounds <- confint(fit, sigma2 = j, level = 100 * level, control = list(tol = 1e-12, vc.max = 1))$random[1, ]; own <- c(own, list(conf_low = bounds[["ci.lb"]], conf_high = bounds[["ci.ub"]])) }
    expected[[paste("tau2", terms[j])]] <- own
    expected[[paste("tau", terms[j])]] <- lapply(own, sqrt)
    expected[[paste("i2", terms[j])]] <- list(estimate = 100 * fit$sigma2[j] / (between + typical))
  }
  expected$i2 <- list(estimate = 100 * between / (between + typical))
  expected$cochran_q <- list(estimate = fit$QE, df = k - fit$p, p_value = fit$QEp)
  if (is.null(mods)) {
    share <- weights(fit, type = "rowsum"); half <- qnorm((1 + level) / 2) * sqrt(d$vi)
    for (i in 1:k) {
      term <- sprintf("%s[%s]:%s[%s]", outer, d$outer[i], inner, d$inner[i])
      expected[[paste("study_weight", term)]] <- list(estimate = share[[i]])
      expected[[paste(effect[1], term)]] <- shown(list(estimate = d$yi[i], conf_low = d$yi[i] - half[i], conf_high = d$yi[i] + half[i]))
    }
  }
  data <- list(effect = I(as.numeric(d$yi))); data[[outer]] <- I(as.character(d$outer)); data[[inner]] <- I(as.character(d$inner))
  levels <- list(); levels[[outer]] <- I(unique(as.character(d$outer))); levels[[inner]] <- I(unique(as.character(d$inner)))
  if (!is.null(mods)) { data[[mods]] <- if (factor) I(as.character(d[[mods]])) else I(d[[mods]]); if (factor) levels[[mods]] <- I(base::levels(d[[mods]])) }
  formula <- sprintf("effect ~ %s + (1 | %s/%s)", if (is.null(mods)) "1" else mods, outer, inner)
  case(name, list(formula = formula, data = data, std_error = I(sqrt(as.numeric(d$vi)))), expected, levels = levels,
    options = list(test = test, rho = rho, level = level, scale = scale), tolerance = 5e-6, why = "metafor's search for variances")
}
schools <- dat.konstantopoulos2011; schools$year <- schools$year - mean(schools$year)
young <- dat.assink2016; young$deltype <- factor(young$deltype, c("covert", "general", "overt"))
list(
  one("schools in districts", schools, "district", "school", limits = TRUE),
  one("schools, normal, as ratios", schools, "district", "school", "z", level = 0.9, scale = "logarithms"),
  one("schools, robust", schools, "district", "school", "cluster-robust"),
  one("schools by year", schools, "district", "school", mods = "year"),
  one("schools by year, robust", schools, "district", "school", "cluster-robust", mods = "year"),
  one("delinquents, sampling errors correlate", young, "study", "esid", rho = 0.6, limits = TRUE),
  one("delinquents by kind, robust", young, "study", "esid", "cluster-robust", 0.6, "deltype"),
  one("delinquents by kind, normal", young, "study", "esid", "z", 0, "deltype")
)
