# Reference for mmstats/methods/proportional_odds.py: ordinal's clm and nominal_test; limits by roots of clm's likelihood
# with the slope as an offset (clm's own confint interpolates them by a spline).
suppressMessages(library(ordinal)); packages <- "ordinal"
sharp <- clm.control(gradTol = 1e-9, maxIter = 500L)
ours <- function(name, levels) {
  for (v in names(levels)) for (l in levels[[v]]) if (name == paste0(v, l)) return(sprintf("%s[%s]", v, l))
  name
}
one <- function(name, y, terms, data, levels, level = 0.95) {
  d <- data; for (v in names(levels)) d[[v]] <- factor(d[[v]], levels[[v]])
  d[[y]] <- factor(d[[y]], ordered = TRUE); f <- reformulate(terms, y)
  X <- model.matrix(f, d)[, -1, drop = FALSE]; fit <- clm(f, data = d, control = sharp); expected <- list()
  fixed <- function(drop, offset) { d$off <- offset; keep <- X[, setdiff(seq_len(ncol(X)), drop), drop = FALSE]
    g <- if (ncol(keep)) { d$keep <- keep; as.formula(paste(y, "~ keep + offset(off)")) } else as.formula(paste(y, "~ offset(off)"))
    as.numeric(logLik(clm(g, data = d, control = sharp))) }
  b <- fit$beta; l <- as.numeric(logLik(fit)); se <- sqrt(diag(vcov(fit)))[names(b)]
  for (j in seq_along(b)) {
    gap <- function(v) 2 * (l - fixed(j, v * (X[, j] - mean(X[, j]))))  # centred: clm starts badly from a large offset
    end <- function(side) { far <- se[[j]]; while (gap(b[[j]] + side * far) < qchisq(level, 1)) far <- far * 1.5
      uniroot(function(v) gap(v) - qchisq(level, 1), sort(b[[j]] + side * c(0, far)), tol = 1e-13)$root }
    chi <- gap(0)
    expected[[paste("odds_ratio", ours(names(b)[j], levels))]] <- list(estimate = exp(b[[j]]), conf_low = exp(end(-1)),
      conf_high = exp(end(1)), statistic = chi, df = 1, p_value = pchisq(chi, 1, lower.tail = FALSE), n = nrow(X))
  }
  assign <- attr(model.matrix(f, d), "assign")[-1]
  for (t in seq_along(terms)) {
    if (sum(assign == t) > 1) { chi <- 2 * (l - fixed(which(assign == t), rep(0, nrow(X))))
      expected[[paste("likelihood_ratio", terms[t])]] <- list(estimate = chi, df = sum(assign == t), p_value = pchisq(chi, sum(assign == t), lower.tail = FALSE)) }
    chi <- 2 * (as.numeric(logLik(clm(f, nominal = reformulate(terms[t]), data = d, control = sharp))) - l)
    df <- sum(assign == t) * (nlevels(d[[y]]) - 2)
    expected[[paste("proportional_odds_test", terms[t])]] <- list(estimate = chi, df = df, p_value = pchisq(chi, df, lower.tail = FALSE))
  }
  columns <- lapply(d, function(column) if (is.factor(column)) as.character(column) else column); columns[[y]] <- data[[y]]
  case(name, list(formula = paste(y, "~", paste(terms, collapse = " + ")), data = columns), expected, levels = levels,
    options = list(level = level), tolerance = 1e-8, why = "clm's stopping rule, and roots found in R")
}
tasting <- data.frame(rating = as.numeric(wine$rating), temp = as.character(wine$temp), contact = as.character(wine$contact))
published <- one("wine", "rating", c("temp", "contact"), tasting, list(temp = c("cold", "warm"), contact = c("no", "yes")))
near <- function(row, values) stopifnot(max(abs(log(unlist(published$expected[[row]][c("estimate", "conf_low", "conf_high")])) - values)) < 2e-4)
near("odds_ratio temp[warm]", c(2.5031, 1.5098, 3.5952))  # the package's tutorial (Christensen), tables of wine
near("odds_ratio contact[yes]", c(1.5278, 0.6158, 2.4924))
scores <- data.frame(score = c(0, 0, 0, 1, 0, 1, 2, 0, 1, 0, 3, 1, 2, 0, 2, 3, 1, 3, 2, 0, 1, 2, 3, 3, 1, 0, 2, 1, 3),
  group = rep(c("HC", "MS"), c(14, 15)), age = 40 + (1:29 * 7) %% 13)
cars <- data.frame(cyl = paste0("c", mtcars$cyl))
list(published,
  one("scores of two groups and age", "score", c("group", "age"), scores, list(group = c("HC", "MS")), 0.9),
  one("a factor of three levels", "qsec", c("cyl"), data.frame(qsec = as.numeric(cut(mtcars$qsec, c(0, 17, 18.5, 30))), cyl = cars$cyl), list(cyl = c("c4", "c6", "c8"))))
