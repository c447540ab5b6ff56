"""The paired walk: what two histories allow, found out for many pairs in one batch.

One routine serves compression and distinction (DESIGN.md section 4). Continuations are
drawn after one history of a pair, from the model's distribution cut at ε and
renormalised, and looked at after the other: the first symbol that is rejected there closes a
boundary string. Every distinct string so far is ONE row of the batch, whoever needs it:
many continuations, both directions of the pair, all thresholds of the curve, and the
strings that are prescribed (the world's boundary, for recall).

The result is distributed as if M continuations had been drawn one by one, scored whole and
cut at their first rejection. The test suite compares it with that dumb version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.acceptance import Acceptance
from nerode.metrics.pairs import BoundaryString, Outcome, Pair, Symbols
from nerode.metrics.ranked import Floats, Ints, Ranked, most_probable
from nerode.models.model import Contexts, Model

MOST_WALKERS = 100_000
"""Continuations of one pair and threshold that `enumerated` mode follows at most."""


@dataclass(frozen=True)
class _Walkers:
    """Continuations under way, one entry each; all arrays have one length."""

    node: Ints
    direction: Ints
    threshold: Ints
    sample: Ints
    weight: Floats

    def __len__(self) -> int:
        return int(self.node.size)

    def where(self, index: Ints | NDArray[np.bool_]) -> _Walkers:
        return _Walkers(
            self.node[index],
            self.direction[index],
            self.threshold[index],
            self.sample[index],
            self.weight[index],
        )


@dataclass(frozen=True)
class _Scripts:
    """Prescribed strings under way: which script, at which node, probabilities so far."""

    script: Ints
    node: Ints
    smallest: Floats  # (scripts, 2)


@dataclass(frozen=True)
class _Level:
    """All distinct strings of one depth.

    Node i is row i of the contexts after the first history of its pair and row n + i, with n
    nodes, after the second.
    """

    pair: Ints
    parent: Ints
    symbol: Ints
    smallest: Floats  # (nodes, 2)


class Walk:
    """One batch of pairs on its way; `run` walks it to the end."""

    def __init__(
        self,
        model: Model,
        pairs: Sequence[Pair],
        acceptance: Acceptance,
        *,
        end: int | None,
        keep: int | None = None,
    ) -> None:
        self.model = model
        self.pairs = pairs
        self.thresholds = acceptance.thresholds
        self.end = -1 if end is None else end
        self.keep = keep
        self.levels: list[_Level] = []
        self.directions = max(
            [1, *(2 if p.uniforms is None else p.uniforms.shape[0] for p in pairs)]
        )
        shape = (len(pairs), self.directions, len(self.thresholds))
        self.rejected = np.zeros(shape)
        self.found: list[dict[tuple[int, Symbols], BoundaryString]] = [{} for _ in pairs]
        self.complete = np.ones(len(pairs), dtype=bool)
        self.script_text = [text for pair in pairs for _, text in pair.scripts]
        self.script_result = np.zeros((len(self.script_text), 2))
        self.limit = np.array([self._room(pair) for pair in pairs], dtype=np.int64)
        self.enumerated = np.array([p.uniforms is None for p in pairs])
        self.uniforms = [p.uniforms for p in pairs]

    def _room(self, pair: Pair) -> int:
        """Symbols that continuations of this pair may have."""
        wanted = pair.depths if pair.uniforms is None else pair.uniforms.shape[2]
        if self.model.context_length is None:
            return wanted
        read = max(len(history) for history in pair.histories)
        return min(wanted, self.model.context_length - read)

    def run(self) -> list[Outcome]:
        """Read all histories, follow everything to its end."""
        first = [pair.histories[0] for pair in self.pairs]
        second = [pair.histories[1] for pair in self.pairs]
        contexts = self.model.read(first + second)
        count = len(self.pairs)
        nowhere = np.full(count, -1, dtype=np.int64)
        self.levels.append(_Level(np.arange(count), nowhere, nowhere, np.ones((count, 2))))
        walkers, scripts = self._begin()
        while len(walkers) or scripts.script.size:
            walkers, scripts, contexts = self._advance(walkers, scripts, contexts)
        return [self._outcome(number) for number in range(count)]

    def _begin(self) -> tuple[_Walkers, _Scripts]:
        parts = [
            _begin_walkers(number, pair, len(self.thresholds))
            for number, pair in enumerate(self.pairs)
        ]
        walkers = _Walkers(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        walkers = walkers.where(self.limit[walkers.node] > 0)
        owner = np.repeat(
            np.arange(len(self.pairs)), [len(pair.scripts) for pair in self.pairs]
        ).astype(np.int64)
        count = len(self.script_text)
        return walkers, _Scripts(np.arange(count), owner, np.ones((count, 2)))

    def _advance(
        self, walkers: _Walkers, scripts: _Scripts, contexts: Contexts
    ) -> tuple[_Walkers, _Scripts, Contexts]:
        """One symbol further: draw, look at the other side, keep what is undecided."""
        level = self.levels[-1]
        nodes = level.pair.size
        probabilities = contexts.probabilities
        walkers, drawn = self._draw(walkers, probabilities)
        other = probabilities[(1 - walkers.direction) * nodes + walkers.node, drawn]
        refused = other <= self.thresholds[walkers.threshold]
        self._close(walkers.where(refused), drawn[refused], probabilities)
        alive = ~refused & (drawn != self.end)
        alive &= len(self.levels) < self.limit[level.pair[walkers.node]]
        walkers, drawn = walkers.where(alive), drawn[alive]
        scripts, scripted = self._read_scripts(scripts, probabilities)
        key = np.concatenate([walkers.node, scripts.node]) * len(self.model.alphabet)
        key += np.concatenate([drawn, scripted])
        child, place = np.unique(key, return_inverse=True)
        parent, symbol = np.divmod(child, len(self.model.alphabet))
        if child.size:
            contexts = contexts.extend(
                np.concatenate([parent, parent + nodes]), np.concatenate([symbol, symbol])
            )
        both = np.stack(
            [probabilities[parent, symbol], probabilities[parent + nodes, symbol]], axis=1
        )
        smallest = np.minimum(level.smallest[parent], both)
        self.levels.append(_Level(level.pair[parent], parent, symbol, smallest))
        moved = _Walkers(
            place[: len(walkers)],
            walkers.direction,
            walkers.threshold,
            walkers.sample,
            walkers.weight,
        )
        follow = _Scripts(scripts.script, place[len(walkers) :], scripts.smallest)
        return moved, follow, contexts

    def _draw(self, walkers: _Walkers, probabilities: NDArray[np.float32]) -> tuple[_Walkers, Ints]:
        """Next symbol of every walker; walkers at a dead end are dropped."""
        level = self.levels[-1]
        source = probabilities if self.keep is None else most_probable(probabilities, self.keep)
        ranked = Ranked(source, self.thresholds)
        row = walkers.direction * level.pair.size + walkers.node
        alive = ranked.accepted[walkers.threshold, row] > 0
        walkers, row = walkers.where(alive), row[alive]
        branching = self.enumerated[level.pair[walkers.node]]
        split, children = self._branch(walkers.where(branching), row[branching], ranked)
        walkers, row = walkers.where(~branching), row[~branching]
        uniform = self._uniform(walkers)
        drawn = ranked.draw(walkers.threshold, row, uniform)
        joined = _Walkers(
            *(
                np.concatenate([getattr(walkers, name), getattr(split, name)])
                for name in ("node", "direction", "threshold", "sample", "weight")
            )
        )
        return joined, np.concatenate([drawn, children])

    def _uniform(self, walkers: _Walkers) -> Floats:
        pair = self.levels[-1].pair[walkers.node]
        depth = len(self.levels) - 1
        result = np.empty(len(walkers))
        for number in np.unique(pair):
            numbers = self.uniforms[number]
            here = pair == number
            if numbers is not None:
                result[here] = numbers[walkers.direction[here], walkers.sample[here], depth]
        return result

    def _branch(self, walkers: _Walkers, row: Ints, ranked: Ranked) -> tuple[_Walkers, Ints]:
        """Enumerated mode: every walker goes on with each accepted symbol."""
        pair = self.levels[-1].pair[walkers.node]
        width = ranked.accepted[walkers.threshold, row]
        most = np.zeros(len(self.pairs))
        np.add.at(most, pair, width)
        self.complete &= most <= MOST_WALKERS * len(self.thresholds)
        keep = self.complete[pair]
        walkers, row, width = walkers.where(keep), row[keep], width[keep]
        origin = np.repeat(np.arange(len(walkers)), width)
        rank = np.arange(origin.size) - np.repeat(np.cumsum(width) - width, width)
        share = ranked.mass[row[origin], rank] / ranked.total(walkers.threshold, row)[origin]
        split = walkers.where(origin)
        split = _Walkers(
            split.node, split.direction, split.threshold, split.sample, split.weight * share
        )
        return split, ranked.symbol[row[origin], rank]

    def _close(self, walkers: _Walkers, drawn: Ints, probabilities: NDArray[np.float32]) -> None:
        """Note the boundary strings that these walkers have come to."""
        level = self.levels[-1]
        nodes = level.pair.size
        pair = level.pair[walkers.node]
        np.add.at(self.rejected, (pair, walkers.direction, walkers.threshold), walkers.weight)
        if not len(walkers):
            return
        keys = np.stack([walkers.node, drawn, walkers.direction, walkers.threshold])
        for node, symbol, direction, threshold in np.unique(keys, axis=1).T:
            text = (*self._text(int(node)), int(symbol))
            found = self.found[level.pair[node]]
            name = (int(direction), text)
            if name not in found:
                both = probabilities[[node, nodes + node], symbol]
                least = np.minimum(level.smallest[node], both)
                at = np.zeros(len(self.thresholds), dtype=bool)
                found[name] = BoundaryString(
                    int(direction), text, at, (float(least[0]), float(least[1]))
                )
            found[name].at[threshold] = True

    def _text(self, node: int) -> Symbols:
        """The string that leads to a node of the newest level."""
        symbols = []
        for level in reversed(self.levels[1:]):
            symbols.append(int(level.symbol[node]))
            node = int(level.parent[node])
        return tuple(reversed(symbols))

    def _read_scripts(
        self, scripts: _Scripts, probabilities: NDArray[np.float32]
    ) -> tuple[_Scripts, Ints]:
        """Take each script's next symbol; scripts that are decided end here."""
        depth = len(self.levels) - 1
        nodes = self.levels[-1].pair.size
        symbol = np.array(
            [self.script_text[number][depth] for number in scripts.script], dtype=np.int64
        )
        both = np.stack(
            [probabilities[scripts.node, symbol], probabilities[nodes + scripts.node, symbol]],
            axis=1,
        )
        smallest = np.minimum(scripts.smallest, both)
        self.script_result[scripts.script] = smallest
        last = np.array(
            [len(self.script_text[number]) == depth + 1 for number in scripts.script], dtype=bool
        )
        # Rejected after both histories at every threshold: nothing more can be told.
        going = ~last & (smallest.max(axis=1) > self.thresholds[0])
        kept = _Scripts(scripts.script[going], scripts.node[going], smallest[going])
        return kept, symbol[going]

    def _outcome(self, number: int) -> Outcome:
        before = sum(len(pair.scripts) for pair in self.pairs[:number])
        count = len(self.pairs[number].scripts)
        boundary = sorted(
            self.found[number].values(),
            key=lambda text: (len(text.symbols), text.symbols, text.direction),
        )
        drawn = self.uniforms[number]
        # Whole numbers are counted and divided once, so that "all" is exactly 1.
        share = self.rejected[number] / (1 if drawn is None else drawn.shape[1])
        return Outcome(
            np.minimum(share, 1.0),
            tuple(boundary),
            self.script_result[before : before + count],
            bool(self.complete[number]),
        )


