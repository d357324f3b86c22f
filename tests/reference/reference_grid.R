# Reference for mmstats/reference_grid.py, term_tests.py and contrast_family.py: marginal means and contrasts by
# emmeans, tests of terms by lmerTest (types II and III), emmeans::joint_tests and, for columns alone, car::Anova.
suppressMessages({library(lme4); library(lmerTest); library(emmeans); library(car)})
packages <- c("lme4", "lmerTest", "emmeans", "car", "mvtnorm", "pbkrtest")
emm_options(lmerTest.limit = 1e4, pbkrtest.limit = 1e4)
set.seed(11)
rows <- expand.grid(visit = 1:3, hand = c("left", "right"), person = 1:18)
rows$group <- c("HC", "MS", "PS")[c(1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3)[rows$person]]
rows$age <- round(runif(18, 25, 65))[rows$person]
rows$dose <- round(runif(nrow(rows), 0, 4), 1)
rows$y <- round(10 + rnorm(18)[rows$person] + (rows$group == "PS") * 2 + (rows$hand == "right") * (rows$group == "MS") +
  0.04 * rows$age + 0.3 * rows$dose + rnorm(nrow(rows)), 2)
rows <- rows[sort(sample(nrow(rows), 80)), ]
levels <- list(hand = c("left", "right"), group = c("HC", "MS", "PS"))
for (v in names(levels)) rows[[v]] <- factor(rows[[v]], levels[[v]])
centred <- rows
for (v in c("age", "dose")) centred[[v]] <- rows[[v]] - mean(rows[[v]])
holed <- subset(rows, !(group == "PS" & hand == "left"))
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5), check.conv.singular = "ignore")
fitted <- function(text, data) lmerTest::lmer(as.formula(text), data, control = tight)
columns <- function(table) lapply(as.data.frame(table), function(column) I(if (is.factor(column)) as.character(column) else unname(column)))
anova_of <- function(model, type, ddf = "Satterthwaite") {
  found <- anova(model, type = type, ddf = ddf)
  list(term = I(rownames(found)), df = I(found$NumDF), df2 = I(found$DenDF), f = I(found$`F value`))
}
joint <- function(model) {
  found <- joint_tests(model, lmer.df = "satterthwaite")
  list(term = I(gsub(" ", "", found[["model term"]])), df = I(found$df1), df2 = I(found$df2), f = I(found$F.ratio))
}
one <- function(text, data = "rows") {
  frame <- get(data); model <- fitted(text, frame)
  categorical <- intersect(c("group", "hand"), all.vars(as.formula(text)))
  sets <- c(as.list(categorical), if (length(categorical) == 2) list(categorical))
  means <- lapply(sets, function(v) {
    grid <- suppressMessages(emmeans(model, v, lmer.df = "satterthwaite"))
    list(variables = I(v), means = columns(grid), pairs = columns(contrast(grid, "revpairwise", adjust = "none")))
  })
  list(formula = text, data = data, means = means, two = anova_of(model, 2), three = anova_of(model, 3), joint = joint(model),
    kenward_roger = anova_of(model, 3, "Kenward-Roger"),
    centred = if (data == "rows") anova_of(fitted(text, centred), 3), centred_two = if (data == "rows") anova_of(fitted(text, centred), 2))
}
# Type II of least squares: containment as car has it, of columns alone.
squares <- function(text) {
  found <- Anova(lm(as.formula(text), rows), type = 2)
  found <- found[rownames(found) != "Residuals", ]
  list(formula = text, term = I(rownames(found)), df = I(found$Df), f = I(found$`F value`))
}
# Families: all pairs of group, and of the six combinations, by the multivariate t of mvtnorm.
family <- function(text, variables) {
  grid <- emmeans(fitted(text, rows), variables, lmer.df = "satterthwaite")
  pairs <- contrast(grid, "revpairwise", adjust = "none"); table <- as.data.frame(pairs)
  V <- vcov(pairs); R <- cov2cor(V)
  p <- sapply(seq_len(nrow(table)), function(i) 1 - mvtnorm::pmvt(rep(-abs(table$t.ratio[i]), nrow(R)), rep(abs(table$t.ratio[i]), nrow(R)),
    df = 12, corr = R, algorithm = mvtnorm::GenzBretz(maxpts = 4e6, abseps = 1e-6, releps = 0))[1])
  q <- mvtnorm::qmvt(0.95, tail = "both.tails", df = 12, corr = R, algorithm = mvtnorm::GenzBretz(maxpts = 1e6, abseps = 1e-5, releps = 0))$quantile
  list(formula = text, variables = I(variables), t = I(table$t.ratio), df = I(table$df),
    covariance = apply(V, 1, function(row) I(unname(row)), simplify = FALSE) |> unname(), p12 = I(p), critical12 = q,
    tukey = I(as.data.frame(contrast(grid, "revpairwise", adjust = "tukey"))$p.value),
    holm = I(as.data.frame(contrast(grid, "revpairwise", adjust = "holm"))$p.value))
}
plain <- function(data) lapply(data, function(column) I(if (is.factor(column)) as.character(column) else column))
list(
  list(data = list(rows = plain(rows), holed = plain(holed)), levels = lapply(levels, I)),
  one("y ~ group * hand + (1 | person)"),
  one("y ~ group + hand + age + (1 | person)"),
  one("y ~ group * hand * age + (1 | person)"),
  one("y ~ group * age + hand * dose + (1 | person)"),
  one("y ~ group + hand * dose + group:dose + (1 + hand | person)"),
  one("y ~ hand + hand:group + age + (1 | person)"),
  one("y ~ 0 + group + hand + age + (1 | person)"),
  one("y ~ group + hand + dose + (1 | person)", "holed"),
  squares("y ~ group * hand * age + dose"), squares("y ~ group * age + hand * dose"), squares("y ~ hand * dose + group:dose"),
  family("y ~ group * hand + age + (1 | person)", "group"), family("y ~ group * hand + age + (1 | person)", c("group", "hand")))
