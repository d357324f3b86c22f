# Comparisons of marginal means, of one's own and of all pairs, with emmeans: lmer (Kenward-Roger by pbkrtest,
# Satterthwaite by lmerTest), glmer, clmm, geeglm with the covariance of Liang and Zeger. The multivariate t is also
# integrated at each comparison's own degrees of freedom, since emmeans cuts these to whole numbers.
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(mvtnorm); library(ordinal); library(geepack)})
packages <- c("lme4", "lmerTest", "pbkrtest", "emmeans", "mvtnorm", "ordinal", "geepack")
emm_options(lmerTest.limit = 1e5, pbkrtest.limit = 1e5)
set.seed(20261122)
levels <- list(task = c("tap", "turn", "fist"), hand = c("left", "right"), group = c("HC", "MS"))
rows <- expand.grid(task = levels$task, hand = levels$hand, person = 1:14)
rows$group <- ifelse(rows$person %% 2 == 0, "MS", "HC"); rows$age <- round(rnorm(14, 45, 8), 1)[rows$person]
shift <- rnorm(14, 0, 1.2)[rows$person] + 0.9 * (rows$task == "fist") + 0.8 * (rows$group == "MS" & rows$hand == "left")
rows$y <- round(shift + rnorm(nrow(rows), 0, 1), 3)
rows$event <- as.numeric(shift + rlogis(nrow(rows)) > 0.5); rows$score <- pmin(pmax(round(shift + rlogis(nrow(rows)) / 1.5 + 1), 0), 3)
rows <- rows[sort(sample(nrow(rows), 72)), ]; rows$person <- sprintf("p%02d", rows$person)
for (v in names(levels)) rows[[v]] <- factor(rows[[v]], levels[[v]])
even <- expand.grid(task = levels$task, person = sprintf("p%02d", 1:9)); even$task <- factor(even$task, levels$task)
even$y <- round(rnorm(9, 0, 1)[as.integer(factor(even$person))] + (even$task == "fist") * 0.8 + rnorm(27), 3)
# as text, by the weights of the twelve (or three) cells: the first variable of the grid runs fastest
asked <- "left = hand[left]:group[MS] - hand[left]:group[HC]; right = hand[right]:group[MS] - hand[right]:group[HC]; more = hand[left]:group[MS] - hand[left]:group[HC] - hand[right]:group[MS] + hand[right]:group[HC]; 0.5 * task[tap] + 1/2 * task[turn] - task[fist]"
own <- function(g) {
  is <- function(v, l) as.numeric(g@grid[[v]] == l); mean_of <- function(w) w / sum(w)
  cell <- function(h, k) mean_of(is("hand", h) * is("group", k)); task <- function(l) mean_of(is("task", l))
  list(left = cell("left", "MS") - cell("left", "HC"), right = cell("right", "MS") - cell("right", "HC"),
    more = cell("left", "MS") - cell("left", "HC") - cell("right", "MS") + cell("right", "HC"),
    "0.5 * task[tap] + 1/2 * task[turn] - task[fist]" = 0.5 * task("tap") + 0.5 * task("turn") - task("fist"))
}
# P(largest |t| >= t) at any df: normal orthants, averaged over the common standard error
tail_t <- function(t, df, R) { logs <- seq(-9, 9, 0.4) / sqrt(2 * df); weight <- exp(df * logs - df / 2 * exp(2 * logs) + df / 2)  # trapezoidal rule
  inside <- sapply(exp(logs), function(s) { set.seed(1); pmvnorm(rep(-t * s, nrow(R)), rep(t * s, nrow(R)), corr = R, algorithm = GenzBretz(maxpts = 1e6, abseps = 1e-6, releps = 0))[1] })
  1 - sum(weight * inside) / sum(weight) }
