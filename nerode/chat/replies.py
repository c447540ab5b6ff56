"""Classify a model's output: a whole reply, one that was cut off, or a failure of the provider.

Inspect turns some errors of providers into outputs whose text is the error's. They are no replies.
"""

from __future__ import annotations

from inspect_ai.model import ContentReasoning, ModelOutput

from nerode.chat.failures import CONTEXT, FILTERED, NO_REPLY, Failure, in_a_line

_CUT_OFF = ("max_tokens", "model_length")
"""Why a reply ended, as Inspect calls it, where it was to be longer."""


def failure_in(output: ModelOutput) -> Failure | None:
    """Why an output is no reply of the model's; None where it is one."""
    if output.empty:
        return Failure(NO_REPLY, in_a_line(output.error or "a reply without choices"))
    if output.stop_reason == "content_filter":
        return Failure(FILTERED, in_a_line(_why_blocked(output)))
    # Whoever replied has counted tokens; the text of an error has none.
    if output.stop_reason == "model_length" and (output.error or output.usage is None):
        return Failure(CONTEXT, in_a_line(output.error or output.completion))
    return None if output.error is None else Failure(NO_REPLY, in_a_line(output.error))


def _why_blocked(output: ModelOutput) -> str:
    details = output.choices[0].stop_details
    said = output.error or (details.explanation if details is not None else None)
    if said is None and output.usage is None:
        said = output.completion
    return said or "the reply ended with finish_reason 'content_filter'"


def was_cut_off(output: ModelOutput) -> bool:
    """Whether a reply ended because it may be no longer, not because all was said."""
    return output.stop_reason in _CUT_OFF


def only_reasoned(output: ModelOutput) -> bool:
    """Whether a reply that was not cut off holds the model's reasoning and no text beside it."""
    content = output.message.content
    if was_cut_off(output) or output.completion.strip() or isinstance(content, str):
        return False
    return any(isinstance(part, ContentReasoning) for part in content)
