"""Which tokens of a vocabulary stand for which symbol of a world.

They are the tokens that the text of a sequence is split into, symbols with a space between. A
vocabulary may hold others that look like them: byte-level BPE has `4` beside `Ġ4`, and no text has
the first of them behind a space. At the beginning of a text it is the other way round, so that the
first symbol of a sequence may be spelled in a way of its own. Of most tokenizers that were made for
a world a symbol is one token; of those of chat models it may be several.
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nerode.errors import InvalidParameter, ModelMismatch, NoTrial
from nerode.models.hf.borders import HubTokenizer
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.world import AnyWorld, HasGoal

CHECKED = 16
"""Sequences of each policy whose text is split and put together again, to see that it fits."""
NAMES_SHOWN = 8
TIMES = 3
"""How often a symbol is repeated to see which token stands for it inside a text."""

_TOGETHER = 64  # symbols in one text that is no sequence
_MARKS = str.maketrans("", "", "Ġ▁Ċ")  # how vocabularies write white space
_UNKNOWN = ("\ue000", "\ue001")  # two words that no vocabulary has
_UNSPLIT = "sequences of symbols with spaces between, each of the same tokens everywhere"

Spelling = tuple[int, ...]


@dataclass(frozen=True)
class Spellings:
    """The tokens of a world's symbols.

    `inside[i]` are the tokens of symbol i behind another one, None where the vocabulary has none;
    `leading[i]` are those at the beginning of a text.
    """

    inside: tuple[Spelling | None, ...]
    leading: tuple[Spelling | None, ...]

    @classmethod
    def of_single(cls, tokens: Sequence[int | None]) -> Spellings:
        """Of symbols that are one token each, wherever they stand."""
        each = tuple(None if token is None else (token,) for token in tokens)
        return cls(each, each)

    @property
    def absent(self) -> tuple[int, ...]:
        """Symbols that cannot be written."""
        return tuple(symbol for symbol, tokens in enumerate(self.inside) if tokens is None)

    @property
    def single(self) -> bool:
        """Whether each symbol is one token."""
        return all(tokens is None or len(tokens) == 1 for tokens in (*self.inside, *self.leading))

    @property
    def used(self) -> list[int]:
        """All tokens that any symbol has, ascending."""
        return sorted({token for each in (*self.inside, *self.leading) for token in each or ()})

    @property
    def longest(self) -> int:
        """Most tokens of one symbol."""
        return max(len(tokens or ()) for tokens in (*self.inside, *self.leading))

    def of(self, sequence: Sequence[int]) -> list[int | None]:
        """The tokens of a sequence; None in the place of a symbol without."""
        found: list[int | None] = []
        for place, symbol in enumerate(sequence):
            tokens = (self.inside if place else self.leading)[symbol]
            found += [None] if tokens is None else tokens
        return found


def vocabulary_spellings(tokenizer: HubTokenizer, world: AnyWorld, where: object) -> Spellings:
    """The tokens that are called like the symbols, wherever they stand.

    So it is in folders that `nerode train` wrote: what it trains on is never text.
    """
    vocabulary = tokenizer.get_vocab()
    tokens = tuple(vocabulary.get(name) for name in world.alphabet)
    if not any(token is not None for token in tokens):
        raise ModelMismatch(
            f"expected a vocabulary with the {len(tokens)} symbols of {world.name}, got one "
            f"without {len(tokens)} of them ({names_of(world, range(len(tokens)))}) in {where}"
        )
    return Spellings.of_single(tokens)


def text_spellings(tokenizer: HubTokenizer, world: AnyWorld, where: object) -> Spellings:
    """The tokens that the text of a sequence is split into.

    Found by splitting each symbol alone and repeated, and checked by splitting sequences of the
    world and putting them together again. Where the tokenizer knows nothing of any text (it splits
    none), the symbols' names are looked up in its vocabulary.

    Parameters
    ----------
    tokenizer
        The tokenizer of the model's folder.
    world
        The world of the symbols.
    where
        Names the folder in messages.

    Raises
    ------
    ModelMismatch
        Where two symbols are spelled alike, or one is spelled otherwise next to some other symbol.
    """
    if _dropout(tokenizer) is not None:
        steady: Any = copy.deepcopy(tokenizer)
        steady.backend_tokenizer.model.dropout = None  # splits at random are for training
        tokenizer = steady
    unknown = unknown_tokens(tokenizer)
    split = [_repeated(tokenizer, name, unknown) for name in world.alphabet]
    if not any(split):
        return vocabulary_spellings(tokenizer, world, where)
    found = Spellings(tuple(map(_inside, split)), tuple(map(_leading, split)))
    unsteady = [i for i, ids in enumerate(split) if ids and found.inside[i] is None]
    if unsteady:
        name, ids = world.alphabet[unsteady[0]], split[unsteady[0]][-1]
        raise ModelMismatch(
            f"expected the same tokens for a symbol of {world.name} wherever it stands in a text, "
            f"got others for {len(unsteady)} of {len(split)}: {' '.join([name] * TIMES)!r} is "
            f"split into {_shown(tokenizer, ids)} in {where}"
        )
    for spellings in (found.inside, found.leading):
        present = [tokens for tokens in spellings if tokens is not None]
        if len(set(present)) < len(present):
            raise ModelMismatch(
                f"expected tokens of its own for each of the {len(present)} symbols of "
                f"{world.name}, got {len(set(present))} spellings in {where}"
            )
    _check_texts(tokenizer, world, found, where)
    return found


def check_present(tokens: Spellings, world: AnyWorld, where: object) -> None:
    """Raise ModelMismatch where no sequence of the world can do without the absent symbols."""
    absent = set(tokens.absent)
    sequences = _sequences(world)
    if absent and all(absent.intersection(sequence) for sequence in sequences):
        raise ModelMismatch(
            f"expected a vocabulary with the {len(tokens.inside)} symbols of {world.name}, got one "
            f"without {len(absent)} of them ({names_of(world, tokens.absent)}) in {where}"
        )


def names_of(world: AnyWorld, symbols: Sequence[int]) -> str:
    """Names of symbols in one line, the first few of many."""
    more = " ..." if len(symbols) > NAMES_SHOWN else ""
    return " ".join(world.alphabet[symbol] for symbol in symbols[:NAMES_SHOWN]) + more


def ids_of(tokenizer: HubTokenizer, text: str) -> list[int]:
    """The tokens of a text, none in front and none behind; [] where it cannot be split."""
    try:
        return [int(token) for token in tokenizer.encode(text, add_special_tokens=False)]
    except Exception:  # noqa: BLE001  what a tokenizer without a token for unknown words raises
        return []


def _repeated(tokenizer: HubTokenizer, name: str, unknown: set[int]) -> list[list[int]]:
    """The tokens of a symbol alone, twice and thrice in a row; [] where some of it is unknown."""
    texts = [" ".join([name] * times) for times in range(1, TIMES + 1)]
    split = [ids_of(tokenizer, text) for text in texts]
    known = not unknown.intersection(split[-1]) and _is_text(tokenizer, split[-1], texts[-1])
    return split if known else []


def _inside(split: Sequence[Sequence[int]]) -> Spelling | None:
    """The tokens by which every repetition makes the text longer, if they are the same ones."""
    added = {tuple(longer[len(ids) :]) for ids, longer in pairwise(split)}
    grows = all(list(longer[: len(ids)]) == list(ids) for ids, longer in pairwise(split))
    tokens = added.pop() if grows and len(added) == 1 else ()
    return tokens or None


def _leading(split: Sequence[Sequence[int]]) -> Spelling | None:
    """The tokens of a symbol alone."""
    return tuple(split[0]) if split and split[0] else None


def _dropout(tokenizer: HubTokenizer) -> float | None:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    rate: float | None = getattr(getattr(backend, "model", None), "dropout", None)
    return rate


def unknown_tokens(tokenizer: HubTokenizer) -> set[int]:
    """Tokens that stand for whatever is not in the vocabulary."""
    found = {tokenizer.unk_token_id}
    vocabulary = tokenizer.get_vocab()
    backend = getattr(tokenizer, "backend_tokenizer", None)
    unknown = getattr(getattr(backend, "model", None), "unk_token", None)
    found.add(None if unknown is None else vocabulary.get(unknown))
    first, second = (ids_of(tokenizer, word) for word in _UNKNOWN)
    if first and first == second:
        found.add(first[-1])
    return {token for token in found if token is not None}


def _is_text(tokenizer: HubTokenizer, ids: Sequence[int], text: str) -> bool:
    """Whether tokens put together are this text again, white space and spelling left aside."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None and backend.decoder is None and not text.isascii():
        return True  # nobody said how bytes are put together
    return _plain(tokenizer.decode(ids, skip_special_tokens=False)) == _plain(text)


