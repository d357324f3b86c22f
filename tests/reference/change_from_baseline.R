# Change from baseline: ANCOVA by lm; the constrained longitudinal model by nlme::gls (REML, any covariance), with Kenward
# and Roger's (1997) covariance and degrees of freedom written out for n x n matrices at gls's covariance.
suppressMessages(library(nlme))
packages <- "nlme"
kenward_roger <- function(X, V, G, l) {  # G: derivatives of V by each of its elements
  W <- solve(V); Phi <- solve(t(X) %*% W %*% X); P <- W - W %*% X %*% Phi %*% t(X) %*% W; k <- length(G)
  info <- matrix(sapply(1:k, function(j) sapply(1:k, function(i) sum(diag(P %*% G[[i]] %*% P %*% G[[j]])) / 2)), k); w <- solve(info)
  Pi <- lapply(G, function(g) -t(X) %*% W %*% g %*% W %*% X); inside <- 0
  for (i in 1:k) for (j in 1:k) inside <- inside + w[i, j] * (t(X) %*% W %*% G[[i]] %*% W %*% G[[j]] %*% W %*% X - Pi[[i]] %*% Phi %*% Pi[[j]])
  adjusted <- Phi + 2 * Phi %*% inside %*% Phi
  v <- drop(t(l) %*% Phi %*% l); d <- sapply(Pi, function(p) drop(t(l) %*% Phi %*% p %*% Phi %*% l)) / v
  list(std_error = sqrt(drop(t(l) %*% adjusted %*% l)), df = 2 / drop(t(d) %*% w %*% d))
}
one <- function(name, y1, y0, group, level = 0.95) {
  g <- group == levels(group)[2]; n <- length(g); label <- paste0("group[", levels(group), "]")
  long <- data.frame(y = c(y0, y1), id = factor(rep(seq_len(n), 2)), occasion = rep(0:1, each = n), other = c(rep(0, n), as.numeric(g)))
  long <- long[!is.na(long$y), ]; long <- long[order(long$id, long$occasion), ]
  fit <- gls(y ~ occasion + other, long, correlation = corSymm(form = ~ 1 | id), weights = varIdent(form = ~ 1 | occasion), method = "REML",
    control = glsControl(tolerance = 1e-12, msTol = 1e-12, msMaxIter = 500))
  ratio <- coef(fit$modelStruct$varStruct, unconstrained = FALSE)[[1]]; s0 <- fit$sigma
  first <- as.character(long$occasion[1]); sds <- if (first == "0") c(s0, s0 * ratio) else c(s0 * ratio, s0)
  r <- coef(fit$modelStruct$corStruct, unconstrained = FALSE)[[1]]
  S <- outer(sds, sds) * matrix(c(1, r, r, 1), 2)
  same <- outer(long$id, long$id, "=="); o <- long$occasion + 1
  V <- same * S[o, o]; G <- lapply(list(c(1, 1), c(2, 1), c(2, 2)), function(e) { E <- matrix(0, 2, 2); E[e[1], e[2]] <- E[e[2], e[1]] <- 1; same * E[o, o] })
  X <- cbind(1, long$occasion, long$other); b <- coef(fit)
  row <- function(l) { k <- kenward_roger(X, V, G, l); e <- sum(l * b); half <- qt((1 + level) / 2, k$df) * k$std_error
    list(estimate = e, std_error = k$std_error, df = k$df, conf_low = e - half, conf_high = e + half, p_value = 2 * pt(-abs(e / k$std_error), k$df)) }
  a <- lm(y1 ~ g + y0); v <- vcov(a); m <- mean(y0[!is.na(y0) & !is.na(y1)]); df <- a$df.residual
  change <- function(l, shift, test = TRUE) { e <- sum(l * coef(a)) - shift; se <- sqrt(drop(l %*% v %*% l)); half <- qt((1 + level) / 2, df) * se
    list(estimate = e, std_error = se, df = df, conf_low = e - half, conf_high = e + half, p_value = 2 * pt(-abs(e / se), df)) }
  given <- list(outcome = y1, baseline = y0, group = as.character(group))
  named <- function(rows, quantities) { names(rows) <- quantities; for (i in grep("mean_change", quantities)) rows[[i]]$p_value <- NULL; rows }
  list(
    case(name, given, named(list(row(c(0, 0, 1)), row(c(0, 1, 0)), row(c(0, 1, 1))), c(paste("adjusted_mean_difference", label[2]), paste("mean_change", label))),
      levels = list(group = levels(group)), options = list(level = level), tolerance = 1e-5, why = "gls stops short of the optimum, which p values magnify"),
    case(paste(name, "ancova"), given, named(list(change(c(0, 1, 0), 0), change(c(1, 0, m), m), change(c(1, 1, m), m), change(c(0, 0, 1), 0)),
      c(paste("adjusted_mean_difference", label[2]), paste("mean_change", label), "coefficient baseline")), levels = list(group = levels(group)),
      options = list(model = "ancova", level = level), tolerance = 1e-9, why = "centring the baseline changes the last digits"))
}
anorexia <- subset(MASS::anorexia, Treat != "FT"); anorexia$Treat <- factor(as.character(anorexia$Treat), c("Cont", "CBT"))
missing <- anorexia; missing$Postwt[c(3, 20, 40)] <- NA; missing$Prewt[c(7, 50)] <- NA
c(one("anorexia", anorexia$Postwt, anorexia$Prewt, anorexia$Treat),
  one("anorexia, some missing, 90 %", missing$Postwt, missing$Prewt, missing$Treat, 0.9))
