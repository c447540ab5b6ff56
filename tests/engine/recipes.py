"""Recipes and an engine for tests: small work that can go wrong in several ways."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nerode.engine.engine import Recipe
from nerode.engine.remote import answer, kind_of
from nerode.engine.reply import value_of
from nerode.errors import ModelMismatch


class Squares(Recipe, frozen=True, kw_only=True):
    """Squares of whole numbers. What is opened is noted: a line for each time."""

    opened: str = ""
    seconds: float = 0.0

    def open(self) -> Callable[[Any], bytes]:
        """Note who opens it."""
        if self.opened:
            with Path(self.opened).open("a") as file:
                file.write(f"{os.getpid()}\n")

        def square(item: int) -> bytes:
            time.sleep(self.seconds)
            return str(item * item).encode()

        return square


class KilledOnce(Recipe, frozen=True, kw_only=True):
    """Squares, but the first worker that comes to item 5 is killed; every one where `always`."""

    flag: str
    always: bool = False

    def open(self) -> Callable[[Any], bytes]:
        """Work that dies once."""

        def square(item: int) -> bytes:
            if item == 5 and (self.always or not Path(self.flag).exists()):
                Path(self.flag).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return str(item * item).encode()

        return square


class Wrong(Recipe, frozen=True, kw_only=True):
    """An error of ours, or a mistake."""

    ours: bool

    def open(self) -> Callable[[Any], bytes]:
        """Work that fails."""

        def fail(item: int) -> bytes:
            if self.ours:
                raise ModelMismatch(f"expected this, got {item}")
            raise ZeroDivisionError("a mistake of ours")

        return fail


class Backwards:
    """An engine as a cluster is one: recipes and items travel as bytes, the last item is first."""

    def __init__(self) -> None:
        self.items = 0

    def map(self, work: Any, items: Sequence[Any]) -> Iterator[tuple[int, bytes]]:
        """As of `Engine`; the work must be a recipe."""
        recipe = msgspec.msgpack.encode(work)
        for place in reversed(range(len(items))):
            self.items += 1
            item = msgspec.msgpack.encode(items[place])
            yield place, value_of(answer(kind_of(work), recipe, item, "there"))
