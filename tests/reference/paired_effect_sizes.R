# Reference for mmstats/methods/paired_effect_sizes.py. metafor gives the estimates of g_z (SMCC) and of Becker's g (SMCR);
# the others are the formulas of Bonett (2008), Algina and Keselman (2003) and Borenstein et al. (2009), in R. Limits by
# inverting R's pt(ncp). metafor's variances are other approximations: SMCC's is 1/n + g^2/(2 n), SMCRH's takes g for d.
packages <- c("metafor", "datasets", "MASS")
suppressMessages(library(metafor))
check <- function(name, x, y, level = 0.95) {
  n <- length(x); df <- n - 1; m <- mean(x - y); v <- c(var(x), var(y)); vd <- var(x - y); r <- cor(x, y); s2 <- mean(v)
  j <- exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)
  t <- m / sqrt(vd / n)
  solve <- function(p) uniroot(function(shift) suppressWarnings(pt(t, df, shift)) - p, c(t - 12, t + 20), tol = 1e-14)$root
  lambda <- c(solve((1 + level) / 2), solve((1 - level) / 2)) / sqrt(n)
  z <- qnorm((1 + level) / 2)
  change <- function(measure) escalc(measure = measure, m1i = mean(x), m2i = mean(y), sd1i = sd(if (measure == "SMCC") x else y),
    sd2i = if (measure == "SMCC") sd(y) else sd(x), ri = r, ni = n)$yi[[1]]
  gz <- j * m / sqrt(vd)
  dav <- m / sqrt(s2); adj <- sqrt((n - 2) / df)
  seav <- sqrt(dav^2 * (v[1]^2 + v[2]^2 + 2 * r^2 * v[1] * v[2]) / (8 * df * s2^2) + vd / (df * s2))
  drm <- m / sqrt(vd) * sqrt(2 * (1 - r))
  dref <- m / sd(y); seref <- sqrt(dref^2 / (2 * df) + vd / (df * v[2]))
  stopifnot(all.equal(change("SMCC"), gz), all.equal(change("SMCR"), j * dref))
  limits <- function(ends) list(conf_low = ends[1], conf_high = ends[2])
  given <- list(comparison = x, reference = y)
  jackknife <- function(g) {
    left <- sapply(1:n, function(i) g(x[-i], y[-i])); error <- sqrt((n - 1) / n * sum((left - mean(left))^2))
    half <- qt((1 + level) / 2, n - 1) * error
    list(estimate = g(x, y), std_error = error, conf_low = g(x, y) - half, conf_high = g(x, y) + half)
  }
  list(
    case(paste(name, "jackknife"), given, list(
      hedges_g_z = jackknife(function(x, y) j * mean(x - y) / sd(x - y)),
      hedges_g_av = jackknife(function(x, y) adj * mean(x - y) / sqrt((var(x) + var(y)) / 2)),
      hedges_g_rm = jackknife(function(x, y) j * mean(x - y) / sd(x - y) * sqrt(2 * (1 - cor(x, y)))),
      hedges_g_reference = jackknife(function(x, y) j * mean(x - y) / sd(y))), options = list(level = level)),
    case(name, given, list(
      hedges_g_z = list(estimate = change("SMCC"), std_error = sqrt(1 / n + gz^2 * (1 - (df - 2) / (df * j^2)))),
      hedges_g_av = list(estimate = adj * dav, std_error = adj * seav),
      hedges_g_rm = list(estimate = j * drm, std_error = j * sqrt((1 / n + drm^2 / (2 * n)) * 2 * (1 - r))),
      hedges_g_reference = c(list(estimate = change("SMCR"), std_error = j * seref), limits(dref + c(-1, 1) * z * seref))),
      options = list(level = level, interval = "normal-theory")),
    case(paste(name, "noncentral limits"), given, list(
      hedges_g_z = limits(j * lambda), hedges_g_av = limits(lambda * sqrt(vd / s2)),
      hedges_g_rm = limits(lambda * sqrt(2 * (1 - r)))),
      options = list(level = level, interval = "normal-theory"), tolerance = 1e-8, why = "R's noncentral pt is accurate to about 1e-9 here"))
}
c(check("sleep", sleep$extra[sleep$group == 2], sleep$extra[sleep$group == 1]),
  check("shoes", MASS::shoes$B, MASS::shoes$A),
  check("anorexia, family treatment, 90 %", with(subset(MASS::anorexia, Treat == "FT"), Postwt),
    with(subset(MASS::anorexia, Treat == "FT"), Prewt), 0.9),
  check("negative correlation", c(3, 1, 4, 1.5), c(1, 2.5, 0, 3), 0.99))
