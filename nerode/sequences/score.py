"""How many written sequences are valid in a world, and how the others fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nerode.errors import IllegalSymbol
from nerode.sequences.text import read_lines
from nerode.worlds.world import World

Verdict = Literal["valid", "illegal_step", "wrong_destination", "malformed"]


@dataclass(frozen=True)
class Score:
    """Numbers of sequences; the last four add up to the first."""

    sequences: int
    valid: int
    illegal_step: int
    wrong_destination: int
    malformed: int


def judge(world: World[Any], sequence: Sequence[int]) -> Verdict:
    """What becomes of one sequence.

    - `malformed`: it has no END (in a world that has one), or nothing between the prompt
      and END.
    - `illegal_step`, `wrong_destination`: its first illegal symbol is another one, or END.
      A symbol after END is an illegal step.
    - `valid`: none of these.
    """
    if world.end is not None:
        ends = world.end in sequence
        if not ends or sequence.index(world.end) <= world.prompt_length:
            return "malformed"
    state = world.start
    for symbol in sequence:
        try:
            state = world.step(state, symbol)
        except IllegalSymbol:
            return "wrong_destination" if symbol == world.end else "illegal_step"
    return "valid"


def score(world: World[Any], path: str | Path) -> Score:
    """Judge every sequence of a text file. Raises as `read_text` does."""
    counts: Counter[Verdict] = Counter()
    for sequence in read_lines(path, world):
        counts[judge(world, sequence)] += 1
    return Score(
        sequences=counts.total(),
        valid=counts["valid"],
        illegal_step=counts["illegal_step"],
        wrong_destination=counts["wrong_destination"],
        malformed=counts["malformed"],
    )
