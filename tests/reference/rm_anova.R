# Repeated-measures analysis of variance: car's multivariate Anova (type III, contr.sum) for F, epsilon and Mauchly's test;
# afex's tables of it for eta squared. Mauchly's p: W is a product of independent beta variables (Anderson 2003), of which
# the distribution is integrated; car's and R's own expansion has the number of cells where that of contrasts belongs.
below <- function(w, d, n) { a <- (n - 1:(d - 1)) / 2; b <- (1:(d - 1)) * (0.5 + 1 / d)
  F <- function(w, k) if (k == 1) pbeta(w, a[1], b[1]) else sapply(w, function(v) pbeta(v, a[k], b[k]) +
    integrate(function(x) F(pmin(1, v / x), k - 1) * dbeta(x, a[k], b[k]), v, 1, rel.tol = 1e-10)$value)
  F(w, d - 1) }
suppressMessages({library(afex); library(car); library(nlme)})
packages <- c("afex", "car", "nlme"); options(contrasts = c("contr.sum", "contr.poly")); afex_options(type = 3)
one <- function(name, data, within, group = NULL, levels, correction = "greenhouse-geisser", group_observed = TRUE, left_out = NULL) {
  d <- data; for (v in c(within, group)) d[[v]] <- factor(d[[v]], levels[[v]])
  if (!is.null(left_out)) d <- d[!d$id %in% left_out, ]
  fit <- suppressMessages(suppressWarnings(aov_ez("id", "outcome", d, within = within, between = group, observed = if (!is.null(group) && group_observed) group)))
  table <- suppressWarnings(anova(fit, correction = c("greenhouse-geisser" = "GG", "huynh-feldt" = "HF", none = "none")[[correction]], observed = if (!is.null(group) && group_observed) group, es = c("ges", "pes")))
  uni <- suppressWarnings(summary(fit$Anova, multivariate = FALSE)); n <- nrow(d); expected <- list(); mauchly <- list()
  for (e in rownames(table)) {
    expected[[paste("f_test", e)]] <- list(estimate = table[e, "F"], df = table[e, "num Df"], df2 = table[e, "den Df"], p_value = table[e, "Pr(>F)"], n = n)
    expected[[paste("partial_eta_squared", e)]] <- list(estimate = table[e, "pes"]); expected[[paste("generalised_eta_squared", e)]] <- list(estimate = table[e, "ges"])
    if (e %in% rownames(uni$sphericity.tests) && !(!is.null(group) && group %in% strsplit(e, ":")[[1]])) {
      expected[[paste("greenhouse_geisser_epsilon", e)]] <- list(estimate = uni$pval.adjustments[e, "GG eps"])
      expected[[paste("huynh_feldt_epsilon", e)]] <- list(estimate = min(1, uni$pval.adjustments[e, "HF eps"]))
      expected[[paste("mauchly_w", e)]] <- list(estimate = uni$sphericity.tests[e, 1])
      d <- ncol(fit$Anova$P[[e]]); if (d < 5) mauchly[[paste("mauchly_w", e)]] <- list(p_value = below(uni$sphericity.tests[e, 1], d, fit$Anova$error.df))
    }
  }
  roles <- list(outcome = data$outcome, participant = as.character(data$id), within = lapply(data[within], as.character))
  shared <- unique(unlist(levels[within])); given <- list(participant = unique(as.character(data$id)), within = shared)
  if (!is.null(group)) { roles$group <- as.character(data[[group]]); given$group <- levels[[group]] }
  given_options <- list(correction = correction, group_observed = group_observed)
  names(expected) <- gsub(if (is.null(group)) "^$" else group, "group", names(expected))
  c(list(case(name, roles, expected, levels = given, options = given_options)), if (length(mauchly)) list(case(paste0(name, "_mauchly"), roles, mauchly,
    levels = given, options = given_options, tolerance = 1e-8, why = "nested integrals in R")))
}
obk <- data.frame(id = as.character(obk.long$id), outcome = obk.long$value, treatment = as.character(obk.long$treatment), phase = as.character(obk.long$phase),
  hour = paste0("h", obk.long$hour))
l <- list(phase = c("pre", "post", "fup"), hour = paste0("h", 1:5), treatment = c("control", "A", "B"))
teeth <- data.frame(id = as.character(Orthodont$Subject), outcome = Orthodont$distance, sex = as.character(Orthodont$Sex), age = paste0("a", Orthodont$age))
t <- list(sex = c("Male", "Female"), age = paste0("a", c(8, 10, 12, 14)))
drug <- data.frame(id = as.character(sleep$ID), outcome = sleep$extra, drug = paste0("d", sleep$group))
do.call(c, c(lapply(c("greenhouse-geisser", "huynh-feldt", "none"), function(k) one(paste0("two_within_and_groups_", gsub("-", "_", k)), obk, c("phase", "hour"), "treatment", l, k)),
  list(one("groups_made", obk, c("phase", "hour"), "treatment", l, group_observed = FALSE),
    one("two_within", obk, c("phase", "hour"), NULL, l),
    one("one_within", obk[obk$phase == "pre", ], "hour", NULL, l, "huynh-feldt"),
    one("mixed", teeth, "age", "sex", t),
    one("two_levels", drug, "drug", NULL, list(drug = c("d1", "d2"))),
    one("incomplete", teeth[-c(6, 55), ], "age", "sex", t, left_out = as.character(teeth$id[c(6, 55)])))))
