"""Rare events."""
