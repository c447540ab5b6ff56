"""The paired walk: what a model accepts after each of two histories, for many pairs in one batch.

The idea. To compare two histories, M continuations are sampled after the one and scored symbol by
symbol after the other. The first symbol whose probability there is at most the threshold ends a
boundary string: a text that the model accepts after one history and rejects after the other.
Compression and distinction both ask exactly this (docs/architecture.md, "The paired walk").

The cost is calls of the model, so that no text is read twice. All texts of one depth form a level
of a trie (`Level`), and each distinct text is ONE node, whoever needs it: several samples, both
directions of the pair, all thresholds of the curve, and prescribed strings (the world's boundary,
for recall). With n nodes the model holds 2n contexts: row i has read node i after the first
history of its pair, row n + i the same node after the second. One step of `_advance` does this:

    level of n nodes ── probabilities (2n, symbols) ──> next symbol of every walker
                                                   └──> the same symbol after the other history
    rejected there: boundary string, walker ends; END or the length reached: walker ends;
    otherwise: (node, symbol) is a node of the next level, read once by `Contexts.extend`

Invariants:

- A walker is one sampled continuation: (node, direction, threshold, sample). Its random numbers
  are `uniforms[pair, direction, sample, depth]`, made beforehand: batches change no result.
- Nodes of a level are sorted by pair, so that a level can be cut between pairs where memory is
  short; the parts are walked one after the other and share nothing but the results.
- A walker counts with its weight: 1 where continuations are sampled, its probability among all
  accepted continuations where these are enumerated (`Pair.uniforms` is None).

The result is distributed as if M continuations had been sampled one by one, scored whole and cut
at their first rejection. The test suite compares it with that naive version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nerode.arrays import Floats, Ints
from nerode.metrics.acceptance import Acceptance
from nerode.metrics.memory import of_symbol, takes, within
from nerode.metrics.walk.pairs import Outcome, Pair, side_by_side
from nerode.metrics.walk.ranked import Ranked, best, most_probable
from nerode.metrics.walk.trie import Closed, Cut, Level, Scripts, Walkers, distinct, roots
from nerode.models.model import Contexts, Model, symbols_left

BATCH_PARTS = 8
"""Into how many parts a batch is cut that takes too much memory."""
MOST_WALKERS = 100_000
"""Continuations of one pair and threshold that `enumerated` mode follows at most."""


@dataclass(frozen=True)
class _Part:
    """Pairs that are walked together, at one depth.

    Attributes
    ----------
    level
        The n distinct texts of this depth.
    contexts
        The model after them: 2n rows, first histories before second ones.
    walkers, scripts
        What goes on from these texts; their `node` counts within `level`.
    """

    level: Level
    contexts: Contexts
    walkers: Walkers
    scripts: Scripts


class Walk:
    """One batch of pairs, and what has been found so far; `run` walks it to the end.

    Results, with pairs in the order given (P pairs, D directions, T thresholds):

    - `rejected` (P, D, T): weight of the walkers that met a rejection;
    - `compared`, `refused` (P, longest): weight of symbols looked at and rejected at ε, by depth;
    - `alike` (P, T): whether both histories accept the same next symbols;
    - `found`, `cut`: boundary strings, and continuations ended by the context, of each pair;
    - `script_result` (scripts, 2): smallest probability on the way, after either history.
    """

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
        self.uniforms = side_by_side(pairs)
        self.rejected = np.zeros((len(pairs), self.uniforms.shape[1], len(self.thresholds)))
        self.main = acceptance.main
        self.compared = np.zeros((len(pairs), max((p.longest for p in pairs), default=0)))
        self.refused = np.zeros_like(self.compared)
        self.cut: list[list[Cut]] = [[] for _ in pairs]
        self.alike = np.zeros((len(pairs), len(self.thresholds)), dtype=bool)
        self.found: list[list[Closed]] = [[] for _ in pairs]
        self.complete = np.ones(len(pairs), dtype=bool)
        # What shares are divided by: samples a direction, or 1 where weights sum to 1.
        self.samples = [1 if p.uniforms is None else p.uniforms.shape[1] for p in pairs]
        self.wanted = np.array([pair.longest for pair in pairs], dtype=np.int64)
        # Depth at which a pair ends: what is wanted, or what the model's context has room for.
        self.limit = np.minimum(
            self.wanted, [symbols_left(model, pair.histories) for pair in pairs]
        )
        self.enumerated = np.array([p.uniforms is None for p in pairs], dtype=bool)
        # Scripts of all pairs in one table, (scripts, longest), padded with zeros.
        texts = [text for pair in pairs for _, text in pair.scripts]
        self.script_length = np.array([len(text) for text in texts], dtype=np.int64)
        self.script_symbol = np.zeros((len(texts), self.script_length.max(initial=0)), np.int64)
        for number, text in enumerate(texts):
            self.script_symbol[number, : len(text)] = text
        self.script_result = np.zeros((len(texts), 2))

    def run(self) -> list[Outcome]:
        """Read all histories, then go level by level until nothing goes on.

        Parts that were cut for want of memory wait on a stack, the last one goes first: so few
        contexts are alive at a time.
        """
        first = [pair.histories[0] for pair in self.pairs]
        second = [pair.histories[1] for pair in self.pairs]
        walkers, scripts = self._begin()
        parts = [_Part(roots(len(self.pairs)), self.model.read(first + second), walkers, scripts)]
        while parts:
            part = parts.pop()
            waiting = sum(takes(each.contexts) for each in parts)
            parts += self._advance(part, within(self.model) - waiting)
        return self._outcomes()

    def _begin(self) -> tuple[Walkers, Scripts]:
        """All walkers and scripts at the roots: one walker per direction, threshold and sample."""
        # An enumerated pair begins with one walker a direction and threshold, which branches.
        shapes = [
            (2, int(pair.depths > 0)) if pair.uniforms is None else pair.uniforms.shape[:2]
            for pair in self.pairs
        ]
        grids: dict[tuple[int, int], Ints] = {}
        for shape in set(shapes):
            grid = np.indices((shape[0], len(self.thresholds), shape[1]))
            grids[shape] = grid.reshape(3, -1).astype(np.int64)
        direction, threshold, sample = np.concatenate([grids[shape] for shape in shapes], axis=1)
        node = np.repeat(np.arange(len(shapes)), [grids[shape].shape[1] for shape in shapes])
        walkers = Walkers(node, direction, threshold, sample, np.ones(node.size))
        owner = np.repeat(np.arange(len(self.pairs)), [len(pair.scripts) for pair in self.pairs])
        count = len(owner)
        scripts = Scripts(np.arange(count), owner.astype(np.int64), np.ones((count, 2)))
        return walkers.where(self.limit[node] > 0), scripts

    def _advance(self, part: _Part, room: float) -> list[_Part]:
        """Go one symbol further; gives the part or parts of the next level.

        Sample, score after the other history, record what is decided, read the rest. `room` is
        how many bytes the next level may take; beyond half of it the level is cut.
        """
        level, nodes = part.level, len(part.level)
        if not len(part.walkers) and not part.scripts.script.size:
            return []
        probabilities = part.contexts.probabilities
        if level.depth == 0:
            self._compare_next(level, probabilities)
        walkers, next_symbol = self._draw(level, part.walkers, probabilities)
        # Rows of the other history: n + node for direction 0, node for direction 1.
        other = probabilities[(1 - walkers.direction) * nodes + walkers.node, next_symbol]
        refused = other <= self.thresholds[walkers.threshold]
        self._count(level, walkers, refused)
        self._close(level, walkers.where(refused), next_symbol[refused], probabilities)
        # An accepted END ends the text in both histories alike: nothing is left to disagree on.
        alive = ~refused & (next_symbol != self.end)
        pair = level.pair[walkers.node]
        last = level.depth + 1 >= self.limit[pair]
        cut = alive & last & (self.limit < self.wanted)[pair]
        self._cut(level, walkers.where(cut), next_symbol[cut])
        alive &= ~last
        walkers, next_symbol = walkers.where(alive), next_symbol[alive]
        scripts, scripted = self._read_scripts(level, part.scripts, probabilities)
        # Merge: walkers and scripts with one (node, symbol) go on as one node of the next level.
        node = np.concatenate([walkers.node, scripts.node])
        symbol = np.concatenate([next_symbol, scripted])
        first, place = distinct(node, symbol, nodes)
        # Children of one parent side by side: what their histories share is read once from memory.
        order = np.argsort(node[first], kind="stable")
        first = first[order]
        place = np.argsort(order)[place]
        below = _below(level, node[first], symbol[first], probabilities)
        moved = Walkers(
            place[: len(walkers)],
            walkers.direction,
            walkers.threshold,
            walkers.sample,
            walkers.weight,
        )
        follow = Scripts(scripts.script, place[len(walkers) :], scripts.smallest)
        # As much again is needed while what goes on is copied out of what was there.
        grown = takes(part.contexts) + 2 * len(below) * of_symbol(self.model)
        apart = 2 * grown > room
        cuts = below.cuts(BATCH_PARTS if apart else 1) if len(below) else []
        return self._parts(part.contexts, nodes, below, moved, follow, cuts)

    def _parts(
        self,
        contexts: Contexts,
        nodes: int,
        below: Level,
        walkers: Walkers,
        scripts: Scripts,
        cuts: list[int],
    ) -> list[_Part]:
        """Go on together, or in parts one after the other: each stretch between two cuts."""
        parts = []
        for begin, end in pairwise(cuts):
            some = below.take(slice(begin, end))
            rows = np.concatenate([some.parent, some.parent + nodes])
            ours = (walkers.node >= begin) & (walkers.node < end)
            held = (scripts.node >= begin) & (scripts.node < end)
            mine, read = walkers.where(ours), scripts.where(held)
            mine.node[:] -= begin
            read.node[:] -= begin
            longer = contexts.extend(rows, np.concatenate([some.symbol, some.symbol]))
            parts.append(_Part(some, longer, mine, read))
        return parts

    def _draw(
        self, level: Level, walkers: Walkers, probabilities: NDArray[np.float32]
    ) -> tuple[Walkers, Ints]:
        """Next symbol of every walker; walkers at a dead end are dropped."""
        if not len(walkers):
            return walkers, walkers.node
        source = probabilities if self.keep is None else most_probable(probabilities, self.keep)
        ranked = Ranked(source, self.thresholds)
        row = walkers.direction * len(level) + walkers.node
        pair = level.pair[walkers.node]
        if not self.enumerated.any():
            uniform = self.uniforms[pair, walkers.direction, walkers.sample, level.depth]
            next_symbol = ranked.draw(walkers.threshold, row, uniform)
            if self.keep is not None:
                next_symbol = np.where(next_symbol < 0, best(source)[row], next_symbol)
            alive = next_symbol >= 0
            return walkers.where(alive), next_symbol[alive]
        accepted = ranked.accepted[walkers.threshold, row] > 0
        return self._branch(level, walkers.where(accepted), row[accepted], ranked)

    def _branch(
        self, level: Level, walkers: Walkers, row: Ints, ranked: Ranked
    ) -> tuple[Walkers, Ints]:
        """Enumerated mode: every walker splits into one per accepted symbol.

        Its weight is shared out by the symbols' probabilities among the accepted ones, so that
        weights of a direction and threshold sum to 1. A pair with too many walkers is given up.
        """
        pair = level.pair[walkers.node]
        width = ranked.accepted[walkers.threshold, row]
        most = np.zeros(len(self.pairs))
        np.add.at(most, pair, width)
        self.complete &= most <= MOST_WALKERS * len(self.thresholds)
        keep = self.complete[pair]
        walkers, row, width = walkers.where(keep), row[keep], width[keep]
        # Child c comes from walker origin[c] and takes the rank[c]-th of its accepted symbols.
        origin = np.repeat(np.arange(len(walkers)), width)
        rank = np.arange(origin.size) - np.repeat(np.cumsum(width) - width, width)
        place = ranked.start[row[origin]] + rank
        share = ranked.mass[place] / ranked.total(walkers.threshold, row)[origin]
        split = walkers.where(origin)
        split = Walkers(
            split.node, split.direction, split.threshold, split.sample, split.weight * share
        )
        return split, ranked.symbol[place]

    def _count(self, level: Level, walkers: Walkers, refused: NDArray[np.bool_]) -> None:
        """Note how many symbols were looked at, and how many of them rejected, at ε."""
        if not len(walkers):
            return  # what is still read are scripts, which may be longer
        here = walkers.threshold == self.main
        for counts, some in ((self.compared, here), (self.refused, here & refused)):
            pair, weight = level.pair[walkers.node[some]], walkers.weight[some]
            counts[:, level.depth] += np.bincount(pair, weight, minlength=len(self.pairs))

    def _close(
        self, level: Level, walkers: Walkers, next_symbol: Ints, probabilities: NDArray[np.float32]
    ) -> None:
        """Record the boundary strings that these walkers have come to, each distinct one once.

        A string is (node, symbol, direction); `at` collects the thresholds at which any walker
        met it.
        """
        if not len(walkers):
            return
        pair = level.pair[walkers.node]
        np.add.at(self.rejected, (pair, walkers.direction, walkers.threshold), walkers.weight)
        key = next_symbol * 2 + walkers.direction
        first, place = distinct(walkers.node, key, len(level))
        at = np.zeros((first.size, len(self.thresholds)), dtype=bool)
        at[place, walkers.threshold] = True
        node, symbol = walkers.node[first], next_symbol[first]
        least = np.minimum(level.smallest[node], _both(probabilities, len(level), node, symbol))
        for number, (owner, where, what, side, (here, there)) in enumerate(
            zip(
                pair[first].tolist(),
                node.tolist(),
                symbol.tolist(),
                walkers.direction[first].tolist(),
                least.tolist(),
                strict=True,
            )
        ):
            closed = Closed(level, where, what, side, at[number], (here, there))
            self.found[owner].append(closed)

    def _compare_next(self, level: Level, probabilities: NDArray[np.float32]) -> None:
        """Note at which thresholds the two histories of a pair allow the same next symbols.

        Where continuations are drawn after the first history only, so many as are allowed after it
        must be allowed after the second.
        """
        first, second = probabilities[: len(level)], probabilities[len(level) :]
        for number, threshold in enumerate(self.thresholds):
            before, after = first > threshold, second > threshold
            missing = before & ~after
            if self.uniforms.shape[1] > 1:
                missing |= after & ~before
            self.alike[level.pair, number] = ~missing.any(axis=1)

    def _cut(self, level: Level, walkers: Walkers, next_symbol: Ints) -> None:
        """Note continuations that the model's context ends before they are as long as wanted."""
        here = walkers.threshold == self.main
        some, symbols = walkers.where(here), next_symbol[here]
        for owner, node, symbol, side, weight in zip(
            level.pair[some.node].tolist(),
            some.node.tolist(),
            symbols.tolist(),
            some.direction.tolist(),
            some.weight.tolist(),
            strict=True,
        ):
            share = weight / self.samples[owner]
            self.cut[owner].append(Cut(level, node, symbol, side, share))

    def _read_scripts(
        self, level: Level, scripts: Scripts, probabilities: NDArray[np.float32]
    ) -> tuple[Scripts, Ints]:
        """Take each script's next symbol; scripts that are decided end here."""
        if not scripts.script.size:
            return scripts, np.zeros(0, dtype=np.int64)
        symbol = self.script_symbol[scripts.script, level.depth]
        both = _both(probabilities, len(level), scripts.node, symbol)
        smallest = np.minimum(scripts.smallest, both)
        self.script_result[scripts.script] = smallest
        last = self.script_length[scripts.script] == level.depth + 1
        # Rejected after both histories at every threshold: nothing more can be told.
        going = ~last & (smallest.max(axis=1) > self.thresholds[0])
        kept = Scripts(scripts.script[going], scripts.node[going], smallest[going])
        return kept, symbol[going]

    def _outcomes(self) -> list[Outcome]:
        outcomes = []
        begin = 0
        for number, pair in enumerate(self.pairs):
            # Whole numbers are counted and divided once, so that "all" is exactly 1.
            share = self.rejected[number] / self.samples[number]
            scripts = self.script_result[begin : begin + len(pair.scripts)]
            begin += len(pair.scripts)
            outcomes.append(
                Outcome(
                    np.minimum(share, 1.0),
                    self.found[number],
                    scripts,
                    self.alike[number],
                    self.cut[number],
                    self.compared[number, : pair.longest],
                    self.refused[number, : pair.longest],
                    bool(self.complete[number]),
                )
            )
        return outcomes


