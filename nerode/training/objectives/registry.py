"""The objectives by name: `next-token`, `next-latent:steps=4`, `legal-set:policy+state`, ..."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nerode.errors import InvalidParameter, UnknownName
from nerode.models.baselines.habits import habit_of
from nerode.suggestions import did_you_mean
from nerode.training.objectives.fit import check_features
from nerode.worlds.world import AnyWorld

if TYPE_CHECKING:
    from nerode.training.objectives.objective import Objective, ObjectiveContext

Value = int | float


@dataclass(frozen=True)
class ObjectiveEntry:
    """An objective that can be named.

    Attributes
    ----------
    about
        What a network is asked for by it, in one line.
    load
        Gives what makes it: called with an `ObjectiveContext` and its parameters. Loads torch.
    parameters
        Its parameters with their defaults.
    adds
        Whether it is an `Addition`, which may stand behind a plus sign.
    check
        Called with a world, a policy and the seed of the sequences: raises where it does not fit
        them. Loads no torch.
    """

    about: str
    load: Callable[[], Callable[..., Objective]]
    parameters: Mapping[str, Value]
    adds: bool = False
    check: Callable[[AnyWorld, str, int], object] = lambda _world, _policy, _seed: None


def _next_token() -> Callable[..., Objective]:
    from nerode.training.objectives.next_token import NextToken  # noqa: PLC0415  loads torch

    return NextToken


def _policy() -> Callable[..., Objective]:
    from nerode.training.objectives.legal_set import policy_targets  # noqa: PLC0415

    return policy_targets


def _legal() -> Callable[..., Objective]:
    from nerode.training.objectives.legal_set import legal_targets  # noqa: PLC0415

    return legal_targets


def _next_latent() -> Callable[..., Objective]:
    from nerode.training.objectives.next_latent import NextLatent  # noqa: PLC0415

    return NextLatent


def _multi_token() -> Callable[..., Objective]:
    from nerode.training.objectives.multi_token import MultiToken  # noqa: PLC0415

    return MultiToken


def _state() -> Callable[..., Objective]:
    from nerode.training.objectives.state import TrueState  # noqa: PLC0415

    return TrueState


def _consistency() -> Callable[..., Objective]:
    from nerode.training.objectives.consistency import Consistency  # noqa: PLC0415

    return Consistency


DEFAULT_OBJECTIVE = "next-token"
OBJECTIVES: Mapping[str, ObjectiveEntry] = {
    DEFAULT_OBJECTIVE: ObjectiveEntry("the next symbol", _next_token, {}),
    "legal-set:policy": ObjectiveEntry(
        "a teacher: the policy's exact distribution of the next symbol",
        _policy,
        {},
        check=habit_of,
    ),
    "legal-set:legal": ObjectiveEntry(
        "a teacher: each legal next symbol with equal chance", _legal, {}
    ),
    "next-latent": ObjectiveEntry(
        "the next symbol, and the next hidden state from this one and that symbol",
        _next_latent,
        {"steps": 1, "weight": 1.0, "agreement": 1.0},
        adds=True,
    ),
    "multi-token": ObjectiveEntry("the next several symbols", _multi_token, {"ahead": 4}),
    "state": ObjectiveEntry(
        "a teacher: the next symbol, and the true state's features",
        _state,
        {"weight": 1.0},
        adds=True,
        check=check_features,
    ),
    "consistency": ObjectiveEntry(
        "the next symbol, and the same predictions after two histories of one state",
        _consistency,
        {"pairs": 16, "length": 4, "weight": 1.0},
        adds=True,
    ),
}


@dataclass(frozen=True)
class ObjectiveSpec:
    """An objective by its name, with its parameters and what is added to it.

    >>> str(ObjectiveSpec.parse("next-latent:steps=4"))
    'next-latent:steps=4'
    >>> str(ObjectiveSpec.parse("legal-set:policy+state:weight=0.50"))
    'legal-set:policy+state:weight=0.5'
    """

    name: str
    given: tuple[tuple[str, Value], ...] = ()
    additions: tuple[ObjectiveSpec, ...] = ()

    @classmethod
    def parse(cls, text: str) -> ObjectiveSpec:
        """`NAME` or `NAME:PARAMETER=VALUE,...`, and others of that form behind plus signs.

        Raises UnknownName for a name that is not listed, InvalidParameter for parameters that it
        does not take and for what cannot be added.
        """
        first, *more = (_single(part) for part in re.split(r"\+(?=[a-z])", text))
        for other in more:
            if not OBJECTIVES[other[0]].adds:
                can = ", ".join(name for name, entry in OBJECTIVES.items() if entry.adds)
                raise InvalidParameter(
                    f"expected behind + what can be added to an objective ({can}), got "
                    f"{other[0]} in {text!r}"
                )
        names = [name for name, _ in (first, *more)]
        if len(set(names)) < len(names):
            raise InvalidParameter(f"expected every objective once, got {text!r}")
        return cls(*first, tuple(cls(*other) for other in more))

    def __str__(self) -> str:
        given = ",".join(f"{key}={value:g}" for key, value in self.given)
        alone = f"{self.name}:{given}" if given else self.name
        return "+".join([alone, *map(str, self.additions)])

    def check(self, world: AnyWorld, policy: str, seed: int) -> None:
        """Raise InvalidParameter or ModelMismatch where it does not fit a world and a policy."""
        OBJECTIVES[self.name].check(world, policy, seed)
        for other in self.additions:
            other.check(world, policy, seed)

    def open(self, context: ObjectiveContext) -> Objective:
        """The objective for a training.

        Raises InvalidParameter for values outside their range and for a world that it does not
        fit, ModelMismatch where a policy's next symbol is not known.
        """
        main = OBJECTIVES[self.name].load()(context, **dict(self.given))
        if not self.additions:
            return main
        from nerode.training.objectives.combined import Combined  # noqa: PLC0415  loads torch
        from nerode.training.objectives.objective import Addition  # noqa: PLC0415

        opened = [other.open(context) for other in self.additions]
        return Combined(main, [each for each in opened if isinstance(each, Addition)])


def _single(text: str) -> tuple[str, tuple[tuple[str, Value], ...]]:
    """Name and parameters of one objective."""
    name, given = text, ""
    if text not in OBJECTIVES:
        name, _, given = text.rpartition(":") if "=" in text else (text, "", "")
    if name not in OBJECTIVES:
        raise UnknownName(
            f"expected an objective out of {', '.join(OBJECTIVES)}, got "
            f"{text!r}{did_you_mean(name, OBJECTIVES)}"
        )
    defaults = OBJECTIVES[name].parameters
    found: dict[str, Value] = {}
    for part in given.split(",") if given else ():
        key, _, value = part.partition("=")
        if key not in defaults or key in found:
            listed = ", ".join(defaults) or "none"
            raise InvalidParameter(
                f"expected parameters of {name} ({listed}), once each, got {part!r} in {text!r}"
            )
        found[key] = _number(value, type(defaults[key]), text)
    return name, tuple(sorted(found.items()))


def _number(text: str, kind: type[Value], whole: str) -> Value:
    try:
        value = kind(text)
    except ValueError:
        words = "a whole number" if kind is int else "a number"
        raise InvalidParameter(f"expected {words}, got {text!r} in {whole!r}") from None
    if not abs(value) < float("inf"):
        raise InvalidParameter(f"expected a finite number, got {text!r} in {whole!r}")
    return value
