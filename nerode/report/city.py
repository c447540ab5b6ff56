"""The city in the model's head: streets that its sequences need, beside the true ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nerode.report.record import Record


@dataclass(frozen=True)
class CityView:
    """One street map with the reconstructions on it; `data` is what its script draws."""

    id: str
    data: dict[str, Any]


def city_views(records: Sequence[Record], titles: Sequence[str]) -> tuple[CityView, ...]:
    """One view for each street map that any record reconstructs."""
    del records, titles
    return ()
