"""A finite automaton with accepting states as a world: what it accepts may end there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from nerode.errors import WorldError
from nerode.schema.automaton import AutomatonFile
from nerode.worlds.automata.finite import ILLEGAL, write_out
from nerode.worlds.automata.table import Table, minimise, table
from nerode.worlds.world import END, AnyWorld

ENDED = "(ended)"
"""The state behind END."""


def language(
    rules: Mapping[str, Mapping[str, str]],
    *,
    start: str,
    accepting: Collection[str],
    name: str,
    alphabet: Sequence[str] | None = None,
) -> Table:
    """The world of a language: a sequence is legal as far as an accepted word goes on from it.

    In accepting states END is legal, and nothing after it. States from which no accepting state can
    be reached are left out, and states with equal futures are one, so that states are exactly what
    histories can be told apart by.

    >>> even = language({"even": {"a": "odd"}, "odd": {"a": "even"}},
    ...                 start="even", accepting=["even"], name="even")
    >>> even.decode(even.legal(even.start))
    'end a'

    Parameters
    ----------
    rules
        State to {symbol: next state}; what is left out is rejected. A state without moves needs no
        row.
    start, accepting
        States.
    name
        The world's name.
    alphabet
        Order of the symbols; by default that in which the rules first name them. END is in front.

    Raises
    ------
    WorldError
        Where nothing is accepted, where `end` is a symbol already, where a state is named that
        there is not, and as `table` does.
    """
    states = {start, *accepting, *rules, *(to for row in rules.values() for to in row.values())}
    known = {*rules, *(to for row in rules.values() for to in row.values())}
    for state in (start, *accepting):
        if known and state not in known:
            raise WorldError(f"expected a state of {name}, got {state!r}, which has no transition")
    symbols = tuple(dict.fromkeys(symbol for row in rules.values() for symbol in row))
    if END in symbols or END in (alphabet or ()):
        raise WorldError(f"expected symbols of {name} other than {END!r}, which ends a sequence")
    if ENDED in states:
        raise WorldError(f"expected states of {name} with names other than {ENDED!r}")
    live = _live(rules, accepting)
    if start not in live:
        raise WorldError(
            f"expected an automaton that accepts a sequence, got {name}, which has none"
        )
    rows: dict[str, dict[str, str]] = {
        state: {symbol: to for symbol, to in rules.get(state, {}).items() if to in live}
        for state in sorted(live)
    }
    for state in accepting:
        rows[state][END] = ENDED
    order = (END, *(symbols if alphabet is None else alphabet))
    return minimise(table(rows | {ENDED: {}}, start=start, name=name, alphabet=order))


def automaton_file(world: AnyWorld) -> AutomatonFile:
    """A finite world as what a file holds; states that END leads to are left out.

    Raises WorldError for a world without END, or of more states than can be written out.
    """
    automaton = write_out(world)
    if world.end is None:
        raise WorldError(f"expected a world with END, got {world.name}")
    ended = set(automaton.successors[:, world.end].tolist())
    names = [str(state) for state in automaton.states]
    if len(set(names)) < len(names):
        names = [f"q{number}" for number in range(len(names))]
    transitions, accepting = {}, []
    for number, row in enumerate(automaton.successors.tolist()):
        if number in ended:
            continue
        if row[world.end] != ILLEGAL:
            accepting.append(names[number])
        transitions[names[number]] = {
            world.alphabet[symbol]: names[to]
            for symbol, to in enumerate(row)
            if to != ILLEGAL and symbol != world.end
        }
    return AutomatonFile(
        start=names[0],
        accepting=accepting,
        transitions=transitions,
        alphabet=[name for name in world.alphabet if name != world.alphabet[world.end]],
    )


def _live(rules: Mapping[str, Mapping[str, str]], accepting: Collection[str]) -> set[str]:
    """States from which an accepting one can be reached."""
    sources: dict[str, list[str]] = {}
    for state, row in rules.items():
        for to in row.values():
            sources.setdefault(to, []).append(state)
    live, waiting = set(accepting), list(accepting)
    while waiting:
        for state in sources.get(waiting.pop(), ()):
            if state not in live:
                live.add(state)
                waiting.append(state)
    return live
