"""Linear probes: one softmax regression for each layer and task, all fitted in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

RATE = 0.05
"""Step size of Adam at the start; it falls to 0 in a straight line."""
POSITIONS_A_NUMBER = 16
"""Positions, for each number of a hidden state, from which centre and spread are taken."""
LEAST_SPREAD = 1e-4
"""What is added to the variance in every direction, as a share of the mean one."""
SMOOTH = 0.05
"""Weight of the newest loss in the mean over the last ones."""

Example = tuple[Tensor, NDArray[np.int64]]
"""Hidden states, (layers, positions, width), and classes, (tasks, positions, features)."""


@dataclass(frozen=True, eq=False)
class Probes:
    """Linear maps from hidden states to a score for every class of every feature."""

    weights: tuple[tuple[Tensor, ...], ...]  # (width, features * classes) by task and layer
    bias: tuple[tuple[Tensor, ...], ...]  # (features * classes,)
    classes: int
    losses: tuple[float, ...]
    """Cross-entropy of the real task at the end of the fit, by layer."""

    @torch.inference_mode()
    def told(self, states: Tensor) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        """Task, layer and the most probable classes, (positions, features)."""
        for task, (weights, bias) in enumerate(zip(self.weights, self.bias, strict=True)):
            for layer, seen in enumerate(states):
                scores = torch.addmm(bias[layer], seen, weights[layer])
                best = scores.view(len(scores), -1, self.classes).argmax(dim=-1)
                yield task, layer, best.cpu().numpy()


def fit(
    examples: Iterator[Example], classes: int, steps: int, heard: Callable[[int], object]
) -> Probes:
    """Fit the probes of all layers and tasks, a step of Adam for each example.

    Weights begin at 0, so that nothing is drawn. `heard` is told how many steps are done. The
    first examples are used for centre and spread alone.
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        white = _whitening(examples)
        states, labels = next(examples)
        fitting = _Fitting(white, labels.shape[0], labels.shape[2] * classes, classes)
        for step in range(steps):
            fitting.step(states, labels, RATE * (1 - step / steps))
            heard(step + 1)
            if step + 1 < steps:
                states, labels = next(examples)
        return fitting.probes()


@dataclass(frozen=True, eq=False)
class _White:
    """A linear map after which states have mean 0 and variance 1 in every direction.

    Numbers in hidden states are far from independent: on them as they are, descent needs ten
    times the steps.
    """

    centre: Tensor  # (layers, 1, width)
    map: Tensor  # (layers, width, width)

    def __call__(self, states: Tensor) -> Tensor:
        return torch.bmm(states - self.centre, self.map)


def _whitening(examples: Iterator[Example]) -> _White:
    states, _ = next(examples)
    layers, _, width = states.shape
    total = states.new_zeros((layers, 1, width), dtype=torch.float64)
    squares = states.new_zeros((layers, width, width), dtype=torch.float64)
    count = 0
    while True:
        exact = states.double()
        total += exact.sum(dim=1, keepdim=True)
        squares += torch.bmm(exact.transpose(1, 2), exact)
        count += states.shape[1]
        if count >= POSITIONS_A_NUMBER * width:
            break
        states, _ = next(examples)
    centre = total / count
    spread, axes = torch.linalg.eigh(squares / count - centre.transpose(1, 2) @ centre)
    spread = spread.clamp(min=0)
    spread = spread + LEAST_SPREAD * spread.mean(dim=1, keepdim=True).clamp(min=1e-12)
    return _White(centre.float(), (axes / spread.sqrt()[:, None, :]).float())


class _Fitting:
    """Probes under way, which look at whitened states."""

    def __init__(self, white: _White, tasks: int, scores: int, classes: int) -> None:
        layers, _, width = white.centre.shape
        self.white, self.classes = white, classes
        self.weights = [
            [white.map.new_zeros((width, scores)).requires_grad_() for _ in range(layers)]
            for _ in range(tasks)
        ]
        self.bias = [
            [white.map.new_zeros(scores).requires_grad_() for _ in range(layers)]
            for _ in range(tasks)
        ]
        parameters = [part for each in (*self.weights, *self.bias) for part in each]
        self.adam = torch.optim.Adam(parameters, lr=RATE)
        self.losses = white.map.new_zeros(layers)

    def step(self, states: Tensor, labels: NDArray[np.int64], rate: float) -> None:
        """One step of all probes, of this size."""
        for group in self.adam.param_groups:
            group["lr"] = rate
        targets = torch.from_numpy(labels).to(states.device)
        for layer, seen in enumerate(self.white(states)):
            # Layer by layer: the scores of all at once may be large.
            for task, target in enumerate(targets):
                scores = torch.addmm(self.bias[task][layer], seen, self.weights[task][layer])
                loss = functional.cross_entropy(scores.view(-1, self.classes), target.reshape(-1))
                loss.backward()  # type: ignore[no-untyped-call]
                if task == 0:
                    self.losses[layer].lerp_(loss.detach(), SMOOTH)
        self.adam.step()
        self.adam.zero_grad()

    @torch.no_grad()
    def probes(self) -> Probes:
        """The probes, of states as they are."""
        weights, bias = [], []
        for of_task, bias_of_task in zip(self.weights, self.bias, strict=True):
            plain = [move @ part for move, part in zip(self.white.map, of_task, strict=True)]
            each = zip(self.white.centre, plain, bias_of_task, strict=True)
            bias.append(tuple(part - (centre @ there)[0] for centre, there, part in each))
            weights.append(tuple(plain))
        losses = tuple(float(loss) for loss in self.losses)
        return Probes(tuple(weights), tuple(bias), self.classes, losses)
