"""Measured while it learns: the same trials at every step of a training."""

from nerode.series.series import Series

__all__ = ["Series"]
