# Bayes factor of a correlation: the exact likelihood of r, whose even part is a 2F1 (gsl), integrated over the stretched beta
# prior; held against BayesFactor's correlationBF.
suppressMessages(library(BayesFactor))
packages <- c("BayesFactor", "gsl")
one <- function(name, x, y, scale = 1) {
  r <- cor(x, y); n <- length(x); t <- r * sqrt((n - 2) / (1 - r^2)); h <- (n - 1) / 2
  likelihood <- function(rho) (1 - rho^2)^h * gsl::hyperg_2F1(h, h, 0.5, (r * rho)^2)
  even <- function(rho) 2 * likelihood(rho) * dbeta((rho + 1) / 2, 1 / scale, 1 / scale) / 2
  bf <- sum(sapply(1:20, function(i) integrate(even, (i - 1) / 20, i / 20, rel.tol = 1e-12)$value))
  package <- exp(correlationBF(x, y, rscale = scale)@bayesFactor$bf)
  stopifnot(abs(package / bf - 1) < 1e-6)
  columns <- list(x = x, y = y)
  list(case(name, columns, list(bayes_factor = list(statistic = t, df = n - 2, n = n))),
    case(paste0(name, "_factor"), columns, list(bayes_factor = list(estimate = bf)), options = list(scale = scale), tolerance = 1e-8,
      why = "found by R's integrate"))
}
c(one("mtcars", mtcars$mpg, mtcars$qsec), one("narrow", mtcars$mpg, mtcars$qsec, 1 / 3), one("none", attitude$rating, attitude$critical, 0.5),
  one("small", c(1, 2, 3, 4, 5), c(2, 1, 4, 3, 7)), one("strong", iris$Petal.Length[51:70], iris$Petal.Width[51:70]))
