# The numbers of analyses/chile_ms, recomputed in R from the two files as published.
#   Rscript tests/reference/chile_ms/chile_ms.R FOLDER > tests/reference/chile_ms/chile_ms.json
# Only aggregated numbers are written. Base R alone; every decision of the plan about the data is repeated here.
folder <- commandArgs(trailingOnly = TRUE)[1]
clinical <- read.csv(file.path(folder, "clinical.csv"), colClasses = "character")
imaging <- read.csv(file.path(folder, "imaging.csv"), colClasses = "character")

imaging$S[imaging$S == "MS_24"] <- "MS24"
clinical$PASAT[clinical$PASAT == "0.2?"] <- ""
clinical$PHQ9[clinical$PHQ9 == "-1"] <- ""
clinical$TOTAL[clinical$Sujeto == "HC21"] <- ""
number <- function(x) { stopifnot(grepl("^(-?[0-9.]+)?$", x)); as.numeric(x) }
clinical[setdiff(names(clinical), c("Sujeto", "Sexo"))] <- lapply(clinical[setdiff(names(clinical), c("Sujeto", "Sexo"))], number)
imaging[setdiff(names(imaging), "S")] <- lapply(imaging[setdiff(names(imaging), "S")], number)
imaging$EstimatedTotalIntraCranialVol[imaging$BrainSeg > imaging$EstimatedTotalIntraCranialVol] <- NA
stopifnot(sum(is.na(imaging$EstimatedTotalIntraCranialVol)) == 4, setequal(clinical$Sujeto, imaging$S))

d <- merge(clinical, imaging, by.x = "Sujeto", by.y = "S")
stopifnot(nrow(d) == 61, (d$Grupo.x == 1) == (d$Grupo.y == 1))
d$group <- factor(ifelse(d$Grupo.x == 1, "MS", "HC"), c("HC", "MS"))
d$sex <- factor(ifelse(d$Sexo == "M", "male", "female"), c("female", "male"))
d$age <- d$Edad
d$education <- d$Escolaridad
d$mfis_physical <- d$FISICA - 9
d$mfis_cognitive <- d$COGNITIVA - 10
d$mfis_psychosocial <- d$PSICOSOCIAL - 2
d$mfis_total <- d$TOTAL - 21
d$mfis_sum <- d$FISICA + d$COGNITIVA + d$PSICOSOCIAL - 21
d$mfis_fatigued <- factor(ifelse(d$mfis_total >= 38, "yes", "no"), c("no", "yes"))
d$sdmt_z <- d$SDMT
d$phq9 <- d$PHQ9
d$gad7 <- d$GAD7
d$edss <- d$EDSS
d$disease_duration <- d$DURATION
parts <- c("cc_posterior", "cc_mid_posterior", "cc_central", "cc_mid_anterior", "cc_anterior")
d[parts] <- d[c("aseg_CC_Posterior", "aseg_CC_Mid_Posterior", "aseg_CC_Central", "aseg_CC_Mid_Anterior", "aseg_CC_Anterior")]
d$callosum <- rowSums(d[parts])
d$etiv <- d$EstimatedTotalIntraCranialVol
d$mask <- d$Mask
d$surface_holes <- d$SurfaceHoles
d$gray_white_ratio <- d$Cortex / d$CerebralWhiteMatter
ms <- d[d$group == "MS", ]

rows <- list()
add <- function(analysis, quantity, term = "", ...) rows[[length(rows) + 1]] <<- list(analysis = analysis, quantity = quantity, term = term, ...)
two <- function(outcome) { used <- d[!is.na(d[[outcome]]), ]; split(used[[outcome]], used$group) }

