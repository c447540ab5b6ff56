"""Settings of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from nerode.errors import InvalidParameter, UnknownName
from nerode.models.hf.shape import ARCHITECTURES, Shape
from nerode.sequences.split import check_seed
from nerode.suggestions import did_you_mean
from nerode.training.objectives.registry import DEFAULT_OBJECTIVE, ObjectiveSpec
from nerode.training.schedule import CLOCKS

DEFAULT_MINUTES = 30.0
"""Length of a training that is told neither minutes nor epochs."""


class SettingsFields(TypedDict, total=False):
    """The fields of `Settings`, as keyword arguments."""

    architecture: str
    objective: str
    layers: int
    width: int
    heads: int
    minutes: float | None
    epochs: float | None
    batch_size: int
    learning_rate: float
    seed: int
    clock: str
    start_from: str | None


@dataclass(frozen=True)
class Settings:
    """Kind and size of the network, length of the training, and its optimisation.

    `architecture` is one of `ARCHITECTURES`; recurrent networks have no `heads`. `objective` is one
    of `OBJECTIVES`, with its parameters (`next-latent:steps=4`). Give `minutes` or
    `epochs`, not both: minutes of training on this machine, or passes over the training sequences;
    without either it is 30 minutes. `batch_size` is in sequences. `learning_rate` is the highest:
    it is reached after a short warm-up and falls to zero along half a cosine, over the given
    minutes or epochs. `clock` says what minutes are: `wall`, or `cpu` for processor time of the
    process. `start_from` is a folder of a model, or the name of a bundled one, whose weights the
    network begins with; None for random ones.

    Raises InvalidParameter for a value outside what it can be, UnknownName for another
    architecture, objective or clock.
    """

    architecture: str = ARCHITECTURES[0]
    objective: str = DEFAULT_OBJECTIVE
    layers: int = 4
    width: int = 128
    heads: int = 4
    minutes: float | None = None
    epochs: float | None = None
    batch_size: int = 256
    learning_rate: float = 1e-3
    seed: int = 0
    clock: str = "wall"
    start_from: str | None = None

    def __post_init__(self) -> None:
        if self.minutes is not None and self.epochs is not None:
            raise InvalidParameter(
                f"expected minutes or epochs, got {self.minutes} minutes and {self.epochs} epochs"
            )
        if self.minutes is None and self.epochs is None:
            object.__setattr__(self, "minutes", DEFAULT_MINUTES)
        for name in ("minutes", "epochs", "learning_rate"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise InvalidParameter(f"expected {name} above 0, got {value}")
        if self.batch_size < 1:
            raise InvalidParameter(f"expected a batch size of at least 1, got {self.batch_size}")
        if self.architecture not in ARCHITECTURES:
            raise UnknownName(
                f"expected an architecture out of {', '.join(ARCHITECTURES)}, "
                f"got {self.architecture!r}{did_you_mean(self.architecture, ARCHITECTURES)}"
            )
        if self.clock not in CLOCKS:
            raise UnknownName(f"expected a clock out of {', '.join(CLOCKS)}, got {self.clock!r}")
        object.__setattr__(self, "objective", str(ObjectiveSpec.parse(self.objective)))
        check_seed(self.seed)
        _ = self.shape  # validates itself

    @property
    def shape(self) -> Shape:
        """Size of the network."""
        return Shape(self.layers, self.width, self.heads)

    @property
    def has_attention(self) -> bool:
        """Whether the network reads by attention."""
        return self.architecture in ("gpt2", "llama")
