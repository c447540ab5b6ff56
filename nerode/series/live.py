"""A network that is being trained, read where it lies: in eval mode and back.

What a measurement must leave as it was: the mode of every module (some may be frozen in eval mode),
the random states that dropout and data loaders draw from, and the attention function of a
transformers model, which reading with a shared KV cache switches.

A training in mixed precision computes in bfloat16 what its checkpoint computes in float32. The
weights are measured as a checkpoint of them would be: outside `torch.autocast`, and by the forward
pass that accelerate has wrapped in it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

from nerode.errors import InvalidParameter
from nerode.models.hf.borders import HubTokenizer, Network
from nerode.models.hf.checkpoint import HubModel, read_network
from nerode.models.hf.module import ModuleModel, module_model
from nerode.models.hf.network import check_finite
from nerode.worlds.world import AnyWorld

WHOLE = 2**20
"""Numbers of a weight up to which its fingerprint reads all of it."""
SAMPLED = 2**12
"""Numbers that it reads of a larger one."""


def unwrapped(network: nn.Module) -> nn.Module:
    """The network inside what data parallel training and torch.compile put around it.

    Raises InvalidParameter for a network whose weights are split over several processes: to read
    it, all of them would have to take part.
    """
    while True:
        kind = type(network).__name__
        if kind in ("FullyShardedDataParallel", "DeepSpeedEngine", "FSDPModule"):
            raise InvalidParameter(
                f"expected a network whose weights are whole in this process, got {kind}, which "
                "splits them; measure its checkpoints with `nerode watch`"
            )
        if kind in ("DistributedDataParallel", "DataParallel"):
            network = network.module  # type: ignore[assignment]  # torch types it as any attribute
        elif kind == "OptimizedModule":
            network = network._orig_mod  # type: ignore[assignment]  # noqa: SLF001
        else:
            return network


@contextmanager
def at_rest(network: nn.Module) -> Iterator[None]:
    """A network in eval mode and full precision.

    Modes, random states and attention are put back at the end.
    """
    training = {module: module.training for module in network.modules()}
    attention = _attention(network)
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(), _full_precision(network):
            network.eval()
            yield
    finally:
        for module, mode in training.items():
            module.training = mode
        if attention is not None and attention != _attention(network):
            assert isinstance(network, PreTrainedModel)  # noqa: S101
            network.set_attn_implementation(attention)
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002


@contextmanager
def _full_precision(network: nn.Module) -> Iterator[None]:
    """The network's own forward pass, without what mixed precision puts around it.

    Networks of other libraries are left under the autocast of their training: they may hold numbers
    of several kinds, which only go together there.
    """
    if not isinstance(network, PreTrainedModel):
        yield
        return
    # accelerate sets a wrapped `forward` on the instance, and keeps the one that it has wrapped.
    wrapped = None
    if "_original_forward" in network.__dict__:
        wrapped = network.__dict__.pop("forward", None)
    try:
        with torch.autocast(network.device.type, enabled=False):
            yield
    finally:
        if wrapped is not None:
            network.__dict__["forward"] = wrapped


def _attention(network: nn.Module) -> str | None:
    if not isinstance(network, PreTrainedModel):
        return None
    found = network.config._attn_implementation  # noqa: SLF001  there is no public name
    return None if found is None else str(found)


@dataclass
class LiveNetwork:
    """A network in training with the way in which it is read, found out once.

    Attributes
    ----------
    network
        Unwrapped.
    model
        Reads the network's own weights, whatever they have become.
    """

    network: nn.Module
    model: HubModel | ModuleModel
    _attention: str | None = None

    @classmethod
    def open(
        cls,
        network: nn.Module,
        world: AnyWorld,
        *,
        tokenizer: HubTokenizer | None = None,
        tokens: Mapping[str, int] | Sequence[int] | None = None,
        first: int | None = None,
        context_length: int | None = None,
        trained_on: Mapping[str, Any] | None = None,
    ) -> LiveNetwork:
        """Find out how a network is read: once for a training.

        Parameters
        ----------
        network
            A transformers model or any module that gives logits for token numbers.
        world
            The world whose symbols it reads.
        tokenizer
            Of a transformers model: says which token is which symbol and which comes first.
        tokens, first, context_length
            The same without a tokenizer, as `module_model` takes them.
        trained_on
            What it is trained on, as `nerode.json` says it, where that is known.

        Raises
        ------
        InvalidParameter, ModelMismatch
            Where it cannot be read.
        """
        network = unwrapped(network)
        with at_rest(network):
            if isinstance(network, PreTrainedModel) and tokenizer is not None:
                # The library's own type says less of its networks than the protocol asks for.
                model = read_network(
                    cast("Network", network),
                    tokenizer,
                    world,
                    "the network in training",
                    trained_on=trained_on,
                )
                _ = model.reader  # found out now, and kept
                return cls(network, model, _attention(network))
            plain = module_model(
                network, world, tokens=tokens, first=first, context_length=context_length
            )
            return cls(network, plain)

    @contextmanager
    def at_rest(self, name: str) -> Iterator[HubModel | ModuleModel]:
        """The model under a name, for as long as the network is in eval mode."""
        with at_rest(self.network):
            if self._attention is not None and self._attention != _attention(self.network):
                assert isinstance(self.network, PreTrainedModel)  # noqa: S101
                self.network.set_attn_implementation(self._attention)
            check_finite(self.network.named_parameters(), name)
            yield self._named(name)

    def _named(self, name: str) -> HubModel | ModuleModel:
        """The model under a name, with a fingerprint of the weights as they are now."""
        weights = fingerprint(self.network)
        if isinstance(self.model, ModuleModel):
            return replace(self.model, name=name, fingerprint=weights)
        return self.model.named(name, weights)


@torch.inference_mode()
def fingerprint(network: nn.Module) -> str:
    """A hash of a network's weights: of all numbers of small ones, of some of large ones."""
    total = hashlib.sha256()
    for name, weight in sorted(network.state_dict().items()):
        flat = weight.detach().flatten()
        if flat.numel() > WHOLE:
            flat = flat[:: flat.numel() // SAMPLED]
        total.update(f"{name} {tuple(weight.shape)} {weight.dtype}\n".encode())
        total.update(flat.cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return total.hexdigest()
