"""Automata of other libraries as worlds, and worlds as theirs: AALpy, automata-lib.

Objects are taken as they are, so that neither library is needed to read them.
"""

from __future__ import annotations

from typing import Any

from nerode.errors import MissingExtra
from nerode.worlds.automata.language import automaton_file, language
from nerode.worlds.automata.table import Table
from nerode.worlds.world import AnyWorld


def from_aalpy(automaton: Any, name: str = "aalpy") -> Table:
    """The world of a `Dfa` of AALpy. Symbols are its inputs, as text.

    Raises WorldError as `language` does.
    """
    rules = {
        str(state.state_id): {
            str(symbol): str(to.state_id) for symbol, to in state.transitions.items()
        }
        for state in automaton.states
    }
    accepting = [str(state.state_id) for state in automaton.states if state.is_accepting]
    start = str(automaton.initial_state.state_id)
    return language(rules, start=start, accepting=accepting, name=name)


def to_aalpy(world: AnyWorld) -> Any:
    """A finite world with END as a `Dfa` of AALpy; a state that rejects all is added where needed.

    Raises MissingExtra without AALpy, and as `automaton_file` does.
    """
    try:
        from aalpy.automata import Dfa, DfaState  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtra(f"AALpy needs `pip install 'nerode[automata]'` ({error})") from None
    file = automaton_file(world)
    names = [*dict.fromkeys([*file.transitions, *file.accepting])]
    states = {name: DfaState(name, name in file.accepting) for name in names}
    rejecting = DfaState("(rejected)", is_accepting=False)
    for name, state in states.items():
        for symbol in file.alphabet or ():
            to = file.transitions.get(name, {}).get(symbol)
            state.transitions[symbol] = rejecting if to is None else states[to]
    rejecting.transitions = dict.fromkeys(file.alphabet or (), rejecting)
    reached = [to for state in states.values() for to in state.transitions.values()]
    every = [*states.values(), *([rejecting] if rejecting in reached else [])]
    return Dfa(states[file.start], every)


def from_automata_lib(dfa: Any, name: str = "automata-lib") -> Table:
    """The world of a `DFA` of automata-lib. Raises WorldError as `language` does."""
    rules = {
        str(state): {str(symbol): str(to) for symbol, to in row.items()}
        for state, row in dfa.transitions.items()
    }
    accepting = [str(state) for state in dfa.final_states]
    return language(rules, start=str(dfa.initial_state), accepting=accepting, name=name)
