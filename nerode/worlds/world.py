"""What a world is: a deterministic automaton, told by its rules.

A world is a language (docs/concepts.md, "The one idea"):
from every state some symbols are legal, each
leads to one state, and a string belongs to the language of a state when it can be played
from there without an illegal step. Rules only: no randomness, no models, no drawing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    NamedTuple,
    Protocol,
    TypeAlias,
    TypeVar,
    runtime_checkable,
)

import numpy as np
from numpy.typing import NDArray

from nerode.errors import FormatError, IllegalSymbol
from nerode.worlds.history_source import HistorySource
from nerode.worlds.policies import Policy
from nerode.worlds.tournaments import TournamentGames

if TYPE_CHECKING:
    from nerode.worlds.habits import Habit
    from nerode.worlds.streets.routes import Routes

END = "end"
"""The symbol that stops a sequence, in every world that has one."""

LONGEST_PLAY = 100
"""Random play stops after so many symbols, for some worlds never end."""

State = TypeVar("State", bound=Hashable)
State_co = TypeVar("State_co", bound=Hashable, covariant=True)
"""The states that a world hands out."""
State_contra = TypeVar("State_contra", bound=Hashable, contravariant=True)
"""The states that a world is asked about."""


class World(ABC, Generic[State]):
    """A deterministic automaton over named symbols.

    States are frozen and hashable. Two states are equal exactly when they have the same
    futures (the Myhill-Nerode equivalence); `check_world` tests that promise. Everything
    is pure: the same question has the same answer for ever.
    """

    name: str
    """The name that `open_world` opens this world by."""
    alphabet: tuple[str, ...]
    """Symbol i is written `alphabet[i]`; no two symbols are written alike."""
    start: State
    """The state after the empty history."""
    prompt_length: int = 0
    """How many leading symbols pose the task (origin and destination on a street map)."""
    longest_exploration: int = LONGEST_PLAY
    """Symbols of the random plays that explore a world which draws no histories itself: fewer
    where plays hardly ever meet later on."""
    unused_symbols: tuple[str, ...] = ()
    """Names that are never legal, and that the alphabet need not have for that reason.

    These are the directions that no street of a map has. Alphabets had them once: folders of
    sequences from that time count them, and so does the split into training and held-out
    sequences, so that what was held out once stays held out.
    """

    def with_unused_symbols(self) -> World[State]:
        """The same world with the unused symbols in its alphabet: texts of others may use them."""
        return self

    @abstractmethod
    def legal(self, state: State) -> tuple[int, ...]:
        """Symbols that may follow in this state, ascending; `()` when nothing may."""

    @abstractmethod
    def step(self, state: State, symbol: int) -> State:
        """State after one more symbol. Raises IllegalSymbol where it is not legal."""

    def run(self, symbols: Iterable[int], state: State | None = None) -> State:
        """State after all symbols, from `state` (default: the start)."""
        state = self.start if state is None else state
        for symbol in symbols:
            state = self.step(state, symbol)
        return state

    def accepts(self, symbols: Iterable[int], state: State | None = None) -> bool:
        """Whether the whole string can be played from `state` (default: the start)."""
        try:
            self.run(symbols, state)
        except IllegalSymbol:
            return False
        return True

    @cached_property
    def index(self) -> dict[str, int]:
        """Number of each symbol, by its name."""
        return {name: number for number, name in enumerate(self.alphabet)}

    @cached_property
    def end(self) -> int | None:
        """Number of the symbol END; None in a world whose sequences just stop."""
        return self.index.get(END)

    def words(self, text: str) -> list[str]:
        """The names of symbols in a text, unknown ones among them.

        Between white space, unless the world has other ways of writing as well.
        """
        return text.split()

    def encode(self, text: str) -> tuple[int, ...]:
        """Symbols of a text, of which `words` are the names.

        Raises FormatError for a name that the alphabet lacks.
        """
        try:
            return tuple(self.index[name] for name in self.words(text))
        except KeyError as error:
            raise FormatError(
                f"expected symbols of {self.name}, got the unknown symbol {error.args[0]!r}"
            ) from None

    def decode(self, symbols: Iterable[int]) -> str:
        """Text of the symbols, a space between each two."""
        return " ".join(self.alphabet[symbol] for symbol in symbols)

    def illegal(self, state: State, symbol: int) -> IllegalSymbol:
        """The error to raise where `symbol` is not legal in `state`."""
        played = self.alphabet[symbol] if 0 <= symbol < len(self.alphabet) else f"#{symbol}"
        names = [self.alphabet[number] for number in self.legal(state)[:12]]
        more = len(self.legal(state)) - len(names)
        expected = " ".join(names) + (f" and {more} more" if more > 0 else "")
        return IllegalSymbol(
            f"expected one of ({expected or 'nothing'}) in state {state!r} of {self.name}, "
            f"got {played}"
        )


AnyWorld: TypeAlias = World[Any]
"""Some world: the type of its states is its own, and code that asks any world does not know it."""


@runtime_checkable
class SamplesStates(Protocol[State_co]):
    """A world that can draw a state uniformly from those a trial may use."""

    def sample_state(self, rng: np.random.Generator) -> State_co:
        """One state, drawn uniformly."""
        ...


@runtime_checkable
class SamplesHistories(Protocol[State_contra]):
    """A world that can draw a history of given length that reaches a given state."""

    def history_lengths(self, state: State_contra) -> Sequence[int]:
        """Lengths (in symbols) of the histories that trials may use for this state."""
        ...

    def sample_history(
        self, state: State_contra, length: int, rng: np.random.Generator
    ) -> tuple[int, ...]:
        """A history of exactly `length` symbols that reaches `state`.

        Raises NoTrial where there is none.
        """
        ...


@runtime_checkable
class Separates(Protocol[State_contra]):
    """A world that knows in closed form how soon two of its states differ."""

    def separation(self, state1: State_contra, state2: State_contra) -> int | None:
        """Length of the shortest string that is legal from exactly one of the two states.

        None for equal states: nothing tells them apart.
        """
        ...


@runtime_checkable
class HasGoal(Protocol[State_contra]):
    """A world in which sequences have somewhere to arrive, at a cost.

    The canonical way is the cheapest one; ties are broken in a fixed manner, so that
    `toward_goal`, `steps_to_goal` and `cost_to_goal` speak of the same way.
    """

    def sample_trip(self, rng: np.random.Generator) -> tuple[int, ...]:
        """A prompt from which the goal can be reached within `steps_allowed`."""
        ...

    def toward_goal(self, state: State_contra) -> int | None:
        """Next symbol of the canonical way; None at the end or where there is no way."""
        ...

    def steps_to_goal(self, state: State_contra) -> int | None:
        """Symbols on the canonical way, END included; None where there is no way."""
        ...

    def cost_to_goal(self, state: State_contra) -> int | None:
        """Cost of the canonical way; None where there is no way."""
        ...

    def cost(self, state: State_contra, symbol: int) -> int:
        """Cost of one legal symbol, in the world's unit (millimetres on a street map)."""
        ...

    def steps_allowed(self, prompt: Sequence[int]) -> int:
        """Length budget of a trip: symbols that may follow the prompt, END included."""
        ...


