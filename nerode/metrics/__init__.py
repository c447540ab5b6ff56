"""The metrics: each is one file that holds all that is known of it; all share a `Setting`.

COMPRESSION     histories of one state must allow the same continuations
DISTINCTION     histories of different states must not
NEXT_SYMBOL     is the most probable next symbol legal?
TRAVERSAL       does it arrive, and how far from the cheapest way?
DETOURS         does it still arrive after a forced wrong turn?
RECONSTRUCTION  which streets would have to exist for what it writes to be walkable?
PROBE           can the true state be read off its hidden states?
EFFECTIVE_RANK  in how many directions do its hidden states spread?

`COMPRESSION.run(setting, model)` measures all trials of a setting. A metric of your own is a
`Metric`, too: docs/extend.md.
"""

from nerode.metrics.acceptance import Acceptance
from nerode.metrics.compression import COMPRESSION, CompressionResult
from nerode.metrics.detours import DETOURS, DetoursResult
from nerode.metrics.distinction import DISTINCTION, DistinctionResult
from nerode.metrics.effective_rank import EFFECTIVE_RANK, EffectiveRankResult
from nerode.metrics.metric import Description, Metric, Score
from nerode.metrics.next_symbol import NEXT_SYMBOL, NextSymbolResult
from nerode.metrics.probe.probe import PROBE
from nerode.metrics.probe.scores import ProbeResult
from nerode.metrics.reconstruction.reconstruction import RECONSTRUCTION, ReconstructionResult
from nerode.metrics.registry import METRICS
from nerode.metrics.result import PlainResult, Result
from nerode.metrics.setting import Setting
from nerode.metrics.traversal import TRAVERSAL, TraversalResult
from nerode.schema.trial import Proportion, SkippedTrial, ThresholdShares, Trial
from nerode.stats.estimate import Estimate, estimate, estimate_of_ratio

__all__ = [
    "COMPRESSION",
    "DETOURS",
    "DISTINCTION",
    "EFFECTIVE_RANK",
    "METRICS",
    "NEXT_SYMBOL",
    "PROBE",
    "RECONSTRUCTION",
    "TRAVERSAL",
    "Acceptance",
    "CompressionResult",
    "Description",
    "DetoursResult",
    "DistinctionResult",
    "EffectiveRankResult",
    "Estimate",
    "Metric",
    "NextSymbolResult",
    "PlainResult",
    "ProbeResult",
    "Proportion",
    "ReconstructionResult",
    "Result",
    "Score",
    "Setting",
    "SkippedTrial",
    "ThresholdShares",
    "TraversalResult",
    "Trial",
    "estimate",
    "estimate_of_ratio",
]
