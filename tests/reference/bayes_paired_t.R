# Bayes factor of pairs by BayesFactor (ttestBF).
suppressMessages(library(BayesFactor))
packages <- "BayesFactor"
one <- function(name, comparison, reference, scale = 0.707) {
  test <- t.test(comparison, reference, paired = TRUE)
  bf <- exp(ttestBF(comparison, reference, paired = TRUE, rscale = scale)@bayesFactor$bf)
  columns <- list(comparison = comparison, reference = reference)
  list(case(name, columns, list(bayes_factor = list(statistic = test$statistic[[1]], df = length(comparison) - 1, n = length(comparison)))),
    case(paste0(name, "_factor"), columns, list(bayes_factor = list(estimate = bf)), options = list(scale = scale),
      tolerance = 1e-6, why = "BayesFactor integrates to about 1e-7"))
}
c(one("sleep", sleep$extra[11:20], sleep$extra[1:10]), one("shoes", MASS::shoes$B, MASS::shoes$A, 1),
  one("anorexia", MASS::anorexia$Postwt, MASS::anorexia$Prewt), one("none", iris$Sepal.Width[1:25], iris$Sepal.Width[26:50], 0.5))
