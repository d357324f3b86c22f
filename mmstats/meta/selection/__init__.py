"""Selection models: what studies found, given that some results are published more often than others."""
