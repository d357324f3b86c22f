# Kruskal-Wallis: H and the chi-squared p by kruskal.test; exact p by going through every way to deal the values;
# limits of epsilon squared from the analysis of variance of the ranks, by inverting R's pf(ncp).
deal <- function(values, sizes) {  # every assignment of values to groups, as lists of group labels
  if (length(sizes) == 1) return(list(rep(1L, length(values))))
  do.call(c, apply(combn(length(values), sizes[1]), 2, function(take) lapply(deal(values[-take], sizes[-1]), function(rest) {
    g <- integer(length(values)); g[take] <- 1L; g[-take] <- rest + 1L; g
  }), simplify = FALSE))
}
one <- function(name, outcome, group, levels, exact = FALSE) {
  g <- factor(group, levels)
  test <- kruskal.test(outcome, g); h <- test$statistic[[1]]; n <- length(outcome)
  p <- test$p.value
  if (exact) {
    r <- rank(outcome); between <- function(g) sum(tapply(r, g, sum)^2 / tapply(r, g, length)); seen <- between(as.integer(g))
    p <- mean(sapply(deal(outcome, as.vector(table(g))), between) >= seen - 1e-9)
  }
  anova <- anova(lm(rank(outcome) ~ g)); f <- anova$`F value`[1]
  limit <- function(p) if (pf(f, anova$Df[1], anova$Df[2]) <= p) 0 else
    uniroot(function(l) pf(f, anova$Df[1], anova$Df[2], l) - p, c(0, 60 * (1 + f)), tol = 1e-13)$root
  ends <- sapply(c(0.975, 0.025), limit); ends <- ends / (ends + n)
  list(case(paste0(name, "_limits"), list(outcome = outcome, group = as.character(group)), levels = list(group = levels),
    expected = list(epsilon_squared = list(conf_low = min(ends[1], h / (n - 1)), conf_high = max(ends[2], h / (n - 1)))),
    tolerance = 1e-7, why = "R's noncentral pf is good to about 1e-9"),
  case(name, list(outcome = outcome, group = as.character(group)), levels = list(group = levels), expected = list(
    kruskal_wallis_h = list(estimate = h, statistic = h, df = test$parameter[[1]], p_value = p, n = n),
    epsilon_squared = list(estimate = h / (n - 1)))))
}
few <- c(1, 4:9, 12:13, 20)
c(one("chick_weights", chickwts$weight, chickwts$feed, levels(chickwts$feed)),
  one("air_quality_ties", na.omit(airquality)$Temp, paste0("m", na.omit(airquality)$Month), paste0("m", 5:9)),
  one("exact", few, rep(c("a", "b", "c"), c(3, 4, 3)), c("a", "b", "c"), exact = TRUE),
  one("exact_ties", c(0, 0, 1, 3, 2, 2, 0, 5, 5), rep(c("a", "b", "c"), 3), c("a", "b", "c"), exact = TRUE),
  one("exact_two_groups", c(3, 1, 4, 1, 5, 9, 2, 6), rep(c("a", "b"), 4), c("a", "b"), exact = TRUE))
