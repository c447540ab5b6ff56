"""Reading a run's record: what `evaluation.json` holds (nerode/schema/record.py has its types).

Reports read nothing else of one run. A damaged file ends here, in one line that names the file and
the place, and what comes after need not doubt it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from msgspec import structs

from nerode.errors import FormatError, MissingFile
from nerode.report.record.consistency import check_consistency
from nerode.runs import RESULT, of_today, unfinished
from nerode.schema.chat import decoded_record
from nerode.schema.decoding import DamageError, check_finite, not_json
from nerode.schema.record import SCHEMA, Record
from nerode.series.folder import is_series


def read_record(folder: Path) -> Record:
    """The record of one run folder; a ChatRecord after `nerode chat`.

    Raises MissingFile where the folder has none, FormatError where it is no JSON, is of another
    schema, or lacks what a report needs; both name the file.
    """
    file = Path(folder) / RESULT
    return check_record(_content(file), str(file))


def check_record(content: object, where: str) -> Record:
    """A record out of what JSON holds; `where` is named in the FormatError."""
    if not isinstance(content, dict) or "schema" not in content:
        message = f"expected an evaluation (an object with a schema) in {where}, got something else"
        raise FormatError(message)
    if content["schema"] != SCHEMA:
        message = f"expected schema {SCHEMA} in {where}, got schema {content['schema']!r}"
        raise FormatError(message)
    try:
        check_finite(content)
        record = decoded_record(of_today(content))
        check_consistency(record)
    except DamageError as damage:
        message = f"expected an evaluation of schema {SCHEMA} in {where}; {damage}"
        raise FormatError(message) from None
    return record


def of_metrics(record: Record, names: Collection[str]) -> Record:
    """The record with the scores of these metrics alone."""
    return structs.replace(
        record,
        metrics={name: scores for name, scores in record.metrics.items() if name in names},
        baselines={
            model: {name: scores for name, scores in metrics.items() if name in names}
            for model, metrics in record.baselines.items()
        },
    )


def _content(file: Path) -> object:
    """What a file of a run holds as JSON."""
    try:
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=not_json)
    except (FileNotFoundError, NotADirectoryError):
        why = unfinished(file.parent)
        message = f"expected a run folder with {RESULT}, found no {file}"
        if is_series(inside := file.parent / "series"):
            message += f"; the series of its training is {inside}"
        raise MissingFile(f"{file.parent}: this run is {why}" if why else message) from None
    except (ValueError, RecursionError) as error:
        message = f"expected JSON in {file}, got: {error}"
        raise FormatError(message) from None
