# Reference for mmstats/methods/dunn.py: Dunn's (1964) z with the correction for ties, written out; p.adjust of R.
# rstatix::dunn_test agrees.
packages <- c("rstatix", "datasets")
check <- function(name, outcome, group, adjust) {
  ranks <- rank(outcome); n <- length(outcome); means <- tapply(ranks, group, mean); sizes <- table(group)
  ties <- table(outcome); spread <- n * (n + 1) / 12 - sum(ties^3 - ties) / (12 * (n - 1))
  pairs <- combn(levels(group), 2)
  se <- sqrt(spread * (1 / sizes[pairs[1, ]] + 1 / sizes[pairs[2, ]])); d <- means[pairs[2, ]] - means[pairs[1, ]]
  p <- p.adjust(2 * pnorm(-abs(d / se)), switch(adjust, holm = "holm", bh = "BH", none = "none"))
  again <- rstatix::dunn_test(data.frame(outcome, group), outcome ~ group, p.adjust.method = switch(adjust, bh = "BH", adjust))
  stopifnot(all.equal(as.numeric(again$statistic), as.numeric(d / se)), all.equal(as.numeric(again$p.adj), as.numeric(p)))
  case(name, list(outcome = outcome, group = as.character(group)),
    setNames(lapply(seq_along(p), function(i) list(estimate = d[[i]], std_error = se[[i]], statistic = d[[i]] / se[[i]], p_value = p[[i]])),
      paste("mean_rank_difference", pairs[2, ], "-", pairs[1, ])),
    levels = list(group = levels(group)), options = list(adjust = adjust))
}
list(check("plants, Holm", PlantGrowth$weight, PlantGrowth$group, "holm"),
  check("insect sprays with ties, Benjamini-Hochberg", InsectSprays$count, InsectSprays$spray, "bh"),
  check("chicks, unequal sizes, as they are", chickwts$weight, chickwts$feed, "none"))
