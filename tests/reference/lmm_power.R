# Power: the noncentral t distribution where a balanced layout makes the test a t test (paired, or of participants'
# means), at the variances that lme4 estimates from the pilot; elsewhere the share of data sets simulated row by row
# that lmerTest (Satterthwaite) or pbkrtest (Kenward and Roger) reject, as package simr counts it.
packages <- c("lme4", "lmerTest", "pbkrtest")
suppressMessages(library(lme4))
quiet <- function(x) suppressMessages(suppressWarnings(x))
precise <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10))
noncentral <- function(ncp, df, alpha) { q <- qt(1 - alpha / 2, df); pt(q, df, ncp, lower.tail = FALSE) + pt(-q, df, ncp) }
given <- function(text, rows) list(formula = text, data = lapply(rows[all.vars(as.formula(text))], function(v) I(if (is.factor(v)) as.character(v) else v)))
levels_of <- function(text, rows) { used <- all.vars(as.formula(text)); lapply(rows[used[sapply(rows[used], is.factor)]], function(v) I(levels(v))) }
one <- function(name, text, rows, coefficient, power, options, sims) {
  se <- sqrt(power * (1 - power) * (1 / options$resamples + 1 / sims))
  case(name, given(text, rows), setNames(list(list(estimate = power)), paste("power", coefficient)), levels_of(text, rows),
    c(list(coefficient = coefficient), options), 3.5 * se / power, "both are simulated: 3.5 standard errors")
}
# Rows of a pilot's participants, each as often, simulated from its fit with one coefficient replaced.
simulated <- function(text, rows, who, coefficient, effect, times, sims, ddf, alpha = 0.05) {
  formula <- as.formula(text)
  pilot <- quiet(lmer(formula, rows, control = precise))
  beta <- fixef(pilot); beta[coefficient] <- effect
  all <- do.call(rbind, lapply(1:times, function(k) { r <- rows; r[[who]] <- paste(k, r[[who]]); r }))
  all[[who]] <- factor(all[[who]])
  parsed <- lFormula(formula, all)
  Lambda <- parsed$reTrms$Lambdat; Lambda@x <- getME(pilot, "theta")[parsed$reTrms$Lind]
  map <- t(as.matrix(Lambda %*% parsed$reTrms$Zt)); s <- sigma(pilot)
  mean(replicate(sims, {
    all$y <- drop(parsed$X %*% beta + s * (map %*% rnorm(ncol(map)) + rnorm(nrow(all))))
    model <- quiet(lmerTest::lmer(formula, all, control = lmerControl(calc.derivs = FALSE)))
    quiet(coef(summary(model, ddf = ddf))[coefficient, "Pr(>|t|)"]) <= alpha
  }))
}
set.seed(8)
hands <- expand.grid(hand = factor(c("left", "right")), who = factor(sprintf("p%02d", 1:10)))
hands$y <- round(20 + 3 * rnorm(10)[hands$who] + rnorm(20), 2)
paired <- quiet(lmer(y ~ hand + (1 | who), hands, control = precise))
paired_power <- noncentral(1.0 / (sigma(paired) * sqrt(2 / 14)), 13, 0.05)
groups <- expand.grid(visit = 1:3, who = factor(sprintf("p%02d", 1:12)))
groups$group <- factor(ifelse(as.integer(groups$who) %% 2 == 1, "HC", "MS"))
groups$y <- round(20 + 2 * rnorm(12)[groups$who] + rnorm(36), 2)
means <- quiet(lmer(y ~ group + (1 | who), groups, control = precise))
sd <- sqrt(VarCorr(means)$who[1] + sigma(means)^2 / 3)
two_power <- noncentral(2.5 / (sd * sqrt(2 / 10)), 18, 0.01)
uneven <- expand.grid(time = 0:3, who = factor(sprintf("p%02d", 1:9)))[-c(4, 7, 8, 15, 24, 30, 31, 36), ]
uneven$group <- factor(ifelse(as.integer(uneven$who) %% 3 == 0, "MS", "HC"))
uneven$y <- round(20 + rnorm(9)[uneven$who] + 0.8 * rnorm(9)[uneven$who] * uneven$time + uneven$time + rnorm(nrow(uneven)), 2)
slopes <- "y ~ group * time + (1 + time | who)"
satterthwaite <- simulated(slopes, uneven, "who", "groupMS:time", 2, 2, 900, "Satterthwaite")
kenward <- simulated("y ~ group + time + (1 | who)", uneven, "who", "groupMS", 4.5, 1, 500, "Kenward-Roger")
list(
  one("a paired t test", "y ~ hand + (1 | who)", hands, "hand[right]", paired_power, list(effect = 1, participants = 14, resamples = 4000), Inf),
  one("a t test of means", "y ~ group + (1 | who)", groups, "group[MS]", two_power,
    list(effect = -2.5, participants = 20, alpha = 0.01, resamples = 4000), Inf),
  one("slopes of unbalanced data", slopes, uneven, "group[MS]:time", satterthwaite,
    list(effect = 2, participants = 18, df_method = "satterthwaite", resamples = 4000), 900),
  one("the pilot's own size", "y ~ group + time + (1 | who)", uneven, "group[MS]", kenward, list(effect = 4.5, resamples = 4000), 500)
)
