"""Pooling of estimates from studies: effect measures, heterogeneity, models, bias, influence."""
