"""Many sequences in two arrays: `SequenceBatch`, defined with the worlds that draw into it."""

from nerode.worlds.batch import SequenceBatch

__all__ = ["SequenceBatch"]