def walk(
    model: Model,
    pairs: Sequence[Pair],
    acceptance: Acceptance,
    *,
    end: int | None,
    keep: int | None = None,
) -> list[Outcome]:
    """Walk all pairs in one batch; one result a pair, in their order.

    Parameters
    ----------
    model
        Read in calls of `Contexts.extend`, one a level and part.
    pairs
        All with sampled continuations or all enumerated.
    acceptance
        The thresholds at which results are reported, and which of them is ε.
    end
        The symbol after which a sequence is over; a continuation that draws it and is
        accepted ends there.
    keep
        The published code's hidden cut: draw from the `keep` most probable symbols,
        renormalised, before the cut at ε, which always leaves the most probable one. None for the
        definition.
    """
    return Walk(model, pairs, acceptance, end=end, keep=keep).run() if pairs else []


def _both(probabilities: NDArray[np.float32], nodes: int, node: Ints, symbol: Ints) -> Floats:
    """Probability of a symbol after the first and after the second history: (n, 2)."""
    first, second = probabilities[node, symbol], probabilities[nodes + node, symbol]
    return np.stack([first, second], axis=1, dtype=np.float64)


def _below(level: Level, parent: Ints, symbol: Ints, probabilities: NDArray[np.float32]) -> Level:
    """The next level, of the nodes that follow `parent` with `symbol`."""
    both = _both(probabilities, len(level), parent, symbol)
    smallest = np.minimum(level.smallest[parent], both)
    return Level(level.pair[parent], parent, symbol, smallest, level, level.depth + 1)
