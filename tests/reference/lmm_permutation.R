# Every exchange of labels among whole participants, or of two levels within them, by refits of lme4 (maximum
# likelihood, with and without the term): the share of likelihood ratios no smaller than that observed. Variables
# of two levels are coded -1 and 1, so that leaving a column out is the hypothesis of type III.
# Searches are polished by Newton steps of numeric derivatives, unless a variance is at zero.
packages <- c("lme4", "numDeriv")
suppressMessages(library(lme4))
deviance_of <- function(text, rows) {
  parsed <- suppressMessages(lFormula(as.formula(text), rows, REML = FALSE, control = lmerControl(check.rankX = "silent.drop.cols")))
  f <- do.call(mkLmerDevfun, parsed)
  lower <- parsed$reTrms$lower
  best <- Inf
  for (start in c(0.3, 1, 2)) {  # the search may end at a saddle
    at <- parsed$reTrms$theta; at[lower == 0] <- start
    found <- nloptwrap(at, f, lower = lower, upper = rep(Inf, length(lower)), control = list(xtol_abs = 1e-12, ftol_abs = 1e-13, maxeval = 1e5))
    theta <- found$par
    if (min(theta[lower == 0]) > 1e-3) for (i in 1:3) {
      step <- tryCatch(solve(numDeriv::hessian(f, theta), numDeriv::grad(f, theta)), error = function(e) 0 * theta)
      if (f(theta - step) <= f(theta)) theta <- theta - step
    }
    best <- min(best, f(theta))
  }
  best
}
ratio <- function(full, null, rows) max(0, deviance_of(null, rows) - deviance_of(full, rows))
orders <- function(x) {  # every order of values, some of them equal, once
  if (length(x) <= 1) return(list(x))
  unlist(lapply(unique(x), function(v) lapply(orders(x[-match(v, x)]), function(rest) c(v, rest))), recursive = FALSE)
}
expected <- function(term, statistics, df) setNames(list(list(statistic = statistics[1], estimate = statistics[1], df = df,
  p_value = mean(statistics >= statistics[1] - 1e-5), resamples = 0)), paste("likelihood_ratio", term))
why <- "lme4's search"
given <- function(text, rows, columns, strata = NULL) {
  out <- list(formula = text, data = lapply(rows[columns], function(v) I(if (is.character(v) || is.factor(v)) as.character(v) else v)))
  if (!is.null(strata)) out$strata <- I(strata)
  out
}
set.seed(31)
rows <- expand.grid(visit = 1:4, hand = c("left", "right"), person = 1:7)
rows <- rows[-c(2, 3, 9, 24, 25, 30, 41, 44, 56), ]
rows$who <- paste0("p", rows$person); rows$hand <- as.character(rows$hand)
labels <- c("MS", "HC", "HC", "MS", "MS", "HC", "MS")
rows$x <- round(rnorm(nrow(rows)), 2)
rows$y <- round(30 + 3 * rnorm(7)[rows$person] + 4 * (labels[rows$person] == "MS") + 0.8 * rows$x + (rows$hand == "right") *
  (1 + (labels[rows$person] == "MS")) + 2 * rnorm(nrow(rows)), 2)
