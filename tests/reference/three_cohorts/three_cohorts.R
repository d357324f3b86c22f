# The numbers of analyses/three_cohorts, recomputed in R: every decision of the plan is repeated here.
#   Rscript tests/reference/three_cohorts/three_cohorts.R analyses/three_cohorts/data > tests/reference/three_cohorts/three_cohorts.json
# Lyon and Bern from their tables by lm; Porto from the sums that it shares, by the normal equations; metafor pools.
suppressMessages(library(metafor))
folder <- commandArgs(trailingOnly = TRUE)[1]
lyon <- read.csv2(file.path(folder, "lyon.csv"), fileEncoding = "UTF-8", check.names = FALSE)
bern <- read.csv(file.path(folder, "bern.csv"), fileEncoding = "UTF-8", check.names = FALSE)
lyon <- lyon[lyon[[4]] >= 216, ]
missing9 <- function(x) ifelse(x == -9, NA, x)
rows <- list(
  lyon = data.frame(group = as.numeric(lyon$groupe == "SEP"), male = as.numeric(lyon$sexe == "H"), age = lyon[[4]] / 12,
    mm = missing9(lyon[[6]]), fatigue = missing9(lyon[["MFIS total"]]), day = lyon[[5]], taps = lyon$frappes),
  bern = data.frame(group = as.numeric(bern$Gruppe == "MS"), male = as.numeric(bern$Geschlecht == "m"), age = bern$Alter,
    mm = bern$Mitbewegungen, fatigue = missing9(bern[["FSMC Summe"]]), day = bern[["Untersucht am"]], taps = bern[[8]] / 6))
for (name in names(rows)) {
  controls <- rows[[name]]$fatigue[rows[[name]]$group == 0]
  rows[[name]]$fatigue <- (rows[[name]]$fatigue - mean(controls, na.rm = TRUE)) / sd(controls, na.rm = TRUE)
}
double <- paste(rows$bern$day, rows$bern$taps) %in% paste(rows$lyon$day, rows$lyon$taps)
stopifnot(sum(double) == 2)
rows$bern <- rows$bern[!double, ]

shared <- function(name, column) {  # least squares from means and sums of products about them
  part <- jsonlite::fromJSON(file.path(folder, "porto", paste0(name, ".json")))
  s <- part$statistics$products; m <- ncol(s); inside <- s[-m, -m]
  b <- solve(inside, s[-m, m]); df <- part$n - m
  left <- s[m, m] - sum(b * s[-m, m])
  at <- match(column, part$statistics$names)
  if (grepl(":", column)) {  # that column is centred: the same coefficient, as all are adjusted for both parts
    stopifnot(part$statistics$names[1:2] == c("group[MS]", "age"))
  }
  c(b[at], sqrt(left / df * solve(inside)[at, at]), part$n)
}
own <- function(rows, formula, column) {
  fit <- lm(formula, rows); c(summary(fit)$coefficients[column, 1:2], nobs(fit))
}
number <- function(x) sprintf("%.17g", x)
analysis <- function(id, formula, column, term) {
  found <- cbind(lyon = own(rows$lyon, formula, column), porto = shared(id, term), bern = own(rows$bern, formula, column))
  pooled <- rma(found[1, ], sei = found[2, ], method = "REML", test = "knha", control = list(threshold = 1e-14, maxiter = 1000))
  new <- predict(pooled)
  cohorts <- sprintf('"%s": {"estimate": %s, "std_error": %s, "n": %d}', colnames(found), number(found[1, ]), number(found[2, ]), as.integer(found[3, ]))
  whole <- c(estimate = pooled$b[1], std_error = pooled$se, conf_low = pooled$ci.lb, conf_high = pooled$ci.ub, p_value = pooled$pval)
  rest <- c(tau2 = pooled$tau2, i2 = pooled$I2, h2 = pooled$H2, cochran_q = pooled$QE, new_low = new$pi.lb, new_high = new$pi.ub)
  weights <- sprintf('"%s": %s', colnames(found), number(weights(pooled)))
  pairs <- function(x) paste(sprintf('"%s": %s', names(x), number(x)), collapse = ", ")
  sprintf('  "%s": {\n   "cohorts": {%s},\n   "weights": {%s},\n   "effect": {%s},\n   "rest": {%s}}', id, paste(cohorts, collapse = ", "),
    paste(weights, collapse = ", "), pairs(whole), pairs(rest))
}
cat(sprintf('{"made_with": "%s, metafor %s", "analyses": {\n', R.version.string, packageVersion("metafor")))
cat(paste(
  analysis("fatigue-mm", fatigue ~ mm + group + age, "mm", "mm_severity"),
  analysis("fatigue-group", fatigue ~ group + age + male, "group", "group[MS]"),
  analysis("fatigue-group-by-age", fatigue ~ group * age, "group:age", "group[MS]:age"), sep = ",\n"))
cat("}}\n")
