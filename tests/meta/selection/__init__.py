"""Selection models."""
