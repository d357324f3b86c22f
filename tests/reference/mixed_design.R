# Reference for mmstats/mixed_design.py: the fixed columns of model.matrix, and the columns and groups of lme4's
# lFormula, for each formula and each kind of contrasts.
packages <- "lme4"
suppressMessages(library(lme4))
set.seed(7)
rows <- expand.grid(visit = c("v0", "v3", "v6", "v12"), hand = c("left", "right"), person = 1:12)
rows$group <- c("HC", "MS", "PS")[(rows$person - 1) %% 3 + 1]
rows$site <- c("north", "south")[(rows$person - 1) %/% 6 + 1]
rows$rater <- sample(c("x", "y", "z"), nrow(rows), TRUE)
rows <- rows[sort(sample(nrow(rows), 60)), ]
rows$day <- round(runif(nrow(rows), 0.5, 9), 2)
rows$y <- round(rnorm(nrow(rows), 5), 2)
levels <- list(visit = c("v0", "v3", "v6", "v12"), hand = c("left", "right"), group = c("HC", "MS", "PS"),
  site = c("north", "south"), rater = c("x", "y", "z"))
for (v in names(levels)) rows[[v]] <- factor(rows[[v]], levels[[v]])
ignore <- lmerControl(check.nobs.vs.rankZ = "ignore", check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore",
  check.nlev.gtreq.5 = "ignore", check.rankX = "ignore", check.scaleX = "ignore")
random <- function(formula, data) {
  made <- lFormula(formula, data, control = ignore)$reTrms
  lapply(seq_along(made$cnms), function(i) {
    group <- made$flist[[attr(made$flist, "assign")[i]]]
    k <- length(made$cnms[[i]])
    Zt <- as.matrix(made$Ztlist[[i]])
    codes <- as.integer(group)
    columns <- sapply(seq_along(codes), function(r) Zt[(codes[r] - 1) * k + seq_len(k), r])
    list(group = names(made$cnms)[i], levels = I(levels(group)), codes = I(codes),
      columns = apply(matrix(columns, nrow = k), 1, function(row) I(row), simplify = FALSE))
  })
}
one <- function(text, contrasts) {
  data <- rows
  for (v in names(levels)) contrasts(data[[v]]) <- switch(contrasts, treatment = "contr.treatment", sum = "contr.sum",
    helmert = "contr.helmert", polynomial = contr.poly(nlevels(data[[v]])))
  formula <- as.formula(text)
  X <- model.matrix(nobars(formula), data)
  list(formula = text, contrasts = contrasts, names = I(colnames(X)),
    fixed = apply(X, 2, function(column) I(unname(column)), simplify = FALSE), random = random(formula, data))
}
formulas <- c(
  "y ~ group * hand + (1 | person)",
  "y ~ group * hand * day + (1 + hand | person) + (1 | rater)",
  "y ~ 0 + group + visit + (0 + hand | person)",
  "y ~ visit + visit:day + (day | person)",
  "y ~ group:day + day + (day || person)",
  "y ~ hand + hand:visit + (1 | site/person)",
  "y ~ log(day) + scale(day) + sqrt(day) + (1 + log(day) | site/person/hand)",
  "y ~ (group + hand) * day - group + (1 | person:hand)",
  "y ~ group * visit + (hand * day | person)",
  "y ~ day + (0 + hand + hand:day | person) + (1 | rater) + (0 + visit | site)",
  "y ~ day + (1 | person) + (0 + hand:visit | site)",
  "y ~ 1 + (day + hand:day | rater:site)")
lists <- lapply(rows[c("y", "day", "person")], function(v) I(v))
factors <- lapply(rows[names(levels)], function(v) I(as.character(v)))
cases <- list()
for (text in formulas) for (kind in c("treatment", "sum", "helmert", "polynomial")) cases <- c(cases, list(one(text, kind)))
c(list(list(data = c(lists, factors), levels = lapply(levels, I))), cases)
