"""Hidden states that are made up, so that it is known how openly a state lies in them.

The world is a walk on a ring of places: one step to either side, or none. A model of it shows
the place in one of several codes, with Gaussian noise of a given scale.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nerode.metrics.setting import Setting
from nerode.sequences.batch import SequenceBatch

PLACES = 12
SYMBOLS = 20
CODES = ("one-hot", "random code", "unscaled", "entangled")
_STEPS = np.array([-1, 0, 1])


@dataclass(frozen=True)
class Ring:
    """As much of a world as a probe asks for."""

    name: str = "ring"
    prompt_length: int = 0
    alphabet: tuple[str, ...] = ("back", "stay", "on")
    features: tuple[str, ...] = ("place",)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the places."""
        return tuple(f"place {number}" for number in range(PLACES))

    def labels(self, symbols: Sequence[int]) -> NDArray[np.int64]:
        """The place after the first symbol, after the second, and so on: (symbols - 1, 1)."""
        return self.places(symbols)[:-1, None]

    def places(self, symbols: Sequence[int]) -> NDArray[np.int64]:
        """The place after each symbol: (symbols,)."""
        return np.cumsum(_STEPS[np.asarray(symbols, dtype=np.int64)]) % PLACES


@dataclass(frozen=True, eq=False)
class MadeUp:
    """A model that shows the place in a code.

    Codes: "one-hot"; "random code", Gaussian numbers for each place; "unscaled", one-hot with
    inputs a thousand times as large as others; "entangled", random ReLU units that read place,
    last symbol and number of symbols at once. All have mean square about 1 / `width` an input
    but for the unscaled one, whose noise is scaled alike. `noise` is the noise's root mean square
    beside that of the code; `seed` draws code and noise.
    """

    code: str = "random code"
    width: int = 32
    noise: float = 0.0
    seed: int = 0
    name: str = "made up"
    context_length: int | None = None
    hidden_layers: int = 1
    alphabet: tuple[str, ...] = Ring().alphabet

    @property
    def hidden_width(self) -> int:
        """Numbers in one hidden state."""
        return self.width

    def hidden_states(self, histories: Sequence[Sequence[int]]) -> Tensor:
        """The code of the place after each symbol, and noise that follows from the history."""
        found = [self._states(np.asarray(history, dtype=np.int64)) for history in histories]
        return torch.tensor(np.concatenate(found)[None], dtype=torch.float32)

    def _states(self, history: NDArray[np.int64]) -> NDArray[np.float64]:
        places = Ring().places(history.tolist())
        draw = np.random.default_rng([self.seed, zlib.crc32(history.tobytes())])
        noise = draw.normal(size=(len(history), self.width)) * self.noise / self.width**0.5
        code = np.random.default_rng([self.seed, self.width])
        if self.code in ("one-hot", "unscaled"):
            shown = np.eye(max(PLACES, self.width))[places][:, : self.width] + noise
            scale = np.logspace(-1.5, 1.5, self.width) if self.code == "unscaled" else np.ones(1)
        elif self.code == "random code":
            shown = code.normal(size=(PLACES, self.width))[places] / self.width**0.5 + noise
            scale = np.ones(1)
        else:
            time = np.eye(SYMBOLS)[: len(history)]
            known = np.concatenate((np.eye(PLACES)[places], np.eye(3)[history], time), axis=1)
            mixed = known @ code.normal(size=(known.shape[1], self.width))
            shown, scale = np.maximum(mixed, 0) / self.width**0.5 + noise, np.ones(1)
        scaled: NDArray[np.float64] = shown * scale
        return scaled


def walks(count: int, seed: int) -> SequenceBatch:
    """Random walks of `SYMBOLS` symbols."""
    drawn = np.random.default_rng(seed).integers(3, size=(count, SYMBOLS))
    return SequenceBatch.of(drawn.tolist())


def setting(train: SequenceBatch, held_out: SequenceBatch, seed: int) -> Setting:
    """A setting in which a probe is fitted on some walks and measured on others."""
    ring: Any = Ring()
    histories: Any = None  # a probe reads none
    return Setting(
        world=ring,
        histories=histories,
        sequences=held_out,
        trials=len(held_out),
        seed=seed,
        training=lambda many: train.part(0, min(many, len(train))),
    )
