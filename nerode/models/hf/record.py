"""The record that training leaves in a model's folder."""

from __future__ import annotations

import json
from pathlib import Path

from nerode.errors import FormatError
from nerode.schema.decoding import DamageError, decoded
from nerode.schema.model import ModelRecord

RECORD = "nerode.json"
MODEL_FORMAT_VERSION = 1


def read_record(folder: Path) -> dict[str, object] | None:
    """What the model in a folder was trained on and how; None where nobody wrote it down.

    The keys are the fields of `ModelRecord`. Raises FormatError for a file that does not fit it.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"expected JSON in {path}, got: {error}") from None
    version = record.get("format_version") if isinstance(record, dict) else None
    if version != MODEL_FORMAT_VERSION:
        raise FormatError(
            f"expected a record of format {MODEL_FORMAT_VERSION} in {path}, got {version}"
        )
    try:
        decoded(record, ModelRecord)
    except DamageError as damage:
        raise FormatError(f"expected the record of a model in {path}; {damage}") from None
    return dict(record)
