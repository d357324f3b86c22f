# Pearson correlation: r, t and p by cor.test; Fisher's interval by cor.test; the exact interval from another
# representation than the package's (given a chi variate, r's tail is that of a noncentral t), by integrate().
exact <- function(r, n, level = 0.95) {
  above <- function(rho) {  # P(R >= r): r / sqrt(1 - r^2) = (Z + k chi_{n-1}) / chi_{n-2}, k = rho / sqrt(1 - rho^2)
    k <- rho / sqrt(1 - rho^2); q <- r / sqrt(1 - r^2) * sqrt(n - 2)
    f <- function(v) pt(q, n - 2, k * v, lower.tail = FALSE) * 2 * v * dchisq(v^2, n - 1)
    integrate(f, 0, sqrt(n - 1) + 9, rel.tol = 1e-11, subdivisions = 2000)$value
  }
  limit <- function(target) uniroot(function(rho) above(rho) - target, c(-0.9999, 0.9999), tol = 1e-13)$root
  c(limit((1 - level) / 2), limit((1 + level) / 2))
}
one <- function(name, x, y) {
  test <- suppressWarnings(cor.test(x, y))
  r <- cor(x, y); n <- length(x)
  limits <- exact(r, n)
  left <- sapply(1:n, function(i) atanh(cor(x[-i], y[-i])))  # the jackknife on Fisher's scale
  error <- sqrt((n - 1) / n * sum((left - mean(left))^2))
  jackknife <- tanh(atanh(r) + c(-1, 1) * qt(0.975, n - 1) * error)
  z <- atanh(r) * sqrt(n - 3)
  list(
    case(name, list(x = x, y = y), list(pearson_r = list(estimate = r, statistic = test$statistic[[1]], df = n - 2,
      p_value = test$p.value, n = n, std_error = error * (1 - r^2), conf_low = jackknife[1], conf_high = jackknife[2]))),
    case(paste0(name, "_exact"), list(x = x, y = y), list(pearson_r = list(conf_low = limits[1], conf_high = limits[2])),
      options = list(interval = "exact"), tolerance = 1e-8, why = "R's noncentral t is good to about 1e-10, and the limit is found from it"),
    case(paste0(name, "_fisher"), list(x = x, y = y), list(pearson_r = list(conf_low = test$conf.int[1],
      conf_high = test$conf.int[2], statistic = z, p_value = 2 * pnorm(-abs(z)))), options = list(interval = "fisher-z")))
}
c(one("mtcars", mtcars$mpg, mtcars$wt), one("women_noise", iris$Sepal.Length[1:12], iris$Petal.Length[1:12]),
  one("small", c(1, 2, 3, 4, 5), c(2, 1, 4, 3, 7)))
