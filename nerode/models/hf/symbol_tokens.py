"""Which token of a vocabulary stands for which symbol of a world.

It is the token that the text of a sequence is split into, symbols with a space between. A
vocabulary may hold others that look like it: byte-level BPE has `4` beside `Ġ4`, and no text has
the first of them behind a space. At the beginning of a text it is the other way round, so that
the first symbol of a sequence may have a token of its own.
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
_UNSPLIT = "sequences of symbols with spaces between, each one token"


@dataclass(frozen=True)
class SymbolTokens:
    """The tokens of a world's symbols.

    `inside[i]` is the token of symbol i behind another one, None where the vocabulary has none;
    `leading[i]` is that at the beginning of a text, None where there is none or several.
    """

    inside: tuple[int | None, ...]
    leading: tuple[int | None, ...]

    @property
    def absent(self) -> tuple[int, ...]:
        """Symbols without a token."""
        return tuple(symbol for symbol, token in enumerate(self.inside) if token is None)

    def of(self, sequence: Sequence[int]) -> list[int | None]:
        """Token of each symbol of a sequence."""
        return [
            (self.inside if place else self.leading)[symbol]
            for place, symbol in enumerate(sequence)
        ]


def vocabulary_tokens(tokenizer: HubTokenizer, world: AnyWorld, where: object) -> SymbolTokens:
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
    return SymbolTokens(tokens, tokens)


def text_tokens(tokenizer: HubTokenizer, world: AnyWorld, where: object) -> SymbolTokens:
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
        Where symbols are split into several tokens, have a token together, or have another one next
        to some other symbol.
    """
    if _dropout(tokenizer) is not None:
        steady: Any = copy.deepcopy(tokenizer)
        steady.backend_tokenizer.model.dropout = None  # splits at random are for training
        tokenizer = steady
    unknown = unknown_tokens(tokenizer)
    split = [_repeated(tokenizer, name, unknown) for name in world.alphabet]
    if not any(split):
        return vocabulary_tokens(tokenizer, world, where)
    found = SymbolTokens(tuple(map(_inside, split)), tuple(map(_leading, split)))
    several = [i for i, ids in enumerate(split) if ids and found.inside[i] is None]
    several += [i for i in world.legal(world.start) if split[i] and found.leading[i] is None]
    if several:
        name, ids = world.alphabet[several[0]], split[several[0]][-1]
        raise ModelMismatch(
            f"expected one token for each symbol of {world.name} in a text, got more or fewer for "
            f"{len(set(several))} of {len(split)}: {' '.join([name] * TIMES)!r} is split into "
            f"{_shown(tokenizer, ids)} in {where}"
        )
    for tokens in (found.inside, found.leading):
        present = [token for token in tokens if token is not None]
        if len(set(present)) < len(present):
            raise ModelMismatch(
                f"expected a token of its own for each of the {len(present)} symbols of "
                f"{world.name}, got {len(set(present))} tokens in {where}"
            )
    _check_texts(tokenizer, world, found, where)
    return found


def check_present(tokens: SymbolTokens, world: AnyWorld, where: object) -> None:
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


def _inside(split: Sequence[Sequence[int]]) -> int | None:
    """The token by which every repetition makes the text longer, if it is one."""
    added = {tuple(longer[len(ids) :]) for ids, longer in pairwise(split)}
    grows = all(list(longer[: len(ids)]) == list(ids) for ids, longer in pairwise(split))
    one = added.pop() if grows and len(added) == 1 else ()
    return one[0] if len(one) == 1 else None


def _leading(split: Sequence[Sequence[int]]) -> int | None:
    """The token of a symbol alone, if it is one."""
    return split[0][0] if split and len(split[0]) == 1 else None


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
    tokenizer: HubTokenizer, world: AnyWorld, tokens: SymbolTokens, where: object
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
        place = next((i for i, (a, b) in enumerate(zip(ids, expected, strict=False)) if a != b), 0)
        around = slice(max(0, place - 1), place + 2)
        raise ModelMismatch(
            f"expected {_UNSPLIT}, got {_shown(tokenizer, ids[around])} for "
            f"{world.decode(sequence[around])!r} in {where}"
        )


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
