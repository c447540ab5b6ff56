"""Keys stay out of everything that is written: logs, records, reports, lines about errors.

A server may echo the key that it was sent, in an error or in an answer. What comes back from a
provider is therefore gone over before anything else sees it, Inspect's own log included.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from typing import Any, TypeVar, cast

from inspect_ai.log import transcript
from inspect_ai.model import Model, ModelAPI, ModelOutput

HIDDEN = "[key]"
SHORTEST_SECRET = 8
"""A shorter one ("none", "EMPTY") opens nothing, and may be a word of the answers."""

_SECRET = re.compile("KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_DEEPEST = 50

_Value = TypeVar("_Value")


class Secrets:
    """Words that must not be written, and how they are taken out."""

    def __init__(self, words: Iterable[str]) -> None:
        kept = {word.strip() for word in words if len(word.strip()) >= SHORTEST_SECRET}
        # Longest first: one may be a part of another.
        self._words = sorted(kept, key=len, reverse=True)

    @classmethod
    def of(cls, api: ModelAPI) -> Secrets:
        """The keys of a provider, and those that the environment holds."""
        held = [value for name, value in os.environ.items() if _SECRET.search(name)]
        own = [getattr(api, name, None) for name in ("api_key", "initial_api_key")]
        return cls([*held, *(word for word in own if isinstance(word, str))])

    def occur_in(self, text: str) -> bool:
        """Whether a text holds any of them."""
        return any(word in text for word in self._words)

    def hide(self, value: _Value) -> _Value:
        """The same text, list or dictionary without them."""
        return cast("_Value", self._hidden(value, 0))

    def _hidden(self, value: object, deep: int) -> object:
        if isinstance(value, str):
            for word in self._words:
                value = value.replace(word, HIDDEN)
            return value
        if deep > _DEEPEST:
            return HIDDEN
        if isinstance(value, dict):
            return {self._hidden(k, 0): self._hidden(v, deep + 1) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return type(value)([self._hidden(each, deep + 1) for each in value])
        return value

    def scrub(self, error: BaseException) -> None:
        """Take them out of an exception and of those that led to it."""
        left: list[BaseException | None] = [error]
        seen: set[int] = set()
        while left:
            each = left.pop()
            if each is None or id(each) in seen:
                continue
            seen.add(id(each))
            left += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
            each.args = self.hide(each.args)
            for name, value in vars(each).items():
                if isinstance(value, str | dict | list):
                    setattr(each, name, self.hide(value))


Generate = Callable[..., Awaitable[Any]]


def hide_secrets(model: Model) -> Secrets:
    """Wrap a model's provider so that keys are removed from all that it returns; idempotent."""
    api = model.api
    held: Secrets | None = getattr(api, "_nerode_secrets", None)
    if held is None:
        held = Secrets.of(api)
        vars(api).update(_nerode_secrets=held, generate=_hiding(api.generate, held))
    return held


def _hiding(generate: Generate, secrets: Secrets) -> Generate:
    @wraps(generate)
    async def quiet(*args: Any, **named: Any) -> Any:
        try:
            result = await generate(*args, **named)
        except Exception as error:
            secrets.scrub(error)
            raise
        finally:
            _hide_ids(secrets)
        if isinstance(result, tuple):
            return tuple(_without(part, secrets) for part in result)
        return _without(result, secrets)

    return quiet


def _hide_ids(secrets: Secrets) -> None:
    """Names that a server gave to requests; Inspect has noted them in its event already."""
    for event in transcript().events:
        for name in getattr(event, "request_ids", None) or ():
            name.id = secrets.hide(name.id)


def _without(part: Any, secrets: Secrets) -> Any:
    """A provider's output, error or the call as it was sent, without keys."""
    if isinstance(part, Exception):
        secrets.scrub(part)
        return part
    dump = part.model_dump_json(exclude_none=True, fallback=str)
    if not secrets.occur_in(dump):
        return part
    if isinstance(part, ModelOutput):
        return ModelOutput.model_validate(secrets.hide(part.model_dump()))
    # The call stands in Inspect's event already: it is mended where it is.
    for name in ("request", "response"):
        setattr(part, name, secrets.hide(getattr(part, name, None)))
    return part
