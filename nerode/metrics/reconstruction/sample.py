"""Sample sequences from a model, as the published reconstruction does.

At temperature 1 from the whole distribution over the world's symbols, and on after illegal steps:
what cannot be walked is what a reconstruction is made of.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.memory import spans_within
from nerode.models.model import Model, Probabilities, Rows

Uniforms = Sequence[NDArray[np.float64]]


def write(
    model: Model, prompts: Sequence[tuple[int, ...]], uniforms: Uniforms, end: int | None
) -> list[tuple[int, ...]]:
    """What the model writes after each prompt, the prompt included.

    Symbol t after a prompt is drawn with `uniforms[i][t]`; a sequence stops at `end`, when its
    numbers are used up, when the model can read no more, and where no symbol has any probability.
    """
    written = [list(prompt) for prompt in prompts]
    lengths = [
        len(prompt) + len(numbers) for prompt, numbers in zip(prompts, uniforms, strict=True)
    ]
    if model.context_length is not None:  # the last symbol need not be read
        lengths = [min(length, model.context_length + 1) for length in lengths]
    for begin, stop in spans_within(model, lengths):
        _write(model, written[begin:stop], uniforms[begin:stop], lengths[begin:stop], end)
    return [tuple(sequence) for sequence in written]


def _write(
    model: Model,
    written: Sequence[list[int]],
    uniforms: Uniforms,
    lengths: Sequence[int],
    end: int | None,
) -> None:
    """Go on with these sequences in place, until each stops."""
    active = [number for number, most in enumerate(lengths) if len(written[number]) < most]
    if not active:
        return
    begun = [len(sequence) for sequence in written]
    contexts = model.read([written[number] for number in active])
    while True:
        numbers = np.array([uniforms[n][len(written[n]) - begun[n]] for n in active])
        symbols = sample_symbols(contexts.probabilities, numbers)
        going = []
        for row, number in enumerate(active):
            symbol = int(symbols[row])
            if symbol < 0:
                continue
            written[number].append(symbol)
            if symbol != end and len(written[number]) < lengths[number]:
                going.append(row)
        if not going:
            return
        active = [active[row] for row in going]
        contexts = contexts.extend(np.array(going, dtype=np.int64), symbols[going])


def sample_symbols(probabilities: Probabilities, uniforms: NDArray[np.float64]) -> Rows:
    """A symbol of each row by inverse distribution function, -1 where none is possible.

    `probabilities` (rows, symbols) need not add up to 1; `uniforms` (rows,) lie in [0, 1).
    """
    above = np.cumsum(probabilities, axis=1, dtype=np.float64)
    aim = uniforms * above[:, -1]
    symbols: Rows = (above <= aim[:, None]).sum(axis=1).astype(np.int64)
    return np.where(above[:, -1] > 0, symbols, -1)
