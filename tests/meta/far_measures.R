# What metafor's escalc and transf.* say where a measure comes to its end: large n, a perfect association, a biserial
# correlation beyond 1, a cube root whose way back would be beyond 1. Rscript far_measures.R > far_measures.json
suppressMessages(library(metafor))
num <- function(x) sprintf("%.17g", x)
case <- function(name, found) sprintf('  "%s": {"effect": %s, "variance": %s}', name, num(found$yi[1]), num(found$vi[1]))
rows <- c(
  case("unbiased correlation, n = 232", escalc("UCOR", ri = 0.2448760155511687, ni = 232)),
  case("unbiased correlation, n = 282", escalc("UCOR", ri = -0.09829223407962558, ni = 282)),
  case("unbiased correlation, n = 99", escalc("UCOR", ri = 0.3, ni = 99)),
  case("unbiased correlation, n = 5000", escalc("UCOR", ri = 0.01, ni = 5000)),
  case("biserial correlation beyond 1", escalc("RBIS", m1i = 6, sd1i = 1.75, n1i = 41, m2i = -1, sd2i = 0.7, n2i = 78)),
  case("biserial correlation of few beside many", escalc("RBIS", m1i = 1.96, sd1i = 0.51, n1i = 65, m2i = -1.02,
    sd2i = 0.27, n2i = 4)),
  sprintf('  "cube root": {"given": [0.5, 1.0, 1.1, 2.5], "back": [%s]}', paste(num(transf.iahw(c(0.5, 1, 1.1, 2.5))), collapse = ", ")))
cat("{\n", paste(rows, collapse = ",\n"), "\n}\n", sep = "")
