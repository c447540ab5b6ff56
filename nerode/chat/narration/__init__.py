"""Worlds in sentences: one file per world, English and Russian."""
