"""The record of a training: what its sequences were, and by which rule they were split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import FormatError
from nerode.models.hf.record import RECORD, read_record

WHOLE: dict[str, Any] = {
    "format_version": 1,
    "world": "othello:size=6",
    "policy": "random",
    "sequences_seed": 1,
    "held_out": 0.1,
    "training": {},
}


def test_older_records_have_no_rule(tmp_path: Path) -> None:
    for record in (
        WHOLE,
        WHOLE | {"split_rule": "prompt"},
        WHOLE | {"split_rule": "symmetry class"},
    ):
        (tmp_path / RECORD).write_text(json.dumps(record))
        assert read_record(tmp_path) == record


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            json.dumps(WHOLE | {"split_rule": "colour"}),
            "split_rule: expected prompt or symmetry class",
        ),
        (json.dumps(WHOLE | {"split_rule": ["prompt"]}), "split_rule"),
        (
            json.dumps(WHOLE | {"held_out": 10**400}),
            "held_out: expected a number from 0 to below 1",
        ),
        ('{"format_version": ' + "9" * 4400 + "}", "Exceeds the limit"),
        ("[" * 100_000, "expected JSON"),
    ],
)
def test_damaged_records_are_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / RECORD).write_text(text)
    with pytest.raises(FormatError, match=told) as caught:
        read_record(tmp_path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
