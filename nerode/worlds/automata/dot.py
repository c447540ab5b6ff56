"""Automata in DOT, the language of Graphviz, as AALpy and most drawings of automata write it.

An edge without a label that comes from a point (a node of shape none, point or plaintext, or one
whose name begins with `__start`) leads to the start; double circles accept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nerode.errors import FormatError, MissingExtra
from nerode.schema.automaton import AutomatonFile
from nerode.worlds.automata.language import automaton_file
from nerode.worlds.world import AnyWorld

_POINTS = ("none", "point", "plaintext", "plain")
_ACCEPTING = "doublecircle"


def read_dot(text: str, name: str) -> AutomatonFile:
    """The automaton of a text. `name` says where it is from.

    Raises FormatError where it is no graph, has no start or several, an edge without a label, a
    label of input and output (`a/b`), or two edges with one label from one state; MissingExtra
    without pydot.
    """
    try:
        import pydot  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtra(f"DOT needs `pip install 'nerode[automata]'` ({error})") from None
    graphs = pydot.graph_from_dot_data(text)
    if not graphs:
        raise FormatError(f"{name}: expected a graph in DOT, got text that is none")
    graph = graphs[0]
    shapes = _shapes(graph)
    starts: list[str] = []
    transitions: dict[str, dict[str, str]] = {}
    for edge in graph.get_edge_list():
        source, target = (_plain(each) for each in (edge.get_source(), edge.get_destination()))
        label = _plain(edge.get("label"))
        if not label and (shapes.get(source) in _POINTS or source.startswith("__start")):
            starts.append(target)
            continue
        _check_label(label, source, target, name)
        row = transitions.setdefault(source, {})
        if row.setdefault(label, target) != target:
            raise FormatError(
                f"{name}: expected a deterministic automaton, got two edges {label!r} from {source}"
            )
    if len(set(starts)) != 1:
        found = ", ".join(dict.fromkeys(starts)) or "none"
        raise FormatError(
            f"{name}: expected one start (an edge without label from a node of shape none or "
            f"point), got {found}"
        )
    accepting = [state for state, shape in shapes.items() if shape == _ACCEPTING]
    for state in (starts[0], *accepting):
        transitions.setdefault(state, {})
    return AutomatonFile(start=starts[0], accepting=accepting, transitions=transitions)


def to_dot(world: AnyWorld) -> str:
    """A finite world with END as a graph in DOT: END is no edge, states before it are double.

    Raises as `automaton_file` does.
    """
    automaton = automaton_file(world)
    lines = ["digraph {", '__start [shape=none, label=""];']
    states = dict.fromkeys([*automaton.transitions, *automaton.accepting])
    for state in states:
        shape = _ACCEPTING if state in automaton.accepting else "circle"
        lines.append(f"{_quoted(state)} [shape={shape}];")
    lines.append(f"__start -> {_quoted(automaton.start)};")
    for state, row in automaton.transitions.items():
        for symbol, to in row.items():
            lines.append(f"{_quoted(state)} -> {_quoted(to)} [label={_quoted(symbol)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _shapes(graph: Any) -> dict[str, str]:
    """The shape of every node; `node [shape=...]` holds for the nodes behind it, as in Graphviz."""
    default = ""
    found: dict[str, str] = {}
    for kind, each in _in_order(graph):
        if kind == "node" and each.get_name() == "node":
            default = _plain(each.get("shape")) or default
        elif kind == "node":
            node = _plain(each.get_name())
            double = _plain(each.get("peripheries")) == "2"
            shape = _ACCEPTING if double else _plain(each.get("shape"))
            found[node] = shape or found.get(node, default)
        else:
            for end in (each.get_source(), each.get_destination()):
                found.setdefault(_plain(end), default)
    return found


def _in_order(graph: Any) -> Iterator[tuple[str, Any]]:
    """Nodes and edges as they stand in the text."""
    nodes = [(each.get_sequence(), "node", each) for each in graph.get_node_list()]
    edges = [(each.get_sequence(), "edge", each) for each in graph.get_edge_list()]
    for _, kind, each in sorted([*nodes, *edges], key=lambda entry: entry[0] or 0):
        yield kind, each


def _check_label(label: str, source: str, target: str, name: str) -> None:
    if not label:
        message = f"expected a label on the edge from {source} to {target}"
        raise FormatError(f"{name}: {message}, got none")
    if "/" in label:
        raise FormatError(f"{name}: expected symbols as labels, got {label!r}, which has an output")


def _plain(text: Any) -> str:
    """A name or an attribute without its quotes; nothing for one that is not there."""
    plain = "" if text is None else str(text)
    if len(plain) > 1 and plain[0] == plain[-1] == '"':
        plain = plain[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return plain.strip()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
