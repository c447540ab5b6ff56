"""The token in front of every sequence: which one a model is read with, and whether it fits.

A network's first output needs something to read. What a model was trained with cannot be seen
in its weights: some had the tokenizer's beginning-of-sequence token, some what the tokenizer
puts in front of a text, some nothing at all. The wrong one makes every answer a little worse,
so it is named wherever results are, and the loss on held-out sequences tells it from others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nerode.errors import InvalidParameter, ModelMismatch
from nerode.models.hf.borders import HubTokenizer
from nerode.models.hf.spelled.spellings import Spellings, ids_of, unknown_tokens
from nerode.worlds.world import AnyWorld

NO_FIRST = "none"
"""How the choice of no first token is written."""
MOST_OTHERS = 8
"""Special tokens that are compared with the first one."""


@dataclass(frozen=True)
class FirstToken:
    """The token put in front of every sequence, None for none, and why.

    `others` has the tokens (None for none) that the model may have been trained with instead, by
    name, the most likely first.
    """

    token: int | None
    name: str
    why: str
    others: Mapping[str, int | None]


def first_token(
    tokenizer: HubTokenizer,
    world: AnyWorld,
    tokens: Spellings,
    wanted: str | None,
    where: object,
) -> FirstToken:
    """The token in front of every sequence: the `wanted` one, or the one to take for granted.

    That is the token that the tokenizer puts in front of a text; where it puts none there, its
    beginning-of-sequence token; where it has none, no token.

    Parameters
    ----------
    tokenizer
        The tokenizer of the model's folder.
    world, tokens
        The world, and the tokens of its symbols.
    wanted
        `none` for no token, or the name of a symbol of the world, of an entry of the vocabulary, or
        a text that is one token. None: the one to take for granted.
    where
        Names the folder in messages.

    Raises
    ------
    InvalidParameter
        For a name that is no token.
    ModelMismatch
        Where a tokenizer puts several tokens in front and none is wanted.
    """
    front = _front(tokenizer, world, tokens)
    begin = tokenizer.bos_token_id
    if wanted == NO_FIRST:
        token, why = None, "as told"
    elif wanted is not None:
        token, why = _wanted(tokenizer, world, tokens, wanted, where), "as told"
    elif len(front) > 1:
        shown = " ".join(_name(tokenizer, token) for token in front)
        raise ModelMismatch(
            f"expected a tokenizer that puts at most one token in front of a text, got {shown} "
            f"in {where}; --first-token says which one to read with"
        )
    elif front:
        token, why = front[0], "its tokenizer puts it in front of a text"
    elif begin is not None:
        token, why = int(begin), "its tokenizer's beginning of a sequence"
    else:
        token, why = None, "its tokenizer has no beginning of a sequence"
    others = [*front[:1], begin, None, *_special(tokenizer, tokens)[:MOST_OTHERS]]
    names = {_name(tokenizer, each): each for each in others if each != token}
    return FirstToken(token, _name(tokenizer, token), why, names)


def _special(tokenizer: HubTokenizer, tokens: Spellings) -> list[int]:
    """Tokens that stand for no text, and for no symbol unless it ends sequences."""
    roles = [tokenizer.eos_token_id, tokenizer.cls_token_id]
    added = sorted(set(tokenizer.get_added_vocab().values()) - set(tokens.used))
    return [int(token) for token in (*roles, *added) if token is not None]


def _front(tokenizer: HubTokenizer, world: AnyWorld, tokens: Spellings) -> list[int]:
    """The tokens that the tokenizer puts in front of a text."""
    symbol = next((i for i, token in enumerate(tokens.leading) if token is not None), None)
    if symbol is None:
        return []
    text = world.alphabet[symbol]
    bare = ids_of(tokenizer, text)
    try:
        whole = [int(token) for token in tokenizer.encode(text)]
    except Exception:  # noqa: BLE001  as in `ids_of`
        return []
    places = (i for i in range(len(whole)) if bare and whole[i : i + len(bare)] == bare)
    return whole[: next(places, 0)]


def _wanted(
    tokenizer: HubTokenizer, world: AnyWorld, tokens: Spellings, wanted: str, where: object
) -> int:
    spelled = tokens.inside[world.index[wanted]] if wanted in world.index else None
    if spelled is not None and len(spelled) == 1:
        token: int | None = spelled[0]
    else:
        token = tokenizer.get_vocab().get(wanted)
    if token is None:
        split = ids_of(tokenizer, wanted)
        known = not unknown_tokens(tokenizer).intersection(split)
        token = split[0] if len(split) == 1 and known else None
    if token is None:
        raise InvalidParameter(
            f"expected a first token out of the vocabulary, or {NO_FIRST}, got {wanted!r} "
            f"for {where}"
        )
    return int(token)


def _name(tokenizer: HubTokenizer, token: int | None) -> str:
    return NO_FIRST if token is None else str(tokenizer.convert_ids_to_tokens(int(token)))
