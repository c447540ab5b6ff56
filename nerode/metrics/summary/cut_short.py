"""How many continuations a model's context ended before they were as long as asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nerode.metrics.setting import Record


class CutShort:
    """Adds up, while records of pairs pass by, the shares of continuations that were cut."""

    def __init__(self) -> None:
        self._cut = 0.0
        self._trials = 0

    def seen(self, records: Iterable[Record]) -> Iterator[Record]:
        """The same records, looked at on their way."""
        for record in records:
            if "skipped" not in record:
                self._cut += record.get("cut", 0.0)
                self._trials += 1
            yield record

    @property
    def share(self) -> float:
        """The share over all trials that have passed; 0 where none has."""
        return self._cut / self._trials if self._trials else 0.0
