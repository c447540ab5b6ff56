"""Consoles that write into a text, and a clock that is moved by hand."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from rich.console import Console


@dataclass
class Time:
    """What the clock shows; it stands still unless it is moved on."""

    now: float = 1000.0


def screen(**terms: Any) -> Console:
    return Console(file=io.StringIO(), width=90, color_system=None, **terms)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
