"""Whether a record is that of a chat model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KIND = "chat"


def is_chat(record: Mapping[str, Any]) -> bool:
    """Whether a chat model was asked."""
    return bool(record.get("kind") == KIND)
