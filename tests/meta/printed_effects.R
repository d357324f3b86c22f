# What metafor's escalc says of studies that print a test, an interval or a spread in place of its columns.
# Conversions that it lacks are written out here. Rscript printed_effects.R > printed_effects.json
suppressMessages(library(metafor))
num <- function(x) format(x, digits = 17, scientific = TRUE)
case <- function(name, measure, columns, found, options = list()) {
  pairs <- function(l) paste0("{", paste(sprintf('"%s": %s', names(l), sapply(l, function(v)
    if (is.character(v)) paste0('"', v, '"') else num(v))), collapse = ", "), "}")
  sprintf('  "%s": {"measure": "%s", "columns": %s, "options": %s, "effect": %s, "std_error": %s}', name, measure,
    pairs(columns), if (length(options)) pairs(options) else "{}", num(found$yi[1]), num(sqrt(found$vi[1])))
}
interval_se <- function(low, high, df = Inf) (high - low) / (2 * qt(0.975, df))
pooled <- function(difference, t, n1, n2) difference / t / sqrt(1 / n1 + 1 / n2)
change <- function(a, b, r) sqrt(a^2 + b^2 - 2 * r * a * b)
smd <- function(m1, s1, n1, m2, s2, n2, ...) escalc("SMD", m1i = m1, sd1i = s1, n1i = n1, m2i = m2, sd2i = s2, n2i = n2, ...)
raw <- function(y, v) data.frame(yi = y, vi = v)
rows <- c(
  case("t", "SMD", list(t_value = 2.1, comparison_n = 25, reference_n = 24), escalc("SMD", ti = 2.1, n1i = 25, n2i = 24)),
  case("t, unbiased", "SMD", list(t_value = -1.4, comparison_n = 9, reference_n = 14),
    escalc("SMD", ti = -1.4, n1i = 9, n2i = 14, vtype = "UB"), list(variance = "unbiased")),
  case("f", "SMD", list(f_value = 4.41, direction = -1, comparison_n = 25, reference_n = 24),
    escalc("SMD", ti = -2.1, n1i = 25, n2i = 24)),
  case("p", "SMD", list(p_value = 0.03, direction = 1, comparison_n = 13, reference_n = 13),
    escalc("SMD", ti = qt(0.015, 24, lower.tail = FALSE), n1i = 13, n2i = 13)),
  case("odds ratio from t", "D2ORL", list(t_value = 2.1, comparison_n = 25, reference_n = 24),
    {d <- 2.1 * sqrt(1 / 25 + 1 / 24); raw(d * pi / sqrt(3), (1 / 25 + 1 / 24 + d^2 / 98) * pi^2 / 3)}),
  case("standard error of a mean", "SMD", list(comparison_mean = 11, comparison_std_error = 1.2, comparison_n = 16,
    reference_mean = 9, reference_sd = 5, reference_n = 18), smd(11, 1.2 * sqrt(16), 16, 9, 5, 18)),
  case("interval of a mean", "SMD", list(comparison_mean = 11, comparison_sd = 4, comparison_n = 16, reference_mean = 9,
    reference_conf_low = 6.5, reference_conf_high = 11.5, reference_n = 18),
    smd(11, 4, 16, 9, interval_se(6.5, 11.5, 17) * sqrt(18), 18)),
  case("changes", "SMD", list(comparison_before_mean = 20, comparison_after_mean = 26, comparison_before_sd = 5,
    comparison_after_sd = 6, comparison_correlation = 0.6, comparison_n = 20, reference_before_mean = 21,
    reference_after_mean = 23, reference_before_sd = 5.5, reference_after_sd = 5, reference_correlation = 0.6,
    reference_n = 19), smd(6, change(5, 6, 0.6), 20, 2, change(5.5, 5, 0.6), 19)),
  case("means and t", "MD", list(comparison_mean = 6, reference_mean = 4, comparison_n = 20, reference_n = 22,
    t_value = 2.5), {s <- pooled(2, 2.5, 20, 22); escalc("MD", m1i = 6, m2i = 4, sd1i = s, sd2i = s, n1i = 20, n2i = 22)}),
  case("means and the interval of their difference", "MD", list(comparison_mean = 6, reference_mean = 4,
    comparison_n = 20, reference_n = 22, conf_low = 0.5, conf_high = 3.5), raw(2, interval_se(0.5, 3.5, 40)^2)),
  case("difference with its t interval", "MD", list(estimate = 2, conf_low = 0.5, conf_high = 3.5, comparison_n = 20,
    reference_n = 22), raw(2, interval_se(0.5, 3.5, 40)^2)),
  case("difference and p", "MD", list(estimate = 2, p_value = 0.01, comparison_n = 20, reference_n = 22),
    raw(2, (2 / qt(0.005, 40, lower.tail = FALSE))^2)),
  case("odds ratio with interval", "OR", list(estimate = 1.8, conf_low = 1.1, conf_high = 2.95),
    raw(log(1.8), interval_se(log(1.1), log(2.95))^2)),
  case("interval of a risk ratio alone", "RR", list(conf_low = 0.4, conf_high = 0.9),
    raw((log(0.4) + log(0.9)) / 2, interval_se(log(0.4), log(0.9))^2)),
  case("risk ratio and p", "RR", list(estimate = 0.6, p_value = 0.02), raw(log(0.6), (log(0.6) / qnorm(0.01))^2)),
  case("odds ratio with a logarithm's standard error", "OR", list(estimate = 1.8, std_error = 0.25),
    raw(log(1.8), 0.25^2)),
  case("correlation with interval", "ZCOR", list(estimate = 0.4, conf_low = 0.1, conf_high = 0.63),
    raw(atanh(0.4), interval_se(atanh(0.1), atanh(0.63))^2)),
  case("pairs with the spread of changes", "SMCR", list(before_mean = 9.1, before_sd = 2, after_mean = 10.2,
    after_sd = 2.2, change_sd = 1.7, n = 12), escalc("SMCR", m1i = 10.2, m2i = 9.1, sd1i = 2, ni = 12,
    ri = (2^2 + 2.2^2 - 1.7^2) / (2 * 2 * 2.2))),
  case("standard error of one mean", "MN", list(mean = 12, std_error = 0.8, n = 25),
    escalc("MN", mi = 12, sdi = 0.8 * 5, ni = 25)),
  case("as printed", "SMD", list(comparison_mean = 12.5, comparison_sd = 4, comparison_n = 20, reference_mean = 10,
    reference_sd = 4.5, reference_n = 21), smd(12.5, 4, 20, 10, 4.5, 21)))
cat("{\n", paste(rows, collapse = ",\n"), "\n}\n", sep = "")
