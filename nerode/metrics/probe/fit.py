"""Linear probes: softmax regressions for every layer, task and refit, all fitted in one pass.

Several fits of one layer run side by side on the same positions: the fit itself, refits of the
same task under random weights of the training sequences, and the control task. Weights of mean 1
and variance 1 make refits differ as fits on fresh training sequences would (the Bayesian bootstrap:
Rubin, Annals of Statistics 9, 1981; for one pass of stochastic descent: Fang, Xu and Yang, JMLR 19,
2018).

On the way the probes are kept several times, for their description length (`Probes.bits`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log2

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
LEAST_SCALE = 1e-8
"""The same for each number of a state by itself, before directions are looked at."""
SMOOTH = 0.05
"""Weight of the newest loss in the mean over the last ones."""
DOUBLINGS = 5
"""The code's learner is kept after 1/32, 1/16, 1/8, 1/4 and 1/2 of the steps."""
UNIFORM = 2.0**-10
"""Share of the uniform distribution in every prediction that bits are counted of."""


@dataclass(frozen=True, eq=False)
class Example:
    """Some positions, all features of each.

    Attributes
    ----------
    states
        Hidden states: (layers, positions, width).
    labels
        Classes: (tasks, positions, features); task 0 is the true one, 1 the control.
    weights
        Weight of each position in each refit: (positions, refits).
    """

    states: Tensor
    labels: NDArray[np.int64]
    weights: NDArray[np.float32] | None = None

    @property
    def refits(self) -> int:
        """How many refits there are."""
        return 0 if self.weights is None else int(self.weights.shape[1])


@dataclass(frozen=True, eq=False)
class _Linear:
    """Scores of several fits, of states as they are."""

    weights: Tensor  # (width, fits * features * classes)
    bias: Tensor  # (fits * features * classes,)

    def __call__(self, states: Tensor) -> Tensor:
        return torch.addmm(self.bias, states, self.weights)


@dataclass(frozen=True, eq=False)
class Probes:
    """Linear maps from hidden states to a score for every class of every feature."""

    final: tuple[_Linear, ...]
    """For each layer: the fit, its refits, then the other tasks."""
    earlier: tuple[tuple[_Linear, ...], ...]
    """For each layer the fit and its refits as they were when the code's learner was kept."""
    shares: tuple[float, ...]
    """Share of the labels that the code has behind it when it gets each of `earlier`, and 1."""
    classes: int
    losses: tuple[float, ...]
    """Cross-entropy of the true task at the end of the fit, by layer."""

    @torch.inference_mode()
    def classes_of(self, example: Example) -> Iterator[NDArray[np.int64]]:
        """For each layer the most probable classes: (fits, positions, features)."""
        for states, linear in zip(example.states, self.final, strict=True):
            scores = linear(states)
            best = scores.view(len(scores), -1, example.labels.shape[2], self.classes).argmax(-1)
            yield best.permute(1, 0, 2).cpu().numpy()

    @torch.inference_mode()
    def bits(self, example: Example) -> Iterator[NDArray[np.float64]]:
        """For each layer the bits that the features of a position take: (1 + refits, positions).

        The length of an online code (Voita and Titov, EMNLP 2020): labels come in blocks, each as
        long as all before it, the first coded as if all classes were equally probable, every other
        one by a probe fitted on those before it. Expected bits of a block are those of any sequence
        that the probe has not seen, so that they are counted here of the positions given: the mean
        over blocks, weighted by their labels. A learner is the mean of the weights since the one
        before it was kept, for those of a single step scatter.
        """
        features = example.labels.shape[2]
        targets = torch.from_numpy(example.labels[0])[:, None, :, None]
        for states, learners in zip(example.states, self.earlier, strict=True):
            total: Tensor | float = self.shares[0] * features * log2(self.classes)
            spans = np.diff(self.shares)
            for span, linear in zip(spans.tolist(), learners, strict=True):
                scores = linear(states)
                shaped = scores.view(len(scores), -1, features, self.classes)
                at = targets.to(scores.device).expand(-1, shaped.shape[1], -1, -1)
                likely = shaped.softmax(dim=-1).gather(-1, at)[..., 0]
                mixed = (1 - UNIFORM) * likely.double() + UNIFORM / self.classes
                total = total - span * torch.log2(mixed).sum(dim=2)
            assert isinstance(total, Tensor)  # noqa: S101 - there is one learner or more
            yield total.T.cpu().numpy()


