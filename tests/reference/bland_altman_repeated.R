# Reference for mmstats/methods/bland_altman_repeated.py: Bland and Altman (2007) and Zou (2013), from the analyses of
# variance that aov gives. Peak flow, both readings: Bland and Altman (1986) print a corrected SD of 37.7 l/min.
one <- function(name, x, y, id, true_value, level = 0.95) {
  f <- factor(id); n <- nlevels(f); m <- c(table(f)); half <- (1 - level) / 2; z <- qnorm(0.975)
  mse <- function(v) { a <- anova(aov(v ~ f)); a["Residuals", "Mean Sq"] }
  d <- tapply(x - y, f, mean); share <- 1 - 1 / (n / sum(1 / m)); free <- length(x) - n
  parts <- c(var(d), if (true_value == "constant") share * c(mse(x), mse(y)) else share * mse(x - y))
  df <- c(n - 1, rep(free, length(parts) - 1)); total <- sum(parts)
  l <- total - sqrt(sum((parts * (1 - df / qchisq(1 - half, df)))^2))
  u <- total + sqrt(sum((parts * (df / qchisq(half, df) - 1))^2))
  shift <- qnorm(1 - half)^2 * var(d) / n
  out <- sqrt(shift + z^2 * (sqrt(u) - sqrt(total))^2); inn <- sqrt(shift + z^2 * (sqrt(total) - sqrt(l))^2)
  ends <- mean(d) + c(-1, 1) * z * sqrt(total); test <- t.test(d, conf.level = level)
  case(name, list(comparison = x, reference = y, participant = id), list(
    mean_difference = list(estimate = mean(d), std_error = test$stderr, conf_low = test$conf.int[1], conf_high = test$conf.int[2],
      statistic = test$statistic[[1]], df = n - 1, p_value = test$p.value, n = length(x)),
    lower_limit_of_agreement = list(estimate = ends[1], conf_low = ends[1] - out, conf_high = ends[1] + inn),
    upper_limit_of_agreement = list(estimate = ends[2], conf_low = ends[2] - inn, conf_high = ends[2] + out)),
    levels = list(participant = levels(f)), options = list(true_value = true_value, level = level))
}
wright <- c(494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427,
  490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421)
mini <- c(512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451,
  525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443)
who <- rep(letters[1:17], 2)
x <- c(6.2, 6.4, 5.1, 4.8, 5.5, 7.3, 7.0, 4.4, 3.9, 4.1, 4.6, 8.0); y <- c(5.5, 6.0, 5.3, 4.1, 5.0, 6.1, 6.6, 4.8, 3.0, 3.6, 4.2, 7.1)
id <- c("a", "a", "b", "b", "b", "c", "c", "d", "e", "e", "e", "f")
list(one("peak flow", wright, mini, who, "constant"), one("peak flow, varying", wright, mini, who, "varying", 0.9),
  one("unequal numbers", x, y, id, "varying"), one("unequal numbers, constant", x, y, id, "constant"))
