# Linear mixed models: lme4, with a search of tight tolerance; Kenward-Roger by pbkrtest and Satterthwaite by lmerTest
# through emmeans; type III tests by emmeans::joint_tests; R2 and ICC by performance.
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(performance)})
packages <- c("lme4", "lmerTest", "pbkrtest", "emmeans", "performance")
emm_options(lmerTest.limit = 1e5, pbkrtest.limit = 1e5)
polished <- function(formula, data) eval(bquote(lmerTest::lmer(.(formula), data, control = lmerControl(
  optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5)))))
ours <- function(name, levels) {
  part <- function(p) {
    for (v in names(levels)) for (l in levels[[v]]) if (p == paste0(v, l)) return(sprintf("%s[%s]", v, l))
    if (p == "(Intercept)") "intercept" else p
  }
  paste(sapply(strsplit(name, ":")[[1]], part), collapse = ":")
}
model <- function(name, text, data, levels = list(), df_method = "kenward-roger", level = 0.95, groups = character()) {
  for (v in names(levels)) data[[v]] <- factor(data[[v]], levels[[v]])
  fit <- polished(as.formula(text), data)
  mode <- if (df_method == "kenward-roger") "kenward-roger" else "satterthwaite"
  n <- nrow(data); b <- fixef(fit)
  row <- function(L, tested = TRUE) {
    estimate <- sum(L * b)
    if (mode == "kenward-roger") { V <- as.matrix(vcovAdj(fit)); df <- Lb_ddf(L, as.matrix(vcov(fit)), vcovAdj(fit)) }
    else { V <- as.matrix(vcov(fit)); df <- contest1D(fit, L)$df }
    se <- sqrt(drop(L %*% V %*% L)); half <- qt((1 + level) / 2, df) * se
    base <- list(estimate = estimate, std_error = se, conf_low = estimate - half, conf_high = estimate + half, df = df, n = n)
    if (tested) c(base, list(statistic = estimate / se, p_value = 2 * pt(-abs(estimate / se), df))) else base
  }
  expected <- list()
  for (i in seq_along(b)) expected[[paste("coefficient", ours(names(b)[i], levels))]] <- row(diag(length(b))[i, ])
  if (length(b) > 1) {
    rows <- attr(joint_tests(fit, mode = mode), "est.fcns")  # the table itself is rounded
    for (term in names(rows)) {
      L <- rows[[term]]
      f <- if (mode == "kenward-roger") { k <- getKR(KRmodcomp(fit, L)); c(k[["Fstat"]], k[["ndf"]], k[["ddf"]], k[["p.value"]]) }
        else unlist(contestMD(fit, L)[c("F value", "NumDF", "DenDF", "Pr(>F)")])
      expected[[paste("f_test", term)]] <- list(estimate = f[[1]], statistic = f[[1]], df = f[[2]], df2 = f[[3]], p_value = f[[4]])
    }
  }
  for (v in names(levels)) if (v %in% all.vars(terms(fit))) {
    means <- suppressMessages(emmeans(fit, v, mode = mode))
    for (i in seq_len(nrow(means@linfct))) expected[[sprintf("marginal_mean %s[%s]", v, levels[[v]][i])]] <- row(means@linfct[i, ], FALSE)
    for (i in seq_along(levels[[v]])) for (j in seq_len(i - 1))
      expected[[sprintf("contrast %s[%s] - %s[%s]", v, levels[[v]][i], v, levels[[v]][j])]] <- row(means@linfct[i, ] - means@linfct[j, ])[c("estimate", "std_error", "df", "statistic")]
  }
  for (g in names(VarCorr(fit))) {
    v <- VarCorr(fit)[[g]]; sds <- attr(v, "stddev"); r <- attr(v, "correlation"); label <- sub("[.][0-9]+$", "", g)
    label <- paste(rev(strsplit(label, ":")[[1]]), collapse = ":")
    for (i in seq_along(sds)) expected[[sprintf("random_sd %s | %s", ours(names(sds)[i], levels), label)]] <- list(estimate = sds[[i]])
    for (i in seq_along(sds)) for (j in seq_len(i - 1))
      expected[[sprintf("random_correlation %s, %s | %s", ours(names(sds)[j], levels), ours(names(sds)[i], levels), label)]] <- list(estimate = r[i, j])
  }
  expected[["residual_sd"]] <- list(estimate = sigma(fit))
  tested <- ranova(fit)  # its p values take no boundary into account
  for (what in rownames(tested)[-1]) {
    inside <- regmatches(what, regexec("^(.+) in [(].*[|] *(.+)[)]$|^[(]1 [|] (.+)[)]$", what))[[1]]
    left <- tested[what, "npar"]; k <- if (inside[2] == "") 0 else tested["<none>", "npar"] - left - 1
    lrt <- tested[what, "LRT"]; group <- paste(rev(strsplit(paste0(inside[3], inside[4]), ":")[[1]]), collapse = ":")
    expected[[sprintf("random_effect_test %s | %s", if (inside[2] == "") "intercept" else ours(inside[2], levels), group)]] <- list(
      estimate = lrt, p_value = if (lrt < 1e-6) 1 else (if (k) pchisq(lrt, k, lower.tail = FALSE) else 0) / 2 + pchisq(lrt, k + 1, lower.tail = FALSE) / 2)
  }
  if (length(VarCorr(fit)) == 1) {  # of two rows at the means of the random columns
    Z <- colMeans(model.matrix(fit)[, rownames(VarCorr(fit)[[1]]), drop = FALSE]); shared <- drop(Z %*% VarCorr(fit)[[1]] %*% Z)
    m <- table(model.frame(fit)[[names(VarCorr(fit))]])
    expected[[paste("design_effect", names(VarCorr(fit)))]] <- list(estimate = 1 + (sum(m^2) / sum(m) - 1) * shared / (shared + sigma(fit)^2))
  }
  r2 <- suppressWarnings(r2_nakagawa(fit)); expected[["r2_marginal"]] <- list(estimate = r2$R2_marginal[[1]])
  expected[["r2_conditional"]] <- list(estimate = r2$R2_conditional[[1]])
  used <- all.vars(as.formula(text))
  case(name, list(formula = text, data = as.list(data[used])), expected, levels = c(levels, sapply(groups, function(g) unique(as.character(data[[g]])), simplify = FALSE)),
    options = list(df_method = df_method, level = level), tolerance = 1e-5, why = "theirs stop short of the optimum, take numeric derivatives, and small p values magnify both")
}
sleepstudy$Subject <- as.character(sleepstudy$Subject)
machines <- nlme::Machines; machines$Worker <- as.character(machines$Worker); machines <- as.data.frame(machines)[-c(1, 2, 3, 8, 23, 41), ]
ergo <- as.data.frame(nlme::ergoStool); ergo$Subject <- as.character(ergo$Subject); ergo$Type <- as.character(ergo$Type)
ortho <- as.data.frame(nlme::Orthodont)[-c(3, 10, 11, 50, 77), ]; ortho$Subject <- as.character(ortho$Subject); ortho$Sex <- as.character(ortho$Sex)
oats <- as.data.frame(nlme::Oats); oats$Block <- as.character(oats$Block); oats$Variety <- as.character(oats$Variety); oats$nitro <- as.character(oats$nitro)
list(
  model("sleepstudy", "Reaction ~ Days + (Days | Subject)", sleepstudy, groups = "Subject"),
  model("sleepstudy, Satterthwaite, 90 %", "Reaction ~ Days + (Days | Subject)", sleepstudy, df_method = "satterthwaite", level = 0.9, groups = "Subject"),
  model("machines, cells missing", "score ~ Machine + (1 | Worker)", machines, list(Machine = c("A", "B", "C")), groups = "Worker"),
  model("machines, cells missing, Satterthwaite", "score ~ Machine + (1 | Worker)", machines, list(Machine = c("A", "B", "C")), "satterthwaite", groups = "Worker"),
  model("stools", "effort ~ Type + (1 | Subject)", ergo, list(Type = c("T1", "T2", "T3", "T4")), groups = "Subject"),
  model("growth, rows missing", "distance ~ Sex * age + (age | Subject)", ortho, list(Sex = c("Male", "Female")), groups = "Subject"),
  model("split plot, nested", "yield ~ nitro * Variety + (1 | Block/Variety)", oats, list(nitro = c("0", "0.2", "0.4", "0.6"), Variety = c("Victory", "Golden Rain", "Marvellous")), groups = "Block"))
