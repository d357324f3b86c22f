# Reference for mmstats/methods/roc.py: pROC's DeLong variance and best coordinates; the logit interval from that
# variance; Wilson's interval by prop.test.
suppressMessages(library(pROC)); packages <- "pROC"
one <- function(name, x, y, level = 0.95, interval = "logit-delong", direction = "higher") {
  curve <- roc(controls = y, cases = x, direction = if (direction == "higher") "<" else ">", quiet = TRUE)
  a <- as.numeric(auc(curve)); se <- sqrt(var(curve, method = "delong")); z <- qnorm((1 + level) / 2)
  if (interval == "delong") {
    limits <- as.numeric(ci.auc(curve, conf.level = level, method = "delong"))[c(1, 3)]; w <- (a - 0.5) / se
  } else {
    limits <- plogis(qlogis(a) + c(-z, z) * se / (a * (1 - a))); w <- qlogis(a) * a * (1 - a) / se
  }
  best <- coords(curve, "best", best.method = "youden", transpose = FALSE)
  stopifnot(nrow(best) == 1)
  beyond <- if (direction == "higher") min(c(x, y)[c(x, y) > best$threshold]) else max(c(x, y)[c(x, y) < best$threshold])
  share <- function(p, n) { i <- suppressWarnings(prop.test(round(p * n), n, conf.level = level, correct = FALSE))$conf.int
    list(estimate = p, conf_low = i[1], conf_high = i[2], n = n) }
  case(name, list(score = c(y, x), group = rep(c("without", "with"), c(length(y), length(x)))),
    list(auc = list(estimate = a, std_error = se, statistic = w, p_value = 2 * pnorm(-abs(w)), conf_low = limits[1], conf_high = limits[2]),
      cut_off = list(estimate = beyond), youden_j = list(estimate = best$sensitivity + best$specificity - 1),
      sensitivity = share(best$sensitivity, length(x)), specificity = share(best$specificity, length(y))),
    levels = list(group = c("without", "with")),
    options = list(level = level, interval = interval, direction = direction, correction = "none"))
}
data(aSAH)
poor <- aSAH$outcome == "Poor"
list(
  one("aSAH S100B", aSAH$s100b[poor], aSAH$s100b[!poor]),
  one("aSAH S100B, DeLong", aSAH$s100b[poor], aSAH$s100b[!poor], interval = "delong"),
  one("aSAH WFNS grade", as.numeric(aSAH$wfns)[poor], as.numeric(aSAH$wfns)[!poor], level = 0.9),
  one("lower scores", c(3, 1, 4, 2.5, 0, 2), c(5, 6, 3, 4.5, 7), direction = "lower"))
