"""Sequences of worlds: drawn, split, stored, written as text, scored; pairs of histories.

The names here are loaded when they are first used: Parquet and compiled loops take a while.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nerode.sequences.batch import SequenceBatch
    from nerode.sequences.dataset import (
        Sequences,
        draw_sequences,
        open_sequences,
        write_sequences,
    )
    from nerode.sequences.histories import (
        HistoryPair,
        HistorySource,
        near_end_histories,
        on_policy_histories,
        uniform_histories,
    )
    from nerode.sequences.policies import POLICIES
    from nerode.sequences.scoring import SequenceScore, score
    from nerode.sequences.split import held_out_mask
    from nerode.sequences.store import Manifest
    from nerode.sequences.text import read_text, write_text

__all__ = [
    "POLICIES",
    "HistoryPair",
    "HistorySource",
    "Manifest",
    "SequenceBatch",
    "SequenceScore",
    "Sequences",
    "draw_sequences",
    "held_out_mask",
    "near_end_histories",
    "on_policy_histories",
    "open_sequences",
    "read_text",
    "score",
    "uniform_histories",
    "write_sequences",
    "write_text",
]

_HOMES = {
    "batch": ("SequenceBatch",),
    "dataset": ("Sequences", "draw_sequences", "open_sequences", "write_sequences"),
    "histories": (
        "HistoryPair",
        "HistorySource",
        "near_end_histories",
        "on_policy_histories",
        "uniform_histories",
    ),
    "policies": ("POLICIES",),
    "score": ("SequenceScore", "score"),
    "split": ("held_out_mask",),
    "store": ("Manifest",),
    "text": ("read_text", "write_text"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"nerode.sequences.{home}"), name)
    message = f"module 'nerode.sequences' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