welch <- function(analysis, outcome) {
  s <- two(outcome); t <- t.test(s$MS, s$HC); n <- lengths(s); df <- sum(n) - 2
  pooled <- sqrt(sum((n - 1) * sapply(s, var)) / df)
  add(analysis, "mean_difference", estimate = mean(s$MS) - mean(s$HC), std_error = t$stderr, conf_low = t$conf.int[1],
    conf_high = t$conf.int[2], statistic = unname(t$statistic), df = unname(t$parameter), p_value = t$p.value, n = sum(n))
  j <- exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)
  add(analysis, "hedges_g", estimate = j * (mean(s$MS) - mean(s$HC)) / pooled, n = sum(n))
}
brunner_munzel <- function(analysis, outcome) {  # Brunner and Munzel 2000, probability that MS is higher
  s <- two(outcome); n1 <- length(s$HC); n2 <- length(s$MS)
  all <- rank(c(s$HC, s$MS)); r1 <- all[1:n1]; r2 <- all[-(1:n1)]
  p <- (mean(r2) - (n2 + 1) / 2) / n1
  v1 <- var(r1 - rank(s$HC)) / n2^2; v2 <- var(r2 - rank(s$MS)) / n1^2
  se <- sqrt(v1 / n1 + v2 / n2)
  df <- (v1 / n1 + v2 / n2)^2 / ((v1 / n1)^2 / (n1 - 1) + (v2 / n2)^2 / (n2 - 1))
  add(analysis, "superiority", estimate = p, std_error = se, statistic = (p - 0.5) / se, df = df,
    p_value = 2 * pt(-abs(p - 0.5) / se, df), n = n1 + n2)
}
mann_whitney <- function(analysis, outcome) {
  s <- two(outcome); n <- lengths(s)
  add(analysis, "superiority", estimate = unname(suppressWarnings(wilcox.test(s$MS, s$HC))$statistic) / prod(n), n = sum(n))
}
two_by_two <- function(analysis, outcome) {  # N - 1 chi-squared test (Campbell 2007)
  t <- table(d$group, d[[outcome]]); risk <- t[, 2] / rowSums(t); n <- sum(t)
  x <- unname(suppressWarnings(chisq.test(t, correct = FALSE))$statistic) * (n - 1) / n
  p <- pchisq(x, 1, lower.tail = FALSE)
  add(analysis, "risk_difference", estimate = unname(risk["MS"] - risk["HC"]), p_value = p, n = n)
  add(analysis, "risk_ratio", estimate = unname(risk["MS"] / risk["HC"]), p_value = p, n = n)
  add(analysis, "odds_ratio", estimate = t["MS", 2] * t["HC", 1] / (t["MS", 1] * t["HC", 2]), p_value = p, n = n)
}
linear_model <- function(analysis, formula, data = d) {  # standard errors: HC3 (MacKinnon and White 1985)
  fit <- lm(formula, data); x <- model.matrix(fit); df <- fit$df.residual
  half <- chol2inv(qr.R(qr(x))) %*% t(x * (resid(fit) / (1 - hatvalues(fit))))
  se <- sqrt(rowSums(half^2)); b <- coef(fit); t <- b / se
  for (i in seq_along(b)) {
    term <- c("(Intercept)" = "intercept", groupMS = "group[MS]", sexmale = "sex[male]")[names(b)[i]]
    add(analysis, "coefficient", if (is.na(term)) names(b)[i] else unname(term), estimate = unname(b[i]), std_error = se[i],
      statistic = unname(t[i]), p_value = unname(2 * pt(-abs(t[i]), df)), df = df, conf_low = unname(b[i] - qt(0.975, df) * se[i]),
      conf_high = unname(b[i] + qt(0.975, df) * se[i]), n = nobs(fit))
  }
}
spearman <- function(analysis, x, y) {
  used <- ms[complete.cases(ms[c(x, y)]), ]
  add(analysis, "spearman_rho", estimate = cor(used[[x]], used[[y]], method = "spearman"), n = nrow(used))
}
# No interval: cor.test's is Fisher's, the method's default comes from the exact distribution of r.
pearson <- function(analysis, x, y) {
  t <- cor.test(ms[[x]], ms[[y]])
  add(analysis, "pearson_r", estimate = unname(t$estimate), statistic = unname(t$statistic), df = unname(t$parameter), p_value = t$p.value, n = unname(t$parameter) + 2)
}
partial <- function(analysis, x, y, given) {
  used <- ms[complete.cases(ms[c(x, y, given)]), ]
  rest <- function(v) resid(lm(reformulate(given, v), used))
  r <- cor(rest(x), rest(y)); df <- nrow(used) - 2 - length(given); t <- r * sqrt(df / (1 - r^2))
  add(analysis, "partial_correlation", estimate = r, statistic = t, df = df, p_value = 2 * pt(-abs(t), df), n = nrow(used))
}

welch("age", "age")
two_by_two("sex", "sex")
mann_whitney("education", "education")
for (v in c("mfis_total", "mfis_physical", "mfis_cognitive", "mfis_psychosocial")) welch(paste0("fatigue-", v), v)
two_by_two("fatigued", "mfis_fatigued")
for (v in c("sdmt_z", "phq9", "gad7")) welch(paste0("mind-", v), v)
for (v in c("phq9", "gad7")) brunner_munzel(paste0("mood-ranks-", v), v)
welch("callosum", "callosum")
for (v in parts) welch(paste0("callosal-part-", v), v)
linear_model("callosum-adjusted", callosum ~ group + age + sex + etiv)
for (v in c("edss", "disease_duration", "mfis_total", "sdmt_z")) spearman(paste0("callosum-with-", v), "callosum", v)
partial("callosum-with-fatigue-adjusted", "callosum", "mfis_total", c("age", "phq9"))
for (v in c("phq9", "gad7", "edss", "disease_duration")) spearman(paste0("fatigue-with-", v), "mfis_total", v)
for (v in c("phq9", "gad7")) pearson(paste0("fatigue-with-mood-", v), "mfis_total", v)
welch("sensitivity-mfis-sum", "mfis_sum")
linear_model("sensitivity-callosum-mask", callosum ~ group + age + sex + mask)
linear_model("sensitivity-callosum-no-head-size", callosum ~ group + age + sex)
linear_model("sensitivity-callosum-good-surfaces", callosum ~ group + age + sex + etiv, d[d$surface_holes <= 100, ])
for (v in c("gray_white_ratio", "surface_holes", "etiv")) welch(paste0("processing-", v), v)

value <- function(x) if (is.character(x)) sprintf('"%s"', x) else sprintf("%.17g", x)
line <- function(row) sprintf("  {%s}", paste(sprintf('"%s": %s', names(row), sapply(row, value)), collapse = ", "))
cat(sprintf('{"made_with": "%s", "estimates": [\n%s\n]}\n', R.version.string, paste(sapply(rows, line), collapse = ",\n")))
