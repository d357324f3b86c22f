# Reference for mmstats/methods/games_howell.py: the formulas of Games and Howell (1976) with R's ptukey and qtukey;
# rstatix, which rounds, is asked as well.
packages <- c("rstatix", "datasets")
check <- function(name, outcome, group, level = 0.95) {
  samples <- split(outcome, group); k <- length(samples); expected <- list()
  for (i in seq_len(k - 1)) for (j in (i + 1):k) {
    x <- samples[[j]]; y <- samples[[i]]; a <- var(x) / length(x); b <- var(y) / length(y); se <- sqrt(a + b)
    df <- (a + b)^2 / (a^2 / (length(x) - 1) + b^2 / (length(y) - 1)); d <- mean(x) - mean(y); t <- d / se
    half <- qtukey(level, k, df) / sqrt(2) * se
    expected[[paste("mean_difference", names(samples)[j], "-", names(samples)[i])]] <- list(estimate = d, std_error = se,
      statistic = t, df = df, p_value = ptukey(sqrt(2) * abs(t), k, df, lower.tail = FALSE), conf_low = d - half, conf_high = d + half)
  }
  again <- as.data.frame(rstatix::games_howell_test(data.frame(outcome, group), outcome ~ group, conf.level = level))
  for (i in seq_along(expected)) stopifnot(abs(again$conf.low[i] - expected[[i]]$conf_low) < 1e-3 * abs(expected[[i]]$conf_low),
    abs(again$p.adj[i] - expected[[i]]$p_value) < 0.05 * expected[[i]]$p_value + 6e-4)
  for (i in seq_along(expected)) if (expected[[i]]$p_value < 1e-4) expected[[i]]$p_value <- NULL  # below what ptukey resolves
  case(name, list(outcome = outcome, group = as.character(group)), expected, levels = list(group = levels(group)),
    options = list(level = level), tolerance = 1e-6,
    why = "R's ptukey is good to about 1e-10 in absolute terms, its qtukey to about 1e-7")
}
list(check("plants", PlantGrowth$weight, PlantGrowth$group),
  check("insect sprays, six groups, 90 %", InsectSprays$count, InsectSprays$spray, 0.9))
