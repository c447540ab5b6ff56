"""Code of the user's own, named in a call: a file `FILE.py`, or a module that can be imported.

Loading runs the code. Whoever calls this makes sure that the name was typed by the user in this
call, and not read from a file. What goes wrong inside the code is raised as it is, with its place.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from nerode.errors import InvalidParameter, MissingFile, UnknownName

FILE_OR_MODULE = re.compile(r".+\.py|[^\W\d]\w*(\.[^\W\d]\w*)*")
"""What such a name looks like, as a whole."""


def load_module(place: str, called: str) -> ModuleType:
    """Load a file of Python or import a module.

    What lies beside the file, or in the working directory, can be imported by it, as Python does
    for a script; it comes last, so that nothing there hides an installed package.

    Parameters
    ----------
    place
        `FILE.py` or `PACKAGE.MODULE`.
    called
        The whole name that the user typed, for messages.

    Raises
    ------
    MissingFile
        Where the file is not there.
    UnknownName
        Where no such module can be imported. Errors of what the module itself imports are its own.
    """
    if place.endswith(".py"):
        return _from_file(Path(place))
    _importable(Path.cwd())
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{place}.".startswith(f"{error.name}."):
            raise  # something that the module imports
        message = f"expected a module that can be imported, got {called!r} ({error})"
        raise UnknownName(message) from None


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        message = f"expected a file of Python, got {str(path)!r}, which is not there"
        raise MissingFile(message)
    _importable(path.resolve().parent)
    name = f"nerode_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # noqa: S101 - files that end with .py have a loader
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while it is executed
    spec.loader.exec_module(module)
    return module


def _importable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


@contextmanager
def users_code(called: str) -> Iterator[None]:
    """Raise errors of files and the system inside the user's code with their place in it.

    Elsewhere the command line shows such an error in one line, which would hide whose it is.
    `called` is the whole name that the user typed.
    """
    try:
        yield
    except (MissingFile, ModuleNotFoundError):
        raise
    except OSError as error:
        message = f"{called} raised an error while it was opened"
        raise RuntimeError(message) from error


def parameters_of(called: str, query: str) -> dict[str, int | float | bool | str]:
    """The parameters behind the question mark of a name: `floors=9&start=2`.

    Whole numbers, numbers and `true` or `false` become such values, all else stays text. Raises
    InvalidParameter, which shows the whole name `called`, for another form.
    """
    found: dict[str, int | float | bool | str] = {}
    for part in query.split("&") if query else ():
        key, equals, value = part.partition("=")
        if not equals or not key.isidentifier() or key in found:
            message = f"expected ?NAME=VALUE&... with different names, got {called!r}"
            raise InvalidParameter(message)
        found[key] = _value(value)
    return found


def _value(text: str) -> int | float | bool | str:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def whole_name(name: str) -> str:
    """A name with its path made whole, where it has one behind or before a colon.

    So that `lift.py:Lift?floors=9` and `street-map:FOLDER` are the same in any working directory.
    """
    kind, colon, rest = name.partition(":")
    if colon and Path(kind).is_file():
        return f"{Path(kind).absolute()}:{rest}"
    path, mark, query = rest.partition("?")
    if path and Path(path).exists():
        return f"{kind}:{Path(path).absolute()}{mark}{query}"
    return name
