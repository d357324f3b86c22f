# Generalised estimating equations: geepack::geeglm, steps to 1e-14; corrections by the matrices of Kauermann and Carroll
# (2001), Mancl and DeRouen (2001) and Fay and Graubard (2001), with all rows' covariance written out; degrees of freedom
# from the moments of the quadratic forms. Of independent normal rows clubSandwich gives the same (CR2, CR3, HTZ).
suppressMessages({library(geepack); library(clubSandwich); library(MASS); library(nlme)})
packages <- c("geepack", "clubSandwich", "MASS", "nlme")
ours <- function(name, levels) {
  part <- function(p) { for (v in names(levels)) for (l in levels[[v]]) if (p == paste0(v, l)) return(sprintf("%s[%s]", v, l)); p }
  if (name == "(Intercept)") "intercept" else paste(sapply(strsplit(name, ":")[[1]], part), collapse = ":")
}
root <- function(A, power) { e <- eigen(A); Re(e$vectors %*% diag(e$values^power, nrow(A)) %*% solve(e$vectors)) }
block <- function(parts) { n <- sapply(parts, nrow); V <- matrix(0, sum(n), sum(n)); at <- cumsum(c(0, n))
  for (i in seq_along(parts)) V[at[i] + seq_len(n[i]), at[i] + seq_len(n[i])] <- parts[[i]]; V }
