"""Rare events: pooling of counts by the counts themselves, without corrections for zeros."""
