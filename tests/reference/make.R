# Recompute references from R, one JSON next to each script: `Rscript tests/reference/make.R [name ...]`.
# Each script ends in list(case(...), case(...)); numbers are written with 17 significant digits, so an
# unchanged reference gives an unchanged file.
json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) {
    if (is.null(names(x))) return(sprintf("[%s]", paste(sapply(x, json), collapse = ", ")))
    return(sprintf("{%s}", paste(sprintf("%s: %s", sapply(names(x), quoted), sapply(x, json)), collapse = ", ")))
  }
  items <- if (is.logical(x)) tolower(as.character(x)) else if (is.numeric(x)) numbers(x) else sapply(as.character(x), quoted)
  if (length(items) == 1 && !inherits(x, "AsIs")) items else sprintf("[%s]", paste(items, collapse = ", "))
}
numbers <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), ifelse(x > 0, "Infinity", "-Infinity"), sprintf("%.17g", x)))
quoted <- function(x) ifelse(is.na(x), "null", sprintf('"%s"', gsub('"', '\\\\"', x)))

# One case. columns: role = values, or role = list(name = values) for a role that takes several, or, for a
# formula, formula = "y ~ x" and data = list(name = values). levels: role = level names, the reference first.
# expected: "quantity" or "quantity term" = list(field = value). tolerance: relative, with why when not 1e-10.
case <- function(name, columns, expected, levels = NULL, options = NULL, tolerance = NULL, why = NULL) {
  parts <- list(name = name, columns = columns, levels = levels, options = options, expected = expected,
    tolerance = tolerance, why = why)
  parts[!sapply(parts, is.null)]
}
versions <- function(packages) paste(c(R.version.string, sprintf("%s %s", packages, sapply(packages, function(p)
  as.character(packageVersion(p))))), collapse = ", ")

wanted <- commandArgs(trailingOnly = TRUE)
for (script in setdiff(Sys.glob("tests/reference/*.R"), "tests/reference/make.R")) {
  name <- sub("[.]R$", "", basename(script))
  if (length(wanted) && !(name %in% wanted)) next
  packages <- character()  # a script that uses packages sets this
  cases <- source(script, local = TRUE)$value
  writeLines(json(list(made_with = versions(packages), cases = cases)), sub("R$", "json", script))
}