one <- function(name, formula, data, id, levels = list(), family = "gaussian", corstr = "exchangeable", correction = "kauermann-carroll",
                df_method = "participants", waves = NULL, time = NULL, level = 0.95) {
  data$.id <- match(id, unique(id)); data$.waves <- if (is.null(waves)) ave(seq_len(nrow(data)), id, FUN = seq_along) else waves
  data <- data[order(data$.id, data$.waves), ]; time <- if (!is.null(time)) data[[time]]
  for (v in names(levels)) data[[v]] <- factor(data[[v]], levels[[v]])
  f <- as.formula(formula); response <- all.vars(f)[1]; fitted_to <- data
  if (family == "binomial") fitted_to[[response]] <- as.numeric(data[[response]]) - 1
  fit <- geeglm(f, family = family, data = fitted_to, id = .id, waves = .waves, corstr = corstr, control = geese.control(epsilon = 1e-14, maxit = 500))
  X <- model.matrix(f, fitted_to); b <- coef(fit); p <- length(b); n <- nrow(X); y <- fitted_to[[response]]
  mu <- drop(get(family)()$linkinv(X %*% b)); v <- get(family)()$variance(mu); phi <- summary(fit)$dispersion[1, 1]
  alpha <- if (corstr == "independence") 0 else summary(fit)$corr[1, 1]
  groups <- split(seq_len(n), data$.id); K <- length(groups)
  V <- block(lapply(groups, function(i) { w <- data$.waves[i]
    R <- switch(corstr, independence = diag(length(i)), exchangeable = (1 - alpha) * diag(length(i)) + alpha, ar1 = alpha^abs(outer(w, w, "-")))
    phi * outer(sqrt(v[i]), sqrt(v[i])) * R }))
  A <- diag(p); if (correction == "fay-graubard") { A[1, ] <- c(1, -colMeans(X)[-1]); X <- X %*% A }  # columns centred
  D <- X * v; W <- solve(V); M <- solve(t(D) %*% W %*% D); H <- D %*% M %*% t(D) %*% W; e <- y - mu
  stopifnot(max(abs(t(D) %*% W %*% e) * sqrt(diag(M))) < 1e-7)
  pull <- lapply(groups, function(i) { B <- t(D[i, , drop = FALSE]) %*% W[i, i]; h <- diag(length(i)) - H[i, i]
    P <- switch(correction, robust = M %*% B, "kauermann-carroll" = M %*% B %*% root(h, -0.5), "mancl-derouen" = M %*% B %*% solve(h),
      "fay-graubard" = M %*% diag(1 / sqrt(1 - pmin(0.75, diag(B %*% D[i, , drop = FALSE] %*% M)))) %*% B)
    full <- matrix(0, p, n); full[, i] <- P; A %*% full })
  C <- Reduce(`+`, lapply(pull, function(P) tcrossprod(P %*% e)))
  Omega <- (diag(n) - H) %*% V %*% t(diag(n) - H)
  eta <- function(L) { q <- nrow(L); parts <- lapply(pull, function(P) L %*% P)
    E <- Reduce(`+`, lapply(parts, function(P) P %*% Omega %*% t(P))); S <- root(E, -0.5); total <- 0
    for (s in 1:q) for (t in 1:q) { Q <- Reduce(`+`, lapply(parts, function(P) tcrossprod((S %*% P)[s, ], (S %*% P)[t, ]))); Q <- (Q + t(Q)) / 2
      total <- total + 2 * sum(diag(Q %*% Omega %*% Q %*% Omega)) }
    q * (q + 1) / total }
  df <- function(L) if (df_method == "participants") K - p else eta(L)
  if (family == "gaussian" && corstr == "independence" && correction %in% c("kauermann-carroll", "mancl-derouen")) {
    club <- vcovCR(lm(f, fitted_to), cluster = data$.id, type = if (correction == "mancl-derouen") "CR3" else "CR2"); stopifnot(max(abs(club / C - 1)) < 1e-8)
    if (correction == "kauermann-carroll") for (i in seq_len(p)) stopifnot(abs(coef_test(lm(f, fitted_to), club, test = "Satterthwaite")[i, "df_Satt"] / eta(diag(p)[i, , drop = FALSE]) - 1) < 1e-8)
    if (correction == "kauermann-carroll") { w <- Wald_test(lm(f, fitted_to), constrain_zero(2:p), club, test = "HTZ"); stopifnot(abs(w$df_denom / (eta(diag(p)[-1, , drop = FALSE]) - p + 2) - 1) < 1e-7) }
  }
  expected <- list(); slope <- c(gaussian = "coefficient", binomial = "odds_ratio", poisson = "rate_ratio")[[family]]
  first <- c(gaussian = "coefficient", binomial = "log_odds", poisson = "log_rate")[[family]]
  for (j in seq_len(p)) { L <- diag(p)[j, , drop = FALSE]; se <- sqrt(C[j, j]); d <- df(L); half <- qt((1 + level) / 2, d) * se
    inter <- names(b)[j] == "(Intercept)"; g <- if (inter || family == "gaussian") identity else exp
    expected[[paste(if (inter) first else slope, ours(names(b)[j], levels))]] <- c(list(estimate = g(b[[j]]), conf_low = g(b[[j]] - half), conf_high = g(b[[j]] + half),
      statistic = b[[j]] / se, df = d, p_value = 2 * pt(-abs(b[[j]] / se), d), n = n), if (identical(g, identity)) list(std_error = se)) }
  assign <- attr(model.matrix(f, fitted_to), "assign"); labels <- attr(terms(f), "term.labels")
  for (t in seq_along(labels)) { at <- which(assign == t); parts <- strsplit(labels[t], ":")[[1]]
    if (length(at) > 1 && !any(sapply(labels[-t], function(o) all(parts %in% strsplit(o, ":")[[1]])))) {
      q <- length(at); d <- df(diag(p)[at, ]); T2 <- drop(b[at] %*% solve(C[at, at], b[at])); F <- T2 * (d - q + 1) / (d * q)
      expected[[paste("f_test", labels[t])]] <- list(estimate = F, df = q, df2 = d - q + 1, p_value = pf(F, q, d - q + 1, lower.tail = FALSE)) } }
  if (corstr != "independence") expected$working_correlation <- list(estimate = alpha)
  expected$dispersion <- list(estimate = phi)
  columns <- lapply(data[all.vars(f)], function(column) if (is.factor(column)) as.character(column) else column)
  roles <- list(formula = formula, data = columns, participant = as.character(data$.id))
  if (!is.null(time)) roles$time <- time
  case(name, roles, expected, levels = c(levels, list(participant = as.character(seq_len(K)))),
    options = list(distribution = family, correlation = corstr, covariance = correction, df_method = df_method, level = level),
    tolerance = 1e-8, why = "geepack's steps end at 1e-14 of its coefficients, and of the moments less")
}
plants <- data.frame(uptake = CO2$uptake, Type = as.character(CO2$Type), Treatment = as.character(CO2$Treatment), conc = CO2$conc / 100)[c(1:20, 22:48, 50:84), ]
plant <- as.character(CO2$Plant)[c(1:20, 22:48, 50:84)]
two <- list(Type = c("Quebec", "Mississippi"), Treatment = c("nonchilled", "chilled"))
teeth <- data.frame(distance = Orthodont$distance, Sex = as.character(Orthodont$Sex), age = Orthodont$age); child <- as.character(Orthodont$Subject)
teeth <- teeth[-c(2, 7, 30, 31, 60, 97), ]; child <- child[-c(2, 7, 30, 31, 60, 97)]
infected <- bacteria[bacteria$week < 11, ]; who <- as.character(infected$ID)
infected <- data.frame(y = as.character(infected$y), trt = gsub("+", "_plus", as.character(infected$trt), fixed = TRUE), week = infected$week)
drugs <- list(y = c("n", "y"), trt = c("placebo", "drug", "drug_plus"))
fits <- epil[epil$subject %in% c(1:9, 29:38), ]; patient <- paste0("s", fits$subject); fits <- data.frame(y = fits$y, trt = as.character(fits$trt), base = fits$lbase)
arms <- list(trt = c("placebo", "progabide"))
c(list(
  one("plants", "uptake ~ Type * Treatment + conc", plants, plant, two),
  one("plants_independent", "uptake ~ Type + Treatment + conc", plants, plant, two, corstr = "independence"),
  one("plants_satterthwaite", "uptake ~ Type + Treatment + conc", plants, plant, two, corstr = "independence", df_method = "satterthwaite"),
  one("plants_mancl_derouen", "uptake ~ Type + Treatment + conc", plants, plant, two, correction = "mancl-derouen", corstr = "independence", level = 0.9),
  one("teeth_ar1", "distance ~ Sex * age", teeth, child, list(Sex = c("Male", "Female")), corstr = "ar1", waves = (teeth$age - 6) / 2, time = "age"),
  one("counts", "y ~ trt + base", fits, patient, arms, "poisson"),
  one("counts_independent", "y ~ trt + base", fits, patient, arms, "poisson", "independence", "mancl-derouen", "satterthwaite"),
  one("infections_ar1", "y ~ trt + week", infected, who, drugs, "binomial", "ar1", waves = infected$week / 2 + 1, time = "week")),
  lapply(c("kauermann-carroll", "mancl-derouen", "fay-graubard", "robust"), function(k) one(paste0("infections_", gsub("-", "_", k)), "y ~ trt + week", infected, who, drugs, "binomial", correction = k)),
  lapply(c("kauermann-carroll", "mancl-derouen", "fay-graubard", "robust"), function(k) one(paste0("infections_satterthwaite_", gsub("-", "_", k)), "y ~ trt + week", infected, who, drugs, "binomial", correction = k, df_method = "satterthwaite")))
