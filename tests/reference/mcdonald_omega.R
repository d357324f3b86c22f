# Reference for mmstats/methods/mcdonald_omega.py: R's factanal for the start, its likelihood then minimised to the last
# digits over the uniquenesses by nlminb; omega of the sum of the raw items. lavaan's one-factor model agrees to 5 digits.
packages <- c("stats", "psych")
misfit <- function(u, r) { e <- eigen(r / sqrt(outer(u, u)), symmetric = TRUE, only.values = TRUE)$values[-1]; sum(e - log(e) - 1) }
slope <- function(u, r) {
  e <- eigen(r / sqrt(outer(u, u)), symmetric = TRUE); rest <- seq_along(u)[-1]
  rowSums(sweep(e$vectors[, rest]^2, 2, 1 - e$values[rest], "*")) / u
}
one <- function(name, items, why = "an iterative fit: R's stops at 1e-8 of the uniquenesses or before") {
  x <- as.data.frame(items); r <- cor(x); s <- apply(x, 2, sd)
  u <- factanal(x, 1)$uniquenesses
  for (again in 1:5) u <- nlminb(u, misfit, slope, r = r, lower = 0.005, upper = 1, control = list(rel.tol = 1e-15, x.tol = 1e-15))$par
  e <- eigen(r / sqrt(outer(u, u)), symmetric = TRUE)
  l <- sqrt(u) * e$vectors[, 1] * sqrt(e$values[1] - 1); l <- l * sign(sum(l))
  omega <- sum(s * l)^2 / (sum(s * l)^2 + sum(s^2 * u))
  loadings <- setNames(lapply(l, function(v) list(estimate = v)), paste("factor_loading", names(x)))
  case(name, list(items = as.list(x)), c(list(mcdonald_omega = list(estimate = omega, n = nrow(x))), loadings),
    options = list(resamples = 99, interval = "percentile-bootstrap"), tolerance = 1e-6, why = why)
}
bfi <- na.omit(psych::bfi[1:60, c("N1", "N2", "N3", "N4", "N5")])
heywood <- data.frame(a = c(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), b = c(2, 1, 4, 3, 6, 5, 8, 7, 10, 9), c = c(1, 3, 2, 5, 4, 7, 6, 9, 8, 10),
  d = c(3, 9, 1, 7, 2, 8, 10, 4, 6, 5))
list(one("attitude", attitude), one("neuroticism", bfi), one("a Heywood case", heywood), one("three items", iris[1:20, 1:3]))
