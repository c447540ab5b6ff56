"""Reading a run's record: what `evaluation.json` holds (nerode/schema/record.py has its types).

Reports read nothing else of one run. A damaged file ends here, in one line that names the file and
the place, and what comes after need not doubt it.

`read_typed` gives the record as its types. `read_record` and `check_record` give the same record as
plain dictionaries, decoded and checked in the same way: the border to those parts of the report
that still read it by keys.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from nerode.errors import FormatError, MissingFile
from nerode.report.record.consistency import check_consistency
from nerode.runs import RESULT, of_today, unfinished
from nerode.schema import record as schema
from nerode.schema.chat import decoded_record
from nerode.schema.decoding import DamageError, check_finite, decoded, encoded, not_json

SCHEMA = schema.SCHEMA
FILE = RESULT

Record = dict[str, Any]
T = TypeVar("T")


def read_record(folder: Path) -> Record:
    """The record of one run folder, as dictionaries.

    Raises MissingFile where the folder has none, FormatError where it is no JSON, is of another
    schema, or lacks what a report needs; both name the file.
    """
    file = Path(folder) / FILE
    return of_today(check_record(_content(file), str(file)))


def read_typed(folder: Path) -> schema.Record:
    """The record of one run folder; a ChatRecord after `nerode chat`. Raises as `read_record`."""
    file = Path(folder) / FILE
    return typed_record(of_today(_an_object(_content(file), str(file))), str(file))


def check_record(record: object, where: str) -> Record:
    """The record itself, if it is one of this schema; `where` is named in the FormatError."""
    found = _an_object(record, where)
    typed_record(found, where)
    return found


def typed_record(record: Record, where: str) -> schema.Record:
    """A record as its types. Raises FormatError, which names `where`, if it does not fit them."""
    found = _an_object(record, where)
    if found["schema"] != SCHEMA:
        message = f"expected schema {SCHEMA} in {where}, got schema {found['schema']!r}"
        raise FormatError(message)
    try:
        check_finite(found)
        typed = decoded_record(found)
        check_consistency(typed)
    except DamageError as damage:
        message = f"expected an evaluation of schema {SCHEMA} in {where}; {damage}"
        raise FormatError(message) from None
    return typed


def parts_of(record: Record, field: str, kind: type[T]) -> list[T]:
    """The parts in a list of a checked record, as their type; none where the record lacks it."""
    return [decoded(part, kind) for part in encoded(record.get(field) or [])]


def _content(file: Path) -> object:
    """What a file of a run holds as JSON."""
    try:
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=not_json)
    except (FileNotFoundError, NotADirectoryError):
        why = unfinished(file.parent)
        message = f"expected a run folder with {FILE}, found no {file}"
        raise MissingFile(f"{file.parent}: this run is {why}" if why else message) from None
    except (ValueError, RecursionError) as error:
        message = f"expected JSON in {file}, got: {error}"
        raise FormatError(message) from None


def _an_object(record: object, where: str) -> Record:
    if not isinstance(record, dict) or "schema" not in record:
        message = f"expected an evaluation (an object with a schema) in {where}, got something else"
        raise FormatError(message)
    return record
