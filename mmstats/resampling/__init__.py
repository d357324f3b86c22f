"""Resampling: arrays in, arrays out. Draws, intervals, permutation."""
