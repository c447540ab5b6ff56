"""The arms of a sweep: settings that are compared with each other.

On the command line, `--grid objective=next-token,next-latent --grid synthetic=0,0.5` gives an arm
for every combination, and `--arm "architecture=lstm layers=2"` one more. A setting with a single
value (`--grid width=64`) holds for all arms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, get_type_hints

from nerode.errors import InvalidParameter, UnknownName
from nerode.sequences.mixed import random_among
from nerode.suggestions import did_you_mean
from nerode.training.settings import Settings

_BY_VALUE = ("objective", "architecture", "policy")
"""Settings whose values say themselves what they are."""
_PARAMETER = re.compile(r"\w+=")
_PLAIN = re.compile(r"[^A-Za-z0-9.+-]+")


@dataclass(frozen=True)
class ArmSettings:
    """What an arm can set: how its sequences are drawn, and how its network is trained.

    Attributes
    ----------
    policy
        How sequences are drawn (`nerode sequences --policy`); None for the first that the world
        has.
    synthetic
        Share of random sequences among them.
    count
        Sequences in all, held-out ones included.
    architecture, objective, layers, width, heads, batch_size, learning_rate
        As `Settings` of a training has them.

    Raises InvalidParameter and UnknownName as `Settings` does.
    """

    policy: str | None = None
    synthetic: float = 0.0
    count: int = 200_000
    architecture: str = Settings.architecture
    objective: str = Settings.objective
    layers: int = Settings.layers
    width: int = Settings.width
    heads: int = Settings.heads
    batch_size: int = Settings.batch_size
    learning_rate: float = Settings.learning_rate

    def __post_init__(self) -> None:
        # Both check what they are given.
        object.__setattr__(self, "objective", self.training(epochs=1.0).objective)
        random_among(self.count, self.synthetic)
        if self.count < 1:
            raise InvalidParameter(f"expected a count of sequences from 1 on, got {self.count}")

    def training(
        self,
        *,
        minutes: float | None = None,
        epochs: float | None = None,
        seed: int = 0,
        clock: str = "wall",
    ) -> Settings:
        """The settings of one training of the arm."""
        return Settings(
            architecture=self.architecture,
            objective=self.objective,
            layers=self.layers,
            width=self.width,
            heads=self.heads,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            minutes=minutes,
            epochs=epochs,
            seed=seed,
            clock=clock,
        )


@dataclass(frozen=True)
class Arm:
    """Settings that are compared with others, and what they are called."""

    name: str
    settings: ArmSettings


def folder_name(name: str) -> str:
    """An arm's name as that of a folder.

    >>> folder_name("next-latent:steps=2, synthetic 0.5")
    'next-latent-steps-2-synthetic-0.5'
    """
    return _PLAIN.sub("-", name).strip("-.") or "arm"


def arms_of(
    grid: Sequence[str], single: Sequence[str] = (), shared: Mapping[str, Any] | None = None
) -> list[Arm]:
    """The arms that a command line asks for: `--grid` and `--arm`, each as often as it was given.

    `shared` are settings of all arms that are not named here.

    Raises UnknownName for a setting that there is not, InvalidParameter for values that it cannot
    have, and for two arms of one name.

    >>> [arm.name for arm in arms_of(["objective=next-token,state", "width=64"], ["layers=2"])]
    ['next-token', 'state', 'layers 2']
    """
    values = [_grid_values(text) for text in grid]
    names = [name for name, _ in values]
    for name in names:
        if names.count(name) > 1:
            raise InvalidParameter(f"expected each setting in one --grid, got {name} in several")
    common = dict(shared or {}) | {name: each[0] for name, each in values if len(each) == 1}
    varied = [[(name, value) for value in each] for name, each in values if len(each) > 1]
    chosen = [dict(combination) for combination in product(*varied)] if varied else []
    own = [_arm_values(text) for text in single]
    # Without a grid of several values there is one arm with what all have in common.
    combinations = [*chosen, *own] if chosen or own else [{}]
    if own and not chosen:
        combinations = [{}, *own]
    arms = [_arm(common, each) for each in combinations]
    for arm in arms:
        alike = [each.name for each in arms if folder_name(each.name) == folder_name(arm.name)]
        if len(alike) > 1:
            raise InvalidParameter(f"expected arms that differ, got {' and '.join(alike[:2])}")
    return arms


def _arm(common: Mapping[str, Any], own: Mapping[str, Any]) -> Arm:
    settings = ArmSettings(**{**common, **own})
    parts = [
        str(getattr(settings, name)) if name in _BY_VALUE else f"{_option(name)} {_text(value)}"
        for name, value in own.items()
    ]
    return Arm(", ".join(parts) or settings.objective, settings)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _grid_values(text: str) -> tuple[str, list[Any]]:
    """A setting and its values in `NAME=VALUE,VALUE`."""
    name, equals, values = text.partition("=")
    if not equals or not values:
        raise InvalidParameter(f"expected --grid NAME=VALUE,VALUE, got {text!r}")
    parts: list[str] = []
    for part in values.split(","):
        # `next-latent:steps=2,weight=0.5` is one value: its parameters have commas between.
        if parts and _PARAMETER.match(part):
            parts[-1] += f",{part}"
        else:
            parts.append(part.strip())
    field = _field(name, "--grid")
    found = [_value(field, part) for part in parts]
    if len(set(found)) != len(found):
        raise InvalidParameter(f"expected different values of {name}, got {text!r}")
    return field, found


def _arm_values(text: str) -> dict[str, Any]:
    """The settings of one arm in `NAME=VALUE NAME=VALUE`."""
    found: dict[str, Any] = {}
    for part in text.split():
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise InvalidParameter(f"expected --arm 'NAME=VALUE NAME=VALUE', got {text!r}")
        field = _field(name, "--arm")
        if field in found:
            raise InvalidParameter(f"expected {name} once in an arm, got {text!r}")
        found[field] = _value(field, value)
    if not found:
        raise InvalidParameter(f"expected --arm 'NAME=VALUE NAME=VALUE', got {text!r}")
    return found


def _option(field: str) -> str:
    return field.replace("_", "-")


def _field(name: str, option: str) -> str:
    """The field of a setting by the name that the command line has for it."""
    known = [_option(each.name) for each in fields(ArmSettings)]
    if _option(name) not in known:
        raise UnknownName(
            f"expected a setting out of {', '.join(known)} in {option}, got {name!r}"
            f"{did_you_mean(name, known)}"
        )
    return name.replace("-", "_")


def _value(field: str, text: str) -> Any:
    kind = get_type_hints(ArmSettings)[field]
    if kind not in (int, float):
        return text
    try:
        return kind(text)
    except ValueError:
        words = "a whole number" if kind is int else "a number"
        raise InvalidParameter(f"expected {words} for {_option(field)}, got {text!r}") from None
