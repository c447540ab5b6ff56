"""Generation settings of a chat model, as Inspect's GenerateConfig takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict
from urllib.parse import urlsplit

from nerode.errors import InvalidParameter

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


class GenerationTerms(TypedDict, total=False):
    """The settings that answers depend on, as they stand in run.json."""

    temperature: float | None
    max_tokens: int | None
    reasoning_effort: str


@dataclass(frozen=True)
class GenerationOptions:
    """Generation settings of a chat model, and limits of its requests.

    Attributes
    ----------
    temperature
        0 is greedy decoding; None leaves it to the provider, for models that take none.
    max_tokens
        Longest reply, in tokens; None leaves it to the provider.
    reasoning_effort
        How long models think that can be told so: one of EFFORTS; None leaves it to the provider.
        What they think counts as tokens of the reply.
    max_connections
        Questions under way at once; None lets Inspect find out how many a provider bears.
    timeout
        Seconds until one attempt is given up.
    retries
        How often a question is asked again after 429, 5xx, a time-out or a lost connection,
        with growing pauses, before it counts as failed. A provider's own client may repeat each
        attempt (that of OpenAI twice).
    base_url
        Where the provider is, if not where it usually is. Keys do not belong into it: they are
        read from the environment, and this is written into logs.
    """

    temperature: float | None = 0.0
    max_tokens: int | None = 2048
    reasoning_effort: str | None = None
    max_connections: int | None = None
    timeout: int = 300
    retries: int = 6
    base_url: str | None = None

    def __post_init__(self) -> None:
        least = {"max_tokens": 1, "max_connections": 1, "timeout": 1, "retries": 0}
        for name, minimum in least.items():
            value = getattr(self, name)
            if value is not None and value < minimum:
                raise InvalidParameter(f"expected {name} of at least {minimum}, got {value}")
        if self.temperature is not None and not 0 <= self.temperature <= 2:  # noqa: PLR2004
            message = f"expected a temperature from 0 to 2, got {self.temperature}"
            raise InvalidParameter(message)
        if self.reasoning_effort not in (None, *EFFORTS):
            message = f"expected a reasoning effort out of {', '.join(EFFORTS)}"
            raise InvalidParameter(f"{message}, got {self.reasoning_effort!r}")
        if self.base_url is not None:
            check_address(self.base_url)

    def terms(self) -> GenerationTerms:
        """The settings that answers depend on, for run.json; effort only where one is set."""
        terms = GenerationTerms(temperature=self.temperature, max_tokens=self.max_tokens)
        if self.reasoning_effort is not None:
            terms["reasoning_effort"] = self.reasoning_effort
        return terms

    def config(self) -> dict[str, Any]:
        """The same as fields of Inspect's GenerateConfig."""
        return {
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "reasoning_effort": self.reasoning_effort,
            "max_connections": self.max_connections,
            "attempt_timeout": self.timeout,
            "max_retries": self.retries,
        }


def check_address(address: str) -> None:
    """Raise InvalidParameter for an address that is none or tells secrets; it is not repeated."""
    try:
        parts = urlsplit(address)
        plain = parts.username is None and parts.password is None and not parts.query
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        plain = whole = False
    if not (plain and whole):
        raise InvalidParameter(
            "expected a provider's address like http://host:port/v1, without a user, a password "
            "or a query (keys are read from the environment), got another one"
        )
