from __future__ import annotations

from typing import Any

import pytest

from nerode.chat.options import GenerationOptions
from nerode.errors import InvalidParameter


def test_options_are_fields_of_inspects_config() -> None:
    assert GenerationOptions().config() == {
        "temperature": 0.0,
        "max_tokens": 2048,
        "reasoning_effort": None,
        "max_connections": None,
        "attempt_timeout": 300,
        "max_retries": 6,
    }
    assert GenerationOptions().terms() == {"temperature": 0.0, "max_tokens": 2048}
    assert GenerationOptions(reasoning_effort="low").terms()["reasoning_effort"] == "low"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"timeout": 0}, "timeout of at least 1"),
        ({"retries": -1}, "retries of at least 0"),
        ({"max_tokens": 0}, "max_tokens of at least 1"),
        ({"max_connections": 0}, "max_connections of at least 1"),
        ({"temperature": -1.0}, "temperature from 0 to 2"),
        ({"temperature": float("nan")}, "temperature from 0 to 2"),
        ({"base_url": "http://me:hunter2@host/v1"}, "without a user"),
        ({"base_url": "http://host/v1?key=hunter2"}, "without a user"),
        ({"reasoning_effort": "little"}, "effort out of none, minimal, low"),
        ({"base_url": "ftp://host"}, "like http://"),
        ({"base_url": "hunter2"}, "like http://"),
        ({"base_url": "http://[hunter2"}, "like http://"),
    ],
)
def test_options_that_make_no_sense(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidParameter, match=told) as raised:
        GenerationOptions(**wrong)
    assert "hunter2" not in str(raised.value)
