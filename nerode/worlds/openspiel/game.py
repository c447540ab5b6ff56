"""A deterministic game of perfect information as a world: symbols are moves, states positions.

A position is what the library prints of it, and who is to move; where the game is over all are one.
Of chess it is what decides its future: pieces, side to move, castling, en passant. Clocks and
repetitions are left out, so that two games that come to one position are in one state; without them
no game is drawn by either. Games of few positions are looked through whole, and positions with
equal futures are one state: where one square of tic-tac-toe is free it does not matter who has the
others. Of larger games `check_world` says whether positions are states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, final

import numpy as np

from nerode.errors import InvalidParameter, MissingExtra, UnknownName, WorldError
from nerode.suggestions import did_you_mean
from nerode.worlds.automata.finite import write_out
from nerode.worlds.history_source import HistorySource
from nerode.worlds.openspiel import chess
from nerode.worlds.openspiel.reordered import Reordered
from nerode.worlds.policies import Policy
from nerode.worlds.world import LONGEST_PLAY, World

_OVER = "(over)"
"""The position of every game that is over."""
_SHORT_GAME = 16
"""Moves of the longest game that is looked through."""
_MOST_POSITIONS = 6_000
_REMEMBERED = 1 << 14
"""Positions whose moves are kept."""


@dataclass(frozen=True)
class GamePosition:
    """A position by its text; `state` is the library's own, which must not be changed."""

    text: str
    state: Any = field(compare=False, repr=False)


@final
class OpenSpielGame(World[GamePosition]):
    """A game of OpenSpiel, from its first move until it is over. There is no END, and no goal.

    Symbols are named as the library names moves wherever they are played; where it has no such
    names, `m12` is move number 12. Moves of chess are named as in UCI: `e2e4`, `e7e8q`.

    Parameters
    ----------
    game
        Name of the game in OpenSpiel.
    parameters
        Its parameters; the library's defaults for the others.

    Raises
    ------
    MissingExtra
        Without OpenSpiel.
    UnknownName, InvalidParameter
        For a game that there is not, one with chance, hidden information or moves at the same time,
        and for parameters that it does not take.
    """

    def __init__(self, game: str, parameters: Mapping[str, str] | None = None) -> None:
        self._game = _load(game, dict(parameters or {}))
        told = ",".join(f"{key}={value}" for key, value in (parameters or {}).items())
        self.name = f"openspiel:{game}" + (f"?{told}" if told else "")
        self._chess = game == "chess" and not told
        self.alphabet = chess.MOVES if self._chess else _names(self._game)
        self._moves = lru_cache(maxsize=_REMEMBERED)(self._find_moves)
        self._first: dict[str, GamePosition] = {}
        self.start = self._position(self._game.new_initial_state())
        if self._game.max_game_length() <= _SHORT_GAME:
            self._join_equal_futures()

    def legal(self, state: GamePosition) -> tuple[int, ...]:
        """The moves of whoever is to move, ascending; none where the game is over."""
        return tuple(sorted(self._moves(state)))

    def step(self, state: GamePosition, symbol: int) -> GamePosition:
        """The position after a move."""
        action = self._moves(state).get(symbol)
        if action is None:
            raise self.illegal(state, symbol)
        return self._position(state.state.child(action))

    def own_histories(self, *, same_length: bool) -> HistorySource | None:  # noqa: ARG002
        """Games that meet: the same moves in another order."""
        return Reordered(self)

    @property
    def policies(self) -> Mapping[str, Policy]:
        """`random`, as everywhere: each legal move with equal chance, here by the library alone."""
        return {"random": self._random_game}

    def _random_game(self, rng: np.random.Generator) -> tuple[int, ...]:
        state, game = self._game.new_initial_state(), list[int]()
        for share in rng.random(LONGEST_PLAY).tolist():
            if state.is_terminal():
                state = self._position(state).state  # of chess, perhaps by a clock alone
                if state.is_terminal():
                    break
            actions = state.legal_actions()
            action = actions[int(share * len(actions))]
            game.append(self.index[chess.move(state, action)] if self._chess else action)
            state.apply_action(action)
        return tuple(game)

    def _find_moves(self, position: GamePosition) -> dict[int, int]:
        """The library's number of each legal symbol."""
        state = position.state
        if state.is_terminal():
            return {}
        actions: list[int] = state.legal_actions()
        if not self._chess:
            return {action: action for action in actions}
        return {self.index[chess.move(state, action)]: action for action in actions}

    def _position(self, state: Any) -> GamePosition:
        if not self._chess and state.is_terminal():
            return GamePosition(_OVER, state)
        if not self._chess:
            position = GamePosition(f"{state.current_player()} {state}", state)
            return self._first.get(position.text, position)
        text = chess.without_clocks(str(state))
        plain = self._game.new_initial_state(f"{text} 0 1")
        return GamePosition(_OVER if plain.is_terminal() else text, plain)

    def _join_equal_futures(self) -> None:
        """Let one position of each class stand for all of it, if there are few enough."""
        try:
            automaton = write_out(self, most_states=_MOST_POSITIONS)
        except WorldError:
            return
        for position, number in zip(automaton.states, automaton.classes.tolist(), strict=True):
            first = automaton.states[int((automaton.classes == number).argmax())]
            self._first[position.text] = first


def _load(name: str, parameters: dict[str, str]) -> Any:
    try:
        import pyspiel  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtra(f"OpenSpiel needs `pip install 'nerode[games]'` ({error})") from None
    known = {each.short_name: each for each in pyspiel.registered_games()}
    if name not in known:
        message = f"expected a game of OpenSpiel, got {name!r}" + did_you_mean(name, known)
        raise UnknownName(message)
    kinds = pyspiel.GameType
    kind = known[name]
    needed = {
        "moves one after the other": kind.dynamics == kinds.Dynamics.SEQUENTIAL,
        "no chance": kind.chance_mode == kinds.ChanceMode.DETERMINISTIC,
        "nothing hidden": kind.information == kinds.Information.PERFECT_INFORMATION,
    }
    lacking = [what for what, there in needed.items() if not there]
    if lacking:
        raise InvalidParameter(f"expected a game with {' and '.join(lacking)}, got {name}")
    for key in parameters:
        if key not in kind.parameter_specification:
            options = ", ".join(sorted(kind.parameter_specification)) or "none"
            raise InvalidParameter(f"expected parameters of {name} ({options}), got {key!r}")
    try:
        return pyspiel.load_game(name, {key: _value(text) for key, text in parameters.items()})
    except pyspiel.SpielError as error:
        raise InvalidParameter(f"expected parameters that {name} takes, got: {error}") from None


def _value(text: str) -> Any:
    """A parameter as the library wants it: a whole number, true or false, a number, or a text."""
    if text.lstrip("-").isdecimal():
        return int(text)
    if text in {"true", "false"}:
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _names(game: Any) -> tuple[str, ...]:
    """Names of all moves: what both players' have in common, numbers where that is not enough."""
    count = game.num_distinct_actions()
    names = []
    for move in range(count):
        texts = [game.action_to_string(player, move) for player in range(game.num_players())]
        names.append("".join(_common_end(texts).split()))
    plain = all(names) and len(set(names)) == count and not names[0].startswith("Action(")
    return tuple(names) if plain else tuple(f"m{move}" for move in range(count))


def _common_end(texts: list[str]) -> str:
    """The longest end that all have: `(0,1)` of `x(0,1)` and `o(0,1)`."""
    first = texts[0]
    ends = (first[start:] for start in range(len(first) + 1))
    return next(end for end in ends if all(text.endswith(end) for text in texts))
