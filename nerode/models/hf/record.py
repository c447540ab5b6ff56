"""The record that training leaves in a model's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nerode.errors import FormatError
from nerode.sequences.split import BY_PROMPT, RULES

RECORD = "nerode.json"
MODEL_FORMAT_VERSION = 1


def read_record(folder: Path) -> dict[str, Any] | None:
    """What the model in a folder was trained on and how; None where nobody wrote it down.

    The sequences are told by `world`, `policy`, `sequences_seed`, `held_out` (a share) and
    `split_rule` (older records have none), the rest by `training`. Raises FormatError for a
    file that does not say all this.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"expected JSON in {path}, got: {error}") from None
    expected: dict[str, type | tuple[type, ...]] = {
        "world": str,
        "policy": str,
        "sequences_seed": int,
        "held_out": (int, float),
        "training": dict,
    }
    version = record.get("format_version") if isinstance(record, dict) else None
    if version != MODEL_FORMAT_VERSION:
        raise FormatError(
            f"expected a record of format {MODEL_FORMAT_VERSION} in {path}, got {version}"
        )
    for name, kind in expected.items():
        if not isinstance(record.get(name), kind):
            raise FormatError(f"expected a record with {name} in {path}, got {record.get(name)!r}")
    if not 0 <= record["held_out"] < 1:
        raise FormatError(
            f"expected a record with held_out from 0 to below 1 in {path}, "
            f"got {record['held_out']!r:.60}"
        )
    rule = record.get("split_rule", BY_PROMPT)
    if rule not in RULES:
        raise FormatError(
            f"expected a record with split_rule {' or '.join(RULES)} in {path}, got {rule!r:.60}"
        )
    return dict(record)
