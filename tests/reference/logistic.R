# Reference for mmstats/methods/logistic.py. Firth: the modified score of Firth (1993) solved by Fisher scoring, with
# the penalised likelihood profiled as in Heinze and Schemper (2002); it gives the values that logistf prints for their
# endometrial data. Without penalty: glm, profiled by offsets.
score <- function(X, y, b, firth) {
  p <- plogis(drop(X %*% b)); w <- p * (1 - p); information <- crossprod(X * sqrt(w))
  h <- if (firth) rowSums((X %*% solve(information)) * X) * w else 0
  list(u = drop(crossprod(X, y - p + h * (0.5 - p))), i = information,
    l = sum(plogis(drop(X %*% b) * (2 * y - 1), log.p = TRUE)) + if (firth) determinant(information)$modulus[[1]] / 2 else 0)
}
solved <- function(X, y, firth, fixed = integer(), at = numeric(), start = rep(0, ncol(X))) {
  b <- start; b[fixed] <- at; free <- setdiff(seq_len(ncol(X)), fixed); s <- score(X, y, b, firth)
  if (length(free)) for (k in 1:2000) {
    step <- solve(s$i[free, free, drop = FALSE], s$u[free]); step <- step / max(1, max(abs(step)) / 2)
    repeat { new <- b; new[free] <- b[free] + step; t <- score(X, y, new, firth)
      if (t$l >= s$l - 1e-12) break; step <- step / 2 }
    b <- new; s <- t
    if (max(abs(step)) < 1e-14) break
  }
  list(b = b, l = s$l)
}
ours <- function(name, levels) {
  for (v in names(levels)) for (l in levels[[v]]) if (name == paste0(v, l)) return(sprintf("%s[%s]", v, l))
  if (name == "(Intercept)") "intercept" else name
}
one <- function(name, formula, data, levels, penalty = "firth", level = 0.95) {
  firth <- penalty == "firth"; d <- data
  for (v in names(levels)) d[[v]] <- factor(d[[v]], levels[[v]])
  X <- model.matrix(as.formula(formula), d); y <- as.numeric(d[[all.vars(as.formula(formula))[1]]]) - 1
  fit <- solved(X, y, firth); expected <- list()
  if (!firth) stopifnot(max(abs(fit$b - coef(glm(as.formula(formula), binomial, d, epsilon = 1e-14)))) < 1e-9)
  for (j in seq_len(ncol(X))) {
    gap <- function(v) 2 * (fit$l - solved(X, y, firth, j, v, fit$b)$l)
    end <- function(side) { far <- sqrt(diag(solve(score(X, y, fit$b, firth)$i)))[j]; while (gap(fit$b[j] + side * far) < qchisq(level, 1)) far <- far * 1.5
      uniroot(function(v) gap(v) - qchisq(level, 1), sort(fit$b[j] + side * c(0, far)), tol = 1e-14)$root }
    slope <- colnames(X)[j] != "(Intercept)"; f <- if (slope) exp else identity; chi <- gap(0)
    expected[[paste(if (slope) "odds_ratio" else "log_odds", ours(colnames(X)[j], levels))]] <- list(estimate = f(fit$b[[j]]),
      conf_low = f(end(-1)), conf_high = f(end(1)), statistic = chi, df = 1, p_value = pchisq(chi, 1, lower.tail = FALSE), n = nrow(X))
  }
  assign <- attr(X, "assign"); labels <- attr(terms(as.formula(formula)), "term.labels")
  for (t in seq_along(labels)) if (sum(assign == t) > 1) {
    chi <- 2 * (fit$l - solved(X, y, firth, which(assign == t), 0, fit$b)$l)
    expected[[paste("likelihood_ratio", labels[t])]] <- list(estimate = chi, df = sum(assign == t), p_value = pchisq(chi, sum(assign == t), lower.tail = FALSE))
  }
  columns <- lapply(d, function(column) if (is.factor(column)) as.character(column) else column)
  case(name, list(formula = formula, data = columns), expected, levels = levels, options = list(penalty = penalty, level = level),
    tolerance = 1e-8, why = "roots found in R")
}
endometrial <- read.table(header = TRUE, text = "NV PI EH HG
0 13 1.64 0
0 16 2.26 0
0 8 3.14 0
0 34 2.68 0
0 20 1.28 0
0 5 2.31 0
0 17 1.8 0
0 10 1.68 0
0 26 1.56 0
0 17 2.31 0
0 8 2.01 0
0 7 1.89 0
0 20 3.15 0
0 10 1.23 0
0 18 1.27 0
0 16 1.76 0
0 18 2 0
0 8 2.64 1
0 29 0.88 1
0 12 1.27 1
0 20 1.37 1
1 38 0.97 1
1 22 1.14 1
1 7 0.88 1
1 25 0.91 1
1 15 0.58 1
0 7 0.97 1
0 28 1.5 0
0 11 1.33 0
0 19 2.37 0
0 10 1.82 0
0 10 3.13 0
0 18 1.31 0
0 14 1.92 0
0 21 1.64 0
0 11 2.01 0
0 17 1.88 0
0 25 1.93 0
0 16 2.11 0
0 19 1.29 0
0 15 1.72 0
0 33 0.75 0
0 24 1.92 0
0 48 1.84 1
0 12 1.11 1
0 19 1.61 1
0 2 1.18 1
1 22 1.44 1
1 40 1.18 1
1 5 0.93 1
1 0 1.17 1
0 21 1.19 1
0 15 1.06 1
0 29 2.02 0
0 15 2.29 0
0 12 2.33 0
0 3 2.9 0
0 20 1.7 0
0 23 1.41 0
0 12 2.25 0
0 22 1.54 0
0 42 1.97 0
0 15 1.75 0
0 13 2.16 0
0 14 2.57 0
0 19 1.37 0
0 12 3.61 0
0 13 2.04 0
0 10 2.17 0
0 12 1.69 1
1 49 0.27 1
0 6 1.84 1
0 5 1.3 1
0 17 0.96 1
1 11 1.01 1
1 21 0.98 1
0 5 0.35 1
1 19 1.02 1
0 33 0.85 1")
endometrial$HG <- c("low", "high")[endometrial$HG + 1]
published <- one("endometrial", "HG ~ NV + PI + EH", endometrial, list(HG = c("low", "high")))
found <- published$expected
near <- function(row, values) stopifnot(max(abs(log(unlist(found[[row]][c("estimate", "conf_low", "conf_high")])) - values)) < 1e-6)
near("odds_ratio NV", c(2.92927330, 0.6097244, 7.85463171))  # as logistf prints them
near("odds_ratio PI", c(-0.03475175, -0.1244587, 0.04045547))
near("odds_ratio EH", c(-2.60416387, -4.3651832, -1.23272106))
cars <- data.frame(manual = ifelse(mtcars$am == 1, "yes", "no"), hp = mtcars$hp, wt = mtcars$wt, gear = paste0("c", mtcars$cyl))
both <- list(manual = c("no", "yes"), gear = c("c4", "c6", "c8"))
list(published,
  one("a factor", "manual ~ gear + hp", cars, both),
  one("no penalty", "manual ~ hp + wt", cars[1:3], both[1], "none"),
  one("no penalty, 80 %", "manual ~ gear + hp", cars, both, "none", 0.8))
