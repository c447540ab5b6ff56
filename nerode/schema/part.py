"""What all parts of files have in common: their base, numbers within limits, open objects."""

from __future__ import annotations

from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=0)]
"""A whole number from 0 on."""
Positive = Annotated[int, Meta(ge=1)]
"""A whole number from 1 on."""
NotNegative = Annotated[float, Meta(ge=0)]
"""A number from 0 on."""
Probability = Annotated[float, Meta(ge=0)]
"""A probability. Sums of probabilities are rounded and may exceed 1 by the last digit."""
Threshold = Annotated[float, Meta(gt=0, description="a threshold above 0")]
"""A threshold ε."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """An object with the fields of its class, in their order."""


class OpenPart(dict[str, Any]):
    """An object whose keys are data (names of scores, say), with the type of each value.

    Types of msgspec have either fixed keys or values of one type; here the type depends on the key.
    """

    required: tuple[str, ...] = ()
    """Keys that must be there."""

    @classmethod
    def type_of(cls, name: str, node: object) -> Any:
        """The type of the value `node` under a key."""
        raise NotImplementedError

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema of this type; estimates are at `#/$defs/Estimate`."""
        raise NotImplementedError

    @classmethod
    def decoded(cls, node: object, decode: Any) -> Self:
        """The object with each value decoded by `decode(value, type)`. Raises ValueError."""
        if not isinstance(node, dict):
            message = f"expected an object, got {type(node).__name__}"
            raise ValueError(message)  # noqa: TRY004 - msgspec adds the place to a ValueError
        for name in cls.required:
            if name not in node:
                message = f"expected {name} in it, got none"
                raise ValueError(message)
        return cls({key: decode(each, cls.type_of(key, each)) for key, each in node.items()})