def _plain(text: str) -> str:
    """Letters without case and accents; nothing of white space and how vocabularies mark it."""
    bare = "".join(text.replace("##", "").translate(_MARKS).split())
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", bare).casefold()
        if not unicodedata.combining(letter)
    )


def _check_texts(
    tokenizer: HubTokenizer, world: AnyWorld, tokens: Spellings, where: object
) -> None:
    """Raise ModelMismatch where a text is not split symbol by symbol."""
    absent = set(tokens.absent)
    present = [symbol for symbol in range(len(tokens.inside)) if symbol not in absent]
    begins = [symbol for symbol in present if tokens.leading[symbol] is not None][:1]
    cuts = range(0, len(present) if begins else 0, _TOGETHER)
    rows = [[*begins, *present[cut : cut + _TOGETHER], *begins] for cut in cuts]
    sequences = [sequence for sequence in _sequences(world) if not absent.intersection(sequence)]
    for sequence in (*sequences, *rows, *(row[::-1] for row in rows)):
        text, expected = world.decode(sequence), tokens.of(sequence)
        ids = ids_of(tokenizer, text)
        if ids == expected and _is_text(tokenizer, ids, text):
            continue
        part = _shortest_unlike(tokenizer, world, tokens, sequence)
        raise ModelMismatch(
            f"expected {_UNSPLIT}, got {_shown(tokenizer, ids_of(tokenizer, world.decode(part)))} "
            f"for {world.decode(part)!r} in {where}"
        )


def _shortest_unlike(
    tokenizer: HubTokenizer, world: AnyWorld, tokens: Spellings, sequence: Sequence[int]
) -> Sequence[int]:
    """Two symbols in a row, or else the whole sequence, that are not split as each of them is."""
    for pair in pairwise(sequence):
        if ids_of(tokenizer, world.decode(pair)) != tokens.of(pair):
            return pair
    return sequence


def _sequences(world: AnyWorld) -> list[list[int]]:
    """Some sequences of every policy that a model is likely to know."""
    policies = ("shortest", "random") if isinstance(world, HasGoal) else ("random",)
    found: list[list[int]] = []
    for policy in policies:
        with suppress(InvalidParameter, NoTrial):  # a map on which nobody can travel
            sequences = draw_sequences(world, policy, CHECKED, 0, fewer=True)
            found += [sequence.tolist() for sequence in sequences]
    return found


def _shown(tokenizer: HubTokenizer, ids: Iterable[int]) -> str:
    shown = tokenizer.convert_ids_to_tokens(list(ids)[:NAMES_SHOWN])
    return " ".join(repr(token) for token in shown) or "nothing"
