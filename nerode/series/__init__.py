"""Measured while it learns: the same trials at every step of a training.

`Series` is loaded when it is first used: reports read the folders of series without it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nerode.series.series import Series

__all__ = ["Series"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("nerode.series.series"), name)
    message = f"module 'nerode.series' has no attribute {name!r}"
    raise AttributeError(message)
