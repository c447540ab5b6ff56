"""What a world is drawn on, and what lies on it: contradictions, trips, games, probed boards."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType, field

from nerode.schema.part import Count, Part, Positive, Probability


class MapDrawing(Part, frozen=True, kw_only=True, tag_field="kind", tag="street-map"):
    """A street map."""

    nodes: list[tuple[float, float]]
    """Latitude and longitude of each crossing in degrees (WGS 84)."""
    names: list[str] = field(default_factory=list)
    """Names of the crossings."""
    streets: list[tuple[int, int, str]]
    """Number of a crossing, number of the crossing that the street leads to, label."""
    attribution: str | UnsetType = UNSET
    """Whose data it is."""


class BoardDrawing(Part, frozen=True, kw_only=True, tag_field="kind", tag="board"):
    """A board."""

    size: Positive
    """Squares on a side."""
    squares: list[str]
    """Names of the squares, row by row."""


class Position(Part, frozen=True, kw_only=True):
    """The discs on a board."""

    discs: str
    """A letter a square, row by row: `b` (black), `w` (white) or a dot."""
    to_move: Literal["black", "white"] | None
    """Who is to move; null where the game is over."""


class ExpectedPosition(Position, frozen=True, kw_only=True):
    """A position that a history reaches, with what the model expects there."""

    last: str | None = None
    """The last move; null before the first."""
    legal: list[str]
    """Symbols that are legal."""
    expected: list[tuple[str, Probability]]
    """Symbols and their probabilities, the most probable first."""


class Contradiction(Part, frozen=True, kw_only=True):
    """A continuation that the model judges differently from the world, or after one history only.

    docs/formats.md calls it W.
    """

    kind: str
    """`compression`, `invented` (a boundary string of the model alone) or `missed`."""
    continuation: str
    """What follows both histories."""
    world: tuple[bool, bool]
    """Whether it is legal after the first and after the second history."""
    model: tuple[Probability, Probability]
    """The smallest probability of a symbol on the way, after the first and the second history."""
    history1: str
    history2: str
    path1: list[int] | UnsetType = UNSET
    """Nodes that the first history passes; on street maps, as the two below."""
    path2: list[int] | UnsetType = UNSET
    path: list[int] | UnsetType = UNSET
    """Nodes that the continuation passes."""
    ahead: Count | UnsetType = UNSET
    """Symbols of the continuation that are played on the boards."""
    boards: tuple[ExpectedPosition, ExpectedPosition] | UnsetType = UNSET
    """What the two histories reach after these."""

    @property
    def histories(self) -> tuple[str, str]:
        """Both histories."""
        return self.history1, self.history2


class Step(Part, frozen=True, kw_only=True):
    """One step of a trip."""

    symbol: str
    """What was played."""
    detour: bool
    """Whether that is not the model's own choice."""
    wanted: str
    """The model's own choice."""
    top: list[tuple[str, Probability]]
    """Symbols and their probabilities, the most probable first; what was played is among them."""
    legal: list[str]
    """Symbols that are legal."""


class Trip(Part, frozen=True, kw_only=True):
    """One trip, step by step."""

    sequence: list[str]
    """All symbols, those of the prompt first."""
    arrived: bool
    """Whether every step is legal and the trip stops at its goal."""
    left: Count | None = None
    """Number of the step that is illegal."""
    steps: list[Step]


class MapTrip(Trip, frozen=True, kw_only=True):
    """A trip on a street map."""

    path: list[int]
    """Nodes from the origin as far as streets lead."""


class BoardTrip(Trip, frozen=True, kw_only=True):
    """A game on a board."""

    boards: list[Position]
    """The position after the prompt, and after every legal move that follows."""


class Route(Part, frozen=True, kw_only=True):
    """A trip on a street map as the model wants it, and once more with one step replaced."""

    trial: Count | UnsetType = UNSET
    """The traversal trial."""
    shortest: list[int] | UnsetType = UNSET
    """Nodes of the shortest way; older files lack it."""
    plain: MapTrip
    detour: MapTrip


class Game(Part, frozen=True, kw_only=True):
    """A game as the model wants it, and once more with one move replaced."""

    trial: Count
    """The traversal trial."""
    prompt: Count
    """Moves in the prompt."""
    plain: BoardTrip
    detour: BoardTrip


class ProbedBoard(Part, frozen=True, kw_only=True):
    """A board as the probe sees it: `.` empty, `x` the disc of who is to move, `o` the other's."""

    sequence: str
    """Moves so far."""
    position: Count | UnsetType = UNSET
    """How many these are."""
    layer: Count
    """The layer that the probe reads."""
    true: str
    """A letter a square, row by row."""
    seen: str
    """The same as the probe classifies it."""