rows$group <- labels[rows$person]
arms <- c("a", "b", "c", "a", "b", "c", "a"); rows$arm <- arms[rows$person]
centres <- c("n", "n", "n", "n", "s", "s", "s"); rows$centre <- centres[rows$person]
rows$h <- ifelse(rows$hand == "right", 1, -1)
with_labels <- function(l) { r <- rows; r$g <- ifelse(l[r$person] == "MS", 1, -1); r$gh <- r$g * r$h; r }
all_labels <- orders(labels)
all_labels <- c(list(labels), all_labels[!sapply(all_labels, identical, labels)])
main <- sapply(all_labels, function(l) ratio("y ~ g + x + (1 | who)", "y ~ x + (1 | who)", with_labels(l)))
crossed <- sapply(all_labels, function(l) ratio("y ~ g + h + gh + x + (1 | who)", "y ~ h + gh + x + (1 | who)", with_labels(l)))
inter <- sapply(all_labels, function(l) ratio("y ~ g + h + gh + x + (1 | who)", "y ~ g + h + x + (1 | who)", with_labels(l)))
slopes <- sapply(all_labels, function(l) ratio("y ~ g + h + (1 + h | who)", "y ~ h + (1 + h | who)", with_labels(l)))
within_centres <- Filter(function(l) identical(sort(l[1:4]), sort(labels[1:4])), all_labels)
by_centre <- sapply(within_centres, function(l) ratio("y ~ g + x + (1 | who)", "y ~ x + (1 | who)", with_labels(l)))
all_arms <- orders(arms); all_arms <- c(list(arms), all_arms[!sapply(all_arms, identical, arms)])
three <- sapply(all_arms, function(l) { r <- rows; r$arm <- l[r$person]; ratio("y ~ arm + x + (1 | who)", "y ~ x + (1 | who)", r) })
# Levels exchanged within participants: each has the same visits for both hands, some fewer than others.
pairs <- expand.grid(visit = 1:3, hand = c("left", "right"), person = 1:7)
pairs <- pairs[!(pairs$person %in% c(2, 5) & pairs$visit == 3), ]
pairs$who <- paste0("p", pairs$person); pairs$hand <- as.character(pairs$hand); pairs$h <- ifelse(pairs$hand == "right", 1, -1)
pairs$y <- round(30 + 2 * rnorm(7)[pairs$person] + 0.5 * pairs$visit + (pairs$h > 0) * (1.2 + rnorm(7)[pairs$person]) + rnorm(nrow(pairs)), 2)
flips <- lapply(0:127, function(i) bitwAnd(i, 2^(0:6)) > 0)
flipped <- function(f) { r <- pairs; r$h <- ifelse(f[r$person], -1, 1) * r$h; r$hand <- ifelse(r$h > 0, "right", "left"); r }
hands <- sapply(flips, function(f) ratio("y ~ h + visit + (1 | who)", "y ~ visit + (1 | who)", flipped(f)))
hand_slopes <- sapply(flips, function(f) ratio("y ~ h + visit + (1 + hand | who)", "y ~ visit + (1 + hand | who)", flipped(f)))
people <- I(sort(unique(rows$who))); two <- list(group = I(c("HC", "MS")), who = people)
both <- c(two, list(hand = I(c("left", "right"))))
list(
  case("unbalanced with a covariate within", given("y ~ group + x + (1 | who)", rows, c("y", "group", "x", "who")), expected("group", main, 1),
    two, list(term = "group"), 1e-6, why),
  case("beside its interaction", given("y ~ group * hand + x + (1 | who)", rows, c("y", "group", "hand", "x", "who")), expected("group", crossed, 1),
    both, list(term = "group"), 1e-6, why),
  case("interaction", given("y ~ group * hand + x + (1 | who)", rows, c("y", "group", "hand", "x", "who")), expected("group:hand", inter, 1),
    both, list(term = "group:hand"), 1e-6, why),
  case("random slopes", given("y ~ group + hand + (1 + hand | who)", rows, c("y", "group", "hand", "who")), expected("group", slopes, 1),
    both, list(term = "group"), 1e-5, why),
  case("within strata", given("y ~ group + x + (1 | who)", rows, c("y", "group", "x", "who"), strata = rows$centre), expected("group", by_centre, 1),
    c(two, list(strata = I(c("n", "s")))), list(term = "group"), 1e-6, why),
  case("three arms", given("y ~ arm + x + (1 | who)", rows, c("y", "arm", "x", "who")), expected("arm", three, 2),
    list(arm = I(c("a", "b", "c")), who = people), list(term = "arm"), 1e-6, why),
  case("hands", given("y ~ hand + visit + (1 | who)", pairs, c("y", "hand", "visit", "who")), expected("hand", hands, 1),
    list(hand = I(c("left", "right")), who = people), list(term = "hand"), 1e-6, why),
  case("hands with slopes", given("y ~ hand + visit + (1 + hand | who)", pairs, c("y", "hand", "visit", "who")), expected("hand", hand_slopes, 1),
    list(hand = I(c("left", "right")), who = people), list(term = "hand"), 1e-5, why)
)
