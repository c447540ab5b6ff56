"""Contradictions that trials found: the shortest are kept, however many there are."""

from __future__ import annotations

from bisect import bisect_right

from nerode.metrics.setting import Record

MOST_WITNESSES = 20

Size = tuple[int, int]


class Shortest:
    """The contradictions that take fewest symbols to tell, out of all that pass by.

    Of equally short ones the earlier stay.
    """

    def __init__(self) -> None:
        self._sizes: list[Size] = []
        self._kept: list[Record] = []

    def see(self, record: Record) -> None:
        """Look at what one trial found."""
        found = [record["witness"]] if "witness" in record else record.get("witnesses", [])
        for witness in found:
            first, second = record["histories"]
            self._see({**witness, "history1": first, "history2": second})

    def _see(self, witness: Record) -> None:
        size = _size(witness)
        place = bisect_right(self._sizes, size)
        if place < MOST_WITNESSES:
            self._sizes.insert(place, size)
            self._kept.insert(place, witness)
            del self._sizes[MOST_WITNESSES:], self._kept[MOST_WITNESSES:]

    @property
    def kept(self) -> tuple[Record, ...]:
        """The shortest so far, in order, each complete with its two histories."""
        return tuple(self._kept)


def _size(witness: Record) -> Size:
    """Symbols in all, and those of the two histories alone."""
    told = sum(len(witness[name].split()) for name in ("history1", "history2"))
    return told + len(witness["continuation"].split()), told
