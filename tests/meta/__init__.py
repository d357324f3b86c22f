<<<<<<< HEAD
"""Tests of pooling."""
=======
"""Pooling."""
>>>>>>> rare
