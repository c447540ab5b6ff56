"""Prepare a model of Inspect's: hide keys, accept servers that deviate, retry where that helps."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

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
    """Do not retry when an account is used up; do where an upstream's error is temporary."""
    before: Callable[[Exception], object] = api.should_retry
    if hasattr(before, "_nerode_sensible"):
        return

    @wraps(before)
    def sensible(error: Exception) -> object:
        if failure_of(error).cause == QUOTA:
            return False
        root = root_of(error)
        return root.passing if isinstance(root, ReplyError) else before(error)

    vars(sensible).update(_nerode_sensible=True)
    vars(api).update(should_retry=sensible)
