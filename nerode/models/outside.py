"""Models of one's own: `FILE.py:CLASS`, `PACKAGE.MODULE:CLASS`, entry points `nerode.models`.

The class, or a function, is called with the world. Parameters follow a question mark:
`bigram.py:Bigram?games=games` calls `Bigram(world, games="games")`. What it gives must be a `Model`
(nerode/models/model.py).

Opening such a model runs its code. That happens only where somebody named it in this call, on the
command line or in Python: no record and no run folder makes anything load. What goes wrong inside
the user's code is raised as it is, with file and line.
"""

from __future__ import annotations

import inspect
from collections.abc import Hashable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TypeVar, cast

from nerode.errors import InvalidParameter, MissingFile, ModelMismatch, UnknownName
from nerode.models.model import Model
from nerode.user_code import FILE_OR_MODULE, load_module, parameters_of, users_code
from nerode.worlds.world import World

_GROUP = "nerode.models"  # entry points under which packages announce models

_MEMBERS = ("name", "alphabet", "context_length", "read")

_State = TypeVar("_State", bound=Hashable)


@dataclass(frozen=True)
class OwnModel:
    """The name of a model of one's own in its parts: `place` is a file, a module or an entry point.

    `class_name` is None for an entry point.
    """

    text: str
    place: str
    class_name: str | None
    parameters: dict[str, int | float | bool | str]


def own_model(text: str) -> OwnModel | None:
    """The parts of a name; None where it has not the form of a model of one's own.

    A folder of that name is a checkpoint. A name without a colon has the form where an entry point
    goes by it.
    """
    path, _, query = text.partition("?")
    place, colon, class_name = path.rpartition(":")
    if Path(text).is_dir():
        return None
    if colon and class_name.isidentifier() and FILE_OR_MODULE.fullmatch(place):
        return OwnModel(text, place, class_name, parameters_of(text, query))
    if not colon and _entry(path) is not None:
        return OwnModel(text, path, None, parameters_of(text, query))
    return None


def check_place(spec: OwnModel) -> None:
    """Raise MissingFile where the file of a model is not there; nothing is loaded."""
    if spec.place.endswith(".py") and not Path(spec.place).is_file():
        message = f"expected a file of Python, got {spec.place!r}, which is not there"
        raise MissingFile(message)


def open_outside(spec: OwnModel, world: World[_State]) -> Model:
    """Load the class and make the model of a world. This runs the code of the file or the module.

    Raises
    ------
    MissingFile, UnknownName
        Where file, module or class are not there.
    InvalidParameter
        Where what is named does not take the world and the parameters, or makes no Model.
    ModelMismatch
        Where the model's alphabet is not that of the world.
    """
    entry = _entry(spec.place) if spec.class_name is None else None
    with users_code(spec.text):
        if entry is not None:
            make = entry.load()
        else:
            module = load_module(spec.place, spec.text)
            make = getattr(module, spec.class_name or "", None)
    if not callable(make):
        message = f"{spec.place}: expected a class or function that is there, got {spec.text!r}"
        raise UnknownName(message)
    signature = inspect.signature(make)
    try:
        signature.bind(world, **spec.parameters)
    except TypeError as error:
        expected = f"expected a world and the parameters of {make.__name__}{signature}"
        raise InvalidParameter(f"{expected}, got {spec.text!r} ({error})") from None
    with users_code(spec.text):
        model = make(world, **spec.parameters)
    lacking = [name for name in _MEMBERS if not hasattr(model, name)]
    if lacking:
        message = f"expected a Model with {', '.join(_MEMBERS)}, got {spec.text} without "
        raise InvalidParameter(message + ", ".join(lacking))
    if tuple(model.alphabet) != world.alphabet:
        message = f"expected a model with the {len(world.alphabet)} symbols of {world.name}"
        raise ModelMismatch(f"{message}, got others ({len(model.alphabet)}) in {spec.text}")
    return cast("Model", model)


def _entry(name: str) -> EntryPoint | None:
    return next(iter(entry_points(group=_GROUP, name=name)), None)
