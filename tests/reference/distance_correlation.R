# Distance correlation by energy: dcor, bcdcor, dcorT.test. The exact p counts all orders with energy's dcov.
suppressMessages(library(energy))
packages <- "energy"
orders <- function(n) {
  if (n == 1) return(matrix(1, 1, 1))
  rest <- orders(n - 1)
  do.call(rbind, lapply(seq_len(n), function(i) cbind(i, matrix(setdiff(seq_len(n), i)[rest], ncol = n - 1))))
}
exact <- function(x, y) {
  found <- dcov(x, y)
  mean(apply(orders(length(x)), 1, function(o) dcov(x, y[o])) >= found - 1e-12)
}
one <- function(name, x, y, few = FALSE) {
  test <- dcorT.test(x, y)
  first <- list(estimate = dcor(x, y), n = length(x))
  if (few) first$p_value <- exact(x, y)
  case(name, list(x = x, y = y), list(distance_correlation = first, squared_distance_correlation = list(
    estimate = bcdcor(x, y), statistic = test$statistic[[1]], df = test$parameter[[1]], p_value = test$p.value)))
}
list(one("mtcars", mtcars$mpg, mtcars$wt), one("parabola", c(-4:4) + 0.1, c(-4:4)^2), one("ties", airquality$Temp[1:25], airquality$Wind[1:25]),
  one("none", iris$Sepal.Length[1:20], iris$Sepal.Width[51:70]), one("exact", c(1, 2, 3, 4, 5, 6, 7), c(2, 7, 1, 4, 3, 6, 6), few = TRUE),
  one("five", c(1, 2, 4, 7, 11), c(3, 1, 2, 9, 5), few = TRUE))