@runtime_checkable
class LiesOnMap(Protocol):
    """A world whose histories are ways between places on the earth, so that they can be drawn."""

    @property
    def names(self) -> Sequence[str]:
        """Name of each place."""
        ...

    @property
    def lat(self) -> NDArray[np.float64]:
        """Latitude of each place in degrees."""
        ...

    @property
    def lon(self) -> NDArray[np.float64]:
        """Longitude of each place in degrees."""
        ...

    @property
    def streets(self) -> Sequence[tuple[int, str, int]]:
        """Every street: (from place, label, to place)."""
        ...

    def trace(self, symbols: Sequence[int]) -> list[int]:
        """Places that these symbols pass, as far as they are legal."""
        ...


@runtime_checkable
class HasSymmetries(Protocol):
    """A world in which sequences have images that differ in nothing but the symbols' names.

    A board that is turned or mirrored without a change of the start position: whoever knows a
    game knows its images, so that the split keeps them together.
    """

    @property
    def symmetries(self) -> tuple[tuple[int, ...], ...]:
        """Permutations of the symbols, the identity among them, that form a group.

        Symbol i becomes `permutation[i]`; a sequence is legal exactly when its images are.
        """
        ...


@runtime_checkable
class Featured(Protocol):
    """A world whose states have features, each of which is of one class.

    On a street map the one feature is the crossing, and classes are the crossings; in Othello
    features are the squares, each empty, mine or theirs.
    """

    @property
    def features(self) -> Sequence[str]:
        """Name of each feature."""
        ...

    @property
    def classes(self) -> Sequence[str]:
        """Name of each class; all features share them."""
        ...

    def labels(self, symbols: Sequence[int]) -> NDArray[np.int64]:
        """Class of every feature all along a sequence: (positions, features).

        Position i is after the first `first_labelled(world) + i` symbols; there is none after
        the last symbol. Raises IllegalSymbol where a symbol before the last is not legal.
        """
        ...


