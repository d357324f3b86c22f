"""Statistics for small clinical studies, from raw tables to a manuscript."""
