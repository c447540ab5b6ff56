"""How many written sequences are valid in a world, and how the others fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from nerode.errors import IllegalSymbol
from nerode.sequences.text import BadLine, Unreadable, read_lines
from nerode.worlds.world import AnyWorld

SequenceVerdict = Literal["valid", "illegal_step", "wrong_destination", "malformed"]


@dataclass(frozen=True)
class SequenceScore:
    """Numbers of sequences; the four verdicts add up to the first."""

    sequences: int
    valid: int
    illegal_step: int
    wrong_destination: int
    malformed: int
    unreadable: int = 0
    """Those of the malformed that are not even written in the world's symbols."""
    first_unreadable: BadLine | None = None

    def counts(self) -> dict[str, int]:
        """The number of sequences and that of each verdict, by name."""
        return {name: getattr(self, name) for name in ("sequences", *get_args(SequenceVerdict))}

    def as_dict(self) -> dict[str, object]:
        """The form in which it is written to JSON; of unreadable lines only where there are any."""
        return asdict(self) if self.unreadable else {**self.counts()}


def judge(world: AnyWorld, sequence: Sequence[int]) -> SequenceVerdict:
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
    state, ended = world.start, False
    for symbol in sequence:
        try:
            state = world.step(state, symbol)
        except IllegalSymbol:
            return "wrong_destination" if symbol == world.end and not ended else "illegal_step"
        ended = ended or symbol == world.end
    return "valid"


def score(world: AnyWorld, path: str | Path) -> SequenceScore:
    """Judge every sequence of a text file; a line with unknown symbols is malformed.

    Raises MissingFile, and FormatError for an empty file, for what is no text, and where no
    line has a symbol of the world.
    """
    world = world.with_unused_symbols()
    counts: Counter[SequenceVerdict] = Counter()
    unreadable = Unreadable()
    for sequence in read_lines(path, world, unreadable):
        counts[judge(world, sequence) if sequence else "malformed"] += 1
    unreadable.refuse_foreign(counts.total())
    return SequenceScore(
        sequences=counts.total(),
        valid=counts["valid"],
        illegal_step=counts["illegal_step"],
        wrong_destination=counts["wrong_destination"],
        malformed=counts["malformed"],
        unreadable=unreadable.lines,
        first_unreadable=unreadable.first,
    )
