"""Several processes of one training, one a device: which of them this is, what the first one says.

`torchrun` and `accelerate launch` start the same command several times. Whatever depends on a clock
or writes a file is decided and done by the first rank, and the others do as it says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import nn

from nerode import errors

LONGEST_WAIT = timedelta(hours=24)
"""How long ranks wait for the one that measures or writes."""

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Ranks:
    """All processes of a training, of which this is number `rank`, from 0."""

    rank: int = 0
    of: int = 1
    local: int = 0
    """Its number among those of its machine: which GPU it has."""
    group: Any = None
    """For messages between processors, whatever the devices."""

    @classmethod
    def launched(cls) -> Ranks:
        """The processes that a launcher has started, or this one alone; connects them."""
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls()
        from accelerate import PartialState  # noqa: PLC0415 - only under a launcher

        state: Any = PartialState(cpu=not torch.cuda.is_available())
        return cls.connected(state.local_process_index)

    @classmethod
    def connected(cls, local: int = 0) -> Ranks:
        """The processes that are connected already; all must call this at the same time."""
        if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
            return cls()
        group = dist.new_group(backend="gloo", timeout=LONGEST_WAIT)
        return cls(dist.get_rank(), dist.get_world_size(), local, group)

    @property
    def is_first(self) -> bool:
        """Whether this one decides and writes."""
        return self.rank == 0

    @property
    def device(self) -> str:
        """Where the network of this one is."""
        if not torch.cuda.is_available():
            return "cpu"
        return "cuda" if self.of == 1 else f"cuda:{self.local}"

    def agree(self, values: Sequence[float]) -> list[float]:
        """The numbers that the first rank gives, on all; all must call it."""
        if self.of == 1:
            return list(values)
        numbers = torch.tensor(values, dtype=torch.float64)
        dist.broadcast(numbers, src=0, group=self.group)
        return [float(number) for number in numbers]

    def first(self, work: Callable[[], _Found]) -> _Found:
        """What the first rank finds, on all; it must be what JSON can say.

        An error there is raised on all: those of nerode as they are, others as NotMeasured.
        """
        if self.of == 1:
            return work()
        if self.is_first:
            try:
                found = work()
            except BaseException as error:
                # Whatever it is, the others must not wait for ever.
                self._send({"error": type(error).__name__, "says": str(error)})
                raise
            self._send({"found": found})
            return found
        message = self._received()
        if "error" in message:
            kind = getattr(errors, message["error"], None)
            if isinstance(kind, type) and issubclass(kind, errors.NerodeError):
                raise kind(message["says"])
            what = f"{message['error']}: {message['says']}"
            raise errors.NotMeasured(f"expected an answer from the first rank, got {what}")
        result: _Found = message["found"]
        return result

    def wait(self) -> None:
        """Go on when all have come to this place."""
        if self.of > 1:
            dist.barrier(group=self.group)

    def share_gradients(self, module: nn.Module) -> None:
        """Give all ranks the mean of their gradients of a module that nothing else keeps equal."""
        if self.of == 1:
            return
        for parameter in module.parameters():
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)
                parameter.grad /= self.of

    def _send(self, message: dict[str, Any]) -> None:
        """Give a JSON message to all other ranks."""
        content = torch.frombuffer(bytearray(json.dumps(message).encode()), dtype=torch.uint8)
        dist.broadcast(torch.tensor([len(content)]), src=0, group=self.group)
        dist.broadcast(content, src=0, group=self.group)

    def _received(self) -> dict[str, Any]:
        """The message of the first rank; waits for it."""
        size = torch.zeros(1, dtype=torch.int64)
        dist.broadcast(size, src=0, group=self.group)
        content = torch.zeros(int(size), dtype=torch.uint8)
        dist.broadcast(content, src=0, group=self.group)
        return dict(json.loads(bytes(content.tolist())))
