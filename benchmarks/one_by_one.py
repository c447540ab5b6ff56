"""The naive versions of compression and distinction: every probability from one whole reading.

The library's module, one history at a time, nothing cached, nothing shared; continuations are
drawn and scored one by one, at one threshold. Obviously right, and what a script would do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.counting import Wrapped
from nerode.metrics.setting import Setting
from nerode.metrics.walk.pairs import Pair
from nerode.metrics.walk.trials import continuations
from nerode.models.hf.transformer import Transformer
from nerode.worlds.boundaries import boundary
from tests.metrics import dumb


@dataclass(frozen=True)
class PlainContexts:
    """One history, read whole."""

    probabilities: NDArray[np.float32]

    def extend(self, rows: NDArray[np.int64], symbols: NDArray[np.int64]) -> PlainContexts:
        """Never: a longer history is read again."""
        raise NotImplementedError


class Plain(Wrapped[Transformer]):
    """A transformer asked as its library's examples do: `network(ids).logits[0, -1]`."""

    @torch.inference_mode()
    def read(self, histories: Sequence[Sequence[int]]) -> PlainContexts:
        """The distribution after one history."""
        (history,) = histories
        tokens = self.inner.tokens
        first = tokens.new_tensor([self.inner.first])
        ids = torch.cat((first, tokens[torch.tensor(history, dtype=torch.long)]))
        logits = self.inner.network(ids[None]).logits[0, -1].float()
        return PlainContexts(torch.softmax(logits, -1)[tokens].cpu().numpy()[None])


def _texts(setting: Setting, model: Plain, pair: Pair) -> list[list[tuple[int, ...]]]:
    assert pair.uniforms is not None
    room = min(setting.length, (model.context_length or 10**9) - max(map(len, pair.histories)))
    epsilon, end = setting.acceptance.epsilon, setting.world.end
    return [
        [dumb.draw(model, history, epsilon, end, room, numbers) for numbers in uniforms]
        for history, uniforms in zip(pair.histories, pair.uniforms, strict=True)
    ]


def _compression(setting: Setting, model: Plain, trial: int) -> Any:
    rng = setting.generator("compression", trial)
    pair = continuations(setting, setting.histories.same_state(rng).histories, rng)
    texts = _texts(setting, model, pair)
    return dumb.compression_of(model, pair.histories, texts, setting.acceptance.epsilon)[0]


def _distinction(setting: Setting, model: Plain, trial: int) -> Any:
    rng = setting.generator("distinction", trial)
    drawn = setting.histories.different_states(rng)
    world, epsilon = setting.world, setting.acceptance.epsilon
    first, second = drawn.states
    wanted = [
        boundary(world, *states, setting.depth).strings_or_sample(10**6, rng)
        for states in ((first, second), (second, first))
    ]
    recalls = []
    for side, strings in enumerate(wanted):
        here, there = drawn.histories[side], drawn.histories[1 - side]
        hits = [
            dumb.accepts(model, here, text, epsilon)
            and not dumb.accepts(model, there, text, epsilon)
            for text in strings
        ]
        if hits:
            recalls.append(float(np.mean(hits)))
    pair = continuations(setting, drawn.histories, rng)
    texts = _texts(setting, model, pair)
    found = dumb.boundary_strings(model, pair.histories, texts, epsilon)
    precisions = []
    for side in range(2):
        ours = [text for direction, text in found if direction == side]
        states = drawn.states[side], drawn.states[1 - side]
        right = [
            world.accepts(text, states[0]) and not world.accepts(text, states[1]) for text in ours
        ]
        if right:
            precisions.append(float(np.mean(right)))
    return [float(np.mean(values)) if values else None for values in (precisions, recalls)]


@contextmanager
def best_threads(model: Transformer) -> Iterator[None]:
    """One thread or all, whichever reads single histories faster."""
    before = torch.get_num_threads()
    history = list(range(min(60, len(model.alphabet))))
    seconds = {}
    for threads in (1, before):
        torch.set_num_threads(threads)
        rounds = []
        for _ in range(9):
            begin = time.perf_counter()
            Plain(model).read([history])
            rounds.append(time.perf_counter() - begin)
        seconds[threads] = sorted(rounds)[len(rounds) // 2]
    torch.set_num_threads(min(seconds, key=lambda threads: seconds[threads]))
    try:
        yield
    finally:
        torch.set_num_threads(before)


NAIVE = {"compression": _compression, "distinction": _distinction}


def answered(
    ask: Callable[[Plain, int], Any], model: Transformer, trials: Sequence[int]
) -> tuple[list[Any], float]:
    """The naive version's answers on some trials, and how many it gives a second at its best."""
    with best_threads(model):
        begin = time.perf_counter()
        answers = [ask(Plain(model), trial) for trial in trials]
        return answers, len(trials) / (time.perf_counter() - begin)


def pairs_per_second(
    metric: str, setting: Setting, model: Transformer, records: Sequence[Any]
) -> tuple[float, str]:
    """Pairs a second of the naive version on the trials of these records.

    Also how many of its answers are the records'.
    """
    trials = [record.trial for record in records]
    came, rate = answered(partial(NAIVE[metric], setting), model, trials)
    same = sum(
        _alike(answer, _answer(metric, setting, record))
        for answer, record in zip(came, records, strict=True)
    )
    return rate, f"{same} of {len(records)}"


def _answer(metric: str, setting: Setting, record: Any) -> Any:
    main = setting.acceptance.main
    if metric == "compression":
        return record.agree[main]
    return [record.precision[main], record.recall[main]]


def _alike(came: Any, expected: Any) -> bool:
    if not isinstance(expected, list):
        return bool(came == expected)
    return all(
        a == b if a is None or b is None else abs(a - b) < 1e-9
        for a, b in zip(came, expected, strict=True)
    )
