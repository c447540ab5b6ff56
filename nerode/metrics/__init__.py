"""The metrics: each is one function in one file; all share a `Setting`.

compression     histories of one state must allow the same continuations
distinction     histories of different states must not
next_symbol     is the most probable next symbol legal?
traversal       does it arrive, and how far from the cheapest way?
detours         does it still arrive after a forced wrong turn?
reconstruction  which streets would have to exist for what it writes to be walkable?
"""

from nerode.metrics.acceptance import Acceptance
from nerode.metrics.compression import CompressionResult, compression
from nerode.metrics.detours import DetoursResult, detours
from nerode.metrics.distinction import DistinctionResult, distinction
from nerode.metrics.next_symbol import NextSymbolResult, next_symbol
from nerode.metrics.reconstruction.reconstruction import ReconstructionResult, reconstruction
from nerode.metrics.setting import Setting
from nerode.metrics.traversal import TraversalResult, traversal
from nerode.stats.estimate import Estimate, estimate

__all__ = [
    "Acceptance",
    "CompressionResult",
    "DetoursResult",
    "DistinctionResult",
    "Estimate",
    "NextSymbolResult",
    "ReconstructionResult",
    "Setting",
    "TraversalResult",
    "compression",
    "detours",
    "distinction",
    "estimate",
    "next_symbol",
    "reconstruction",
    "traversal",
]
