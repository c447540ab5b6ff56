"""Networks whose tokens are parts of symbols: a symbol is as probable as its spelling.

The idea. Somebody who fine-tunes a chat model on rides has a tokenizer that splits `5Av_42St` into
five tokens. The probability of a symbol is then that of its tokens one after the other. Symbols
that begin alike share a branch of a trie (trie.py), and what they share is read once. Branches with
hardly any probability are not followed (NEGLIGIBLE): nearly all of it is usually on a few.

Where a symbol's tokens are the beginning of another's (`c1` and `c12`, spelled letter by letter),
the space behind it tells them apart. So its probability is that of its tokens, less what goes on to
the longer symbols; and what comes after it is conditioned on that it was not a longer one.

Rows that read symbols of unlike numbers of tokens come to stand in contexts of their own, called
parts. Too many of them are read again together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nerode.errors import ModelMismatch
from nerode.models.hf.first_token import FirstToken
from nerode.models.hf.padding import padded
from nerode.models.hf.reader import Reader
from nerode.models.hf.spelled.spellings import Spelling, Spellings
from nerode.models.hf.spelled.trie import INSIDE, LEADING, NO_SYMBOL, Trie
from nerode.models.hf.transformer import NoContexts, Transformer
from nerode.models.model import Contexts, Probabilities, Rows

if TYPE_CHECKING:
    from torch import Tensor

NEGLIGIBLE = 1e-6
"""A branch of the trie with less probability than this is not followed: its symbols get none."""
MOST_FOLLOWED = 4096
"""Rows of one extension into the trie."""
MOST_PARTS = 4
"""Parts up to which rows are not read again together."""
_IMPOSSIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class SpelledTransformer:
    """A causal language model of which a symbol may be several tokens.

    `letters` is the same network as a model of tokens: its symbols are the tokens that any spelling
    uses. `spellings` are those of the world's symbols, in the numbers of the vocabulary.
    Probabilities sum to less than 1 where the model puts weight on texts that are no symbol.
    """

    alphabet: tuple[str, ...]
    letters: Transformer
    spellings: Spellings

    @property
    def name(self) -> str:
        """That of the network."""
        return self.letters.name

    @property
    def network(self) -> Any:
        """The network of the transformers library."""
        return self.letters.network

    @property
    def first(self) -> int | None:
        """Token in front of every history."""
        return self.letters.first

    @property
    def first_choice(self) -> FirstToken | None:
        """That token, and which others it might have been."""
        return self.letters.first_choice

    @property
    def trained_on(self) -> dict[str, Any] | None:
        """The record of its training, where there is one."""
        return self.letters.trained_on

    @property
    def fingerprint(self) -> str | None:
        """What tells its weights from others of the same name."""
        return self.letters.fingerprint

    @property
    def absent(self) -> tuple[int, ...]:
        """Symbols that cannot be written with its tokens."""
        return self.spellings.absent

    @property
    def least_history(self) -> int:
        """Symbols of the shortest history that it can read."""
        return self.letters.least_history

    @property
    def context_length(self) -> int | None:
        """Most symbols of a history, were each of the longest spelling."""
        tokens = self.letters.context_length
        return None if tokens is None else tokens // self.spellings.longest

    @cached_property
    def spelled(self) -> tuple[list[Spelling | None], list[Spelling | None]]:
        """Tokens of each symbol as `letters` counts them, by root (see `Trie`)."""
        number = {token: place for place, token in enumerate(self.letters.tokens.tolist())}
        inside, leading = (
            [
                None if tokens is None else tuple(number[token] for token in tokens)
                for tokens in each
            ]
            for each in (self.spellings.inside, self.spellings.leading)
        )
        return inside, leading

    @cached_property
    def trie(self) -> Trie:
        """The spellings as a tree."""
        return Trie(*self.spelled)

    def read(self, histories: Sequence[Sequence[int]]) -> Contexts:
        """One row per history. Raises ModelMismatch as `Transformer.read` does."""
        symbols, lengths = padded(histories, len(self.alphabet))
        return self.read_padded(symbols, lengths)

    def read_padded(self, symbols: Rows, lengths: Rows) -> Contexts:
        """Read histories that are already side by side: see `padded`."""
        if not len(lengths):
            return NoContexts(len(self.alphabet))
        self.check_length(int(lengths.max()))
        histories = [row[:length] for row, length in zip(symbols, lengths, strict=True)]
        contexts = self.letters.read(list(map(self.letters_of, histories)))
        last = np.full(len(lengths), LEADING)
        there = np.flatnonzero(lengths)
        roots = np.where(lengths[there] == 1, LEADING, INSIDE)
        last[there] = self.trie.last[roots, symbols[there, lengths[there] - 1]]
        rows = np.arange(len(lengths))
        part = SpelledPart(contexts, last)
        return SpelledContexts(self, (part,), np.zeros_like(rows), rows, symbols, lengths)

    def letters_of(self, history: Sequence[int] | Rows) -> list[int]:
        """The tokens of a history, as `letters` counts them."""
        return list(chain(*self._spelling_of(history)))

    def _spelling_of(self, history: Sequence[int] | Rows) -> list[Spelling]:
        """The tokens of each symbol of a history."""
        return [
            self.letters_of_symbol(int(symbol), INSIDE if place else LEADING)
            for place, symbol in enumerate(history)
        ]

    def letters_of_symbol(self, symbol: int, root: int) -> Spelling:
        """The tokens of one symbol. Raises ModelMismatch for one that has none."""
        tokens = self.spelled[root][symbol]
        if tokens is None:
            message = f"expected symbols that {self.name} has tokens for"
            raise ModelMismatch(f"{message}, got {self.alphabet[symbol]!r}")
        return tokens

    def check_length(self, length: int) -> None:
        """Raise ModelMismatch where a history is longer than the model can read."""
        if self.context_length is not None and length > self.context_length:
            raise ModelMismatch(
                f"expected histories of at most {self.context_length} symbols (of up to "
                f"{self.spellings.longest} tokens), the context length of {self.name}, got one of "
                f"{length}"
            )

    def with_first(self, token: int | None) -> SpelledTransformer:
        """The same network read with another first token, None for none."""
        return replace(self, letters=self.letters.with_first(token))

    def named(self, name: str, fingerprint: str | None) -> SpelledTransformer:
        """The same network under another name, with a fingerprint of its weights."""
        return replace(self, letters=self.letters.named(name, fingerprint))

    @property
    def reader(self) -> Reader:
        """The fastest way to read the network; tried out once."""
        return self.letters.reader

    @property
    def hidden_layers(self) -> int:
        """Layers of hidden states, the embeddings included."""
        return self.letters.hidden_layers

    @property
    def hidden_width(self) -> int:
        """Width of the residual stream."""
        return self.letters.hidden_width

    def hidden_states(self, histories: Sequence[Sequence[int]]) -> Tensor:
        """Hidden states at the last token of every symbol: see `Transformer.hidden_states`."""
        spelled = [self._spelling_of(history) for history in histories]
        lengths = [len(spelling) for spellings in spelled for spelling in spellings]
        states = self.letters.hidden_states([list(chain(*spellings)) for spellings in spelled])
        return states[:, np.cumsum(lengths) - 1]

    @contextmanager
    def workers(self) -> Iterator[int]:
        """Processes that are worth forking: see `Transformer.workers`."""
        with self.letters.workers() as count:
            yield count

    @property
    def reads_blocks(self) -> bool:
        """Whether one large batch at a time is best."""
        return self.letters.reads_blocks

    @property
    def symbol_bytes(self) -> int:
        """Most bytes that it keeps of each symbol read."""
        return self.letters.symbol_bytes * self.spellings.longest

    @property
    def batch_bytes(self) -> int:
        """Bytes that one batch may take."""
        return self.letters.batch_bytes


@dataclass(frozen=True, eq=False)
class SpelledPart:
    """Rows that were read together: their contexts, and the node of the trie each has come to.

    The node is that of the last symbol, `LEADING` where there is none yet.
    """

    contexts: Contexts
    last: Rows


@dataclass(frozen=True, eq=False)
class SpelledContexts:
    """Histories that a network has read token by token.

    Row i is row `place[i]` of `parts[part[i]]`; several may be the same one. `symbols`
    (rows, columns) and `lengths` (rows,) are the histories.
    """

    model: SpelledTransformer
    parts: tuple[SpelledPart, ...]
    part: Rows
    place: Rows
    symbols: Rows
    lengths: Rows

    @property
    def nbytes(self) -> int:
        """Bytes of keys and values."""
        return sum(getattr(part.contexts, "nbytes", 0) for part in self.parts)

    @cached_property
    def probabilities(self) -> Probabilities:
        """Next-symbol distribution, computed when it is first asked for."""
        found = np.zeros((len(self.part), len(self.model.alphabet)), dtype=np.float32)
        for number, part in enumerate(self.parts):
            rows = np.flatnonzero(self.part == number)
            found[rows] = _spelled_out(self.model, part)[self.place[rows]]
        return found

    def extend(self, rows: Rows, symbols: Rows) -> Contexts:
        """Fork, drop and advance by one symbol, token by token.

        Raises ModelMismatch where a history outgrows the model's context length.
        """
        model = self.model
        if not len(rows):
            return NoContexts(len(model.alphabet))
        lengths = self.lengths[rows]
        model.check_length(int(lengths.max()) + 1)
        longer = np.pad(self.symbols[rows], ((0, 0), (0, 1)))
        longer[np.arange(len(rows)), lengths] = symbols
        roots = np.where(lengths == 0, LEADING, INSIDE)
        spelled = [
            model.letters_of_symbol(int(symbol), int(root))
            for symbol, root in zip(symbols, roots, strict=True)
        ]
        # Rows of one part whose symbols have as many tokens advance together.
        steps = np.array(list(map(len, spelled)))
        groups, group = np.unique(np.stack([self.part[rows], steps]), axis=1, return_inverse=True)
        if groups.shape[1] > MOST_PARTS:
            return model.read_padded(longer, lengths + 1)
        ends = model.trie.last[roots, symbols]
        parts, part = [], group.reshape(-1)
        place = np.empty_like(part)
        for number, old in enumerate(groups[0].tolist()):
            mine = np.flatnonzero(part == number)
            contexts, at = self.parts[old].contexts, self.place[rows[mine]]
            for letters in np.array([spelled[row] for row in mine.tolist()]).T:
                # What several rows have in common is read once.
                once, at = np.unique(np.stack([at, letters]), axis=1, return_inverse=True)
                at = at.reshape(-1)
                contexts = contexts.extend(once[0], once[1])
            place[mine] = at
            last = np.zeros(int(at.max()) + 1, dtype=np.int64)
            last[at] = ends[mine]
            parts.append(SpelledPart(contexts, last))
        return SpelledContexts(model, tuple(parts), part, place, longer, lengths + 1)


def _spelled_out(model: SpelledTransformer, part: SpelledPart) -> Probabilities:
    """The distribution of symbols after each row of a part."""
    trie, letters = model.trie, part.contexts.probabilities
    found = np.zeros((len(part.last), len(model.alphabet)), dtype=np.float32)
    # What comes next is said of histories whose last symbol was whole: the rest is left out.
    mass = np.ones(len(part.last))
    for row, node in enumerate(part.last.tolist()):
        if node != LEADING:
            mass[row] -= letters[row, trie.branches[node].tokens].sum(dtype=np.float64)
    mass = np.where(mass > _IMPOSSIBLE, 1 / np.maximum(mass, _IMPOSSIBLE), 0)
    nodes = np.where(part.last == LEADING, LEADING, INSIDE)
    _share_out(trie, part.contexts, np.arange(len(mass)), nodes, mass, found)
    return found


def _share_out(
    trie: Trie,
    contexts: Contexts,
    rows: Rows,
    nodes: Rows,
    mass: NDArray[np.float64],
    found: Probabilities,
) -> None:
    """Give the symbols below each context's node their share of what the context has.

    Context i has come to `nodes[i]` with probability `mass[i]`, on behalf of row `rows[i]` of
    `found`.
    """
    letters = contexts.probabilities
    ahead: list[tuple[int, int, int, float]] = []
    for node in np.unique(nodes).tolist():
        at = np.flatnonzero(nodes == node)
        below, symbol = trie.branches[node], trie.symbols[node]
        reach = mass[at, None] * letters[np.ix_(at, below.tokens)]
        if symbol != NO_SYMBOL:
            found[rows[at], symbol] = np.maximum(0, mass[at] - reach.sum(axis=1))
        found[np.ix_(rows[at], below.symbols[below.end])] = reach[:, below.end]
        for branch in np.flatnonzero(~below.end).tolist():
            going = np.flatnonzero(reach[:, branch] > NEGLIGIBLE)
            token, to = int(below.tokens[branch]), int(below.nodes[branch])
            shares = reach[going, branch].tolist()
            ahead += [(at[row], token, to, share) for row, share in zip(going, shares, strict=True)]
    for start in range(0, len(ahead), MOST_FOLLOWED):
        chunk = zip(*ahead[start : start + MOST_FOLLOWED], strict=True)
        begun, tokens, nodes, mass = map(np.array, chunk)
        _share_out(trie, contexts.extend(begun, tokens), rows[begun], nodes, mass, found)
