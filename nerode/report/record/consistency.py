"""What the types of a record cannot say: that its parts fit each other.

Nodes are numbers of the drawing's crossings, lists that belong together are of one length, and a
position has a letter for each square of the board. Each check raises DamageError with the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import UNSET, UnsetType

from nerode.errors import InvalidParameter
from nerode.metrics.about import description_of
from nerode.schema.chat import ChatRecord
from nerode.schema.decoding import DamageError
from nerode.schema.drawing import (
    BoardDrawing,
    Contradiction,
    Game,
    MapDrawing,
    Position,
    ProbedBoard,
    Route,
    Trip,
)
from nerode.schema.metric import MetricAbout
from nerode.schema.reconstruction import Reconstruction, Streets
from nerode.schema.record import Record
from nerode.schema.scores import Curves, Lengths

_MOST_COLUMNS = 26
"""Columns of a board have letters for names."""


def check_consistency(record: Record) -> None:
    """Raise DamageError where parts of a record do not fit each other."""
    for name, about in (record.metrics_about or {}).items():
        _check_about(name, about)
    if record.curves is not UNSET:
        _check_curves(record.curves)
    for metric, lengths in (record.lengths or {}).items():
        _check_lengths(lengths, f"lengths.{metric}")
    nodes, squares = _size_of(record.drawing)
    if record.reconstruction is not UNSET:
        _check_reconstruction(record.reconstruction, record.drawing)
    for metric, contradictions in (record.witnesses or {}).items():
        for count, contradiction in enumerate(contradictions):
            _check_contradiction(contradiction, f"witnesses.{metric}.{count}", nodes, squares)
    _check_lists(record, nodes, squares)
    if isinstance(record, ChatRecord):
        _check_chat(record)


def _check_lists(record: Record, nodes: int, squares: int) -> None:
    """Trips, games and boards lie on what is drawn."""
    for count, route in enumerate(record.routes or ()):
        _check_route(route, f"routes.{count}", nodes)
    for count, game in enumerate(record.games or ()):
        _check_game(game, f"games.{count}", squares)
    for count, board in enumerate(record.probe_boards or ()):
        _check_probed(board, f"probe_boards.{count}", squares)


def _check_about(name: str, about: MetricAbout) -> None:
    """A metric that is not built in has a name, best values and settings that there are."""
    try:
        description_of(name, about)
    except InvalidParameter as error:
        raise DamageError(f"metrics_about.{name}", "a metric's description", str(error)) from None


def _check_curves(curves: Curves) -> None:
    """One point of each curve for each threshold."""
    thresholds = len(curves.epsilon)
    for metric, scores in curves.scores.items():
        for name, points in scores.items():
            if len(points) != thresholds:
                expected = f"{thresholds} points, one per epsilon"
                raise DamageError(f"curves.{metric}.{name}", expected, len(points))


def _check_lengths(lengths: Lengths, at: str) -> None:
    """One entry of each list for each bin."""
    for name, points in lengths.items():
        _check_length(points, f"{at}.{name}", len(lengths.shortest))


def _check_length(entries: Sequence[object], at: str, length: int) -> None:
    if len(entries) != length:
        raise DamageError(at, f"a list of {length}", entries)


def _check_nodes(places: Iterable[int] | UnsetType, at: str, nodes: int) -> None:
    """Numbers of nodes that the drawing has."""
    for place in places or ():
        if not 0 <= place < nodes:
            raise DamageError(at, f"one of the drawing's {nodes} nodes", place)


def _size_of(drawing: MapDrawing | BoardDrawing | None) -> tuple[int, int]:
    """How many nodes and how many squares a drawing has, once it is checked itself."""
    if isinstance(drawing, MapDrawing):
        nodes = len(drawing.nodes)
        for count, (start, end, _) in enumerate(drawing.streets):
            _check_nodes((start, end), f"drawing.streets.{count}", nodes)
        return nodes, 0
    if drawing is None:
        return 0, 0
    if drawing.size > _MOST_COLUMNS:
        raise DamageError("drawing.size", f"at most {_MOST_COLUMNS}", drawing.size)
    _check_length(drawing.squares, "drawing.squares", drawing.size**2)
    if len(set(drawing.squares)) < len(drawing.squares):
        raise DamageError("drawing.squares", "names that differ", drawing.squares)
    return 0, len(drawing.squares)


def _check_contradiction(contradiction: Contradiction, at: str, nodes: int, squares: int) -> None:
    for name, path in (
        ("path1", contradiction.path1),
        ("path2", contradiction.path2),
        ("path", contradiction.path),
    ):
        _check_nodes(path, f"{at}.{name}", nodes)
    if contradiction.boards is UNSET:
        return
    if contradiction.ahead is UNSET:
        raise DamageError(f"{at}.ahead", "a whole number from 0 on", None)
    for count, board in enumerate(contradiction.boards):
        _check_position(board, f"{at}.boards.{count}", squares)


def _check_route(route: Route, at: str, nodes: int) -> None:
    _check_nodes(route.shortest, f"{at}.shortest", nodes)
    for name, trip in (("plain", route.plain), ("detour", route.detour)):
        place = f"{at}.{name}"
        _check_trip(trip, place)
        _check_nodes(trip.path, f"{place}.path", nodes)
        steps = len(trip.steps)
        if len(trip.path) - steps not in (0, 1) or not trip.path:
            expected = f"an origin and a place for each of {steps} steps (none for the last)"
            raise DamageError(f"{place}.path", expected, trip.path)


def _check_game(game: Game, at: str, squares: int) -> None:
    for name, trip in (("plain", game.plain), ("detour", game.detour)):
        place = f"{at}.{name}"
        _check_trip(trip, place)
        steps = len(trip.steps)
        _check_length(trip.sequence, f"{place}.sequence", game.prompt + steps)
        legal = steps - (trip.left is not None)
        _check_length(trip.boards, f"{place}.boards", legal + 1)
        for count, board in enumerate(trip.boards):
            _check_position(board, f"{place}.boards.{count}", squares)


def _check_trip(trip: Trip, at: str) -> None:
    if trip.left is not None and trip.left != len(trip.steps) - 1:
        raise DamageError(f"{at}.left", "the last step or null", trip.left)


def _check_position(board: Position, at: str, squares: int) -> None:
    _check_letters(board.discs, f"{at}.discs", squares, "bw.")


def _check_probed(board: ProbedBoard, at: str, squares: int) -> None:
    for name, letters in (("true", board.true), ("seen", board.seen)):
        _check_letters(letters, f"{at}.{name}", squares, "xo.")


def _check_letters(node: str, at: str, squares: int, letters: str) -> None:
    """A letter out of three for each square."""
    if len(node) != squares or not squares or set(node) - set(letters):
        expected = f"{letters[0]}, {letters[1]} or a dot for each of {squares} squares"
        raise DamageError(at, expected, node)


def _check_reconstruction(
    reconstruction: Reconstruction, drawing: MapDrawing | BoardDrawing | None
) -> None:
    at = "reconstruction"
    if not isinstance(drawing, MapDrawing):
        raise DamageError("drawing", "a street map", drawing)
    _check_length(drawing.names, "drawing.names", len(drawing.nodes))
    _check_streets(reconstruction.streets, len(drawing.nodes), reconstruction.counts.sequences)
    for sequence in reconstruction.gave_up:
        _check_sequence(sequence, f"{at}.gave_up", reconstruction.counts.sequences)


def _check_streets(streets: Streets, nodes: int, sequences: int) -> None:
    """Columns of one length. They are long: messages do not name the place in them."""
    at = "reconstruction.streets"
    for name in streets.__struct_fields__:
        _check_length(getattr(streets, name), f"{at}.{name.strip('_')}", len(streets.from_))
    _check_nodes(streets.from_, f"{at}.from", nodes)
    _check_nodes(streets.to, f"{at}.to", nodes)
    for sequence in streets.first:
        if sequence >= 0:
            _check_sequence(sequence, f"{at}.first", sequences)


def _check_sequence(number: int, at: str, sequences: int) -> None:
    if number >= sequences:
        raise DamageError(at, f"the number of one of {sequences} sequences", number)


def _check_chat(record: ChatRecord) -> None:
    """Counts for every metric, and for every score bounds with the lower one first."""
    for metric, scores in record.metrics.items():
        for name, counts in (("unparsed", record.unparsed), ("questions", record.questions)):
            if metric not in counts:
                raise DamageError(f"{name}.{metric}", "a whole number from 0 on", None)
        if metric not in record.bounds:
            raise DamageError(f"bounds.{metric}", "an object", None)
        for name in scores:
            if name not in record.bounds[metric]:
                raise DamageError(f"bounds.{metric}.{name}", "a list of 2", None)
    for metric, bounds in record.bounds.items():
        for name, (low, high) in bounds.items():
            _check_bounds(low, high, f"bounds.{metric}.{name}")


def _check_bounds(low: float | None, high: float | None, at: str) -> None:
    if (low is None) != (high is None):
        raise DamageError(at, "two bounds or none", [low, high])
    if low is not None and high is not None and low > high:
        raise DamageError(at, "the lower bound first", [low, high])
