"""Generalised and cumulative-link mixed models: families, marginal likelihood, fits and their profiles."""
