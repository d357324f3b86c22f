# Reference for mmstats/methods/max_t.py: Westfall and Young (1993), algorithm 2.8 with minima of p replaced by maxima
# of |t|, over every split of the participants. The greatest |t| of every split gives the interval's factor.
packages <- c("datasets")
t_of <- function(values, own) {
  a <- values[own]; b <- values[-own]
  abs(mean(a) - mean(b)) / sqrt(var(a) / length(a) + var(b) / length(b))
}
check <- function(name, outcomes, group, level = 0.95) {
  own <- which(group == "comparison"); n <- length(group)
  splits <- combn(n, length(own))
  t <- apply(splits, 2, function(chosen) sapply(outcomes, t_of, own = chosen))  # outcomes by splits
  observed <- sapply(outcomes, t_of, own = own)
  ranked <- order(-observed); running <- 0; adjusted <- numeric(length(outcomes))
  for (place in seq_along(ranked)) {
    rest <- ranked[place:length(ranked)]
    running <- max(running, mean(apply(t[rest, , drop = FALSE], 2, max) >= observed[ranked[place]] * (1 - 1e-10)))
    adjusted[ranked[place]] <- running
  }
  top <- apply(t, 2, max)
  factor <- min(Filter(function(v) mean(top > v * (1 + 1e-10)) < (1 - level) * (1 - 1e-10), sort(unique(signif(top, 14)))))
  expected <- lapply(seq_along(outcomes), function(i) {
    test <- t.test(outcomes[[i]][own], outcomes[[i]][-own])
    d <- diff(rev(test$estimate))[[1]]
    list(estimate = d, std_error = test$stderr, statistic = test$statistic[[1]], p_value = adjusted[i],
      conf_low = d - factor * test$stderr, conf_high = d + factor * test$stderr, resamples = 0)
  })
  names(expected) <- paste("mean_difference", names(outcomes))
  case(name, list(outcomes = outcomes, group = group), expected, levels = list(group = c("reference", "comparison")),
    options = list(level = level), tolerance = 1e-8,
    why = "statistics within 1e-10 of each other are ties, so limits lie that much further out")
}
p_only <- function(given) {
  given$name <- paste(given$name, "without limits")
  given$expected <- lapply(given$expected, function(e) e[setdiff(names(e), c("conf_low", "conf_high"))])
  given[c("tolerance", "why")] <- NULL
  given
}
some <- mtcars[c(1:8, 18:24), ]
cases <- list(
  check("cars", as.list(some[c("mpg", "hp", "wt", "qsec", "drat")]), ifelse(some$am == 1, "comparison", "reference")),
  check("scores with ties, 80 %", list(a = c(3, 3, 4, 3, 1, 2, 1, 2, 1, 1, 2, 1), b = c(2, 4, 4, 3, 2, 3, 2, 2, 3, 1, 1, 2),
    c = c(0, 1, 0, 2, 1, 1, 0, 2, 1, 1, 3, 2)), rep(c("comparison", "reference"), each = 6), 0.8))
c(cases, lapply(cases, p_only))