def first_labelled(prompt_length: int) -> int:
    """Symbols that have been read where labels begin: the prompt, or one where there is none."""
    return max(1, prompt_length)


# What a world may bring of its own


@runtime_checkable
class OwnHistories(Protocol):
    """A world with a source of its own for pairs of histories, of one state and of different ones.

    Where two random plays hardly ever meet, as in most board games, it makes the second history
    from the first: the same moves in another order.
    """

    def own_histories(self, *, same_length: bool) -> HistorySource | None:
        """The source of uniform histories; None for what every world has.

        `same_length`: both histories of a pair are to have as many symbols (protocol `paper`).
        """
        ...


@runtime_checkable
class OwnPolicies(Protocol):
    """A world that draws sequences in ways of its own (`nerode sequences WORLD --policy NAME`)."""

    @property
    def policies(self) -> Mapping[str, Policy]:
        """Each policy by its name. One that is named as a common one stands in its place."""
        ...


@runtime_checkable
class OwnHabits(Protocol):
    """A world that knows what comes next under its policies, so that policy-oracle can be had."""

    def habit(self, policy: str, seed: int) -> Habit | None:
        """The habit of a policy, None where it is not known; `seed` is that of the sequences."""
        ...


@runtime_checkable
class OwnNarration(Protocol):
    """A world that can be told in sentences, so that chat models can be asked about it."""

    def narrate(self, language: str, *, obfuscate: bool, seed: int) -> Any:
        """A `Narration` (nerode/chat/narration/narration.py) in a language, `en` or `ru`."""
        ...


class BoardPosition(NamedTuple):
    """What stands on a board."""

    discs: str
    """A letter for each square, row by row: b (black), w (white) or a dot."""
    to_move: str | None
    """`black`, `white`, or None where the game is over."""


@runtime_checkable
class OnBoard(Protocol):
    """A game on a square board with black and white pieces, so that it can be drawn.

    Symbols that are named as a square are shown there: what may be played, what is expected.
    """

    @property
    def size(self) -> int:
        """Squares to a side, 26 at most."""
        ...

    @property
    def square_names(self) -> Sequence[str]:
        """Names of all size * size squares, row by row."""
        ...

    def boards(self, symbols: Sequence[int]) -> Iterator[BoardPosition]:
        """The position before the first move, then that after each of some legal moves."""
        ...


BOARD_MARKS = {"empty": ".", "mine": "x", "theirs": "o"}
"""How a square is written that a probe has seen: on a board, `classes` (`Featured`) out of these
and a feature for each of `square_names` make the probe's boards."""


@runtime_checkable
class HasTournaments(Protocol):
    """A game of which tournament games are on file (policy `championship`)."""

    def read_tournaments(self, path: str | Path) -> TournamentGames:
        """The legal games of a file or of a folder.

        Raises InvalidParameter for a world without such games, MissingFile and FormatError where
        there are none.
        """
        ...


class StreetPlan(World[State]):
    """A street map with the tables of its streets, from which maps are reconstructed.

    Such a world lies on a map, too, and has a goal. Intersections are numbered; symbol 0 is END,
    then come the turns, then the intersections (symbol `first_node` + i names intersection i).
    """

    names: tuple[str, ...]
    """Name of each intersection."""
    lat: NDArray[np.float64]
    """Latitude of each intersection in degrees."""
    lon: NDArray[np.float64]
    """Longitude of each intersection in degrees."""
    streets: tuple[tuple[int, str, int], ...]
    """Every street: (from intersection, label, to intersection)."""
    directions: tuple[str, ...]
    """The turns of the alphabet, clockwise from north."""
    first_node: int
    """Number of the symbol that names intersection 0."""
    turns: NDArray[np.int32]
    """Where each turn leads from each intersection: (nodes, first_node), -1: nowhere."""
    lengths: NDArray[np.int64]
    """Length of those streets in millimetres, 0 where there is none."""
    routes: Routes
    """The shortest ways."""

    def with_unused_symbols(self) -> StreetPlan[State]:
        """The same map with all eight directions in its alphabet."""
        return self

    @abstractmethod
    def sample_trip(self, rng: np.random.Generator) -> tuple[int, ...]:
        """As `HasGoal`."""

    @abstractmethod
    def steps_allowed(self, prompt: Sequence[int]) -> int:
        """As `HasGoal`."""

    @abstractmethod
    def trace(self, symbols: Sequence[int]) -> list[int]:
        """As `LiesOnMap`."""


AnyStreetPlan: TypeAlias = StreetPlan[Any]
"""Some street plan, asked by code that does not look into its states."""
