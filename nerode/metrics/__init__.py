"""The metrics: each is one function in one file; all share a `Setting`.

compression     histories of one state must allow the same continuations
distinction     histories of different states must not
next_symbol     is the most probable next symbol legal?
traversal       does it arrive, and how far from the cheapest way?
detours         does it still arrive after a forced wrong turn?
"""

from nerode.metrics.acceptance import Acceptance
from nerode.metrics.compression import CompressionResult, compression
from nerode.metrics.detours import DetoursResult, detours
from nerode.metrics.distinction import DistinctionResult, distinction
from nerode.metrics.estimate import Estimate, estimate
from nerode.metrics.next_symbol import NextSymbolResult, next_symbol
from nerode.metrics.setting import Setting
from nerode.metrics.traversal import TraversalResult, traversal

__all__ = [
    "Acceptance",
    "CompressionResult",
    "DetoursResult",
    "DistinctionResult",
    "Estimate",
    "NextSymbolResult",
    "Setting",
    "TraversalResult",
    "compression",
    "detours",
    "distinction",
    "estimate",
    "next_symbol",
    "traversal",
]