def walk(
    model: Model,
    pairs: Sequence[Pair],
    acceptance: Acceptance,
    *,
    end: int | None,
    keep: int | None = None,
) -> list[Outcome]:
    """Walk all pairs in one batch.

    Parameters
    ----------
    end
        The symbol after which a sequence is over; a continuation that draws it and is
        accepted ends there.
    keep
        The published code's hidden cut: draw from the `keep` most probable symbols,
        renormalised, before the cut at ε. None for the definition.
    """
    return Walk(model, pairs, acceptance, end=end, keep=keep).run() if pairs else []


def in_batches(
    model: Model,
    pairs: Iterator[tuple[int, Pair]],
    acceptance: Acceptance,
    *,
    end: int | None,
    keep: int | None = None,
    size: int = 16,
) -> Iterator[tuple[int, Pair, Outcome]]:
    """Walk a stream of numbered pairs, `size` at a time; memory does not grow with it."""
    batch: list[tuple[int, Pair]] = []
    for item in pairs:
        batch.append(item)
        if len(batch) == size:
            yield from _one_batch(model, batch, acceptance, end, keep)
            batch = []
    yield from _one_batch(model, batch, acceptance, end, keep)


def _one_batch(
    model: Model,
    batch: list[tuple[int, Pair]],
    acceptance: Acceptance,
    end: int | None,
    keep: int | None,
) -> Iterator[tuple[int, Pair, Outcome]]:
    outcomes = walk(model, [pair for _, pair in batch], acceptance, end=end, keep=keep)
    for (number, pair), outcome in zip(batch, outcomes, strict=True):
        yield number, pair, outcome


def _begin_walkers(
    number: int, pair: Pair, thresholds: int
) -> tuple[Ints, Ints, Ints, Ints, Floats]:
    directions, samples = (2, 1) if pair.uniforms is None else pair.uniforms.shape[:2]
    if pair.uniforms is None and pair.depths == 0:
        samples = 0
    grid = np.indices((directions, thresholds, samples)).reshape(3, -1).astype(np.int64)
    node = np.full(grid.shape[1], number, dtype=np.int64)
    weight = np.ones(grid.shape[1])
    return node, grid[0], grid[1], grid[2], weight
