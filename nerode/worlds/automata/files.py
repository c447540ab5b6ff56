"""Automata from files: JSON of our own, and DOT as AALpy and Graphviz write it."""

from __future__ import annotations

import json
from pathlib import Path

from nerode.errors import FormatError, MissingFile, WorldError
from nerode.schema.automaton import AutomatonFile
from nerode.schema.decoding import DamageError, decoded
from nerode.worlds.automata.language import language
from nerode.worlds.automata.table import Table

DOT_SUFFIXES = (".dot", ".gv")


def open_automaton(path: Path | str) -> Table:
    """The world of an automaton in a file: DOT where it ends with .dot or .gv, else JSON.

    docs/formats.md has the fields of JSON. Raises MissingFile, FormatError where the file cannot be
    read or is no deterministic automaton, and WorldError as `language` does, with the file's name.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFile(f"expected a file of an automaton, got no file {path}")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: expected UTF-8 text, got {error.reason}") from None
    if path.suffix in DOT_SUFFIXES:
        from nerode.worlds.automata.dot import read_dot  # noqa: PLC0415 - needs a library

        found = read_dot(text, str(path))
    else:
        found = _read_json(text, path)
    try:
        return language(
            found.transitions,
            start=found.start,
            accepting=found.accepting,
            name=f"automaton:{path}",
            alphabet=found.alphabet,
        )
    except WorldError as error:
        raise WorldError(f"{path}: {error}") from None


def _read_json(text: str, path: Path) -> AutomatonFile:
    try:
        return decoded(json.loads(text, object_pairs_hook=_once), AutomatonFile)
    except json.JSONDecodeError as error:
        raise FormatError(f"{path}:{error.lineno}: expected JSON, got {error.msg}") from None
    except (DamageError, ValueError, RecursionError) as damage:
        raise FormatError(f"{path}: expected an automaton; {damage}") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys are there once: a symbol that leads to two states is no mistake to hide.

    Raises ValueError for one that comes twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"expected one transition by each symbol, got {twice!r} twice"
        raise ValueError(message)
    return found
