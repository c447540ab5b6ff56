"""Trips of the model, to be watched step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nerode.report.record import Record


@dataclass(frozen=True)
class PlayerView:
    """One street map with the trips driven on it; `data` is what its script plays."""

    id: str
    data: dict[str, Any]


def player_views(records: Sequence[Record], titles: Sequence[str]) -> tuple[PlayerView, ...]:
    """One view for each street map on which any record has trips."""
    del records, titles
    return ()
