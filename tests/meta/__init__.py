"""Pooling of estimates from studies."""
