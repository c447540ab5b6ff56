"""A model of Inspect's, made ready to be asked: what all ways of asking it have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from inspect_ai.model import Model, ModelAPI

from nerode.chat.completions import lenient
from nerode.chat.failures import QUOTA, ReplyError, failure_of, root_of
from nerode.chat.secrets import Secrets, hide_secrets


def prepare_provider(model: Model) -> Secrets:
    """See to it that keys stay hidden, servers are understood, and nothing is retried in vain.

    A model may be given twice. What is returned hides the keys in other texts.
    """
    lenient(model.api)
    secrets = hide_secrets(model)
    _retry_with_sense(model.api)
    return secrets


def _retry_with_sense(api: ModelAPI) -> None:
    """An account that is used up is not asked again; an upstream's passing error is."""
    before: Callable[[Exception], Any] = api.should_retry
    if hasattr(before, "_nerode_sensible"):
        return

    @wraps(before)
    def sensible(error: Exception) -> Any:
        if failure_of(error).cause == QUOTA:
            return False
        root = root_of(error)
        return root.passing if isinstance(root, ReplyError) else before(error)

    vars(sensible).update(_nerode_sensible=True)
    vars(api).update(should_retry=sensible)