def most_bits(classes: int) -> float:
    """The most bits that one label can take."""
    return log2(classes) - log2(UNIFORM)


def fit(
    examples: Iterator[Example],
    classes: int,
    steps: int,
    progress: Callable[[int], object],
    *,
    scaled: bool,
) -> Probes:
    """Fit the probes of all layers, tasks and refits, a step of Adam for each example.

    Weights begin at 0, so that nothing is drawn. `progress` is called with the number of steps
    done. The first examples are used for centre and spread alone. `scaled`: every number of a state
    is brought to variance 1 first, so that its unit does not matter.
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        moments, example = _moments(examples, scaled=scaled)
        fitting = _Fitting(moments, example, classes, steps)
        for step in range(steps):
            fitting.step(example, step)
            progress(step + 1)
            if step + 1 < steps:
                example = next(examples)
        return fitting.probes()


@dataclass(frozen=True, eq=False)
class _White:
    """A linear map after which states have mean 0 and variance 1 in every direction.

    Numbers in hidden states are far from independent: on them as they are, descent needs ten
    times the steps.
    """

    centre: Tensor  # (width,)
    map: Tensor  # (width, width)

    def __call__(self, states: Tensor) -> Tensor:
        return (states - self.centre) @ self.map


def _moments(examples: Iterator[Example], *, scaled: bool) -> tuple[list[_White], Example]:
    """What evens out each layer, from the first examples; and the example after them."""
    example = next(examples)
    states = example.states
    layers, _, width = states.shape
    total = states.new_zeros((layers, 1, width), dtype=torch.float64)
    squares = states.new_zeros((layers, width, width), dtype=torch.float64)
    count = 0
    while True:
        exact = example.states.double()
        total += exact.sum(dim=1, keepdim=True)
        squares += torch.bmm(exact.transpose(1, 2), exact)
        count += example.states.shape[1]
        example = next(examples)
        if count >= POSITIONS_A_NUMBER * width:
            break
    centre = total / count
    covariance = squares / count - centre.transpose(1, 2) @ centre
    unit = torch.ones_like(total).transpose(1, 2)
    if scaled:
        own = covariance.diagonal(dim1=1, dim2=2).clamp(min=0)
        own = own + LEAST_SCALE * own.mean(dim=1, keepdim=True).clamp(min=1e-12)
        unit = own.rsqrt()[:, :, None]
        covariance = unit * covariance * unit.transpose(1, 2)
    spread, axes = torch.linalg.eigh(covariance)
    spread = spread.clamp(min=0)
    spread = spread + LEAST_SPREAD * spread.mean(dim=1, keepdim=True).clamp(min=1e-12)
    maps = (unit * axes / spread.sqrt()[:, None, :]).float()
    if scaled:
        # Adam's steps follow axes: in random ones it does not matter how a code lies in its own.
        maps = maps @ _rotation(width).to(maps)
    return [
        _White(middle[0].float(), each) for middle, each in zip(centre, maps, strict=True)
    ], example


def _rotation(width: int) -> Tensor:
    """Random directions at right angles, the same ones always: (width, width)."""
    drawn = np.random.default_rng(0).normal(size=(width, width))
    return torch.from_numpy(np.linalg.qr(drawn)[0])


class _Layer:
    """The fits of one layer under way: all in one matrix, for each reads the same positions."""

    def __init__(self, white: _White, outputs: int, kept: int) -> None:
        """`outputs` of all fits together, of which the first `kept` belong to the true task."""
        first = white.map
        self.white, self.kept = white, kept
        self.weights = first.new_zeros((len(first), outputs)).requires_grad_()
        self.bias = first.new_zeros(outputs).requires_grad_()
        self.sums = [first.new_zeros((len(first), kept)), first.new_zeros(kept)]
        self.summed = 0
        self.earlier: list[_Linear] = []

    def scores(self, states: Tensor) -> Tensor:
        return torch.addmm(self.bias, self.white(states), self.weights)

    @torch.no_grad()
    def add(self) -> None:
        """Take note of the weights after one more step."""
        for total, part in zip(self.sums, (self.weights, self.bias), strict=True):
            total.add_(part[..., : self.kept])
        self.summed += 1

    def keep(self) -> None:
        """Keep the mean of the weights since the last time."""
        weights, bias = (total / self.summed for total in self.sums)
        self.earlier.append(self.plain(weights, bias))
        self.summed = 0
        for total in self.sums:
            total.zero_()

    @torch.no_grad()
    def plain(self, weights: Tensor, bias: Tensor) -> _Linear:
        """The same scores of states as they are."""
        moved = self.white.map @ weights
        return _Linear(moved, bias - self.white.centre @ moved)


class _Fitting:
    """Probes under way."""

    def __init__(
        self, whites: Sequence[_White], example: Example, classes: int, steps: int
    ) -> None:
        tasks, _, features = example.labels.shape
        self.tasks = [0] * (1 + example.refits) + list(range(1, tasks))
        self.classes, self.steps, self.features = classes, steps, features
        scores = features * classes
        kept = (1 + example.refits) * scores
        self.layers = [_Layer(white, len(self.tasks) * scores, kept) for white in whites]
        parameters = [part for each in self.layers for part in (each.weights, each.bias)]
        self.adam = torch.optim.Adam(parameters, lr=RATE)
        self.losses = example.states.new_zeros(len(example.states))
        ends = [max(1, steps >> halved) for halved in range(DOUBLINGS, 0, -1)]
        self.ends = sorted(set(ends))

    def step(self, example: Example, step: int) -> None:
        """One step of all probes."""
        for group in self.adam.param_groups:
            group["lr"] = RATE * (1 - step / self.steps)
        device = example.states.device
        labels = torch.from_numpy(example.labels[self.tasks]).to(device).permute(1, 0, 2)
        positions = len(labels)
        weights = torch.ones((positions, len(self.tasks)), device=device)
        if example.weights is not None:
            weights[:, 1 : 1 + example.refits] = torch.from_numpy(example.weights).to(device)
        for number, (layer, seen) in enumerate(zip(self.layers, example.states, strict=True)):
            # Layer by layer: the scores of all at once may be large.
            flat = layer.scores(seen).view(-1, self.classes)
            each = functional.cross_entropy(flat, labels.reshape(-1), reduction="none")
            by_fit = each.view(positions, -1, self.features).mean(dim=2) * weights
            loss = by_fit.sum() / positions
            loss.backward()  # type: ignore[no-untyped-call]
            self.losses[number].lerp_(by_fit[:, 0].detach().mean(), SMOOTH)
        self.adam.step()
        self.adam.zero_grad()
        if step < self.ends[-1]:
            for layer in self.layers:
                layer.add()
                if step + 1 in self.ends:
                    layer.keep()

    def probes(self) -> Probes:
        """The probes, of states as they are."""
        shares = tuple(end / self.steps for end in self.ends)
        return Probes(
            tuple(each.plain(each.weights, each.bias) for each in self.layers),
            tuple(tuple(each.earlier) for each in self.layers),
            (*shares, 1.0),
            self.classes,
            tuple(float(loss) for loss in self.losses),
        )
