"""JSON to types and back: what does not fit is reported in one line with its place.

msgspec checks types, but leaves keys of dictionaries out of its error messages (`$.metrics[...]`)
and the value as well. Where a value does not fit, `_find` descends to the innermost part that does
not; this takes time only then.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import is_dataclass
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from nerode.schema.part import OpenPart
from nerode.stats.estimate import Estimate

_Decoded = TypeVar("_Decoded")

_MOST_LETTERS = 60
"""Letters of a value that a message shows."""


class DamageError(Exception):
    """A place that does not hold what it should: `PLACE: expected ..., got ...`."""

    def __init__(self, at: str, expected: str, came: object) -> None:
        shown = repr(came)
        short = shown if len(shown) <= _MOST_LETTERS else f"{shown[:_MOST_LETTERS]}..."
        where = f"{at}: " if at else ""
        super().__init__(f"{where}expected {expected}, got {short}")


def decoded(node: object, kind: type[_Decoded]) -> _Decoded:
    """A JSON value as the type `kind`. Raises DamageError where it does not fit."""
    try:
        return msgspec.convert(node, kind, dec_hook=_decode_open)
    except ValueError as error:
        raise _find(node, kind, "") or DamageError("", _words(kind), str(error)) from None


def decoded_line(line: bytes, kind: type[_Decoded]) -> _Decoded:
    """A line of JSON as the type `kind`. Raises DamageError, and ValueError for what is no JSON."""
    try:
        return msgspec.json.decode(line, type=kind, dec_hook=_decode_open)
    except ValueError:
        return decoded(json.loads(line, parse_constant=not_json), kind)


def encoded(value: object) -> Any:
    """A value of any type here as JSON has it: objects, lists, text, numbers."""
    return _with_lists(msgspec.to_builtins(value, enc_hook=python_number))


def not_json(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have. Raises ValueError."""
    message = f"{name}, which is no number in JSON"
    raise ValueError(message)


def check_finite(node: object, at: str = "") -> None:
    """Raise DamageError where a number is infinite, as Python reads `1e999`."""
    if isinstance(node, float) and not math.isfinite(node):
        raise DamageError(at, "a finite number", node)
    if isinstance(node, dict):
        for key, value in node.items():
            check_finite(value, f"{at}.{key}" if at else str(key))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            if isinstance(value, float | dict | list):
                check_finite(value, f"{at}.{place}")


def _with_lists(node: Any) -> Any:
    """The same with lists for tuples, as JSON reads back."""
    if isinstance(node, dict):
        return {key: _with_lists(value) for key, value in node.items()}
    return [*map(_with_lists, node)] if isinstance(node, list | tuple) else node


class _Missing:
    """Stands where a field should be."""

    def __repr__(self) -> str:
        return "nothing"


_MISSING = _Missing()


def _converted(node: object, kind: Any) -> Any:
    return msgspec.convert(node, kind, dec_hook=_decode_open)


def _decode_open(kind: type, node: object) -> object:
    if not issubclass(kind, OpenPart):
        raise NotImplementedError(kind)
    return kind.decoded(node, _converted)


def python_number(value: object) -> object:
    """A number of numpy as Python's own, for encoders. Raises NotImplementedError for others."""
    item = getattr(value, "item", None)
    if item is None:
        raise NotImplementedError(type(value))
    return item()


def _find(node: object, kind: Any, at: str) -> DamageError | None:
    """The innermost place that does not fit; None where all does."""
    try:
        _converted(node, kind)
    except ValueError as error:
        reason = str(error).partition(" - at ")[0]
    else:
        return None
    missing = True
    for key, part, expected in _parts(node, kind):
        missing = False
        found = _find(part, expected, f"{at}.{key}" if at else str(key))
        if found is not None:
            return found
    # Every part fits, yet the whole does not: it says itself why, if it has parts at all.
    told_by_itself = not missing and get_origin(_chosen(node, kind)) is not tuple
    return DamageError(at, _words(kind), reason if told_by_itself else node)