plain <- function(x, fields) setNames(lapply(fields, function(f) I(unname(x[[f]]))), fields)
family <- function(made) {
  table <- as.data.frame(summary(made, infer = c(TRUE, TRUE), adjust = "none")); V <- vcov(made); R <- cov2cor(V); t <- abs(table$t.ratio)
  adjusted <- function(how) { set.seed(1); s <- as.data.frame(summary(made, infer = c(TRUE, TRUE), adjust = how)); plain(s, c("lower.CL", "upper.CL", "p.value")) }
  list(term = I(as.character(table$contrast)), estimate = I(table$estimate), se = I(table$SE), df = I(table$df), p = I(table$p.value), low = I(table$lower.CL), high = I(table$upper.CL),
    correlation = apply(R, 1, function(row) I(unname(row)), simplify = FALSE) |> unname(),
    holm = I(as.data.frame(summary(made, adjust = "holm"))$p.value), mvt = adjusted("mvt"), tukey = adjusted("tukey"),
    own_df = I(mapply(function(t, df) tail_t(t, df, R), t, table$df)))
}
linear <- function(name, text, frame, mode) {
  fit <- lmerTest::lmer(as.formula(text), frame, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5)))
  grid <- suppressMessages(ref_grid(fit, mode = mode)); pairs <- contrast(suppressMessages(emmeans(grid, "task")), "revpairwise")
  list(name = name, method = "lmm", formula = text, data = name, df_method = mode, pairs = family(pairs), own = if (name == "rows") family(contrast(grid, own(grid), adjust = "none")))
}
general <- function(method, text, made, options = list()) {
  table <- as.data.frame(summary(made, infer = c(TRUE, TRUE), adjust = "none"))
  list(name = "rows", method = method, formula = text, data = "rows", options = options, term = I(as.character(table$contrast)), estimate = I(table$estimate), se = I(table$SE),
    low = I(table[[grep("LCL|lower.CL", names(table))]]), high = I(table[[grep("UCL|upper.CL", names(table))]]), p = I(table$p.value), holm = I(as.data.frame(summary(made, adjust = "holm"))$p.value))
}
text <- "y ~ hand * group + task + age + (1 | person)"; fixed <- "hand * group + task + age"
logit <- glmer(as.formula(paste("event ~", fixed, "+ (1 | person)")), rows, family = binomial, nAGQ = 9, control = glmerControl(optimizer = "bobyqa", tolPwrss = 1e-12, optCtrl = list(rhoend = 1e-10, maxfun = 1e5)))
ranked <- transform(rows, score = factor(score)); ordered <- clmm(as.formula(paste("score ~", fixed, "+ (1 | person)")), ranked, nAGQ = 9, control = clmm.control(gradTol = 1e-8))
paired <- transform(rows, id = as.integer(factor(person))); gee_fit <- geeglm(as.formula(paste("y ~", fixed)), data = paired, id = id, corstr = "exchangeable", control = geese.control(epsilon = 1e-14, maxit = 500))
p <- length(coef(gee_fit)); people <- length(unique(rows$person))
grids <- list(logit = ref_grid(logit), clmm = ref_grid(ordered), gee = ref_grid(gee_fit, df = people - p))
text_columns <- function(d) lapply(as.list(d), function(column) I(if (is.factor(column)) as.character(column) else column))
list(list(name = "data", asked = asked, levels = lapply(levels, I), rows = text_columns(rows), even = text_columns(even)),
  linear("rows", text, rows, "kenward-roger"), linear("rows", text, rows, "satterthwaite"), linear("even", "y ~ task + (1 | person)", even, "kenward-roger"),
  general("glmm", paste("event ~", fixed, "+ (1 | person)"), contrast(grids$logit, own(grids$logit)), list(points = 9)),
  general("clmm", paste("score ~", fixed, "+ (1 | person)"), contrast(grids$clmm, own(grids$clmm)), list(points = 9)),
  general("gee", paste("y ~", fixed), contrast(grids$gee, own(grids$gee)), list(covariance = "robust")))
