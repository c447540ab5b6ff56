"""Whether the tokens that a network is read with fit the sequences it is measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nerode.errors import ModelMismatch
from nerode.models.hf.spelled.spellings import names_of
from nerode.models.model import Model, absent_symbols
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import AnyWorld

if TYPE_CHECKING:
    from nerode.models.hf.transformer import Transformer

MOST_UNREADABLE = 0.05
"""Share of held-out sequences with symbols that a model lacks up to which it is measured."""
SEQUENCES, SYMBOLS = 64, 32
"""Held-out sequences whose loss is looked at, and the most symbols of each."""
LEAST_SEQUENCES = 8
"""With fewer sequences than these nothing is said about the loss."""
LOWER, ERRORS = 0.01, 3.0
"""A loss is clearly lower by more than so many nats a symbol and so many standard errors."""

_SMALLEST = 1e-12


def unreadable(model: Model, sequences: SequenceBatch) -> int:
    """How many sequences have a symbol that the model lacks."""
    lacking = np.isin(sequences.symbols, absent_symbols(model))
    until = np.concatenate([[0], np.cumsum(lacking)])[sequences.offsets]
    return int(np.count_nonzero(np.diff(until)))


def check_readable(model: Model, world: AnyWorld, held_out: SequenceBatch) -> None:
    """Raise ModelMismatch where more than a few held-out sequences have symbols it lacks."""
    count = unreadable(model, held_out)
    if count > MOST_UNREADABLE * len(held_out):
        absent = absent_symbols(model)
        raise ModelMismatch(
            f"expected a vocabulary with the {len(world.alphabet)} symbols of {world.name}, got "
            f"one without {len(absent)} of them ({names_of(world, absent)}), which {count:,} of "
            f"{len(held_out):,} held-out sequences use (up to {MOST_UNREADABLE:.0%} may) "
            f"in {model.name}"
        )


def tokens_record(model: Model, world: AnyWorld, held_out: SequenceBatch) -> dict[str, Any]:
    """What an evaluation's record says of a model's tokens: "tokens" and "notes".

    "tokens" has the first token, the mean loss in nats a symbol by first token (of the symbols
    after the prompt, and after the first one, which all of them can predict), the symbols without
    a token and the held-out sequences that have one; "notes" are sentences. Nothing for a model
    without a choice of tokens.
    """
    first = getattr(model, "first_choice", None)
    if first is None:
        return {}
    network: Transformer = model  # type: ignore[assignment]
    notes = [f"First token: {first.name} ({first.why})."]
    losses = _losses(network, held_out, max(1, world.prompt_length))
    better = _clearly_lower(losses)
    means = {name: round(float(each.mean()), 4) for name, each in losses.items()}
    if better is not None:
        notes.append(
            f"With another first token the loss on held-out sequences is lower: "
            f"{means[better]:.3f} nats a symbol with {better}, {means[first.name]:.3f} with "
            f"{first.name}. Was it trained so? (--first-token {better})"
        )
    spellings = getattr(model, "spellings", None)
    if spellings is not None:
        several = sum(len(tokens) > 1 for tokens in spellings.inside if tokens)
        notes.append(
            f"{several} of the {len(world.alphabet)} symbols are several tokens (up to "
            f"{spellings.longest}): a symbol is as probable as its tokens one after the other."
        )
    absent, count = absent_symbols(model), unreadable(model, held_out)
    if absent:
        notes.append(
            f"Its vocabulary lacks {len(absent)} of the {len(world.alphabet)} symbols "
            f"({names_of(world, absent)}): they have probability 0, and {count:,} of "
            f"{len(held_out):,} held-out sequences use them."
        )
    tokens = {
        "first": None if first.token is None else first.name,
        "losses": means,
        "absent": [world.alphabet[symbol] for symbol in absent],
        "held_out": len(held_out),
        "unreadable": count,
    }
    return {"tokens": tokens, "notes": notes}


def _clearly_lower(losses: dict[str, NDArray[np.float64]]) -> str | None:
    """The first token to try, where its loss is clearly below that of the one that is used.

    It is the one with the least loss, or the first in order (what the tokenizer puts in front comes
    first) that is not clearly worse than that.
    """
    if not losses:
        return None
    used, *others = losses
    best = min(others, key=lambda name: float(losses[name].mean()))
    if not _is_lower(losses[best], losses[used]):
        return None
    return next(name for name in others if not _is_lower(losses[best], losses[name]))


def _is_lower(loss: NDArray[np.float64], than: NDArray[np.float64]) -> bool:
    """Whether one first token's losses of some sequences are clearly below another's."""
    less = than - loss
    error = float(less.std(ddof=1)) / np.sqrt(len(less))
    return bool(less.mean() > max(LOWER, ERRORS * error))


def _losses(
    model: Transformer, held_out: SequenceBatch, begin: int
) -> dict[str, NDArray[np.float64]]:
    """Loss of each sequence by first token, the one that is used first; {} without a choice.

    Of the symbols from number `begin` on.
    """
    first = model.first_choice
    sequences = _sequences(model, held_out, begin)
    if first is None or not first.others or len(sequences) < LEAST_SEQUENCES:
        return {}
    choices = {first.name: first.token, **first.others}
    return {
        name: _loss(model.with_first(token), sequences, begin) for name, token in choices.items()
    }


def _sequences(model: Transformer, held_out: SequenceBatch, begin: int) -> list[list[int]]:
    """The beginnings of the first held-out sequences that the model can read."""
    most = min(SYMBOLS, model.context_length or SYMBOLS)
    absent = set(model.absent)
    begun = (held_out[i][:most].tolist() for i in range(min(len(held_out), SEQUENCES)))
    return [each for each in begun if len(each) > begin and not absent.intersection(each)]


def _loss(model: Transformer, sequences: list[list[int]], begin: int) -> NDArray[np.float64]:
    """Mean loss of the symbols from number `begin` on, in nats: (sequences,)."""
    total = np.zeros(len(sequences))
    rows = np.arange(len(sequences))
    contexts = model.read([sequence[:begin] for sequence in sequences])
    for depth in range(begin, max(map(len, sequences))):
        symbols = np.array([sequences[row][depth] for row in rows])
        chances = contexts.probabilities[np.arange(len(rows)), symbols].astype(np.float64)
        total[rows] -= np.log(np.maximum(chances, _SMALLEST))
        going = np.array([len(sequences[row]) > depth + 1 for row in rows])
        rows = rows[going]
        if not len(rows):
            break
        contexts = contexts.extend(np.flatnonzero(going), symbols[going])
    losses: NDArray[np.float64] = total / np.array([len(each) - begin for each in sequences])
    return losses
