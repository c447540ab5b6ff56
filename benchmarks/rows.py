"""What a benchmark measures: rows, and how they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from nerode.errors import MissingExtra, MissingFile

MANHATTAN = Path(__file__).parents[2] / "shared" / "data" / "manhattan"
"""Street maps of the real Manhattan, one in each of the folders below."""


Details = Mapping[str, float | int | str]
"""What else to tell of a row."""


class Unavailable(Exception):
    """A row cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Row:
    """One line of the benchmark: a rate, and what to compare it with."""

    name: str
    unit: str
    """What the three rates count, a second: "pairs/s", "symbols/s"."""
    rate: float
    naive: float | None = None
    """Rate of the naive version in the same run; None where it is not measured."""
    floor: float | None = None
    """Rate that the machine could reach at best; None where it is not known."""
    details: Details = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """How many times the naive version's rate."""
        return None if self.naive is None else self.rate / self.naive

    @property
    def share_of_floor(self) -> float | None:
        """Which part of the best possible rate is reached; 1 is all of it."""
        return None if self.floor is None else self.rate / self.floor


@dataclass(frozen=True)
class Missing:
    """A row that could not be measured."""

    name: str
    reason: str


@dataclass(frozen=True)
class Options:
    """What to measure."""

    gpu: bool = False
    """Also the rows that need a GPU."""
    only: tuple[str, ...] = ()
    """Rows whose name contains one of these; all where there are none."""
    quick: bool = False
    """Little of everything: to see that it runs, not how fast."""
    data: Path = MANHATTAN

    def wants(self, name: str) -> bool:
        """Whether the row of this name is asked for."""
        return not self.only or any(text in name for text in self.only)

    def size(self, full: int, quick: int) -> int:
        """How much to do: `full`, or `quick` where that is asked for."""
        return quick if self.quick else full

    def map(self, folder: str) -> str:
        """Name by which `open_world` opens a map of the real Manhattan.

        Raises Unavailable where its data are not there.
        """
        path = self.data / folder
        if not path.is_dir():
            raise Unavailable(f"no street map at {path}; --data names its folder")
        return f"street-map:{path}"


def named(
    options: Options, makers: Mapping[str, Callable[[str, Options], Row]]
) -> Iterator[Row | Missing]:
    """The same for makers that take their row's name and the options."""
    return measured(options, {name: partial(make, name, options) for name, make in makers.items()})


def measured(options: Options, makers: Mapping[str, Callable[[], Row]]) -> Iterator[Row | Missing]:
    """The rows that are asked for, each made when its turn comes.

    A maker that raises Unavailable, MissingFile or MissingExtra gives a line with the reason.
    """
    for name, make in makers.items():
        if not options.wants(name):
            continue
        try:
            yield make()
        except (Unavailable, MissingFile, MissingExtra) as reason:
            yield Missing(name, str(reason))