def _parts(node: object, kind: Any) -> Iterator[tuple[object, object, Any]]:
    """Key, value and expected type of every part of a value, if it has the right form."""
    kind = _chosen(node, kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(node, dict):
        if origin is dict:
            yield from ((key, value, arguments[1]) for key, value in node.items())
        elif isinstance(kind, type) and issubclass(kind, OpenPart):
            keys = [*kind.required, *(key for key in node if key not in kind.required)]
            for key in keys:
                value = node.get(key, _MISSING)
                yield key, value, kind.type_of(key, value)
        else:
            yield from _fields(node, kind)
    elif isinstance(node, list) and origin is list:
        yield from ((place, value, arguments[0]) for place, value in enumerate(node))
    elif isinstance(node, list) and origin is tuple:
        kinds = arguments[:1] * len(node) if arguments[-1] is Ellipsis else arguments
        if len(kinds) == len(node):
            yield from zip(range(len(node)), node, kinds, strict=True)


def _fields(node: dict[str, Any], kind: Any) -> Iterator[tuple[str, object, Any]]:
    """The same of an object with the fields of a class; `_MISSING` where one is missing."""
    if not (isinstance(kind, type) and (issubclass(kind, msgspec.Struct) or is_dataclass(kind))):
        return
    hints = get_type_hints(kind, include_extras=True)
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType | msgspec.inspect.DataclassType)  # noqa: S101
    for field in info.fields:
        name = field.encode_name
        if name in node or field.required:
            yield name, node.get(name, _MISSING), hints[field.name]


def _chosen(node: object, kind: Any) -> Any:
    """A type without its limits, and of several the one that a value is meant to be."""
    kind = _bare(kind)
    if get_origin(kind) not in (Union, UnionType):
        return kind
    members = [_bare(each) for each in _members(kind)]
    tagged = [each for each in members if _tag_of(each) is not None]
    if len(tagged) > 1 and isinstance(node, dict):
        return next(
            (each for each in tagged if node.get(_tag_of(each)[0]) == _tag_of(each)[1]), kind
        )
    return members[0] if len(members) == 1 else kind


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _members(kind: Any) -> list[Any]:
    """The types of a union, those that stand for nothing apart."""
    return [each for each in get_args(kind) if each not in (type(None), msgspec.UnsetType)]


def _tag_of(kind: Any) -> Any:
    """The field that names the type of an object, and the name; None where there is none."""
    config = getattr(kind, "__struct_config__", None)
    return None if config is None or config.tag is None else (config.tag_field, config.tag)


_WORDS = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Estimate: "an estimate",
}


def _words(kind: Any) -> str:
    """What a type holds, in words."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _limited(_words(arguments[0]), arguments[1:])
    if origin in (Union, UnionType):
        members = _members(kind)
        if {*map(_bare, members)} == {int, float}:  # whole numbers that shall stay whole
            members = [each for each in members if _bare(each) is float]
        tags = [_tag_of(each)[1] for each in members if _tag_of(each) is not None]
        words = [f"an object of kind {_either(tags)}"] if tags else list(_choices(members))
        return _either([*words, *(["null"] if type(None) in arguments else [])])
    if origin is Literal:
        return _either([*map(str, arguments)])
    if origin in (list, tuple):
        fixed = origin is tuple and arguments[-1] is not Ellipsis
        return f"a list of {len(arguments)}" if fixed else "a list"
    return _WORDS.get(kind, "an object")


def _choices(members: list[Any]) -> Iterator[str]:
    """What each type of a union holds, in words."""
    for each in members:
        yield from map(str, get_args(each)) if get_origin(each) is Literal else [_words(each)]


def _either(words: list[str]) -> str:
    """Words as a choice: `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _limited(words: str, limits: tuple[Any, ...]) -> str:
    for limit in limits:
        if limit.description is not None:
            return str(limit.description)
        if limit.ge is not None:
            words += f" from {limit.ge:g} " + (
                "on" if limit.lt is None else f"to below {limit.lt:g}"
            )
        if limit.gt is not None:
            words += f" above {limit.gt:g}"
    return words
