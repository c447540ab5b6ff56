"""A folder of sequences: its `manifest.json`."""

from __future__ import annotations

from typing import Literal

from nerode.schema.model import Rule, Share
from nerode.schema.part import Count, Part


class Manifest(Part, frozen=True, kw_only=True):
    """What a folder of sequences holds."""

    world: str
    """Name of the world, by which `open_world` opens it unless it is one of the user's own."""
    policy: str
    """How the sequences were drawn."""
    seed: int
    """Seed of the draws and of the split."""
    held_out: Share
    """Share of prompts that is held out."""
    alphabet: tuple[str, ...]
    """Symbol i of the sequences is written `alphabet[i]`."""
    prompt_length: Count
    """Leading symbols that pose the task."""
    train: Count
    """Number of training sequences."""
    held_out_count: Count
    """Number of held-out sequences."""
    symbols: Count
    """Number of symbols of all sequences together."""
    longest: Count
    """Number of symbols of the longest sequence."""
    split_rule: Rule = "prompt"
    """What the split hashes (`nerode.sequences.split`); manifests without it are older."""
    format_version: Literal[1] = 1

    def count(self, split: str) -> int:
        """Number of sequences of one split."""
        return self.train if split == "train" else self.held_out_count
