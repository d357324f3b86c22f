# The numbers of analyses/cmm_genetics, recomputed in base R from the same table.
#   Rscript tests/reference/cmm_genetics/cmm_genetics.R > tests/reference/cmm_genetics/cmm_genetics.json
d <- read.csv("analyses/cmm_genetics/data/people.csv", na.strings = c("-8", "-9"))
rows <- list()
add <- function(analysis, quantity, term = "", ..., tolerance = 1e-9) rows[[length(rows) + 1]] <<- list(analysis = analysis, quantity = quantity, term = term, ..., tolerance = tolerance)
exact <- function(analysis, event, term = "") {
  b <- binom.test(sum(event), length(event))
  add(analysis, "proportion", term, estimate = unname(b$estimate), conf_low = b$conf.int[1], conf_high = b$conf.int[2], n = length(event))
}
m <- d[d$report == "meneret2014", ]; any <- m$finding != "none"; lof <- m$finding == "loss_of_function"
for (w in c("any", "loss-of-function")) {
  event <- if (w == "any") any else lof
  exact(paste0("yield-", w), event)
  for (p in c("simplex", "familial")) exact(paste0("yield-", w), event[m$pattern == p], sprintf("pattern[%s]", p))
}
s <- d[d$role == "series", ]
exact("yield-both-series", s$finding == "loss_of_function")
exact("yield-dnal4", d$dnal4[d$role %in% c("series", "screened") & !is.na(d$dnal4)] == "yes")
carrier <- d[d$role == "carrier", ]; affected <- carrier$mm_grade != "none"
exact("penetrance", affected)
exact("penetrance", affected[carrier$gene_found == "DCC"], "rad51[no]")
exact("penetrance", affected[carrier$gene_found == "RAD51"], "rad51[yes]")
exact("penetrance-clear", d$mm_grade[d$report == "trouillard2016"] == "obvious")
callosal <- d[d$report == "spencersmith2020", ]
exact("callosal-agenesis", callosal$callosum == "agenesis")
exact("affected-women", d$sex[d$report == "italian2014" & d$mm_grade != "none"] == "F")
t <- table(factor(m$pattern, c("simplex", "familial")), any); share <- t[, 2] / rowSums(t)
x <- unname(suppressWarnings(chisq.test(t, correct = FALSE))$statistic) * 25 / 26; p <- pchisq(x, 1, lower.tail = FALSE)
add("yield-familial-any", "risk_difference", estimate = unname(share["familial"] - share["simplex"]), p_value = p, n = 26)
add("yield-familial-any", "risk_ratio", estimate = unname(share["familial"] / share["simplex"]), p_value = p, n = 26)
add("yield-familial-any", "odds_ratio", estimate = t[2, 2] * t[1, 1] / (t[2, 1] * t[1, 2]), p_value = p, n = 26)
value <- function(x) if (is.character(x)) sprintf("\"%s\"", x) else if (is.na(x)) "null" else sprintf("%.17g", x)
line <- function(row) sprintf("  {%s}", paste(sprintf("\"%s\": %s", names(row), sapply(row, value)), collapse = ", "))
cat(sprintf("{\"made_with\": \"%s\", \"estimates\": [\n%s\n]}\n", R.version.string, paste(sapply(rows, line), collapse = ",\n")))
