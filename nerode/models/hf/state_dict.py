"""State dicts in files of torch: opened without running anything, and taken apart by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

from nerode.errors import FormatError, MissingFile

Tensors = dict[str, torch.Tensor]

_INSIDE = ("state_dict", "model", "model_state_dict", "module")
"""Where Lightning, nanoGPT and other trainers put the weights in what they save."""
_LARGEST = 1 << 32  # bytes: the published files have 100 MB
_CLASS = re.compile(r"GLOBAL ([\w.]+)")


class StateDict:
    """The tensors of a checkpoint, each taken by name and expected in a shape.

    `arguments` are those of the model as nanoGPT saves them (`model_args`), empty where there are
    none.
    """

    def __init__(self, tensors: Tensors, file: Path, arguments: Mapping[str, object]) -> None:
        self.file = file
        self.arguments = arguments
        self._left = dict(tensors)

    def __contains__(self, name: str) -> bool:
        """Whether a tensor of this name is left."""
        return name in self._left

    def __iter__(self) -> Iterator[str]:
        """Names of the tensors that are left."""
        return iter(self._left)

    def take(self, name: str, *shape: int | None) -> torch.Tensor:
        """The tensor as float32, which is gone from the dict then; None fits any size.

        Raises FormatError where it is absent, of another shape or not of finite numbers.
        """
        value = self._left.pop(name, None)
        sizes = ", ".join("any" if size is None else str(size) for size in shape)
        expected = f"({sizes},)" if len(shape) == 1 else f"({sizes})"
        if value is None:
            message = f"expected {name} with {expected} in {self.file}, got none"
            raise FormatError(message)
        fits = value.dim() == len(shape) and all(
            size is None or size == got for size, got in zip(shape, value.shape, strict=True)
        )
        if not fits:
            message = f"expected {name} with {expected} in {self.file}, got {tuple(value.shape)}"
            raise FormatError(message)
        if not value.is_floating_point() or not torch.isfinite(value).all():
            message = f"expected finite numbers in {name} of {self.file}, got others"
            raise FormatError(message)
        return value.detach().to(torch.float32)

    def drop(self, name: str) -> None:
        """Leave a tensor out that is no part of the function, as a mask; it may be absent."""
        self._left.pop(name, None)

    def check_rest(self, kind: str) -> None:
        """Raise FormatError where tensors are left that no part of such a network has."""
        for name in self._left:
            message = f"expected the tensors of {kind} in {self.file}, got {name} as well"
            raise FormatError(message)


def read_state_dict(file: Path) -> StateDict:
    """The state dict in a file of torch, out of what a trainer put around it.

    The file is opened with `weights_only`: it can hold tensors, numbers and texts, not code. What
    all names have in front (`model.`, `module.`, `_orig_mod.`) is left out. Raises MissingFile
    where there is none, FormatError where it is anything but a state dict.
    """
    if not file.is_file():
        message = f"expected a checkpoint of Othello-GPT, got no file {file}"
        raise MissingFile(message)
    if file.stat().st_size > _LARGEST:
        message = f"expected a checkpoint of at most {_LARGEST >> 30} GiB, got more in {file}"
        raise FormatError(message)
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - torch raises what its parts do: pickle, zip, struct
        named = _CLASS.search(str(error))
        what = f"the class {named[1]}, which is never loaded" if named else "something else"
        message = (
            f"expected a state dict of tensors in {file}, got what is not tensors alone: {what}"
        )
        raise FormatError(message) from None
    tensors, arguments = _unwrapped(content)
    if tensors is None:
        message = f"expected a state dict of tensors in {file}, got {type(content).__name__}"
        raise FormatError(message)
    return StateDict(_without_prefix(tensors), file, arguments)


def _unwrapped(content: object) -> tuple[Tensors | None, Mapping[str, object]]:
    """The weights in what was saved, and the arguments of the model where they are beside them."""
    if not isinstance(content, Mapping):
        return None, {}
    if _is_state_dict(content):
        return dict(content), {}
    arguments = content.get("model_args")
    for name in _INSIDE:
        if _is_state_dict(content.get(name)):
            return dict(content[name]), arguments if isinstance(arguments, Mapping) else {}
    return None, {}


def _is_state_dict(content: object) -> bool:
    return isinstance(content, Mapping) and all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in content.items()
    )


def _without_prefix(tensors: Tensors) -> Tensors:
    """The same under names without the modules that all of them stand in."""
    while tensors and len({name.partition(".")[0] for name in tensors}) == 1:
        if not all("." in name for name in tensors):
            break
        tensors = {name.partition(".")[2]: value for name, value in tensors.items()}
    return tensors
