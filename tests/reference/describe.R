# Descriptions: mean, sd, t.test's interval, quantile(type = 7), and prop.test without continuity correction (Wilson).
of_numbers <- function(v) {
  x <- v[!is.na(v)]; test <- t.test(x)
  list(n = list(estimate = length(x)), missing = list(estimate = sum(is.na(v))),
    mean = list(estimate = mean(x), std_error = sd(x) / sqrt(length(x)), conf_low = test$conf.int[1], conf_high = test$conf.int[2], df = length(x) - 1),
    standard_deviation = list(estimate = sd(x)), median = list(estimate = median(x)),
    first_quartile = list(estimate = quantile(x, 0.25, type = 7)[[1]]), third_quartile = list(estimate = quantile(x, 0.75, type = 7)[[1]]),
    minimum = list(estimate = min(x)), maximum = list(estimate = max(x)))
}
named <- function(list, suffix) setNames(list, trimws(paste(names(list), suffix)))
o <- airquality$Ozone; g <- paste0("m", airquality$Month); months <- paste0("m", 5:9)
grouped <- do.call(c, c(list(of_numbers(o)), lapply(months, function(m) named(of_numbers(o[g == m]), m))))

proportion <- function(count, n) {
  test <- suppressWarnings(prop.test(count, n, correct = FALSE))
  list(estimate = count / n, conf_low = test$conf.int[1], conf_high = test$conf.int[2], n = n)
}
size <- c(rep("small", 9), rep("medium", 13), NA, NA, rep("large", 5)); hand <- rep(c("L", "R"), length.out = 29)
categories <- function(v, term) {
  seen <- v[!is.na(v)]; out <- list()
  out[[trimws(paste("n", term))]] <- list(estimate = length(seen)); out[[trimws(paste("missing", term))]] <- list(estimate = sum(is.na(v)))
  for (s in c("small", "medium", "large", "huge")) {
    name <- if (nzchar(term)) paste(s, "|", term) else s
    out[[paste("count", name)]] <- list(estimate = sum(seen == s)); out[[paste("proportion", name)]] <- proportion(sum(seen == s), length(seen))
  }
  out
}
list(
  case("numbers", list(outcome = mtcars$mpg), of_numbers(mtcars$mpg)),
  case("numbers_by_group_with_missing", list(outcome = o, group = g), grouped, levels = list(group = months)),
  case("categories", list(outcome = size, group = hand), c(categories(size, ""), categories(size[hand == "L"], "L"), categories(size[hand == "R"], "R")),
    levels = list(outcome = c("small", "medium", "large", "huge"), group = c("L", "R"))))
