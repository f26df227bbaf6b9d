"""Experiments: one question per file, on the public names of `market` only."""
