"""A reconstructed map: the field `reconstruction` of a record."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from nerode.schema.part import Count, Part, Positive
from nerode.stats.estimate import Estimate

Amount = Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)]
"""A number from 0 on; what was written as a whole number stays one."""


class Spread(Part, frozen=True, kw_only=True):
    """A number over several maps; all three null where it is undefined. docs/formats.md: R."""

    mean: Amount | None
    low: Amount | None
    """The middle 95 % of the maps lie from here ..."""
    high: Amount | None
    """... to here."""

    def __post_init__(self) -> None:
        missing = [self.mean, self.low, self.high].count(None)
        if missing not in (0, 3):
            message = f"expected mean, low and high or none of them, got {3 - missing}"
            raise ValueError(message)


class Spreads(Part, frozen=True, kw_only=True):
    """The spread of each number over several maps."""

    draws: Positive
    """How many maps."""
    valid: Spread
    """Share of valid sequences."""
    new: Spread
    """New streets."""
    new_per_1000: Spread
    """New streets in 1,000 symbols."""
    impossible: Spread
    """New streets that are physically impossible."""
    given_up: Spread
    """Sequences that were given up: a share."""
    precision: Spread
    """Share of drawn streets that are true."""
    recall: Spread
    """Share of the true streets that sequences could show which are drawn."""


class NoiseControl(Spreads, frozen=True, kw_only=True):
    """The same of valid sequences in which some turns are replaced."""

    share: Amount
    """Probability that a turn is replaced."""
    matched: bool
    """Whether it is chosen so that as many sequences are valid as the model's."""


class GrowthOfNoise(Part, frozen=True, kw_only=True):
    """What a part of the matched noise needs."""

    new: Spread
    given_up: Spread


class Growth(GrowthOfNoise, frozen=True, kw_only=True):
    """What a part of the sequences needs."""

    sequences: Count
    """How many they are."""
    noise: GrowthOfNoise | UnsetType = UNSET


class ReconstructionParameters(Part, frozen=True, kw_only=True):
    """How a map was drawn and scored."""

    degree: Count | UnsetType = UNSET
    """Most used streets out of a crossing."""
    miles: Amount | UnsetType = UNSET
    """Longest new street, in miles."""
    crossings: Count | UnsetType = UNSET
    """True streets that a new one crosses to be impossible."""
    noise: list[Amount] | UnsetType = UNSET
    """Probabilities of the noise controls."""
    draws: Count | UnsetType = UNSET
    """Maps of each noise control."""
    seed: int | UnsetType = UNSET
    order: str | UnsetType = UNSET
    """`given`, `valid-first` or `mean`; older files lack it (`given`)."""
    orders: Count | UnsetType = UNSET
    """Random orders; older files lack it."""


class Counts(Part, frozen=True, kw_only=True):
    """Counts of the map that is drawn: of sequences, of their symbols, of streets."""

    sequences: Count
    valid: Count
    illegal_step: Count
    wrong_destination: Count
    malformed: Count
    symbols: Count
    """Symbols between prompt and end."""
    new: Count
    """Streets that are not on the true map."""
    true: Count
    """Streets of the true map that were used."""
    unused: Count
    """Streets of the true map that were not."""
    given_up: Count
    """Sequences that no street within the rules could serve."""
    impossible: Count
    """New streets that are physically impossible, for one of the three reasons below."""
    longer: Count
    off_bearing: Count
    crossing: Count


class MapScore(Part, frozen=True, kw_only=True):
    """The score of a map in the stated order."""

    new_per_1000: Estimate
    """New streets in 1,000 symbols."""
    given_up: Estimate
    precision: Amount | None = None
    recall: Amount | None = None


SequenceNumber = Annotated[int, Meta(ge=-1, description="a sequence's number, or -1 for none")]


class Streets(Part, frozen=True, kw_only=True):
    """The streets of a map as columns of one length, one entry a street."""

    from_: list[int] = field(name="from")
    """Nodes that they lead from, and to."""
    to: list[int]
    label: list[str]
    kind: list[Literal["true", "new", "unused"]]
    first: list[SequenceNumber]
    """The sequence that used it first."""
    uses: list[Count]
    metres: list[Amount]
    crossings: list[Count]
    """True streets that it crosses."""
    why: list[str]
    """Why it is impossible; empty where it is not."""


class UnreadableLine(Part, frozen=True, kw_only=True):
    """A line of text with an unknown symbol."""

    line: Positive
    """From 1."""
    word: str
    """The unknown symbol."""


class Reconstruction(Part, frozen=True, kw_only=True):
    """The map that sequences imply."""

    parameters: ReconstructionParameters
    counts: Counts
    score: MapScore
    orders: Spreads | UnsetType = UNSET
    """Over random orders of the same sequences."""
    noise: list[NoiseControl]
    growth: list[Growth] | UnsetType = UNSET
    """Of an eighth, a quarter, half and all of the sequences; older files lack it."""
    streets: Streets
    longest: list[Amount]
    """One number: metres of the longest true street."""
    gave_up: list[Count]
    """Sequences that were given up, from 0 in the order walked."""
    unreadable: Count | UnsetType = UNSET
    """Lines with unknown symbols."""
    first_unreadable: UnreadableLine | UnsetType = UNSET
