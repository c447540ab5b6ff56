"""The side of a worker: open a recipe once, do its items."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from nerode.engine.engine import Recipe
from nerode.engine.reply import reply_of

OPEN_AT_ONCE = 2
"""Recipes that a worker keeps open: models and sequences take memory."""


def kind_of(recipe: Recipe) -> str:
    """The class of a recipe by its place, as `MODULE:CLASS`."""
    kind = type(recipe)
    return f"{kind.__module__}:{kind.__qualname__}"


def answer(kind: str, recipe: bytes, item: bytes, host: str) -> bytes:
    """The reply to one item; what goes wrong names the machine."""

    def work() -> bytes:
        return _opened(kind, recipe)(msgspec.msgpack.decode(item))

    return reply_of(work, where=f"on {host}: ")


@lru_cache(maxsize=OPEN_AT_ONCE)
def _opened(kind: str, recipe: bytes) -> Callable[[Any], bytes]:
    module, _, name = kind.partition(":")
    of_kind: type[Recipe] = getattr(importlib.import_module(module), name)
    return msgspec.msgpack.decode(recipe, type=of_kind).open()
