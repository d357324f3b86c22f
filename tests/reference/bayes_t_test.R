# Bayes factor of two groups by BayesFactor (ttestBF), and by an integral over the effect size itself: the noncentral t density
# against the Cauchy prior.
suppressMessages(library(BayesFactor))
packages <- "BayesFactor"
one <- function(name, y, group, levels, scale = 0.707) {
  a <- y[group == levels[1]]; b <- y[group == levels[2]]; n <- length(a) * length(b) / length(y); df <- length(y) - 2
  test <- t.test(b, a, var.equal = TRUE); t <- test$statistic[[1]]
  bf <- exp(ttestBF(b, a, rscale = scale)@bayesFactor$bf)
  prior <- function(d) suppressWarnings(dt(t, df, d * sqrt(n))) * dcauchy(d, 0, scale)
  other <- (integrate(prior, -Inf, 0, rel.tol = 1e-9)$value + integrate(prior, 0, 2 * t / sqrt(n) * sign(t), rel.tol = 1e-9)$value +
    integrate(prior, 2 * t / sqrt(n) * sign(t), Inf, rel.tol = 1e-9)$value) / dt(t, df)
  stopifnot(abs(other / bf - 1) < 1e-5)
  columns <- list(outcome = y, group = as.character(group)); options <- list(scale = scale)
  list(case(name, columns, list(bayes_factor = list(statistic = t, df = df, n = length(y))), levels = list(group = levels)),
    case(paste0(name, "_factor"), columns, list(bayes_factor = list(estimate = bf)), levels = list(group = levels), options = options,
      tolerance = 1e-6, why = "BayesFactor integrates to about 1e-7"))
}
c(one("sleep", sleep$extra, sleep$group, c("1", "2")), one("mtcars", mtcars$mpg, mtcars$am, c("0", "1")),
  one("wide", mtcars$mpg, mtcars$vs, c("0", "1"), 1.414), one("none", iris$Sepal.Width[51:100], rep(c("a", "b"), 25), c("a", "b"), 0.5),
  one("small", c(4, 7, 8, 6, 9), c("a", "a", "b", "b", "b"), c("a", "b")))
