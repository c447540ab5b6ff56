"""What a world is: a deterministic automaton, told by its rules.

A world is a language (docs/concepts.md, "The one idea"):
from every state some symbols are legal, each
leads to one state, and a string belongs to the language of a state when it can be played
from there without an illegal step. Rules only: no randomness, no models, no drawing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nerode.errors import FormatError, IllegalSymbol

END = "end"
"""The symbol that stops a sequence, in every world that has one."""

State = TypeVar("State", bound=Hashable)
Drawn_co = TypeVar("Drawn_co", bound=Hashable, covariant=True)
"""The states that a world hands out."""
Asked_contra = TypeVar("Asked_contra", bound=Hashable, contravariant=True)
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


@runtime_checkable
class SamplesStates(Protocol[Drawn_co]):
    """A world that can draw a state uniformly from those a trial may use."""

    def sample_state(self, rng: np.random.Generator) -> Drawn_co:
        """One state, drawn uniformly."""
        ...


@runtime_checkable
class SamplesHistories(Protocol[Asked_contra]):
    """A world that can draw a history of given length that reaches a given state."""

    def history_lengths(self, state: Asked_contra) -> Sequence[int]:
        """Lengths (in symbols) of the histories that trials may use for this state."""
        ...

    def sample_history(
        self, state: Asked_contra, length: int, rng: np.random.Generator
    ) -> tuple[int, ...]:
        """A history of exactly `length` symbols that reaches `state`.

        Raises NoTrial where there is none.
        """
        ...


@runtime_checkable
class Separates(Protocol[Asked_contra]):
    """A world that knows in closed form how soon two of its states differ."""

    def separation(self, state1: Asked_contra, state2: Asked_contra) -> int | None:
        """Length of the shortest string that is legal from exactly one of the two states.

        None for equal states: nothing tells them apart.
        """
        ...


@runtime_checkable
class HasGoal(Protocol[Asked_contra]):
    """A world in which sequences have somewhere to arrive, at a cost.

    The canonical way is the cheapest one; ties are broken in a fixed manner, so that
    `toward_goal`, `steps_to_goal` and `cost_to_goal` speak of the same way.
    """

    def sample_trip(self, rng: np.random.Generator) -> tuple[int, ...]:
        """A prompt from which the goal can be reached within `steps_allowed`."""
        ...

    def toward_goal(self, state: Asked_contra) -> int | None:
        """Next symbol of the canonical way; None at the end or where there is no way."""
        ...

    def steps_to_goal(self, state: Asked_contra) -> int | None:
        """Symbols on the canonical way, END included; None where there is no way."""
        ...

    def cost_to_goal(self, state: Asked_contra) -> int | None:
        """Cost of the canonical way; None where there is no way."""
        ...

    def cost(self, state: Asked_contra, symbol: int) -> int:
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
