# Skipped correlation: the projection method of Wilcox (2012) around the medians, with the box-plot rule on
# ideal fourths, point by point in loops; variables in median absolute deviations. Wilcox's own outpro divides by
# the root of mad() instead, by which its outliers depend on the units of measurement.
fourths <- function(x) {
  y <- sort(x); n <- length(x); j <- floor(n / 4 + 5 / 12); g <- n / 4 - j + 5 / 12; k <- n - j + 1
  c((1 - g) * y[j] + g * y[j + 1], (1 - g) * y[k] + g * y[k - 1])
}
outliers <- function(x, y) {
  m <- cbind((x - median(x)) / mad(x), (y - median(y)) / mad(y))
  far <- logical(nrow(m))
  for (i in seq_len(nrow(m))) {
    bottom <- sum(m[i, ]^2)
    if (bottom == 0) next
    distance <- sapply(seq_len(nrow(m)), function(j) sqrt(sum((sum(m[j, ] * m[i, ]) * m[i, ] / bottom)^2)))
    q <- fourths(distance)
    far <- far | distance > median(distance) + sqrt(qchisq(0.975, 2)) * (q[2] - q[1])
  }
  far
}
one <- function(name, x, y, kind) {
  far <- outliers(x, y)
  case(name, list(x = x, y = y), list(skipped_correlation = list(estimate = cor(x[!far], y[!far], method = kind),
    n = length(x))), options = list(correlation = kind))
}
stars <- robustbase::starsCYG
packages <- "robustbase"
list(one("mtcars", mtcars$mpg, mtcars$wt, "spearman"), one("stars_spearman", stars$log.Te, stars$log.light, "spearman"),
  one("stars_pearson", stars$log.Te, stars$log.light, "pearson"), one("ties", airquality$Temp[1:25], airquality$Wind[1:25], "pearson"),
  one("brains", log(MASS::Animals$body), log(MASS::Animals$brain), "spearman"))
