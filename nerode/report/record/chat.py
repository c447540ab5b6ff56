"""The part of a record that only runs of chat models have, checked before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerode.report.record.checks import (
    DamageError,
    count_at,
    estimate_at,
    list_at,
    number,
    object_at,
    text,
)

KIND = "chat"


def is_chat(record: Mapping[str, Any]) -> bool:
    """Whether a chat model was asked."""
    return bool(record.get("kind") == KIND)


def check_chat(record: Mapping[str, Any]) -> None:
    """Checks bounds, counts and dialogues; nothing where no chat model was asked."""
    if not is_chat(record):
        return
    parameters = object_at(record.get("parameters"), "parameters")
    text(parameters.get("language"), "parameters.language")
    metrics = object_at(record.get("metrics"), "metrics")
    for key in ("unparsed", "questions"):
        counts = object_at(record.get(key), key)
        for metric in metrics:
            count_at(counts.get(metric), f"{key}.{metric}")
    for metric, scores in metrics.items():
        bounds = object_at(object_at(record.get("bounds"), "bounds").get(metric), "bounds")
        for name in scores:
            _bounds(bounds.get(name), f"bounds.{metric}.{name}")
    _statements(object_at(record.get("statements", {}), "statements"))  # older records lack them
    _counts(record)
    for count, dialogue in enumerate(list_at(record.get("dialogues"), "dialogues")):
        _dialogue(object_at(dialogue, f"dialogues.{count}"), f"dialogues.{count}")


def _statements(statements: Mapping[str, Any]) -> None:
    """Checks what was asked about strings of so many statements, and their recall."""
    for length, each in statements.items():
        at = f"statements.{length}"
        found = object_at(each, at)
        count_at(found.get("asked"), f"{at}.asked")
        number(found.get("share"), f"{at}.share", least=0)
        estimate_at(found.get("recall"), f"{at}.recall")


def _counts(record: Mapping[str, Any]) -> None:
    """Checks what was asked, what failed, and how often the answer was yes."""
    cost = object_at(record.get("cost"), "cost")
    for name in ("questions", "input_tokens", "output_tokens"):
        count_at(cost.get(name), f"cost.{name}")
    for key in ("cut_off", "only_reasoning"):
        count_at(record.get(key, 0), key)
    for cause, count in object_at(record.get("failed", {}), "failed").items():
        count_at(count, f"failed.{cause}")
    if "answers" in record:  # older records lack it
        _answers(object_at(record["answers"], "answers"), "answers")


def _answers(answers: Mapping[str, Any], at: str) -> None:
    """Checks the shares of yes of the model and of its baselines."""
    for name in ("yes", "yes_if_yes", "yes_if_no"):
        estimate_at(answers.get(name), f"{at}.{name}")
    for name, shares in object_at(answers.get("baselines", {}), f"{at}.baselines").items():
        _answers(object_at(shares, f"{at}.baselines.{name}"), f"{at}.baselines.{name}")


def _bounds(node: object, at: str) -> None:
    low, high = list_at(node, at, length=2)
    if low is None and high is None:
        return
    if number(low, at, least=0) > number(high, at, least=0):
        raise DamageError(at, "the lower bound first", node)


def _dialogue(dialogue: Mapping[str, Any], at: str) -> None:
    for key in ("continuation", "truth"):
        text(dialogue.get(key), f"{at}.{key}")
    for key in ("tellings", "answers", "replies"):
        for each in list_at(dialogue.get(key), f"{at}.{key}", length=2):
            text(each, f"{at}.{key}")
