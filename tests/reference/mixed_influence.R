# Reference for mmstats/mixed/influence.py: every level left out in turn, refitted by lme4 with a tight tolerance.
# Cook's distances are over the number of coefficients, (b - b_i)' V^-1 (b - b_i) / p; lme4's own in version 1.1-31
# have another factor, (n - p) / (n p) with n levels.
suppressMessages(library(lme4))
packages <- "lme4"
set.seed(5)
rows <- expand.grid(visit = 0:3, hand = c("left", "right"), person = 1:10)
rows$site <- c("n", "s", "e")[(rows$person - 1) %% 3 + 1]
rows$rater <- sample(c("x", "y", "z", "w"), nrow(rows), TRUE)
rows <- rows[sort(sample(nrow(rows), 61)), ]
rows$y <- round(5 + rnorm(10)[rows$person] + 0.5 * rnorm(10)[rows$person] * rows$visit + 0.6 * rows$visit + rnorm(4)[factor(rows$rater)] +
  (rows$hand == "right") * rnorm(10)[rows$person] + rnorm(3, 0, 1.5)[factor(rows$site)] + rnorm(nrow(rows)), 3)
rows$w <- round(runif(nrow(rows), 0.5, 2), 2)
rows$hand <- factor(rows$hand)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5), check.conv.singular = "ignore")
elements <- function(model) unlist(lapply(VarCorr(model), function(V) V[lower.tri(V, diag = TRUE)]))
one <- function(text, groups, REML = TRUE) {
  formula <- as.formula(text); environment(formula) <- globalenv()
  model <- lmer(formula, rows, REML = REML, control = tight)
  label <- if (is.null(groups)) as.character(seq_len(nrow(rows))) else apply(rows[groups], 1, function(r) paste(trimws(r), collapse = ":"))
  left <- lapply(unique(label), function(one) lmer(formula, rows[label != one, ], REML = REML, control = tight))
  b <- t(sapply(left, fixef)); change <- sweep(b, 2, fixef(model)); V <- as.matrix(vcov(model))
  list(formula = text, group = paste(groups, collapse = ":"), restricted = REML, levels = I(unique(label)),
    coefficients = apply(b, 2, function(v) I(unname(v)), simplify = FALSE) |> unname(),
    dfbetas = apply(change / t(sapply(left, function(m) sqrt(diag(as.matrix(vcov(m)))))), 2, function(v) I(unname(v)), simplify = FALSE) |> unname(),
    cooks = I(apply(change, 1, function(d) drop(d %*% solve(V, d)) / length(d))), sigma = I(sapply(left, sigma)),
    elements = unname(lapply(seq_along(elements(model)), function(j) I(sapply(left, function(m) elements(m)[[j]])))),
    order = I(names(VarCorr(model))))
}
list(list(data = lapply(rows, function(v) I(if (is.factor(v)) as.character(v) else v))),
  one("y ~ visit + hand + (1 | person)", "person"), one("y ~ visit + (visit | person)", "person"),
  one("y ~ visit + (visit | person)", "person", FALSE), one("y ~ visit + hand + (1 + hand | person) + (1 | rater)", "person"),
  one("y ~ visit + hand + (1 + hand | person) + (1 | rater)", "rater"), one("y ~ visit + hand + (1 | person) + (1 | rater)", NULL),
  one("y ~ visit + hand + (1 | site/person)", "person"), one("y ~ visit + hand + (1 | site/person)", "site"))
